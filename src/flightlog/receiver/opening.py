"""
`OpeningHistory`: a history that the receiver can serve while the history is still being migrated.

A migration of a large file takes minutes. The receiver listens meanwhile, so that its clients get a
named error that they understand and wait, instead of a refused connection.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from flightlog.errors import StoreClosedError, StoreMigratingError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.histories import History, SingleHistory
from flightlog.record.model import WorkflowExecution
from flightlog.store.address import StorageAddress
from flightlog.store.changes import ChangeFeed, OnChange
from flightlog.store.migration import MigrationMonitor, MigrationProgress
from flightlog.store.results import LogResult


class OpeningHistory:
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

    is_read_only: Final = False

    def __init__(
        self,
        address: StorageAddress,
        open_history: Callable[[MigrationMonitor], ExecutionLogger],
    ) -> None:
        self._path = address.path
        self.location = str(address)
        """The place of the history for people, without passwords."""
        self._open_history = open_history
        self._changes = ChangeFeed()
        self._lock = threading.Lock()
        self._begun = threading.Event()
        self._monitor = MigrationMonitor(self._begun.set)
        self._logger: ExecutionLogger | None = None
        self._history: SingleHistory | None = None
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
        return self._path

    @property
    def current_path(self) -> Path:
        """The file of the history."""
        return self._path

    @property
    def migration(self) -> MigrationProgress | None:
        """The progress of the migration; None if the history is open."""
        return None if self._history is not None else self._monitor.progress

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

    def lend(self) -> AbstractContextManager[ExecutionLogger]:
        """Lend the history; see `History.lend`."""
        return self._find().lend()

    def log(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult | Exception]:
        """Store the records; see `History.log`."""
        return self._find().log(requests)

    def get_current(self) -> History:
        """Return the only history; see `HistoryProvider.get_current`."""
        return self

    def choose_for_record(self, record: WorkflowExecution) -> History:  # noqa: ARG002
        """Return the only history; see `HistoryProvider.choose_for_record`."""
        return self

    def choose_for_process(self, process_id: str) -> History:  # noqa: ARG002
        """Return the only history; see `HistoryProvider.choose_for_process`."""
        return self

    def list_open(self) -> Sequence[History]:
        """List the only history once it is open; see `HistoryProvider.list_open`."""
        return () if self._history is None else (self,)

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """Report every change of the history; see `HistoryProvider.subscribe`."""
        return self._changes.subscribe(on_change)

    def close(self) -> None:
        """Close the history, or end its migration; a second call does nothing."""
        self._monitor.cancel()
        self._thread.join()
        if self._logger is not None:
            self._logger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _find(self) -> SingleHistory:
        history = self._history
        if history is not None:
            return history
        progress = self._monitor.progress
        if progress is None or self._failure is not None:
            # The receiver ends in a moment.
            raise StoreClosedError(str(self._path))
        raise StoreMigratingError(
            str(self._path),
            from_schema=progress.from_schema,
            to_schema=progress.to_schema,
            step=progress.step,
            share=progress.share,
        )

    def _open(self) -> None:
        try:
            logger = self._logger = self._open_history(self._monitor)
            history = SingleHistory(logger)
            history.subscribe(self._changes.publish)
            self._history = history
        except BaseException as error:  # noqa: BLE001 - `raise_failure` raises the error
            with self._lock:
                self._failure = error
                on_failure = self._on_failure
            if not self._monitor.is_cancelled:
                on_failure()
        finally:
            self._begun.set()
