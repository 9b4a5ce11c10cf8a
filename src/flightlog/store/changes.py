"""Notify subscribers of each commit's changes to a history."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

OnChange: TypeAlias = Callable[[tuple[str, ...]], None]
"""Receives the ids of executions that were created, changed or deleted."""

_log: Final = logging.getLogger("flightlog.store")


class ChangeFeed:
    """Notifies subscribers of changes; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: tuple[OnChange, ...] = ()

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """
        Notify a function of every change from now on; see `ExecutionReader.subscribe`.

        Returns:
            A function that ends the subscription; a second call does nothing.
        """
        # Create a new tuple each time, because `publish` may be iterating over the old tuple.
        with self._lock:
            self._subscribers = (*self._subscribers, on_change)

        def unsubscribe() -> None:
            with self._lock:
                left = tuple(each for each in self._subscribers if each is not on_change)
                self._subscribers = left

        return unsubscribe

    def publish(self, execution_ids: Iterable[str]) -> None:
        """
        Notify all subscribers; an error of one subscriber is logged and does not affect the others.

        Args:
            execution_ids: The executions that were created, changed or deleted.
        """
        subscribers = self._subscribers
        if not subscribers or not (changed := tuple(execution_ids)):
            return
        for on_change in subscribers:
            try:
                on_change(changed)
            except Exception:  # noqa: BLE001 - the change is on disk in any case
                _log.exception("A subscriber to changes of the history failed.")
