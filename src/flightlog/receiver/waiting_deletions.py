"""
Carry out deletions after a delay in which a client can cancel them.

A page that lets its reader undo a deletion announces the deletion at once. The receiver carries out
the deletion even if the browser closes the page meanwhile, because browsers drop requests of
closing pages.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Sequence
from typing import Final, NamedTuple

from flightlog.errors import FlightlogError, InvalidQueryError
from flightlog.receiver.confinement import confine
from flightlog.receiver.histories import History, HistoryProvider

MAX_DELAY_MS: Final = 60_000
"""The longest delay."""
MAX_WAITING: Final = 256
"""The largest number of deletions of one project, or of the whole history, that wait at a time."""

_ID_BYTES: Final = 9
_log: Final = logging.getLogger("flightlog.receiver")


class _Waiting(NamedTuple):
    history: History
    ids: Sequence[str]
    project_id: str | None
    timer: threading.Timer


class WaitingDeletions:
    """
    The deletions that wait; safe to use from several threads.

    Args:
        histories: The histories.
    """

    def __init__(self, histories: HistoryProvider) -> None:
        self._histories = histories
        self._lock = threading.Lock()
        self._waiting: dict[str, _Waiting] = {}

    def add(self, ids: Sequence[str], delay_ms: int, project_id: str | None = None) -> str:
        """
        Erase executions of the current history after a delay.

        Args:
            ids: The executions.
            delay_ms: The delay, at most `MAX_DELAY_MS`.
            project_id: The project to which the client is restricted; executions of other projects
                stay.

        Returns:
            The id of the waiting deletion, with which `cancel` finds it.

        Raises:
            InvalidQueryError: `MAX_WAITING` deletions wait already.
        """
        waiting_id = secrets.token_urlsafe(_ID_BYTES)
        timer = threading.Timer(delay_ms / 1000, self._carry_out, (waiting_id,))
        timer.daemon = True
        with self._lock:
            own = [each for each in self._waiting.values() if each.project_id == project_id]
            if len(own) >= MAX_WAITING:
                raise InvalidQueryError(
                    "afterMs", f"has {MAX_WAITING} deletions waiting", hint="Delete without it."
                )
            history = self._histories.get_current()
            self._waiting[waiting_id] = _Waiting(history, ids, project_id, timer)
        timer.start()
        return waiting_id

    def cancel(self, waiting_id: str, project_id: str | None = None) -> bool:
        """
        Cancel a deletion.

        Args:
            waiting_id: The id of the waiting deletion.
            project_id: The project to which the client is restricted; deletions of other clients
                are unknown to it.

        Returns:
            Whether the deletion was still waiting.
        """
        with self._lock:
            waiting = self._waiting.get(waiting_id)
            if waiting is None or project_id not in {None, waiting.project_id}:
                return False
            del self._waiting[waiting_id]
        waiting.timer.cancel()
        return True

    def close(self) -> None:
        """Carry out all waiting deletions now."""
        with self._lock:
            waiting_ids = list(self._waiting)
        for waiting_id in waiting_ids:
            self._carry_out(waiting_id)

    def _carry_out(self, waiting_id: str) -> None:
        with self._lock:
            waiting = self._waiting.pop(waiting_id, None)
        if waiting is None:
            return
        waiting.timer.cancel()
        try:
            with waiting.history.lend() as logger:
                # The project of an execution may have changed since the request.
                if waiting.project_id is not None:
                    logger = confine(logger, waiting.project_id)  # noqa: PLW2901 - the narrower one
                logger.writer.delete_many(waiting.ids)
        except FlightlogError:
            _log.exception("%d executions were not deleted. Delete them again.", len(waiting.ids))
