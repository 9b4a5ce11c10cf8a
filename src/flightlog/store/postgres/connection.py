"""
Open connections, and lend connections for reading.

PostgreSQL's `text` can't hold the character U+0000, which names and messages may contain. So an
escape stands for this character in the database.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.adapt import Buffer, Dumper, Loader
from psycopg.types.string import StrDumperUnknown

from flightlog.errors import StoreUnavailableError
from flightlog.store.postgres.errors import is_lost
from flightlog.store.postgres.settings import PostgresSettings
from flightlog.store.postgres.statements import Connection, fetch_one

OLDEST_SERVER: Final = 140_000
"""The oldest version of PostgreSQL that has multiranges."""
_MARK, _NUL, _OWN = "\ufdd0", "\ufdd00", "\ufdd01"
_MARK_BYTES: Final = _MARK.encode()


def escape_text(text: str) -> str:
    """
    Write a text without U+0000, as the database holds it.

    Args:
        text: The text.

    Returns:
        The text with escapes.
    """
    # Most texts are ASCII, which is known without a search.
    if "\0" in text or not (text.isascii() or _MARK not in text):
        return text.replace(_MARK, _OWN).replace("\0", _NUL)
    return text


class _TextDumper(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(escape_text(obj))


class _TextLoader(Loader):
    def load(self, data: Buffer) -> str:
        text = str(data, "utf-8")
        return text.replace(_NUL, "\0").replace(_OWN, _MARK) if _MARK in text else text


class _FlagDumper(Dumper):
    oid = psycopg.adapters.types["int2"].oid

    def dump(self, obj: Any) -> Buffer | None:
        return b"1" if obj else b"0"


class _NumberLoader(Loader):
    def load(self, data: Buffer) -> int | float:
        text = str(data, "ascii")
        return int(text) if text.lstrip("-").isdigit() else float(text)


def connect(url: str, settings: PostgresSettings, *, timeout_ms: int) -> Connection:
    """
    Connect to the server.

    Args:
        url: The address.
        settings: The settings.
        timeout_ms: How long one statement may take, milliseconds.

    Returns:
        The connection, which commits each statement outside of a transaction.

    Raises:
        StoreUnavailableError: The server is too old, or its texts are not UTF-8.
    """
    connection: Connection = psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=settings.connect_timeout_s,
        client_encoding="utf8",
        fallback_application_name="flightlog",
        # A server that vanished without a word is noticed within a minute, not after hours.
        keepalives_idle=30,
        keepalives_interval=10,
        keepalives_count=3,
        tcp_user_timeout=60_000,
    )
    try:
        _check_server(connection)
        adapters = connection.adapters
        adapters.register_dumper(str, _TextDumper)
        adapters.register_dumper(bool, _FlagDumper)
        adapters.register_loader("text", _TextLoader)
        adapters.register_loader("numeric", _NumberLoader)
        parameters = {
            "search_path": sql.Identifier(settings.schema).as_string(connection),
            "statement_timeout": str(timeout_ms),
            "lock_timeout": str(settings.lock_timeout_ms),
            "idle_in_transaction_session_timeout": str(settings.idle_timeout_ms),
            # A transaction takes its locks first, and then reads what others wrote under them.
            "default_transaction_isolation": "read committed",
            "bytea_output": "hex",
        }
        # Not by options at the start of the connection, because a proxy may refuse these.
        connection.execute(
            "SELECT set_config(name, value, false) "
            "FROM unnest(%s::text[], %s::text[]) AS parameter (name, value)",
            (list(parameters), list(parameters.values())),
        )
    except BaseException:
        connection.close()
        raise
    return connection


def _check_server(connection: Connection) -> None:
    version = connection.info.server_version
    place = f"postgresql://{connection.info.host}/{connection.info.dbname}"
    if version < OLDEST_SERVER:
        raise StoreUnavailableError(
            place,
            f"is on PostgreSQL {version // 10_000}",
            hint=f"Flightlog needs PostgreSQL {OLDEST_SERVER // 10_000} or newer.",
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreUnavailableError(
            place,
            f"has the encoding {encoding}",
            hint="Create the database with ENCODING 'UTF8'.",
        )


class ReaderPool:
    """
    Lends connections for reading, each with one snapshot of the database.

    Args:
        url: The address.
        settings: The settings.
    """

    def __init__(self, url: str, settings: PostgresSettings) -> None:
        self._url = url
        self._settings = settings
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._closed = False

    @contextlib.contextmanager
    def lend(self) -> Iterator[Connection]:
        """
        Lend a connection within a transaction that reads one snapshot.

        Yields:
            The connection.
        """
        connection = self._begin()
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(psycopg.Error):
                connection.execute("ROLLBACK")
            self._return(connection)
            raise
        self._return(connection)

    def _begin(self) -> Connection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            is_new = connection is None
            if connection is None:
                timeout_ms = self._settings.read_timeout_ms
                connection = connect(self._url, self._settings, timeout_ms=timeout_ms)
            try:
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            except psycopg.Error as error:
                connection.close()
                # A connection may have been lost while it was idle; the next one may be sound.
                if is_new or not is_lost(error):
                    raise
            else:
                return connection

    def _return(self, connection: Connection) -> None:
        idle = psycopg.pq.TransactionStatus.IDLE
        with self._lock:
            is_kept = (
                not self._closed
                and connection.info.transaction_status == idle
                and len(self._idle) < self._settings.connections
            )
            if is_kept:
                self._idle.append(connection)
        if not is_kept:
            connection.close()

    def close(self) -> None:
        """Close the idle connections; lent ones are closed when they are returned."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def take_slot(connection: Connection, schema: str) -> int:
    """
    Take the smallest number that no other writing connection of this history has.

    The number is free again when the connection ends.

    Args:
        connection: The writing connection.
        schema: The schema of the history.

    Returns:
        The number, from 0.
    """
    slot = 0
    while True:
        row = fetch_one(
            connection,
            "SELECT pg_try_advisory_lock(hashtext(%s), %s::integer)",
            (f"flightlog.slot.{schema}", slot),
        )
        if row is not None and row[0]:
            return slot
        slot += 1
