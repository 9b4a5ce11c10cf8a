"""Open the store at an address; the only module that chooses between the stores."""

from __future__ import annotations

from flightlog.clock import Clock, utc_now
from flightlog.store.address import POSTGRESQL, StorageAddress
from flightlog.store.migration import MigrationMonitor
from flightlog.store.reader import ExecutionReader
from flightlog.store.writer import ExecutionStore


def open_store(
    address: StorageAddress,
    clock: Clock = utc_now,
    monitor: MigrationMonitor | None = None,
) -> ExecutionStore:
    """
    Open a history for reading and writing; make it if it is missing.

    Args:
        address: The place of the history.
        clock: Gives the times that the store itself notes.
        monitor: Takes the progress when the history of a file is migrated, and may end the
            migration.

    Returns:
        The store, which the caller closes.

    Raises:
        MissingExtraError: The library for this kind of store isn't installed.
        StoreError: The history can't be opened.
    """
    if address.scheme == POSTGRESQL:
        from flightlog.store.postgres import PostgresStore  # noqa: PLC0415 - only the chosen store

        return PostgresStore(address.url, clock=clock)
    if not address.is_file:
        from flightlog.store.clickhouse import (  # noqa: PLC0415 - only the chosen store
            ClickHouseStore,
        )

        return ClickHouseStore(address.url, clock=clock)
    from flightlog.store.sqlite import SqliteStore  # noqa: PLC0415 - only the chosen store

    return SqliteStore(address.path, clock=clock, monitor=monitor)


def open_reader(address: StorageAddress, clock: Clock = utc_now) -> ExecutionReader:
    """
    Open a history for reading only; nothing is made, written or migrated.

    Args:
        address: The place of the history.
        clock: The time for the views.

    Returns:
        The reader, which the caller closes.

    Raises:
        MissingExtraError: The library for this kind of store isn't installed.
        StoreError: The history can't be opened.
    """
    if address.scheme == POSTGRESQL:
        from flightlog.store.postgres import (  # noqa: PLC0415 - only the chosen store
            ReadOnlyPostgresStore,
        )

        return ReadOnlyPostgresStore(address.url, clock=clock)
    if not address.is_file:
        from flightlog.store.clickhouse import (  # noqa: PLC0415 - only the chosen store
            ReadOnlyClickHouseStore,
        )

        return ReadOnlyClickHouseStore(address.url, clock=clock)
    from flightlog.store.sqlite import ReadOnlyStore  # noqa: PLC0415 - only the chosen store

    return ReadOnlyStore(address.path, clock=clock)
