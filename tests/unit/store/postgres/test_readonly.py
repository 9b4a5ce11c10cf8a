from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from flightlog.errors import StoreUnavailableError
from flightlog.store.postgres import PostgresSettings, PostgresStore, ReadOnlyPostgresStore
from support.records import record

if TYPE_CHECKING:
    from support.postgres import PostgresHistories


def test_a_history_is_read_and_not_made(
    open_store: Callable[[], PostgresStore],
    postgres_histories: PostgresHistories,
    settings: PostgresSettings,
) -> None:
    """Executions of a receiver are read, and a schema without tables stays as it is."""
    open_store().merge([record("a")])
    with closing(ReadOnlyPostgresStore(postgres_histories.url, settings)) as store:
        assert store.get("a") == record("a")
        assert store.health().read_only
    nothing = PostgresSettings(schema=f"{settings.schema}_none")
    with pytest.raises(StoreUnavailableError, match="has no tables"):
        ReadOnlyPostgresStore(postgres_histories.url, nothing)
    with pytest.raises(StoreUnavailableError, match="has no tables"):
        ReadOnlyPostgresStore(postgres_histories.url, nothing)
