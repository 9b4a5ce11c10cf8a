"""Stores whose searches are shared, in a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from flightlog.store.postgres import PostgresStore

if TYPE_CHECKING:
    from support.postgres import PostgresHistories


@pytest.fixture
def open_store(postgres_histories: PostgresHistories) -> Iterator[Callable[[], PostgresStore]]:
    """Open stores of one history."""
    settings = postgres_histories.take()
    with ExitStack() as stores:
        yield lambda: stores.enter_context(closing(PostgresStore(postgres_histories.url, settings)))
    postgres_histories.give_back()
