"""Retention: what goes by age, by number and within a budget, in every store."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import Raw

from flightlog.record.model import WorkflowExecution
from flightlog.store.query import ExecutionQuery
from flightlog.store.retention import Pruned, RetentionLimits, is_removed_payload
from flightlog.store.writer import ExecutionStore
from support.pruning import list_ids, prune_all
from support.records import record

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _run(days: float, number: int = 0, **fields: Any) -> WorkflowExecution:
    """Make a run that began some days ago, with payloads of its own."""
    name = f"run-{days:g}-{number}"
    nodes = [
        {
            "nodeId": "node",
            "nodeName": "Node",
            "nodeType": "code",
            "status": "success",
            "durationMs": 5,
            "input": {"name": name, "value": "x" * 900},
            "output": {"small": name},
        }
    ]
    fields.setdefault("trigger", {"type": "http", "data": {"name": name, "value": "y" * 300}})
    started = (NOW - timedelta(days=days)).isoformat()
    return record(name, startedAt=started, nodeExecutions=nodes, **fields)


def _before(days: float) -> str:
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_executions_go_by_age_and_failures_later(store: ExecutionStore) -> None:
    """Failures have their own age; running, starred and the newest good executions stay."""
    store.merge(
        [
            _run(1),
            _run(10),
            _run(11, status="error"),
            _run(12, status="running"),
            _run(13, workflowId="nightly"),
            _run(14),
            _run(40, status="error"),
        ]
    )
    assert store.set_star("run-14-0", starred=True)
    limits = RetentionLimits(successful_before=_before(7), failed_before=_before(30))
    expected = store.preview_prune(limits)
    removed = prune_all(store, limits)
    assert list_ids(store) == {"run-1-0", "run-11-0", "run-12-0", "run-13-0", "run-14-0"}
    assert removed.executions == expected.executions == 2
    assert expected.freed_bytes > 0
    assert prune_all(store, limits) == Pruned()


def test_each_workflow_keeps_its_newest_executions(store: ExecutionStore) -> None:
    """The number counts for each workflow; what has to stay stays beyond it."""
    store.merge([_run(day) for day in range(1, 8)])
    store.merge([_run(day, 1, workflowId="nightly", status="error") for day in (3, 4, 5)])
    store.merge([_run(9, 1, workflowId="nightly")])
    assert store.set_star("run-7-0", starred=True)
    removed = prune_all(store, RetentionLimits(per_workflow=2))
    assert list_ids(store) == {
        *("run-1-0", "run-2-0", "run-7-0"),
        *("run-3-1", "run-4-1", "run-9-1"),
    } - {"run-5-1"}
    assert removed.executions == 5


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        (RetentionLimits(successful_before=_before(7)), {"run-10-5", "run-10-6", "run-10-7"}),
        (RetentionLimits(per_workflow=2), {"run-10-5", "run-10-6", "run-10-7"}),
        (RetentionLimits(per_workflow=4), {f"run-10-{number}" for number in range(4, 8)}),
    ],
)
def test_limits_hold_for_executions_with_one_start(
    store: ExecutionStore, limits: RetentionLimits, left: set[str]
) -> None:
    """Of executions that began at the same moment, the one that arrived last is the newest."""
    store.merge([_run(10, number) for number in range(6)])
    store.merge([_run(10, number, status="error") for number in range(6, 8)])
    prune_all(store, limits)
    assert list_ids(store) == left


@pytest.mark.parametrize(
    "limits",
    [
        RetentionLimits(successful_before=_before(7)),
        RetentionLimits(per_workflow=1),
        RetentionLimits(max_bytes=0),
    ],
    ids=["age", "number", "size"],
)
def test_a_start_in_the_future_is_not_the_newest(
    store: ExecutionStore, limits: RetentionLimits
) -> None:
    """The real newest good execution stays, and a clock that is a little ahead changes nothing."""
    forged, ahead = [_run(-30_000), _run(-0.5)], _run(-0.03, workflowId="ahead")
    store.merge([_run(20), _run(21), *forged, _run(22, workflowId="ahead"), ahead])
    prune_all(store, limits)
    left = list_ids(store)
    assert {"run-20-0", ahead.id} <= left
    assert not {"run-21-0", "run-22-0"} & left


def test_a_late_record_is_removed_again(store: ExecutionStore) -> None:
    """A record of an erased run may come back, and goes with the next pruning."""
    store.merge([_run(1), _run(10)])
    limits = RetentionLimits(successful_before=_before(7))
    prune_all(store, limits)
    store.merge([_run(10)])
    assert "run-10-0" in list_ids(store)
    prune_all(store, limits)
    assert list_ids(store) == {"run-1-0"}


def test_listeners_hear_of_removals(store: ExecutionStore) -> None:
    """The viewer learns which executions changed."""
    heard: list[str] = []
    store.merge([_run(1), _run(10)])
    store.subscribe(heard.extend)
    prune_all(store, RetentionLimits(successful_before=_before(7)))
    assert heard == ["run-10-0"]


def test_no_budget_takes_payloads_and_nodes_before_executions(
    store: ExecutionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A budget of nothing ends, leaves what has to stay, and counts each part."""
    # A portion of SQLite ends after a batch, instead of after a time in which a fast machine
    # removes everything.
    monkeypatch.setattr("flightlog.store.sqlite.store.LONG_PORTION_S", 0.0)
    monkeypatch.setattr("flightlog.store.sqlite.store.PORTION_S", 0.0)
    store.merge([_run(day) for day in range(1, 40)])
    store.merge([_run(day, 1, status="error") for day in range(1, 20)])
    store.merge([_run(3, 2, status="running")])
    nothing = RetentionLimits(max_bytes=0)
    expected = store.preview_prune(nothing)
    first = store.prune(nothing)
    assert first.more
    assert first.without_payloads > first.executions
    found = store.find(ExecutionQuery(limit=200, payloads=True)).executions
    inputs = [node.input for each in found for node in each.node_executions]
    dropped = [each for each in inputs if isinstance(each, Raw) and is_removed_payload(each)]
    assert {json.loads(bytes(each))["size"] > 900 for each in dropped} == {True}
    removed = first + prune_all(store, nothing)
    assert removed.executions == 38 + 19
    assert 0 < expected.executions <= 38 + 19
    assert list_ids(store) == {"run-1-0", "run-3-2"}
    kept = store.get_payload("run-1-0", "input", 0)
    assert kept is not None
    assert kept.bytes > 900
    assert store.read_stats().total == 2
    assert prune_all(store, nothing) == Pruned()
