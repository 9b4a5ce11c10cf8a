"""The space of a history is measured right, and the preview names what retention then removes."""

from __future__ import annotations

import base64
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from flightlog.record.model import WorkflowExecution
from flightlog.store.query import ExecutionQuery
from flightlog.store.retention import RetentionLimits, RetentionPolicy
from flightlog.store.space import Removal, Space
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.sqlite.readonly import ReadOnlyStore
from support.records import record

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def small_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow budgets that small histories fill."""
    monkeypatch.setattr("flightlog.store.retention.MIN_BYTES", 1)


def _open(path: Path) -> SqliteStore:
    return SqliteStore(path, SqliteSettings(synchronous="normal"), clock=lambda: NOW)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[SqliteStore]:
    """Open an empty store whose clock stands still."""
    store = _open(tmp_path / "history.db")
    yield store
    store.close()


@pytest.fixture(scope="module")
def ten_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store 10 days of runs: each hour a small one, every four hours one of 4 times the size."""
    path = tmp_path_factory.mktemp("filled") / "history.db"
    store = _open(path)
    store.merge([_run(hour) for hour in range(1, 240)])
    store.merge([_run(hour, "large", 1_600) for hour in range(1, 240, 4)])
    while store.index_portion().more:
        pass
    store.close()
    return path


@pytest.fixture
def store(ten_days: Path, tmp_path: Path, small_budgets: None) -> Iterator[SqliteStore]:
    """Open a copy of `ten_days`."""
    store = _open(Path(shutil.copy(ten_days, tmp_path / "copy.db")))
    yield store
    store.close()


def _noise(seed: str, size: int) -> str:
    return base64.b85encode(random.Random(seed).randbytes(size)).decode()


def _run(
    hours: float, workflow: str = "small", size: int = 400, **fields: Any
) -> WorkflowExecution:
    """Make a run of two nodes that began some hours ago, with payloads of its own."""
    name = f"{workflow}-{hours:g}"
    nodes = [
        {
            "nodeId": f"node-{place}",
            "nodeName": "Node",
            "nodeType": "code",
            "status": "success",
            "sequence": place,
            "input": {"value": _noise(f"{name}-in-{place}", size)},
            "output": {"value": _noise(f"{name}-out-{place}", size)},
        }
        for place in range(2)
    ]
    started = (NOW - timedelta(hours=hours)).isoformat()
    fields = {"workflowId": workflow, "workflowName": workflow.title(), **fields}
    return record(name, startedAt=started, nodeExecutions=nodes, **fields)


def _read_pages(store: SqliteStore) -> dict[str, int]:
    """Measure tables and indexes as SQLite's `dbstat` does, which reads every page."""
    connection = apsw.Connection(str(store._path), flags=apsw.SQLITE_OPEN_READONLY)
    sizes = dict(connection.execute("SELECT name, pgsize FROM dbstat WHERE aggregate = 1"))
    connection.close()
    return sizes


def _measure(store: SqliteStore, **policy: Any) -> Space:
    return store.measure_space(RetentionPolicy(**policy))


def test_the_parts_are_those_of_the_pages(store: SqliteStore) -> None:
    """Payloads and index are within 15 % of a full count, and the sum is exact."""
    space = _measure(store)
    pages = _read_pages(store)
    payloads = sum(size for name, size in pages.items() if name.startswith("payloads"))
    index = sum(size for name, size in pages.items() if name.startswith("search"))
    assert space.parts.payload_bytes == pytest.approx(payloads, rel=0.15)
    assert space.parts.index_bytes == pytest.approx(index, rel=0.15)
    # The file also has one page for each 819 that says where pages belong.
    assert space.parts.used_bytes == pytest.approx(sum(pages.values()), rel=0.01)
    assert space.runs == 299


def test_workflows_and_days_share_the_space(store: SqliteStore) -> None:
    """A workflow with larger payloads takes more, and all together take the used space."""
    space = _measure(store)
    by_id = {each.workflow_id: each for each in space.workflows}
    small, large = by_id["small"], by_id["large"]
    assert (small.runs, large.runs) == (239, 60)
    assert (small.workflow_name, large.workflow_name) == ("Small", "Large")
    assert 1.5 < (large.bytes / large.runs) / (small.bytes / small.runs) < 6
    total = sum(each.bytes for each in space.workflows)
    assert total == pytest.approx(space.parts.used_bytes, rel=0.02)
    assert [each.day for each in space.days] == [f"2026-11-{day}" for day in range(19, 30)]
    assert space.days[3].runs == 30
    assert space.growth_bytes == pytest.approx(total / 10, rel=0.2)
    assert space.full_in_days is None


