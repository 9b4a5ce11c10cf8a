"""The scenario in which exceptions strike at every line of recording."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.record.model import WorkflowExecution
from flightlog.signal_handlers import EXHAUSTED
from support.faults.figures import Figures, read_all
from support.faults.struck import KINDS, Account, Assignment
from support.faults.torture import Torture
from support.strikes import build

_EVERY_LINE: Final = 100
"""From this number of repetitions on, every line is struck."""
_LAST_OPENING_LINE: Final = 700
"""Opening a recorder runs before this line of its first run."""
_TIMEOUT_S: Final = 3600.0


def exceptions_everywhere(torture: Torture) -> Figures:
    """
    Raise an exception at every line of recording, once and twice in a row, of several kinds.

    After each strike another thread of the workflow must record a run. The history must hold every
    node that ended well, unchanged, and an ended execution must have no running node.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    module = build(torture.place)
    if module is None:
        pytest.skip("a trace function in C needs a compiler and the headers of Python")
    figures = torture.figures("exceptions everywhere")
    figures.repetitions = 0
    random = torture.random()
    cases = [
        (kind, times, opening) for kind in KINDS for times in (1, 2) for opening in (False, True)
    ]
    step = 1 if torture.repetitions >= _EVERY_LINE else 1000 // torture.repetitions
    for kind, times, opening in cases:
        assignment = Assignment(
            module=str(module),
            url=f"sqlite:{torture.place}/{kind}-{times}-{int(opening)}.db",
            kind=kind,
            times=times,
            opening=opening,
            first=1 + random.randrange(step),
            step=step,
            last=_LAST_OPENING_LINE if opening else sys.maxsize,
        )
        _add(figures, torture.place, assignment)
    return figures


def _add(figures: Figures, place: Path, assignment: Assignment) -> None:
    name = f"{assignment.kind} x{assignment.times}{' opening' if assignment.opening else ''}"
    child = subprocess.run(
        [sys.executable, "-m", "support.faults.struck", msgspec.json.encode(assignment).decode()],
        capture_output=True,
        check=False,
        env=_environment(place),
        timeout=_TIMEOUT_S,
    )
    assert child.returncode == 0, child.stderr.decode()
    account = msgspec.json.decode(child.stdout, type=Account)
    figures.repetitions += account.strikes
    if not issubclass(KINDS[assignment.kind], Exception) and account.reached != account.strikes:
        figures.lost += 1
        figures.complain(f"{name}: {account.reached} of {account.strikes} reached the workflow")
    if account.hung:
        figures.raised += 1
        figures.complain(f"{name}: another thread hung\n{account.hung}")
    figures.lost += account.undelivered
    with ExecutionLogger(assignment.url.partition(":")[2]) as logger:
        figures.unaccounted += max(0, logger.reader.read_ledger().missing - account.lost)
        history = {execution.id: execution for execution in read_all(logger)}
    figures.expected += len(account.succeeded) + sum(map(len, account.nodes.values()))
    exhausting = issubclass(KINDS[assignment.kind], EXHAUSTED)
    for run in account.succeeded:
        found, nodes = history.get(run), account.nodes.get(run, [])
        # A decorated call runs unrecorded if its node can't be made for lack of stack or memory.
        # The recorder counts the call, unless the second strike prevents that, too.
        unrecorded = exhausting and (run in account.counted or assignment.times > 1)
        if found is not None and unrecorded and not _has(found, "decorated"):
            nodes = [node for node in nodes if node != "decorated"]
            figures.expected -= 1
        _compare(figures, run, found, nodes)
    for run in account.failed:
        found = history.get(run)
        if found is not None and any(node.status == "running" for node in found.node_executions):
            figures.lost += 1
            figures.complain(f"{run}, which failed, has nodes that run")


def _has(found: WorkflowExecution, node_id: str) -> bool:
    return any(node.node_id == node_id for node in found.node_executions)


def _compare(figures: Figures, run: str, found: WorkflowExecution | None, nodes: list[str]) -> None:
    if found is None or found.status != "success":
        figures.lost += 1
        figures.complain(f"{run} ended well and is {found and (found.status, found.error)}")
        return
    statuses = {node.node_id: node.status for node in found.node_executions}
    for node in nodes:
        expected = "error" if node == "failing" else "success"
        if statuses.get(node) != expected:
            figures.lost += 1
            figures.complain(f"{run}: the node {node} is {statuses.get(node)}")
    figures.duplicated += len(found.node_executions) - len(statuses)


def _environment(place: Path) -> dict[str, str]:
    tests = Path(__file__).parents[2]
    return {
        "HOME": str(place),
        "PYTHONPATH": str(tests),
        "TMPDIR": str(place),
        "FLIGHTLOG_SPOOL_DIR": str(place / "spool"),
    }
