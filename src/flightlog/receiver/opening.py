"""
`OpeningHistory`: a history that the receiver can serve while the history is still being migrated.

A migration of a large file takes minutes. The receiver listens meanwhile, so that its clients get a
named error that they understand and wait, instead of a refused connection.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from flightlog.errors import StoreClosedError, StoreMigratingError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.histories import History, SingleHistory
from flightlog.store.address import StorageAddress
from flightlog.store.changes import ChangeFeed, OnChange
from flightlog.store.migration import MigrationMonitor, MigrationProgress


class OpeningHistory(SingleHistory):
    """
    Opens a history in a separate thread; see `HistoryProvider` and `History` for each method.

    The constructor returns when the history is open, or when its migration has begun. Until the
    migration ends, every use of the history raises `StoreMigratingError`. The `with` block closes
    the history, or ends the migration, which leaves the file as it was.

    Args:
        address: The place of the history.
        open_history: Opens the history, and makes or migrates it.

    Raises:
        StoreError: The history can't be opened.
    """

    def __init__(
        self,
        address: StorageAddress,
        open_history: Callable[[MigrationMonitor], ExecutionLogger],
    ) -> None:
        self._address = address
        self._open_history = open_history
        self._changes = ChangeFeed()
        self._lock = threading.Lock()
        self._begun = threading.Event()
        self._monitor = MigrationMonitor(self._begun.set)
        self._opened: ExecutionLogger | None = None
        self._is_open = False
        self._failure: BaseException | None = None
        self._on_failure: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._open, name="flightlog-opening")
        self._thread.start()
        try:
            self._begun.wait()
            self.raise_failure()
        except BaseException:
            self.close()
            raise

    @property
    def path(self) -> Path:
        """The file of the history."""
        return self._address.path

    @property
    def location(self) -> str:
        """The place of the history for people, without passwords."""
        return str(self._address)

    @property
    def is_read_only(self) -> bool:
        """Always false."""
        return False

    @property
    def migration(self) -> MigrationProgress | None:
        """The progress of the migration; None if the history is open."""
        return None if self._is_open else self._monitor.progress

    def call_on_failure(self, on_failure: Callable[[], None]) -> None:
        """
        Call a function when the migration fails, or at once if it has failed.

        Args:
            on_failure: The function; called in another thread.
        """
        with self._lock:
            self._on_failure = on_failure
            has_failed = self._failure is not None
        if has_failed:
            on_failure()

    def raise_failure(self) -> None:
        """
        Raise the error because of which the history couldn't be opened, if there is one.

        Raises:
            StoreError: The history couldn't be opened.
        """
        if self._failure is not None:
            raise self._failure

    def list_open(self) -> Sequence[History]:
        """List the only history once it is open; see `HistoryProvider.list_open`."""
        return (self,) if self._is_open else ()

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """Report every change of the history; see `HistoryProvider.subscribe`."""
        return self._changes.subscribe(on_change)

    def close(self) -> None:
        """Close the history, or end its migration; a second call does nothing."""
        self._monitor.cancel()
        self._thread.join()
        if self._opened is not None:
            self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _find(self) -> ExecutionLogger:
        if self._is_open and self._opened is not None:
            return self._opened
        progress = self._monitor.progress
        if progress is None or self._failure is not None:
            # The receiver ends in a moment.
            raise StoreClosedError(str(self._address.path))
        raise StoreMigratingError(
            str(self._address.path),
            from_schema=progress.from_schema,
            to_schema=progress.to_schema,
            step=progress.step,
            share=progress.share,
        )

    def _open(self) -> None:
        try:
            self._opened = self._open_history(self._monitor)
            self._opened.reader.subscribe(self._changes.publish)
            self._is_open = True
        except BaseException as error:  # noqa: BLE001 - `raise_failure` raises the error
            with self._lock:
                self._failure = error
                on_failure = self._on_failure
            if not self._monitor.is_cancelled:
                on_failure()
        finally:
            self._begun.set()
