"""
Hear of the changes of other receivers: each writes a row for each of its batches, and polls.

A receiver remembers the greatest number that it has seen. Numbers are times, so a row of a receiver
whose clock is behind may be seen late; rows of the last seconds are therefore read again. The
changes are stored when they are announced, so a failed announcement is only delayed until the next
one or the next reading.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Final

from clickhouse_connect.driver.exceptions import ClickHouseError

from flightlog.store.changes import ChangeFeed
from flightlog.store.clickhouse.connection import Connection

_log: Final = logging.getLogger("flightlog.store")
_MOST_IDS: Final = 500
_AGAIN_US: Final = 5_000_000


class ChangePoller:
    """
    Announces the changes of one store, and publishes those of other stores.

    Args:
        connection: The connection.
        feed: Receives the changes of other stores.
        interval_s: The time between two readings, seconds.
    """

    def __init__(self, connection: Connection, feed: ChangeFeed, interval_s: float) -> None:
        self._connection = connection
        self._feed = feed
        self._interval_s = interval_s
        self._sender = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self._seen: dict[tuple[int, str], None] = {}
        self._newest = 0
        self._announcing = threading.Lock()
        self._unannounced: set[str] = set()
        self._has_failed = False
        self.count = 0
        """A number that grows with the changes of other stores, and with failed readings."""

    def announce(self, execution_ids: Sequence[str]) -> None:
        """
        Write down changes for other stores, with those of failed announcements.

        Args:
            execution_ids: The executions that were created, changed or deleted.
        """
        with self._announcing:
            self._unannounced.update(execution_ids)
            self._announce()

    def _announce(self) -> None:
        if not self._unannounced:
            return
        many = len(self._unannounced) > _MOST_IDS
        row = (time.time_ns() // 1_000, self._sender, [] if many else sorted(self._unannounced))
        try:
            self._connection.insert("changes", ("number", "sender", "ids"), [row])
        except ClickHouseError as error:
            _log.warning("Changes can't be announced to other receivers now: %s", error)
            if many:
                # Others learn that much has changed, and not which executions.
                self._unannounced = set(sorted(self._unannounced)[: _MOST_IDS + 1])
        else:
            self._unannounced = set()

    def start(self) -> None:
        """Poll from now on; a second call does nothing."""
        with self._lock:
            if self._thread is None and not self._closed.is_set():
                self._newest = time.time_ns() // 1_000
                self._thread = threading.Thread(
                    target=self._poll, name="flightlog-changes", daemon=True
                )
                self._thread.start()

    def _poll(self) -> None:
        while not self._closed.wait(self._interval_s):
            try:
                with self._announcing:
                    self._announce()
                self.read_new()
            except Exception:  # noqa: BLE001 - the next reading may succeed
                # Changes may have been missed.
                self.count += 1
                if not self._has_failed and not self._closed.is_set():
                    _log.exception("The changes of other receivers can't be read now.")
                self._has_failed = True
            else:
                self._has_failed = False

    def read_new(self) -> None:
        """Publish the changes of other stores since the last call."""
        with self._lock:
            self._read_new()

    def _read_new(self) -> None:
        rows = self._connection.fetch_all(
            "SELECT number, sender, ids FROM changes "
            "WHERE number >= %s AND sender <> %s ORDER BY number",
            (self._newest - _AGAIN_US, self._sender),
        )
        for number, sender, ids in rows:
            if (number, sender) not in self._seen:
                self._seen[number, sender] = None
                self.count += 1
                self._feed.publish(ids)
            self._newest = max(self._newest, number)
        for key in [each for each in self._seen if each[0] < self._newest - 2 * _AGAIN_US]:
            del self._seen[key]

    def close(self) -> None:
        """Stop polling; a second call does nothing."""
        self._closed.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            with contextlib.suppress(RuntimeError):
                thread.join()
