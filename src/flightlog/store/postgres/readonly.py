"""`ReadOnlyPostgresStore`: reads a history in PostgreSQL, and changes nothing."""

from __future__ import annotations

from flightlog.clock import Clock, utc_now
from flightlog.errors import StoreUnavailableError, StoreVersionError
from flightlog.store.postgres.migrate import SCHEMA_VERSION, read_version
from flightlog.store.postgres.reading import PostgresReader
from flightlog.store.postgres.settings import PostgresSettings


class ReadOnlyPostgresStore(PostgresReader):
    """
    Reads executions from PostgreSQL; see `ExecutionReader` for each method.

    Args:
        url: The address; its role needs no right but to read.
        settings: How the database is used.
        clock: The time for the views.

    Raises:
        StoreDisconnectedError: The server can't be reached.
        StoreUnavailableError: The database has no history, or an older one that isn't migrated.
        StoreVersionError: A newer Flightlog made the tables.
    """

    is_read_only = True

    def __init__(
        self, url: str, settings: PostgresSettings | None = None, *, clock: Clock = utc_now
    ) -> None:
        super().__init__(url, settings, clock)
        with self._reading() as connection:
            found = read_version(connection)
        if found == SCHEMA_VERSION:
            return
        self.close()
        if found > SCHEMA_VERSION:
            raise StoreVersionError(self._location, found, SCHEMA_VERSION)
        raise StoreUnavailableError(
            self._location,
            f"has no tables of this version in the schema {self._settings.schema}",
            hint="Start a receiver with this address first; it makes or migrates the tables.",
        )
