"""Who wants to know of changes to a history is told after each commit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

OnChange: TypeAlias = Callable[[tuple[str, ...]], None]
"""Takes the ids of executions that were created, changed or deleted."""

_log: Final = logging.getLogger("flightlog.store")


class ChangeFeed:
    """Tells its subscribers; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: tuple[OnChange, ...] = ()

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """
        Have every change told from now on; see `ExecutionStore.subscribe`.

        Returns:
            Ends it; a second call does nothing.
        """
        # A new tuple each time, since `publish` may be walking the old one.
        with self._lock:
            self._subscribers = (*self._subscribers, on_change)

        def unsubscribe() -> None:
            with self._lock:
                left = tuple(one for one in self._subscribers if one is not on_change)
                self._subscribers = left

        return unsubscribe

    def publish(self, execution_ids: Iterable[str]) -> None:
        """Tell of executions; a subscriber's fault is logged and is nobody else's."""
        subscribers = self._subscribers
        if not subscribers or not (changed := tuple(execution_ids)):
            return
        for on_change in subscribers:
            try:
                on_change(changed)
            except Exception:  # noqa: BLE001 - the change is on disk, whatever they make of it
                _log.exception("A subscriber to changes of the history failed.")
