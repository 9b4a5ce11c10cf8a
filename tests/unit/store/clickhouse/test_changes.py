"""Tests of changes that other stores make."""

from __future__ import annotations

from collections.abc import Callable

from flightlog.store.clickhouse import ClickHouseStore
from support.records import record


def test_changes_of_another_store_are_published_once(
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """A store hears of its own changes at once, and of the others' when it polls."""
    first, second = open_store(), open_store()
    heard: list[tuple[str, ...]] = []
    first.subscribe(lambda ids: heard.append(tuple(ids)))
    before = first.foreign_changes()
    second.merge([record("a")])
    assert first.foreign_changes() == first.foreign_changes() > before
    assert heard == [("a",)]
    first.merge([record("b")])
    assert heard == [("a",), ("b",)]


def test_a_failed_announcement_is_repeated(open_store: Callable[[], ClickHouseStore]) -> None:
    """The change is stored, so the caller gets no error; others hear of it with the next one."""
    first, second = open_store(), open_store()
    heard: list[str] = []
    first.subscribe(heard.extend)
    second._connection.run("RENAME TABLE changes TO away")
    assert second.merge([record("a")]).created == 1
    second._connection.run("RENAME TABLE away TO changes")
    second.merge([record("b")])
    first.foreign_changes()
    assert sorted(heard) == ["a", "b"]
