"""Stores in a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from flightlog.store.postgres import PostgresSettings, PostgresStore

if TYPE_CHECKING:
    from support.postgres import PostgresHistories


@pytest.fixture
def settings(postgres_histories: PostgresHistories) -> Iterator[PostgresSettings]:
    """Take an empty history."""
    yield postgres_histories.take()
    postgres_histories.give_back()


@pytest.fixture
def open_store(
    postgres_histories: PostgresHistories, settings: PostgresSettings
) -> Iterator[Callable[[], PostgresStore]]:
    """Open stores of one history, as several receivers do."""
    with ExitStack() as stores:
        yield lambda: stores.enter_context(closing(PostgresStore(postgres_histories.url, settings)))
