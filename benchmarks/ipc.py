"""
The editor's query over a pipe: the newest 50 executions of a workflow with all payloads.

The seed's logger uses the same kind of pipe, in a process without other work. The same client
measures both in turn, from the first byte of a call until the answer is decoded.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Final

import cyclopts
import msgspec
from rich.progress import track
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import Target, console, present, ratio
from benchmarks.ingest import rows_of
from benchmarks.seed_baseline import SeedLogger
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import decode_lines

_WORKFLOWS: Final = 20
_LIMIT: Final = 50
_STEP: Final = 1_000
_OURS, _SEED = "Flightlog, flightlog ipc", "baseline: the seed's logger behind a pipe"
_IN_PROCESS: Final = "the seed's logger in process, objects alone"
_STOP_S: Final = 60


class _Piped:
    """A program that answers `execution:get-history` over its standard streams."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def history(self, workflow_id: str) -> list[dict[str, Any]]:
        """Request the newest executions of a workflow."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        call = {"id": 1, "method": "execution:get-history", "params": [workflow_id, _LIMIT, 0]}
        body = msgspec.json.encode({"jsonrpc": "2.0", **call})
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()
        length = int(self._process.stdout.readline().split(b":")[1])
        self._process.stdout.readline()
        found: list[dict[str, Any]] = msgspec.json.decode(self._process.stdout.read(length))[
            "result"
        ]
        return found

    def close(self) -> None:
        """End the program."""
        self._process.communicate(timeout=_STOP_S)


def measure(directory: Path, *, count: int = 2_000, calls: int = 200) -> list[Target]:
    """
    Fill both databases with the same runs, then query both in turn.

    Args:
        directory: The directory for the databases.
        count: The number of executions in each database; a multiple of 1,000.
        calls: The number of calls to each contestant.

    Returns:
        The targets with their measured values.
    """
    ours, theirs = directory / "ours.db", directory / "seed.db"
    _fill(ours, theirs, count)
    flightlog = _Piped("flightlog.cli", "ipc", "--db", str(ours), "--port", "0")
    seed = _Piped("benchmarks.seed_ipc", str(theirs))
    with SeedLogger(theirs) as in_process:
        contestants: dict[str, Callable[[str], list[dict[str, Any]]]] = {
            _OURS: flightlog.history,
            _SEED: seed.history,
            _IN_PROCESS: lambda workflow_id: in_process.get_executions(workflow_id, _LIMIT),
        }
        _check(contestants)
        seconds = _time(contestants, calls)
    flightlog.close()
    seed.close()
    table = Table(title=f"50 executions with payloads, {calls} calls", title_justify="left")
    for heading in ("", "p50", "p95", "× baseline"):
        table.add_column(heading, justify="right" if heading else "left")
    speeds = {name: [1 / took for took in times] for name, times in seconds.items()}
    for name, times in seconds.items():
        p95 = sorted(times)[len(times) * 95 // 100]
        table.add_row(
            name,
            f"{median(times) * 1000:.1f} ms",
            f"{p95 * 1000:.1f} ms",
            f"{ratio(speeds[name], speeds[_SEED]):.2f}",
        )
    console.print(table)
    return [
        Target(
            name="the editor's query of 50 executions, against the baseline",
            value=ratio(speeds[_OURS], speeds[_SEED]),
            bound=2,
        )
    ]


def _fill(ours: Path, theirs: Path, count: int) -> None:
    with ExecutionLogger(ours) as logger, SeedLogger(theirs) as seed:
        steps = workload.ahead(count, _STEP, workflows=_WORKFLOWS)
        for bodies in track(steps, "storing", count // _STEP, console=console):
            for batch in workload.batches(bodies, _STEP):
                logger.log_executions(decode_lines(batch))
            seed.insert_rows(*rows_of(bodies))


def _check(contestants: dict[str, Callable[[str], list[dict[str, Any]]]]) -> None:
    answers = []
    for history in contestants.values():
        found = history("workflow-3")
        nodes = [
            (node["input"], node["output"]) for item in found for node in item["nodeExecutions"]
        ]
        answers.append(([item["id"] for item in found], nodes))
    if not all(answer == answers[0] and len(answer[0]) == _LIMIT for answer in answers):
        raise AssertionError("they don't answer the same")


def _time(
    contestants: dict[str, Callable[[str], list[dict[str, Any]]]], calls: int
) -> dict[str, list[float]]:
    rng = Random(2)
    names = list(contestants)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in track(range(calls), "asking", console=console):
        workflow_id = f"workflow-{rng.randrange(_WORKFLOWS)}"
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            started = time.perf_counter()
            contestants[name](workflow_id)
            seconds[name].append(time.perf_counter() - started)
    return seconds


def main(*, count: int = 2_000, calls: int = 200, directory: Path | None = None) -> None:
    """
    Measure the editor's query.

    Args:
        count: The number of executions in each database; a multiple of 1,000.
        calls: The number of calls to each contestant.
        directory: The directory for temporary databases; the system's by default.
    """
    present(directory, lambda place: measure(place, count=count, calls=calls))


if __name__ == "__main__":
    cyclopts.run(main)
