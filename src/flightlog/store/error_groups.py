"""Group failures that are alike: failures of one type whose messages have the same pattern."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple, Protocol

from msgspec.structs import replace

from flightlog.store.error_patterns import normalize_message
from flightlog.store.metrics import ErrorGroup, ErrorGroups, ErrorWorkflow
from flightlog.store.positions import Position
from flightlog.store.query import HistoryFilter
from flightlog.store.record_reader import ReadStore
from flightlog.store.row_functions import Row
from flightlog.store.summarizing import find_first_line
from flightlog.store.surveying import survey
from flightlog.store.time_buckets import choose_step, from_milliseconds, to_milliseconds

FAILURES: Final = 5_000
"""The number of failures examined, the newest first."""
STEPS: Final = 30
"""About how many steps a histogram has."""

_SHOWN_WORKFLOWS: Final = 20
FAILURE_COLUMNS: Final = (
    "workflow_id, workflow_name, error_message, error_node_id, error_kind, error_type, "
    "started_at, id, project_id"
)
"""The columns of a failure, as a statement selects them."""


class FailureStore(ReadStore, Protocol):
    """Reads failures, all in one snapshot."""

    def fetch_failures(self, positions: list[Position]) -> list[Row]:
        """
        Read `FAILURE_COLUMNS` of executions, the newest first.

        Args:
            positions: The positions of the executions.

        Returns:
            The rows, the newest first.
        """
        ...

    def fetch_newest_failures(self, chosen: HistoryFilter, limit: int) -> list[Row]:
        """
        Read `FAILURE_COLUMNS` of the executions that a filter chooses, the newest first.

        Args:
            chosen: The filter.
            limit: The largest number of rows.

        Returns:
            The rows.
        """
        ...


class _Failure(NamedTuple):
    workflow_id: str
    workflow_name: str
    message: str
    node_id: str | None
    kind: str | None
    type: str | None
    started_at: str
    id: str
    project_id: str | None


def group_errors(reads: FailureStore, chosen: HistoryFilter, limit: int, now: str) -> ErrorGroups:
    """
    Group the newest failures that are alike; see `ExecutionReader.group_errors`.

    Args:
        reads: Reads the rows.
        chosen: The executions.
        limit: The largest number of groups.
        now: Canonical time; the end of the histograms of a filter that has none.

    Returns:
        The groups.
    """
    failures, complete = _read_failures(reads, chosen)
    groups: dict[tuple[str | None, str], list[_Failure]] = {}
    for failure in failures:
        if chosen.project_id not in {None, failure.project_id}:
            continue
        if chosen.workflow_ids and failure.workflow_id not in chosen.workflow_ids:
            continue
        pattern = normalize_message(find_first_line(failure.message or ""))
        groups.setdefault((failure.type, pattern), []).append(failure)
    if not groups:
        return ErrorGroups(errors=(), complete=complete)
    first = chosen.started_from or min(group[-1].started_at for group in groups.values())
    steps = _Steps(first, chosen.started_before or now)
    # The groups are in the order of their newest failure, and stable sorting keeps this order among
    # groups of equal count.
    frequent = sorted(groups.items(), key=lambda item: -len(item[1]))[:limit]
    return ErrorGroups(
        errors=tuple(_make_group(pattern, failures, steps) for (_, pattern), failures in frequent),
        complete=complete,
        histogram_start=from_milliseconds(steps.start_ms),
        histogram_step_ms=steps.step_ms,
    )


def _read_failures(reads: FailureStore, chosen: HistoryFilter) -> tuple[list[_Failure], bool]:
    """Read the newest failures, and say whether they are all."""
    if chosen.statuses and "error" not in chosen.statuses:
        return [], True
    if not replace(chosen, statuses=()).is_countable():
        found = survey(reads, replace(chosen, statuses=("error",)), FAILURES)
        rows = reads.fetch_failures(found.positions)
        return [_Failure(*row) for row in rows], found.searched_to is None
    failures = HistoryFilter(
        workflow_ids=chosen.workflow_ids if len(chosen.workflow_ids) == 1 else (),
        statuses=("error",),
        started_from=chosen.started_from,
        started_before=chosen.started_before,
    )
    rows = reads.fetch_newest_failures(failures, FAILURES + 1)
    return [_Failure(*row) for row in rows[:FAILURES]], len(rows) <= FAILURES


class _Steps:
    def __init__(self, first: str, last: str) -> None:
        first_ms, last_ms = to_milliseconds(first), to_milliseconds(last)
        self.step_ms = choose_step(max(1, last_ms - first_ms), STEPS)
        self.start_ms = first_ms // self.step_ms * self.step_ms
        self.count = max(1, -((self.start_ms - max(last_ms, first_ms + 1)) // self.step_ms))

    def count_failures(self, failures: list[_Failure]) -> tuple[int, ...]:
        counts = [0] * self.count
        for failure in failures:
            place = (to_milliseconds(failure.started_at) - self.start_ms) // self.step_ms
            # Clocks differ, so a failure can lie after the reader's now.
            counts[min(place, self.count - 1)] += 1
        return tuple(counts)


def _make_group(pattern: str, failures: list[_Failure], steps: _Steps) -> ErrorGroup:
    newest = failures[0]
    counted = Counter(failure.workflow_id for failure in failures)
    names: dict[str, str] = {}
    for failure in failures:
        names.setdefault(failure.workflow_id, failure.workflow_name)
    nodes = {failure.node_id for failure in failures}
    return ErrorGroup(
        workflow_id=newest.workflow_id,
        workflow_name=newest.workflow_name,
        node_id=newest.node_id if len(nodes) == 1 else None,
        type=newest.type,
        kind=newest.kind,
        message=find_first_line(newest.message or ""),
        pattern=pattern,
        count=len(failures),
        first_at=failures[-1].started_at,
        last_at=newest.started_at,
        last_execution_id=newest.id,
        workflows=tuple(
            ErrorWorkflow(workflow_id=workflow, workflow_name=names[workflow], count=count)
            for workflow, count in counted.most_common(_SHOWN_WORKFLOWS)
        ),
        workflow_count=len(counted),
        histogram=steps.count_failures(failures),
    )
