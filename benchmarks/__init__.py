"""
Benchmarks of Flightlog's speed and size, in the same run as the original logger ("the seed").

`python -m benchmarks` runs every benchmark, `python -m benchmarks.NAME` runs one; `--help` shows
the sizes. `docs/reference/performance.md` explains the results. The benchmarks need Linux, because
they read the memory from /proc.
"""
