"""
The start time of a new process: Python alone, the imports, and `flightlog --help`.

Each is also measured with the installed files evicted from the page cache, as after a boot.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Final

import cyclopts
from rich.table import Table

import flightlog
from benchmarks.frame import Target, console, present

_HELP: Final = "flightlog --help"
_CAPTURE: Final = "import flightlog.capture"
_ITS_JSON: Final = "import msgspec"
_COMMANDS: Final = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import flightlog": [sys.executable, "-c", "import flightlog"],
    _ITS_JSON: [sys.executable, "-c", _ITS_JSON],
    _CAPTURE: [sys.executable, "-c", _CAPTURE],
    "import opentelemetry.sdk.trace": [sys.executable, "-c", "import opentelemetry.sdk.trace"],
    "import httpx": [sys.executable, "-c", "import httpx"],
    "import flightlog.logger": [sys.executable, "-c", "import flightlog.logger"],
    _HELP: [str(Path(sys.executable).with_name("flightlog")), "--help"],
}


def measure(_directory: Path, *, calls: int = 15, evicted_calls: int = 3) -> list[Target]:
    """
    Start each program in turn.

    Args:
        _directory: Not used.
        calls: The number of starts.
        evicted_calls: The number of starts with evicted files.

    Returns:
        The targets with their measured values.
    """
    warm: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    for _ in range(calls):
        for name, command in _COMMANDS.items():
            warm[name].append(_seconds(command))
    evicted: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    for _ in range(evicted_calls):
        for name, command in _COMMANDS.items():
            _evict()
            evicted[name].append(_seconds(command))
    table = Table(title="Starting, median of new processes", title_justify="left")
    table.add_column("")
    for heading in ("median", "range", "files evicted"):
        table.add_column(heading, justify="right")
    for name, seconds in warm.items():
        table.add_row(
            name,
            f"{median(seconds) * 1000:.0f} ms",
            f"{min(seconds) * 1000:.0f}-{max(seconds) * 1000:.0f} ms",
            f"{median(evicted[name]) * 1000:.0f} ms",
        )
    console.print(table)
    return [
        Target(
            name="`flightlog --help`, new process",
            value=median(warm[_HELP]) * 1000,
            bound=500,
            kind="at most",
            unit="ms",
        ),
        Target(
            name="`import flightlog.capture`, against msgspec alone",
            value=median(warm[_CAPTURE]) / median(warm[_ITS_JSON]),
            bound=2,
            kind="at most",
        ),
    ]


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _evict() -> None:
    for root in (Path(sys.prefix), Path(flightlog.__file__).parent):
        for path in root.rglob("*"):
            if path.is_file():
                handle = os.open(path, os.O_RDONLY)
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(handle)


def main(*, calls: int = 15, evicted_calls: int = 3) -> None:
    """
    Measure the start of a process.

    Args:
        calls: The number of starts of each program.
        evicted_calls: The number of starts with files evicted from the page cache.
    """
    present(None, lambda place: measure(place, calls=calls, evicted_calls=evicted_calls))


if __name__ == "__main__":
    cyclopts.run(main)
