"""Every store measures its space, and its preview names what retention removes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flightlog.store.retention import RetentionLimits, RetentionPolicy
from flightlog.store.space import Removal, Space
from flightlog.store.writer import ExecutionStore
from support.pruning import list_ids, prune_all
from support.records import record
from support.space_runs import make_noise, make_run, store_ten_days

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow budgets that small histories fill, and previews that end on a slow machine, too."""
    monkeypatch.setattr("flightlog.store.retention.MIN_BYTES", 1)
    for place in ("space_meter", "clickhouse.reading"):
        monkeypatch.setattr(f"flightlog.store.{place}.PREVIEW_S", 600.0)


@pytest.fixture
def filled(store: ExecutionStore) -> ExecutionStore:
    """Store 10 days of runs: each hour a small one, every four hours one of 4 times the size."""
    store_ten_days(store, NOW)
    return store


def _measure(store: ExecutionStore, **policy: Any) -> Space:
    return store.measure_space(RetentionPolicy(**policy))


def test_workflows_and_days_share_the_space(filled: ExecutionStore) -> None:
    """A workflow with larger payloads takes more, and all together take the used space."""
    space = _measure(filled)
    by_id = {each.workflow_id: each for each in space.workflows}
    small, large = by_id["small"], by_id["large"]
    assert (small.runs, large.runs) == (239, 60)
    assert (small.workflow_name, large.workflow_name) == ("Small", "Large")
    assert 1.5 < (large.bytes / large.runs) / (small.bytes / small.runs) < 6
    total = sum(each.bytes for each in space.workflows)
    assert total == pytest.approx(space.parts.used_bytes, rel=0.02)
    assert [each.day for each in space.days] == [f"2026-11-{day}" for day in range(12, 23)]
    assert space.days[3].runs == 30
    assert space.growth_bytes == pytest.approx(total / 10, rel=0.2)
    assert space.full_in_days is None


def test_the_budget_says_when_it_is_full(filled: ExecutionStore) -> None:
    """The days left follow from the growth; a full budget has none left."""
    used = _measure(filled).parts.used_bytes
    space = _measure(filled, max_bytes=4 * used)
    # A part of a budget belongs to SQLite's write-ahead log.
    assert space.full_in_days is not None
    assert 1.9 * used < space.full_in_days * space.growth_bytes < 3.1 * used
    assert _measure(filled, max_bytes=used).full_in_days == 0
    assert not space.protected.exceeds_budget


def _count(removal: Removal | None, part: str) -> int:
    assert removal is not None
    return sum(each.runs for each in removal.runs if each.part == part)


def test_the_preview_names_what_the_limits_remove(filled: ExecutionStore) -> None:
    """The rules of age then remove what the preview names; nothing goes before."""
    filled.merge([make_run(NOW, 230, "failing", status="error")])
    before = list_ids(filled)
    space = _measure(filled, keep_days=8, keep_failed_days=30)
    assert list_ids(filled) == before
    assert space.next_for_budget is None
    removal = space.next_for_rules
    assert removal is not None
    assert removal.complete
    assert removal.freed_bytes > 0
    assert {(each.part, each.status, each.workflow_id) for each in removal.runs} == {
        ("executions", "success", "small"),
        ("executions", "success", "large"),
    }
    # The store's clock has advanced by some seconds.
    tomorrow = NOW + timedelta(days=1, minutes=1)
    limits = RetentionPolicy(keep_days=8, keep_failed_days=30).limits_at(tomorrow)
    prune_all(filled, limits)
    assert _count(removal, "executions") == len(before) - len(list_ids(filled)) > 40


def test_the_budget_takes_old_payloads_first(filled: ExecutionStore) -> None:
    """The preview for a budget is the oldest payloads, for about the growth of a day."""
    used = _measure(filled).parts.used_bytes
    space = _measure(filled, max_bytes=10 * used)
    removal = space.next_for_budget
    assert removal is not None
    assert {each.part for each in removal.runs} == {"payloads"}
    assert removal.freed_bytes >= space.growth_bytes
    assert min(each.oldest for each in removal.runs) == _start(239)
    assert max(each.newest for each in removal.runs) < _start(120)


def _start(hours: int) -> str:
    return (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_what_has_to_stay_is_compared_with_the_budget(filled: ExecutionStore) -> None:
    """Starred runs and the newest good run of each workflow count, and nothing else."""
    filled.merge([make_run(NOW, 3, "failing", status="error")])
    kept = _measure(filled).protected
    assert (kept.starred, kept.newest_good) == (0, 2)
    for hour in range(1, 100):
        assert filled.set_star(f"small-{hour}", starred=True)
    starred = _measure(filled, max_bytes=1_000_000_000).protected
    assert (starred.starred, starred.newest_good) == (99, 2)
    assert starred.bytes > 20 * kept.bytes
    assert not starred.exceeds_budget
    tight = _measure(filled, max_bytes=starred.bytes // 2)
    assert tight.protected.exceeds_budget
    prune_all(filled, RetentionLimits(max_bytes=0))
    assert len(list_ids(filled)) == 100
    assert _measure(filled, max_bytes=starred.bytes // 2).protected.exceeds_budget


def test_an_empty_history_is_measured(store: ExecutionStore) -> None:
    """Without executions all estimates are 0."""
    space = _measure(store, max_bytes=2**30, keep_days=3)
    assert (space.runs, space.workflows, space.days, space.growth_bytes) == (0, (), (), 0)
    assert space.full_in_days is None
    assert space.next_for_rules == Removal(runs=(), freed_bytes=0, complete=True)


def test_runs_with_many_nodes_and_shared_payloads_are_measured(store: ExecutionStore) -> None:
    """A run is measured by its first nodes, and a payload that many runs share counts in part."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    shared = {"value": make_noise("shared", 3_000)}
    many = [{**node, "sequence": place, "output": shared} for place in range(700)]
    started = NOW.isoformat()
    store.merge([record("many", workflowId="many", startedAt=started, nodeExecutions=many)])
    few = [{**node, "sequence": 0, "output": shared}]
    store.merge(
        [
            record(f"few-{number}", workflowId="few", startedAt=started, nodeExecutions=few)
            for number in range(7)
        ]
    )
    by_id = {each.workflow_id: each for each in _measure(store).workflows}
    # In ClickHouse the rows, which resemble each other, take less beside the payload.
    assert 20 < by_id["many"].bytes / by_id["few"].bytes < 45
