"""`ReadOnlyStore`: the `ExecutionReader` that opens one SQLite file for reading only."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import apsw

from flightlog.clock import Clock, utc_now
from flightlog.errors import StoreClosedError, StoreGoneError
from flightlog.errors.base import escape_surrogates
from flightlog.store.changes import ChangeFeed, OnChange
from flightlog.store.results import StoreHealth
from flightlog.store.sqlite import reader
from flightlog.store.sqlite.access import describe_user, is_foreign
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.exchange import read_notes
from flightlog.store.sqlite.indexing import read_index_state
from flightlog.store.sqlite.reading import SqliteReader
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.sources import Source, open_source

_LONGEST_WAIT_S: Final = 3.0


class ReadOnlyStore(SqliteReader):
    """
    Reads the executions of one SQLite file; see `ExecutionReader` for each method.

    The file may belong to another user, be on a read-only disk, or have an older schema; the store
    never migrates the file. If another file comes to the path, the store reads that file.

    Args:
        path: The file.
        settings: How long to wait for processes that write.
        clock: The time for the views.

    Raises:
        StoreForeignError: The file belongs to another program.
        StoreVersionError: A newer Flightlog made the file.
        StoreUnavailableError: The file is missing, or can't be read.
    """

    def __init__(
        self, path: Path, settings: SqliteSettings | None = None, *, clock: Clock = utc_now
    ) -> None:
        super().__init__(path, settings, clock)
        self._lock = threading.Lock()
        self._closed = False
        self._changes = ChangeFeed()
        with self._translated():
            source = open_source(path, self._settings, clock)
        self._source: Source | None = source
        self._times_opened = 1

    def _current(self) -> Source:
        with self._lock:
            if self._closed:
                raise StoreClosedError(str(self._path))
            source = self._source
            if source is not None and source.is_current():
                return source
            if source is not None:
                self._source = None
                source.close()
                source.readers.wait_until_closed(_LONGEST_WAIT_S)
            if not self._path.exists():
                raise StoreGoneError(str(self._path), "does not exist any more")
            self._source = open_source(self._path, self._settings, self._clock)
            self._times_opened += 1
            return self._source

    @contextlib.contextmanager
    def _reading(self) -> Iterator[tuple[apsw.Connection, Codec]]:
        with self._translated(), contextlib.ExitStack() as lent:
            while True:
                source = self._current()
                try:
                    connection = lent.enter_context(source.readers.lend_snapshot())
                except StoreClosedError:
                    # Another thread has just reopened the file.
                    continue
                break
            try:
                yield connection, source.codec
            except apsw.Error as error:
                if isinstance(error, apsw.InterruptError) or source.is_current():
                    raise
                raise StoreGoneError(
                    str(self._path), "was written or exchanged while it was read"
                ) from error

    def health(self) -> StoreHealth:
        """Report the store's state; see `ExecutionReader.health`."""
        with self._snapshot() as connection:
            executions = reader.count(connection)
            search_index, not_indexed = read_index_state(connection)
        source = self._current()
        return StoreHealth(
            location=escape_surrogates(str(self._path)),
            schema_version=source.version,
            executions=executions,
            size_bytes=self._size_bytes(),
            log_bytes=self._log_bytes(),
            log_limit_bytes=self._settings.wal_refuse_bytes,
            settings=source.settings,
            search_index=search_index,
            not_indexed=not_indexed,
            read_only=True,
            owner=self.owner,
            changes=read_notes(self._path),
        )

    @property
    def owner(self) -> str | None:
        """The user to whom the file belongs; None when the file belongs to this process's user."""
        found = self._path.stat()
        return describe_user(found.st_uid) if is_foreign(found) else None

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """
        Accept a subscriber that is never called, because this store commits no changes.

        Args:
            on_change: Never called.

        Returns:
            A function that ends the subscription.
        """
        return self._changes.subscribe(on_change)

    def foreign_changes(self) -> int:
        """Detect changes by other processes; see `ExecutionReader.foreign_changes`."""
        with self._snapshot() as connection:
            return hash((self._times_opened, connection.pragma("data_version")))

    def close(self) -> None:
        """Release everything; a second call does nothing."""
        with self._lock:
            self._closed = True
            source, self._source = self._source, None
        if source is not None:
            source.close()
