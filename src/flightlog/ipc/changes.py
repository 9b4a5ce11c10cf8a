"""`ChangeNotifier`: tells an editor what has changed, a few times a second and no oftener."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import islice
from typing import Final

INTERVAL_S: Final = 0.25
MAX_IDS: Final = 1_000
"""At most so many ids go into one notification."""


class ChangeNotifier:
    """
    Gathers the ids of changed executions and tells of them from a thread of its own.

    The first change after a quiet time is told at once, what follows within `INTERVAL_S` together;
    each id is told after its last change.

    Args:
        tell: Takes a project's directory, or None, and the ids.
    """

    def __init__(self, tell: Callable[[str | None, tuple[str, ...]], None]) -> None:
        self._tell = tell
        self._changed = threading.Condition()
        self._waiting: dict[str | None, dict[str, None]] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flightlog-changes")
        self._thread.start()

    def note(self, project: str | None, execution_ids: tuple[str, ...]) -> None:
        """Have these told soon; returns at once."""
        with self._changed:
            self._waiting.setdefault(project, {}).update(dict.fromkeys(execution_ids))
            self._changed.notify()

    def close(self) -> None:
        """Tell what is left, then end the thread."""
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
                    self._tell(project, portion)
            if not waiting:
                return
            self._closing.wait(INTERVAL_S)
