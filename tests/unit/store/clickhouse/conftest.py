"""Stores in ClickHouse's engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from flightlog.store.clickhouse import ClickHouseSettings, ClickHouseStore

if TYPE_CHECKING:
    from support.clickhouse import ClickHouseHistories


@pytest.fixture
def settings(clickhouse_histories: ClickHouseHistories) -> Iterator[ClickHouseSettings]:
    """Take an empty history."""
    taken = clickhouse_histories.take()
    yield taken
    clickhouse_histories.give_back(taken)


@pytest.fixture
def open_store(
    clickhouse_histories: ClickHouseHistories, settings: ClickHouseSettings
) -> Iterator[Callable[[], ClickHouseStore]]:
    """Open stores of one history, as several processes do."""
    url = clickhouse_histories.url
    with ExitStack() as stores:
        yield lambda: stores.enter_context(closing(ClickHouseStore(url, settings)))
