"""`ChangeNotifier`: reports changes to an editor, at most a few times a second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import islice
from typing import Final

INTERVAL_S: Final = 0.25
MAX_IDS: Final = 1_000
"""The largest number of ids in one notification."""


class ChangeNotifier:
    """
    Gathers the ids of changed executions and reports them from a thread of its own.

    The first change after a quiet period is reported at once. Changes that follow within
    `INTERVAL_S` are reported together. Each id is reported again after its last change. The
    function `report` makes a report: it takes a project's directory, or None, and the ids.
    """

    def __init__(self, report: Callable[[str | None, tuple[str, ...]], None]) -> None:
        self._report = report
        self._changed = threading.Condition()
        self._waiting: dict[str | None, dict[str, None]] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flightlog-changes")
        self._thread.start()

    def note(self, project: str | None, execution_ids: tuple[str, ...]) -> None:
        """
        Queue ids for the next report; returns at once.

        Args:
            project: The project's directory; None for a history without a project.
            execution_ids: The ids of the changed executions.
        """
        with self._changed:
            self._waiting.setdefault(project, {}).update(dict.fromkeys(execution_ids))
            self._changed.notify()

    def close(self) -> None:
        """Report the remaining ids, then end the thread."""
        self._closing.set()
        with self._changed:
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
                waiting, self._waiting = self._waiting, {}
            for project, execution_ids in waiting.items():
                left = iter(execution_ids)
                while portion := tuple(islice(left, MAX_IDS)):
                    self._report(project, portion)
            if not waiting:
                return
            self._closing.wait(INTERVAL_S)