def test_the_budget_says_when_it_is_full(store: SqliteStore) -> None:
    """The days left follow from the growth; a full budget has none left."""
    used = _measure(store).parts.used_bytes
    space = _measure(store, max_bytes=4 * used)
    assert space.full_in_days == pytest.approx((3 * used - used) / space.growth_bytes, rel=0.1)
    assert _measure(store, max_bytes=used).full_in_days == 0
    assert not space.protected.exceeds_budget


def _left(store: SqliteStore) -> set[str]:
    return {each.id for each in store.list_summaries(ExecutionQuery(limit=500)).summaries}


def _count(removal: Removal | None, part: str) -> int:
    assert removal is not None
    return sum(each.runs for each in removal.runs if each.part == part)


def test_the_preview_names_what_the_limits_remove(store: SqliteStore) -> None:
    """The rules of age then remove what the preview names; nothing goes before."""
    store.merge([_run(230, "failing", status="error")])
    before = _left(store)
    space = _measure(store, keep_days=8, keep_failed_days=30)
    assert _left(store) == before
    assert space.next_for_budget is None
    removal = space.next_for_rules
    assert removal is not None
    assert removal.complete
    assert removal.freed_bytes > 0
    assert {(each.part, each.status, each.workflow_id) for each in removal.runs} == {
        ("executions", "success", "small"),
        ("executions", "success", "large"),
    }
    tomorrow = RetentionPolicy(keep_days=8, keep_failed_days=30).limits_at(NOW + timedelta(days=1))
    while store.prune(tomorrow).more:
        pass
    assert _count(removal, "executions") == len(before) - len(_left(store)) > 40


def test_the_budget_takes_old_payloads_first(store: SqliteStore) -> None:
    """The preview for a budget is the oldest payloads, for about the growth of a day."""
    used = _measure(store).parts.used_bytes
    space = _measure(store, max_bytes=10 * used)
    removal = space.next_for_budget
    assert removal is not None
    assert {each.part for each in removal.runs} == {"payloads"}
    assert removal.freed_bytes >= space.growth_bytes
    assert min(each.oldest for each in removal.runs) == _start(239)
    assert max(each.newest for each in removal.runs) < _start(120)


def _start(hours: int) -> str:
    return (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_what_has_to_stay_is_compared_with_the_budget(store: SqliteStore) -> None:
    """Starred runs and the newest good run of each workflow count, and nothing else."""
    store.merge([_run(3, "failing", status="error")])
    kept = _measure(store).protected
    assert (kept.starred, kept.newest_good) == (0, 2)
    for hour in range(1, 100):
        assert store.set_star(f"small-{hour}", starred=True)
    starred = _measure(store, max_bytes=1_000_000_000).protected
    assert (starred.starred, starred.newest_good) == (99, 2)
    assert starred.bytes > 20 * kept.bytes
    assert not starred.exceeds_budget
    tight = _measure(store, max_bytes=starred.bytes // 2)
    assert tight.protected.exceeds_budget
    while store.prune(RetentionLimits(max_bytes=0)).more:
        pass
    assert len(_left(store)) == 100
    assert _measure(store, max_bytes=starred.bytes // 2).protected.exceeds_budget


def test_an_empty_history_is_measured(empty: SqliteStore, tmp_path: Path) -> None:
    """Without executions all estimates are 0, also for a reader that may not write."""
    space = _measure(empty, max_bytes=2**30, keep_days=3)
    assert (space.runs, space.workflows, space.days, space.growth_bytes) == (0, (), (), 0)
    assert space.full_in_days is None
    assert space.next_for_rules == Removal(runs=(), freed_bytes=0, complete=True)
    reader = ReadOnlyStore(tmp_path / "history.db", clock=lambda: NOW)
    assert reader.measure_space(RetentionPolicy()).runs == 0
    reader.close()


def test_runs_with_many_nodes_and_shared_payloads_are_measured(empty: SqliteStore) -> None:
    """A run is measured by its first nodes, and a payload that many runs share counts in part."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    shared = {"value": _noise("shared", 3_000)}
    many = [{**node, "sequence": place, "output": shared} for place in range(700)]
    started = NOW.isoformat()
    empty.merge([record("many", workflowId="many", startedAt=started, nodeExecutions=many)])
    few = [{**node, "sequence": 0, "output": shared}]
    empty.merge(
        [
            record(f"few-{number}", workflowId="few", startedAt=started, nodeExecutions=few)
            for number in range(7)
        ]
    )
    by_id = {each.workflow_id: each for each in _measure(empty).workflows}
    assert by_id["many"].bytes / by_id["few"].bytes == pytest.approx(28, rel=0.3)
