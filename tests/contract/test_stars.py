"""Stars, and deletions that spare or count them."""

from __future__ import annotations

from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.writer import ExecutionStore
from support.records import record


def test_a_star_outlives_what_comes_later(store: ExecutionStore) -> None:
    """
    A merge keeps a star, a record can set a star, no record removes a star.

    The store announces a star as a change.
    """
    announced: list[str] = []
    store.merge([record("it", status="running", revision=1)])
    store.subscribe(announced.extend)
    assert store.set_star("it", starred=True)
    assert store.set_star("it", starred=True)
    assert announced == ["it"]
    store.merge([record("it", revision=2)])
    found = store.get("it")
    assert found is not None
    assert (found.starred, found.status) == (True, "success")
    assert store.set_star("it", starred=False)
    store.merge([record("it", revision=2, starred=True)])
    assert store.list_summaries(HistoryFilter(starred=True).make_page_query()).summaries
    assert not store.set_star("none", starred=True)


def test_starred_executions_are_spared_when_old_ones_go(store: ExecutionStore) -> None:
    """Clearing by age spares starred executions; deleting by id doesn't."""
    store.merge([record("old"), record("kept", starred=True), record("other")])
    assert store.clear_before("2027-01-01T00:00:00.000000Z") == 2
    assert store.get("kept") is not None
    assert store.delete_many(["kept", "old", "none"]) == 1
    assert store.get("kept") is None


def test_many_are_deleted_at_once(store: ExecutionStore) -> None:
    """A deletion of many executions announces, counts and remembers each execution."""
    announced: list[str] = []
    store.merge([record(f"run-{number}") for number in range(700)])
    store.subscribe(announced.extend)
    assert store.delete_many([f"run-{number}" for number in range(650)]) == 650
    assert len(announced) == 650
    assert store.count_by_status(EVERYTHING).total == 50
    assert store.merge([record("run-1")]).deleted == ("run-1",)
    assert store.delete_many([]) == 0
