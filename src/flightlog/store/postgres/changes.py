"""
Announce changes to the other receivers of a history, and hear of theirs, by LISTEN and NOTIFY.

A receiver notifies after its commit, in a statement of its own, because a NOTIFY within a
transaction makes all commits of a database wait for each other. If a receiver dies between the
commit and the notification, other receivers hear of the change with the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import select
import socket
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec
import psycopg
from psycopg import sql

from flightlog.store.changes import ChangeFeed
from flightlog.store.postgres.statements import Connection, run

_MOST_BYTES: Final = 7_000
"""The size of one notification; PostgreSQL's limit is 8,000 bytes."""
_MOST_MESSAGES: Final = 20
_PAUSE_S: Final = 1.0
_START_S: Final = 10.0


class _Message(msgspec.Struct, array_like=True):
    sender: str
    ids: list[str]


class ChangeListener:
    """
    Announces the changes of one store, and publishes those of other stores.

    Args:
        connect: Opens a connection.
        schema: The schema of the history.
        feed: Receives the changes of other stores.
    """

    def __init__(self, connect: Callable[[], Connection], schema: str, feed: ChangeFeed) -> None:
        digest = hashlib.blake2b(schema.encode(), digest_size=8).hexdigest()
        self._channel = f"flightlog_{digest}"
        self._connect = connect
        self._feed = feed
        self._sender = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_listening = threading.Event()
        self._closed = threading.Event()
        self._wake: socket.socket | None = None
        self.count = 0
        """A number that grows with the changes of other stores, and with lost connections."""

    def announce(self, connection: Connection, execution_ids: Iterable[str]) -> None:
        """
        Notify other stores of changes that are committed; a failure is ignored.

        Args:
            connection: The writing connection, outside of a transaction.
            execution_ids: The executions that were created, changed or deleted.
        """
        with contextlib.suppress(psycopg.Error):
            for message in self._split(list(execution_ids)):
                run(connection, "SELECT pg_notify(%s, %s)", (self._channel, message))

    def _split(self, execution_ids: list[str]) -> Iterator[str]:
        portions: list[list[str]] = [[]]
        size = 0
        for execution_id in execution_ids:
            length = len(execution_id.encode()) + 4
            if size + length > _MOST_BYTES:
                portions.append([])
                size = 0
            portions[-1].append(execution_id)
            size += length
        if len(portions) > _MOST_MESSAGES:
            # The others learn that much has changed, and not which executions.
            portions = [[]]
        for portion in portions:
            yield msgspec.json.encode(_Message(self._sender, portion)).decode()

    def start(self) -> None:
        """Listen from now on; a second call does nothing."""
        with self._lock:
            if self._thread is None and not self._closed.is_set():
                self._wake, woken = socket.socketpair()
                self._thread = threading.Thread(
                    target=self._listen, args=(woken,), name="flightlog-changes", daemon=True
                )
                self._thread.start()
        self._is_listening.wait(_START_S)

    def _listen(self, woken: socket.socket) -> None:
        with woken:
            while not self._closed.is_set():
                with contextlib.suppress(Exception):
                    self._listen_once(woken)
                # Changes may have been missed until the next connection listens.
                self.count += 1
                self._closed.wait(_PAUSE_S)

    def _listen_once(self, woken: socket.socket) -> None:
        connection = self._connect()
        try:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
            self._is_listening.set()
            while not self._closed.is_set():
                select.select([connection.fileno(), woken.fileno()], [], [])
                for notification in connection.notifies(timeout=0):
                    self._receive(notification.payload)
        finally:
            connection.close()

    def _receive(self, payload: str) -> None:
        message = msgspec.json.decode(payload, type=_Message)
        if message.sender != self._sender:
            self.count += 1
            self._feed.publish(message.ids)

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        with self._lock:
            self._closed.set()
            thread, wake = self._thread, self._wake
            self._wake = None
        if wake is None:
            return
        with wake:
            with contextlib.suppress(OSError):
                wake.send(b"x")
            if thread is not None and thread is not threading.current_thread():
                thread.join()
