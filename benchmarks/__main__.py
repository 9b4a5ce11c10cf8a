"""
`python -m benchmarks` runs every benchmark with its default sizes.

The last table shows all targets.
"""

from __future__ import annotations

from pathlib import Path

import cyclopts

from benchmarks import (
    browser,
    capture,
    deletion,
    disk,
    hops,
    hostile_clients,
    ingest,
    ingest_http,
    ingest_large,
    ipc,
    memory,
    reading,
    redaction,
    startup,
    stores,
    viewer,
)
from benchmarks.frame import Target, console, scratch, target_table
from benchmarks.machine import machine_table

_ALL = (
    ingest,
    ingest_http,
    ingest_large,
    disk,
    reading,
    ipc,
    deletion,
    memory,
    capture,
    hops,
    redaction,
    hostile_clients,
    startup,
    stores,
    viewer,
    browser,
)


def main(*, directory: Path | None = None) -> None:
    """
    Run every benchmark.

    Args:
        directory: The directory for temporary databases; the system's by default.
    """
    targets: list[Target] = []
    with scratch(directory) as place:
        console.print(machine_table(place))
    for benchmark in _ALL:
        console.rule(benchmark.__name__)
        with scratch(directory) as place:
            targets += benchmark.measure(place)
    console.rule("all")
    console.print(target_table(targets))


if __name__ == "__main__":
    cyclopts.run(main)
