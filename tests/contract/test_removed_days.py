"""Retention counts the executions that it removes, by the day, in every store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from flightlog.record.model import WorkflowExecution
from flightlog.store import removed_days
from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.results import RemovedStats
from flightlog.store.retention import RetentionLimits
from flightlog.store.writer import ExecutionStore
from support.pruning import prune_all
from support.records import record

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AGED = RetentionLimits(
    successful_before="2026-11-13T00:00:00.000000Z", failed_before="2026-11-13T00:00:00.000000Z"
)


def _run(days: float, workflow: str = "w", **fields: Any) -> WorkflowExecution:
    started = (NOW - timedelta(days=days)).isoformat()
    timed = {"durationMs": 100, **fields}
    return record(f"{workflow}-{days:g}", workflowId=workflow, startedAt=started, **timed)


def _fill(store: ExecutionStore) -> None:
    """Store runs of two workflows of which retention removes three and one, and remove them."""
    store.merge([_run(1), _run(10), _run(11), _run(11.1, status="error", durationMs=400)])
    store.merge([_run(1, "nightly"), _run(12, "nightly", projectId="p")])
    assert prune_all(store, AGED).executions == 4


def test_removed_executions_are_counted(store: ExecutionStore) -> None:
    """The counts are of workflows, projects and whole days; nothing else counts the executions."""
    _fill(store)
    assert store.read_stats(EVERYTHING).total == 2
    assert store.read_stats(EVERYTHING).removed == RemovedStats(
        total=4,
        success=3,
        error=1,
        mean_duration_ms=175,
        first_day="2026-11-10",
        last_day="2026-11-12",
    )
    of_workflow = store.read_stats(HistoryFilter(workflow_ids=("w",))).removed
    assert of_workflow is not None
    assert (of_workflow.total, of_workflow.error, of_workflow.mean_duration_ms) == (3, 1, 200)
    of_project = store.read_stats(HistoryFilter(project_id="p")).removed
    assert of_project is not None
    assert of_project.total == 1


def test_days_within_a_time_count(store: ExecutionStore) -> None:
    """A day of which only a part is within the time does not count."""
    _fill(store)
    times = HistoryFilter(
        started_from="2026-11-11T00:00:00.000000Z", started_before="2026-11-12T12:00:00.000000Z"
    )
    found = store.read_stats(times).removed
    assert found is not None
    assert found.total == 2


def test_people_delete_without_a_trace(store: ExecutionStore) -> None:
    """A deletion counts nothing, and clearing a workflow forgets what retention removed of it."""
    _fill(store)
    assert store.delete("nightly-1")
    assert store.clear("w") == 1
    left = store.read_stats(EVERYTHING).removed
    assert left is not None
    assert left.total == 1
    store.clear_before("2026-11-11T00:00:00.000000Z")
    assert store.read_stats(EVERYTHING).removed is None


def test_the_number_of_counts_is_bounded(
    store: ExecutionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest are forgotten when there are too many."""
    monkeypatch.setattr(removed_days, "MOST_DAYS", 3)
    monkeypatch.setattr(removed_days, "FORGOTTEN_AT_ONCE", 2)
    store.merge([_run(1), *(_run(day) for day in range(10, 14))])
    prune_all(store, AGED)
    found = store.read_stats(EVERYTHING).removed
    assert found is not None
    assert (found.total, found.first_day) == (2, "2026-11-11")


def test_counts_are_read_in_pages_and_joined(store: ExecutionStore) -> None:
    """Of two counts of one workflow and day, each number is the larger one."""
    _fill(store)
    first = store.read_removed_days(limit=2)
    rest = store.read_removed_days(first[-1].place, limit=2)
    days = (*first, *rest)
    assert [each.day for each in days] == ["2026-11-10", "2026-11-11", "2026-11-12"]
    assert [(each.success, each.error, each.project_id) for each in days] == [
        (1, 0, "p"),
        (1, 1, ""),
        (1, 0, ""),
    ]
    changed = replace(days[1], success=7, error=0, duration_us=0)
    new = replace(days[0], workflow_id="new", timed=0, duration_us=0)
    for _ in range(2):
        store.merge_removed_days([*days, changed, new])
    assert store.read_removed_days() == (new, days[0], replace(days[1], success=7), days[2])
    found = store.read_stats(EVERYTHING).removed
    assert found is not None
    assert (found.success, found.error) == (10, 1)


def test_counts_without_executions_that_another_history_has() -> None:
    """Numbers never fall below zero, and durations shrink in proportion."""
    counted = removed_days.RemovedDay(
        day="2026-11-10",
        workflow_id="w",
        project_id="",
        success=6,
        error=2,
        timed=8,
        duration_us=800,
    )
    assert removed_days.leave_out(counted, 0, -3) == counted
    assert removed_days.leave_out(counted, 2, 2) == replace(
        counted, success=4, error=0, timed=4, duration_us=400
    )
    assert removed_days.leave_out(counted, 60, 20).duration_us == 0
