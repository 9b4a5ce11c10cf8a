"""
`OpenProjects`: the histories of several projects. A few are open, and one is current.

`flightlog.logger` reads and writes a history; `routing` chooses the history of each record.
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
from flightlog.history_paths import project_database
from flightlog.logger import ExecutionLogger

MAX_OPEN: Final = 8
"""
Above this number of open histories, unused histories are closed.

An open history uses a few files and some memory.
"""

OnChange = Callable[[str | None, tuple[str, ...]], None]
"""Takes a project's directory (None for a history without a project) and execution ids."""


class OpenProject:
    """
    One history, opened at its first use.

    Args:
        path: The database.
        project: The project's directory, as the caller wrote it; None for a history without a
            project.
    """

    def __init__(self, path: Path, project: str | None) -> None:
        self.path = path
        self.project = project
        self.users = 0
        self._lock = threading.Lock()
        self._logger: ExecutionLogger | None = None

    def open(self, on_change: OnChange) -> ExecutionLogger:
        """
        Open the history, unless it is open, and report its changes.

        Args:
            on_change: Takes the project and the ids of each change.

        Returns:
            The logger of the history.

        Raises:
            StoreError: The history can't be opened.
        """
        with self._lock:
            if self._logger is None:
                logger = (
                    ExecutionLogger(self.path)
                    if self.project is None
                    else ExecutionLogger.for_project(self.project)
                )
                logger.reader.subscribe(lambda ids: on_change(self.project, ids))
                self._logger = logger
            return self._logger

    @property
    def is_open(self) -> bool:
        """Whether the history is open."""
        return self._logger is not None

    def close(self) -> None:
        """Close the history, if it is open."""
        with self._lock:
            if self._logger is not None:
                self._logger.close()
                self._logger = None


class OpenProjects:
    """
    Opens histories, lends them, and closes the least recently used.

    Several threads may use one object.

    Args:
        path: The database that is current at first; made if missing.
        project: The directory of the project of `path`; None for a history without a project.

    Raises:
        StoreError: The history can't be opened.
    """

    def __init__(self, path: Path, project: str | None) -> None:
        self._lock = threading.Lock()
        self._subscribers: tuple[OnChange, ...] = ()
        self._closed = False
        self._open: OrderedDict[Path, OpenProject] = OrderedDict()
        # This history is not given back, because the current history stays open.
        self._first = self._current = self._borrow(_resolve(path), project)

    @property
    def current(self) -> OpenProject:
        """The history of calls that name no project."""
        return self._current

    def switch(self, project: str | None) -> OpenProject:
        """
        Make another history the current one; calls that began on the last history end there.

        Args:
            project: A project's directory; None is the history that was current at first.

        Returns:
            The new current history.

        Raises:
            StoreError: The history can't be opened; the last history stays current.
        """
        if project is None:
            history = self._borrow(self._first.path, self._first.project)
        else:
            history = self._borrow(compute_database_path(project), project)
        with self._lock:
            last, self._current = self._current, history
        self._give_back(last)
        return history

    def find(self, project: str | None) -> OpenProject:
        """
        Find a project's history without opening it.

        Args:
            project: The project's directory; None is the current history.

        Returns:
            The history, for `reopened`.
        """
        return (
            self._current
            if project is None
            else OpenProject(compute_database_path(project), project)
        )

    @contextmanager
    def lend_reopened(self, history: OpenProject) -> Iterator[ExecutionLogger]:
        """
        Lend a history that was open before; open it again if it is closed.

        Args:
            history: The history.

        Yields:
            The logger of the history.

        Raises:
            StoreError: The history can't be opened.
        """
        borrowed = self._borrow(history.path, history.project)
        try:
            yield borrowed.open(self._publish)
        finally:
            self._give_back(borrowed)

    def list_open(self) -> list[OpenProject]:
        """
        List the open histories.

        Returns:
            The histories.
        """
        with self._lock:
            return [project for project in self._open.values() if project.is_open]

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """
        Report every change that goes through this object; see `ExecutionLogger.subscribe`.

        Args:
            on_change: Takes the project and the ids; must return fast and must not raise.

        Returns:
            A function that ends the subscription.
        """
        with self._lock:
            self._subscribers = (*self._subscribers, on_change)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = tuple(
                    subscriber for subscriber in self._subscribers if subscriber != on_change
                )

        return unsubscribe

    def _publish(self, project: str | None, execution_ids: tuple[str, ...]) -> None:
        for on_change in self._subscribers:
            on_change(project, execution_ids)

    def close(self) -> None:
        """Close all histories; a second call does nothing."""
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
            idle = [project for project in self._open.values() if project.users == 0]
            unwanted = idle[: max(0, len(self._open) - MAX_OPEN)]
            if history.users == 0 and not history.is_open:
                unwanted.append(history)
            for project in unwanted:
                self._open.pop(project.path, None)
        for project in unwanted:
            project.close()


def compute_database_path(project: str) -> Path:
    """
    Compute the path of a project's database, the same for every way to write the directory.

    Args:
        project: The project's directory.

    Returns:
        The path, without symbolic links in the directory.
    """
    return project_database(_resolve(Path(project)))


def _resolve(path: Path) -> Path:
    return Path(os.path.realpath(path))
