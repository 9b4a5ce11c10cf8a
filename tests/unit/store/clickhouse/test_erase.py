"""Tests of deleted rows and payloads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flightlog.clock import utc_now
from flightlog.record.model import NO_RUN, RunKey
from flightlog.store.clickhouse import ClickHouseSettings, ClickHouseStore
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.erase import Eraser
from flightlog.store.clickhouse.schema import PLACE_COLUMNS
from support.records import record

if TYPE_CHECKING:
    from support.clickhouse import ClickHouseHistories


def test_a_payload_goes_with_the_last_execution_that_holds_it(
    clickhouse_histories: ClickHouseHistories,
    settings: ClickHouseSettings,
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """A shared payload stays, and so does a new one that others may be about to use."""
    store = open_store()
    trigger = {"type": "t", "data": "x" * 300}
    store.merge([record(name, trigger=trigger) for name in ("a", "b", "c")])

    def count() -> object:
        sql = "SELECT count() FROM history.payloads"
        return clickhouse_histories.query(sql, settings)[0][0]

    connection = Connection(clickhouse_histories.url, settings)
    connection.use_database()
    eraser = Eraser(connection, utc_now, grace_s=0)
    eraser.erase([RunKey("a", NO_RUN)])
    assert count() == 1
    store.delete("b")
    eraser.erase([RunKey("c", NO_RUN)])
    connection.close()
    assert count() == 0
    assert store.read_stats().total == 0


def test_a_sweep_erases_old_places_and_adds_missing_ones(
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """Afterwards each execution has its place, and nothing else has one."""
    store = open_store()
    store.merge([record("a"), record("b")])
    connection = store._connection
    connection.run("DELETE FROM places WHERE execution_id = 'a'")
    connection.insert("places", PLACE_COLUMNS, [("2026-01-01T00:00:00.000000Z", 1, "c", NO_RUN)])
    Eraser(connection, utc_now).sweep()
    rows = connection.fetch_all("SELECT execution_id FROM places ORDER BY execution_id")
    assert rows == [("a",), ("b",)]
