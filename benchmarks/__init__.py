"""
How fast and how small Flightlog is, measured beside the seed's own logger in the same run.

`python -m benchmarks` runs everything, `python -m benchmarks.NAME` one; `--help` shows the sizes.
`docs/performance.md` holds the results and what they mean. Linux only: memory is read from /proc.
"""
