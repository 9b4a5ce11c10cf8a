"""Compares a history with the workflows' notes: each entry once, in order, and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from msgspec import UNSET, Struct

from flightlog.logger import ExecutionLogger
from flightlog.record.model import NodeExecution, Payload, WorkflowExecution
from flightlog.record.registers import CRASHED
from flightlog.store.query import ExecutionQuery
from support.faults.notes import Progress
from support.faults.site import Site


class Figures(Struct, kw_only=True):
    """The result of a scenario."""

    scenario: str
    """The scenario's name."""
    seed: int
    """The seed of the random choices."""
    repetitions: int = 0
    """The number of times that the fault struck."""
    kills: int = 0
    """The number of killed processes."""
    expected: int = 0
    """The number of finished node executions and begun executions."""
    lost: int = 0
    """The number of expected entries that the history lacks or holds changed."""
    duplicated: int = 0
    """The number of node executions that the history holds more than once."""
    disordered: int = 0
    """The number of executions and node executions with contradictory times."""
    raised: int = 0
    """The number of exceptions that reached a workflow."""
    swallowed: int = 0
    """The number of internal errors that a recorder suppressed."""
    falsely_crashed: int = 0
    """The number of executions of living processes that were shown as crashed."""
    told_strangers: int = 0
    """The number of requests to an impostor other than the challenge."""
    damaged: int = 0
    """The number of damaged files, and of errors that are not named."""
    stripped: int = 0
    """The number of payloads that were omitted on a full disk, with a mark."""
    unaccounted: int = 0
    """The number of messages that the ledger misses and that no recorder reports as lost."""
    longest_wait_ms: float = 0.0
    """The longest call of a workflow to the recorder, in milliseconds."""
    p99_wait_ms: float = 0.0
    """The 99th percentile of the calls of a workflow to the recorder, in milliseconds."""
    first_wait_ms: float = 0.0
    """The longest first call of a process, in milliseconds; a first call loads modules."""
    verdicts_s: list[float] = []
    """The times from each process's death until its execution is shown as crashed, in seconds."""
    notes: list[str] = []
    """Further figures, and descriptions of single faults."""

    @property
    def is_good(self) -> bool:
        """Whether the scenario found no fault."""
        return not (
            self.lost
            or self.duplicated
            or self.disordered
            or self.raised
            or self.swallowed
            or self.falsely_crashed
            or self.told_strangers
            or self.unaccounted
            or self.damaged
        )

    def add(self, site: Site, *, with_waits: bool = True) -> None:
        """
        Compare the history of a site, whose workflows have ended, with the workflows' notes.

        Args:
            site: The site.
            with_waits: Whether the durations of calls are meaningful; false if a process was
                stopped.
        """
        progress = Progress()
        for workflow in site.workflows:
            progress.read(workflow.notes)
            said = workflow.said.read_text()
            if "Traceback" in said or "was swallowed" in said:
                progress.raised.append(said)
        self.kills += site.receiver_kills
        self.kills += sum(workflow.killed_at is not None for workflow in site.workflows)
        if with_waits:
            self._add_waits(progress)
        self.raised += len(progress.raised)
        self.swallowed += progress.swallowed
        self.notes += progress.raised[:3]
        with ExecutionLogger(site.history) as logger:
            missing = logger.reader.read_ledger().missing
            _Comparison(self, progress).compare(read_all(logger))
        self.unaccounted += max(0, missing - progress.lost)

    def _add_waits(self, progress: Progress) -> None:
        waits = sorted(progress.waits_us) or [0]
        self.longest_wait_ms = max(self.longest_wait_ms, waits[-1] / 1000)
        self.p99_wait_ms = max(self.p99_wait_ms, waits[len(waits) * 99 // 100] / 1000)
        self.first_wait_ms = max(
            [self.first_wait_ms, *(us / 1000 for us in progress.first_waits_us)]
        )

    def complain(self, what: str) -> None:
        """
        Note a description of a single fault, up to a limit.

        Args:
            what: The description.
        """
        if len(self.notes) < 10:
            self.notes.append(what)


class _Comparison:
    def __init__(self, figures: Figures, progress: Progress) -> None:
        self._figures = figures
        self._told = progress

    def compare(self, history: Iterable[WorkflowExecution]) -> None:
        executions = {execution.id: execution for execution in history}
        found = Counter(
            node.node_name
            for execution in executions.values()
            for node in execution.node_executions
        )
        self._figures.duplicated += sum(count - 1 for count in found.values())
        self._figures.expected += len(self._told.ended) + len(self._told.began)
        for execution_id in self._told.began:
            self._compare_execution(execution_id, executions.get(execution_id))
        for marker, place in self._told.begun.items():
            execution = executions.get(place.execution_id)
            nodes = execution.node_executions if execution is not None else ()
            node = next((node for node in nodes if node.sequence == place.sequence), None)
            self._compare_node(marker, node)
        for execution in executions.values():
            self._compare_times(execution)

    def _compare_execution(self, execution_id: str, found: WorkflowExecution | None) -> None:
        if found is None:
            self._miss(f"execution {execution_id} is not there")
        elif found.status != "success" and execution_id in self._told.done:
            self._miss(f"execution {execution_id} had ended and is {found.status}: {found.error}")
        elif found.status != "success" and not _has_crashed(found):
            # An execution without a noted end may still have reported its end.
            self._miss(f"execution {execution_id} is {found.status}: {found.error}")

    def _compare_node(self, marker: str, node: NodeExecution | None) -> None:
        status = self._told.ended.get(marker)
        if node is None or node.node_name != marker:
            self._miss(f"node execution {marker} ({status}) is not there")
            return
        if status is None:
            # The node ran when the process was killed, or ended before the process could note its
            # end.
            if node.status not in {"success", "error"}:
                self._miss(f"node execution {marker} is {node.status}, and nobody runs it")
            return
        if node.status != status:
            self._miss(f"node execution {marker} is {node.status}, not {status}")
        for payload in (node.input, node.output):
            if _is_dropped(payload):
                self._figures.stripped += 1
            elif _marker_in(payload) != marker:
                self._miss(f"a payload of node execution {marker} is not its own")

    def _compare_times(self, execution: WorkflowExecution) -> None:
        for node in execution.node_executions:
            own = [node.started_at, node.completed_at]
            around = [execution.started_at, *own, execution.completed_at]
            self._check_order(around, node.node_name)
            self._figures.disordered += (node.duration_ms or 0.0) < 0
        self._check_order([execution.started_at, execution.completed_at], execution.id)
        self._figures.disordered += (execution.duration_ms or 0.0) < 0

    def _check_order(self, times: list[str | None], what: str) -> None:
        present = [time for time in times if time is not None]
        if present != sorted(present):
            self._figures.disordered += 1
            self._figures.complain(f"the times of {what} are out of order: {present}")

    def _miss(self, what: str) -> None:
        self._figures.lost += 1
        self._figures.complain(what)


def read_all(logger: ExecutionLogger) -> Iterable[WorkflowExecution]:
    """
    Read a whole history with its payloads.

    Args:
        logger: The history.

    Returns:
        The executions.
    """
    cursor = None
    while True:
        page = logger.query(ExecutionQuery(limit=200, cursor=cursor, payloads=True))
        yield from page.executions
        cursor = page.next_cursor
        if cursor is None:
            return


def _has_crashed(execution: WorkflowExecution) -> bool:
    return execution.error is not None and execution.error.kind == CRASHED


def _is_dropped(payload: Payload) -> bool:
    return payload is not UNSET and json.loads(bytes(payload)).get("$flightlog") == "dropped"


def _marker_in(payload: Payload) -> object:
    return None if payload is UNSET else json.loads(bytes(payload)).get("marker")
