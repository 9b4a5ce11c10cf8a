"""
`OpenProjects`: the histories of several projects. A few are open at a time, and one is current.

`flightlog.logger` reads and writes a history; `routing` decides to which history a record belongs.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from flightlog.errors import StoreClosedError
from flightlog.logger import ExecutionLogger, project_database

MAX_OPEN: Final = 8
"""So many stay open when nobody uses them; each holds a few files and some memory."""

OnChange = Callable[[str | None, tuple[str, ...]], None]
"""Takes a project's directory (None for a history that is no project's) and execution ids."""


class OpenProject:
    """
    One history, opened at its first use.

    Args:
        path: The database.
        project: The directory of the project whose it is, as its opener wrote it.
    """

    def __init__(self, path: Path, project: str | None) -> None:
        self.path = path
        self.project = project
        self.users = 0
        self._lock = threading.Lock()
        self._logger: ExecutionLogger | None = None

    def open(self, on_change: OnChange) -> ExecutionLogger:
        """Open it, unless it is open, and have its changes told."""
        with self._lock:
            if self._logger is None:
                logger = (
                    ExecutionLogger(self.path)
                    if self.project is None
                    else ExecutionLogger.for_project(self.project)
                )
                logger.subscribe(lambda ids: on_change(self.project, ids))
                self._logger = logger
            return self._logger

    @property
    def is_open(self) -> bool:
        """Whether it is open."""
        return self._logger is not None

    def close(self) -> None:
        """Close it, if it is open."""
        with self._lock:
            if self._logger is not None:
                self._logger.close()
                self._logger = None


class OpenProjects:
    """
    Opens histories, lends them, and closes what nobody has used for longest.

    Safe to use from several threads.

    Args:
        path: The database that is current at first; made if missing.
        project: The directory of the project whose it is, if it is one's.

    Raises:
        StoreError: It can't be opened.
    """

    def __init__(self, path: Path, project: str | None) -> None:
        self._lock = threading.Lock()
        self._subscribers: tuple[OnChange, ...] = ()
        self._closed = False
        self._open: OrderedDict[Path, OpenProject] = OrderedDict()
        # Never given back: whoever is current stays open.
        self._first = self._current = self._borrow(_real(path), project)

    @property
    def current(self) -> OpenProject:
        """The history of whoever names no project."""
        return self._current

    def switch(self, project: str | None) -> OpenProject:
        """
        Make another history the current one; calls that began on the last end there.

        Args:
            project: A project's directory; None is the history that was current at first.

        Raises:
            StoreError: It can't be opened; the last one stays current.
        """
        if project is None:
            history = self._borrow(self._first.path, self._first.project)
        else:
            history = self._borrow(database_path(project), project)
        with self._lock:
            last, self._current = self._current, history
        self._give_back(last)
        return history

    @contextmanager
    def lend(self, project: str | None) -> Iterator[ExecutionLogger | None]:
        """
        Lend a project's history for reading, or for erasing from it.

        Args:
            project: A project's directory; None is the current one.

        Returns:
            None where the project has no history yet: none is made.
        """
        if project is None:
            history = self._current
        else:
            history = OpenProject(database_path(project), project)
            if history.path not in self._open and _is_missing(history.path):
                yield None
                return
        with self.reopened(history) as logger:
            yield logger

    @contextmanager
    def reopened(self, history: OpenProject) -> Iterator[ExecutionLogger]:
        """Lend a history that was open before, opened again if need be."""
        borrowed = self._borrow(history.path, history.project)
        try:
            yield borrowed.open(self._publish)
        finally:
            self._give_back(borrowed)

    def all_open(self) -> list[OpenProject]:
        """The histories that are open."""
        with self._lock:
            return [one for one in self._open.values() if one.is_open]

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """
        Have every change told that goes through here; see `ExecutionLogger.subscribe`.

        Args:
            on_change: Must be quick and must not raise.

        Returns:
            Ends it.
        """
        with self._lock:
            self._subscribers = (*self._subscribers, on_change)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = tuple(one for one in self._subscribers if one != on_change)

        return unsubscribe

    def _publish(self, project: str | None, execution_ids: tuple[str, ...]) -> None:
        for on_change in self._subscribers:
            on_change(project, execution_ids)

    def close(self) -> None:
        """Close all of them; a second call does nothing."""
        with self._lock:
            self._closed = True
            histories = list(self._open.values())
            self._open.clear()
        for history in histories:
            history.close()

    def _borrow(self, path: Path, project: str | None) -> OpenProject:
        with self._lock:
            if self._closed:
                raise StoreClosedError(str(path))
            history = self._open.get(path)
            if history is None:
                history = self._open[path] = OpenProject(path, project)
            self._open.move_to_end(path)
            history.users += 1
        try:
            history.open(self._publish)
        except BaseException:
            self._give_back(history)
            raise
        return history

    def _give_back(self, history: OpenProject) -> None:
        with self._lock:
            history.users -= 1
            idle = [one for one in self._open.values() if one.users == 0]
            unwanted = idle[: max(0, len(self._open) - MAX_OPEN)]
            if history.users == 0 and not history.is_open:
                unwanted.append(history)
            for one in unwanted:
                self._open.pop(one.path, None)
        for one in unwanted:
            one.close()


def database_path(project: str) -> Path:
    """The database of a project, the same for every way to write its directory."""
    return project_database(_real(Path(project)))


def _is_missing(path: Path) -> bool:
    try:
        return not path.exists()
    except OSError:
        # Opening it says what is wrong.
        return False


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
