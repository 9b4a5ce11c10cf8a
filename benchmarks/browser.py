"""
The viewer in a real browser: first list, scrolling, a large execution and payload, transfers.

The receiver is a separate process over the history of the browser tests (`tests/browser/serve.py`).
`viewer/tests/browser/measure.js` controls Chromium. The benchmark needs the built viewer (`make
viewer`) and the dependencies of its tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import cyclopts

from benchmarks.frame import Target, console, present

_ROOT: Final = Path(__file__).parents[1]
_SERVE: Final = _ROOT / "tests" / "browser" / "serve.py"
_VIEWER: Final = _ROOT / "viewer"
_RATE: Final = 200
_KILOBYTE: Final = 1024


def measure(directory: Path, *, executions: int = 100_000, large_mib: int = 100) -> list[Target]:
    """
    Open the viewer over a history, scroll, and open a large execution and a large payload.

    Args:
        directory: The directory for the databases.
        executions: The number of executions.
        large_mib: The size of the large payload, in MiB.

    Returns:
        The targets with their measured values.
    """
    large, rate = ("--large-mib", str(large_mib)), ("--rate", str(_RATE))
    with (
        _serving(directory / "still", executions, *large) as still,
        _serving(directory / "busy", executions, "--large-mib", "1", *rate) as busy,
        console.status("a browser looks"),
    ):
        told = subprocess.run(
            ["node", "tests/browser/measure.js", still, busy],
            cwd=_VIEWER,
            check=True,
            capture_output=True,
            text=True,
        )
    found = json.loads(told.stdout)
    at = f"at {executions:,}"
    return [
        _at_most(f"first list {at}, first visit", found["firstVisitMs"], 250),
        _at_most(f"first list {at}, returning visit", found["returningVisitMs"], 250),
        _at_most(f"first list {at}, in a new profile", found["newProfileMs"], 250),
        *_scrolled(at, found["still"]),
        *_scrolled(f"{at}, {_RATE} new runs/s", found["busy"]),
        _at_most(f"to the oldest and back {at}", found["endAndBackMs"], 2_000),
        _at_most("5,000 nodes, from a click", found["largeExecutionMs"], 500),
        _at_most(f"a payload of {large_mib} MiB, from a click", found["largePayloadMs"], 1_000),
        _at_most("first view, gzipped", found["bundleBytes"] / _KILOBYTE, 175, "KB"),
    ]


def _scrolled(at: str, seen: dict[str, float]) -> list[Target]:
    return [
        _at_most(f"longest frame while scrolling {at}", seen["longestFrameMs"], 50),
        # The browser counts a task of more than 50 ms as long.
        _at_most(f"long tasks while scrolling {at}", seen["longTasks"], 0, ""),
    ]


@contextmanager
def _serving(project: Path, executions: int, *more: str) -> Iterator[str]:
    options = ["--no-live", "--until-eof", "--nodes", "5000"]
    command = [sys.executable, str(_SERVE), "--executions", str(executions)]
    with subprocess.Popen(
        [*command, "--directory", str(project), *options, *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        link = process.stdout.readline().strip()
        if not link:
            raise AssertionError("the receiver didn't start")
        yield link
        process.stdin.close()


def _at_most(name: str, value: float, bound: float, unit: str = "ms") -> Target:
    return Target(name=name, value=value, bound=bound, kind="at most", unit=unit)


def main(*, executions: int = 100_000, large_mib: int = 100) -> None:
    """
    Measure the viewer in a browser.

    Args:
        executions: The number of executions.
        large_mib: The size of the large payload, in MiB.
    """
    present(None, lambda place: measure(place, executions=executions, large_mib=large_mib))


if __name__ == "__main__":
    cyclopts.run(main)
