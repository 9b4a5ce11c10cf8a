"""Tests of ranges that are joined."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from flightlog.store.clickhouse import ClickHouseSettings, ClickHouseStore, ledger
from support.records import record

if TYPE_CHECKING:
    from support.clickhouse import ClickHouseHistories


def test_many_ranges_of_a_process_become_one_row(
    clickhouse_histories: ClickHouseHistories,
    settings: ClickHouseSettings,
    open_store: Callable[[], ClickHouseStore],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rows that the union covers are deleted, and the numbers stay."""
    monkeypatch.setattr(ledger, "_JOINED_ROWS", 2)
    store = open_store()
    for number in (1, 2, 3):
        store.merge([record("a", message={"processId": "p", "number": number})])
    sql = "SELECT first, last FROM history.received_ranges"
    assert clickhouse_histories.query(sql, settings) == [(1, 3)]
    assert store.read_ledger().received == 3
