"""Tests of counts by scans."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flightlog.store.clickhouse import ClickHouseSettings, ClickHouseStore
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.counts import ClickHouseCounts
from flightlog.store.histogram import find_bucket
from flightlog.store.query import EVERYTHING
from flightlog.store.tallies import round_to_hours
from support.records import record

if TYPE_CHECKING:
    from support.clickhouse import ClickHouseHistories


def test_buckets_are_those_of_the_histogram(
    clickhouse_histories: ClickHouseHistories,
    settings: ClickHouseSettings,
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """The server computes the same bucket of a duration as Python does."""
    store = open_store()
    durations = [0.0, 0.0004, 0.001, 1.0, 12.5, 823.7, 60_000.0, 86_400_000.0, 1e12]
    store.merge([record(f"run-{n}", durationMs=each) for n, each in enumerate(durations)])
    connection = Connection(clickhouse_histories.url, settings)
    connection.use_database()
    counts = ClickHouseCounts(connection, store.location)
    rows = counts.sum_executions(EVERYTHING, round_to_hours(EVERYTHING))
    connection.close()
    assert {row[1] for row in rows} == {find_bucket(each) for each in durations}
