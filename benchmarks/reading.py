"""
Reads at 1,000 and at 100,000 executions: a workflow's newest 50, and one execution with payloads.

The baseline is the seed's reads: a sort of all the workflow's executions, then a query for each of
the 50, with all payloads. The system's page cache is warm; ids are chosen at random.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

import cyclopts
import msgspec
from rich.progress import track
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import Target, console, present
from benchmarks.ingest import rows_of
from benchmarks.seed_baseline import SeedLogger
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import decode_lines

_WORKFLOWS: Final = 20
_STEP: Final = 1_000
_CALL: Final = 200
_LIST, _ONE = "newest 50 of a workflow", "one execution, all payloads"

Read = Callable[[], object]


class _History:
    """Both databases with the same number of executions."""

    def __init__(self, directory: Path, count: int) -> None:
        self.count = count
        self._directory = directory
        self._ids: list[str] = []
        self._open()

    def _open(self) -> None:
        self.ours = ExecutionLogger(self._directory / f"ours-{self.count}.db")
        self.seed = SeedLogger(self._directory / f"seed-{self.count}.db")

    def fill(self) -> None:
        steps = workload.ahead(self.count, _STEP, workflows=_WORKFLOWS)
        label = f"storing {self.count:,} runs"
        for bodies in track(steps, label, self.count // _STEP, console=console):
            for batch in workload.batches(bodies, _CALL):
                self.ours.log_executions(decode_lines(batch))
            executions, nodes = rows_of(bodies)
            self.seed.insert_rows(executions, nodes)
            self._ids += [row[0] for row in executions]
        # Close the databases, because a small open database is read only from its write-ahead log.
        self.close()
        self._open()

    def reads(self, rng: Random) -> Mapping[tuple[str, str], Read]:
        workflow = f"workflow-{rng.randrange(_WORKFLOWS)}"
        execution_id = rng.choice(self._ids)
        return {
            ("Flightlog", _LIST): lambda: self.ours.get_executions(workflow, 50, payloads=False),
            ("Flightlog", _ONE): lambda: self.ours.get_execution(execution_id),
            ("seed", _LIST): lambda: self.seed.get_executions(workflow, 50),
            ("seed", _ONE): lambda: self.seed.get_execution(execution_id),
        }

    def check(self, rng: Random) -> None:
        listed = self.ours.get_executions("workflow-3", 50, payloads=False)
        theirs = self.seed.get_executions("workflow-3", 50)
        if [run.id for run in listed] != [run["id"] for run in theirs] or len(listed) != 50:
            raise AssertionError("the newest 50 are not those of the seed's logger")
        if any(node.input is not msgspec.UNSET for run in listed for node in run.node_executions):
            raise AssertionError("the list brought payloads")
        execution_id = rng.choice(self._ids)
        mine, other = self.ours.get_execution(execution_id), self.seed.get_execution(execution_id)
        assert mine is not None
        assert other is not None
        for node, same in zip(mine.node_executions, other["nodeExecutions"], strict=True):
            if json.loads(bytes(node.output or b"")) != same["output"]:
                raise AssertionError(f"{execution_id} is not what the seed's logger has")

    def close(self) -> None:
        self.ours.close()
        self.seed.close()


def measure(
    directory: Path, *, small: int = 1_000, large: int = 100_000, calls: int = 400
) -> list[Target]:
    """
    Fill databases with few and with many executions, then read from both in turn.

    Args:
        directory: The directory for the databases.
        small: The number of executions in the small databases; a multiple of 1,000.
        large: The number of executions in the large databases; a multiple of 1,000.
        calls: The number of timed calls of each read.

    Returns:
        The targets with their measured values.
    """
    histories = [_History(directory, count) for count in (small, large)]
    for history in histories:
        history.fill()
        history.check(Random(1))
    times = _time(histories, calls)
    for history in histories:
        history.close()
    table = Table(title=f"Reading, p50 (p95) of {calls} calls", title_justify="left")
    table.add_column("")
    for heading in (f"at {small:,}", f"at {large:,}", "ratio"):
        table.add_column(heading, justify="right")
    ratios = {}
    for who, what in times[small]:
        few, many = times[small][who, what], times[large][who, what]
        ratios[who, what] = median(many) / median(few)
        table.add_row(
            f"{who}: {what}", _milliseconds(few), _milliseconds(many), f"{ratios[who, what]:.2f}"
        )
    console.print(table)
    return [
        Target(
            name=f"{what}, at {large:,} against {small:,} executions",
            value=ratios["Flightlog", what],
            bound=1.5,
            kind="at most",
        )
        for what in (_LIST, _ONE)
    ]


def _time(histories: list[_History], calls: int) -> dict[int, dict[tuple[str, str], list[float]]]:
    rng = Random(2)
    times: dict[int, dict[tuple[str, str], list[float]]] = {
        history.count: {name: [] for name in history.reads(Random(0))} for history in histories
    }
    for _ in track(range(calls), "reading", console=console):
        for history in histories:
            for name, read in history.reads(rng).items():
                started = time.perf_counter()
                read()
                times[history.count][name].append(time.perf_counter() - started)
    return times


def _milliseconds(seconds: list[float]) -> str:
    p95 = sorted(seconds)[len(seconds) * 95 // 100]
    return f"{median(seconds) * 1000:.2f} ms ({p95 * 1000:.2f})"


def main(
    *,
    small: int = 1_000,
    large: int = 100_000,
    calls: int = 400,
    directory: Path | None = None,
) -> None:
    """
    Measure reading.

    Args:
        small: The number of executions in the small databases; a multiple of 1,000.
        large: The number of executions in the large databases; a multiple of 1,000.
        calls: The number of timed calls of each read.
        directory: The directory for temporary databases; the system's by default.
    """
    present(directory, lambda place: measure(place, small=small, large=large, calls=calls))


if __name__ == "__main__":
    cyclopts.run(main)
