"""
Run statements on a ClickHouse server over HTTP, or on the engine in this process.

Rows travel as JSON, one array a line: all texts are UTF-8, and JSON is decoded several times as
fast as the driver's own format. A payload is a text, too.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import clickhouse_connect
import msgspec
from clickhouse_connect import common
from clickhouse_connect.driver.client import Client

from flightlog.store.clickhouse.settings import ClickHouseSettings
from flightlog.store.clickhouse.views import expand
from flightlog.store.row_functions import Row
from flightlog.store.server.source import Bound

IN_PROCESS: Final = "clickhouse+chdb"
"""The scheme of addresses of a folder, whose files the engine in this process keeps."""
DEDUPLICATED_INSERTIONS: Final = 10_000
"""An insertion that is repeated within so many insertions of its table is dropped."""

_FORMAT: Final = "JSONCompactEachRow"
_MOST_QUERY_BYTES: Final = 1 << 28
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "'": "\\'", "\0": "\\0"})
_encode: Final = msgspec.json.Encoder().encode_lines
_decode: Final = msgspec.json.Decoder(tuple[Any, ...]).decode_lines
# The driver logs each failure, which is raised as well.
logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())
_NAME: Final = re.compile(r"\w{1,128}", re.ASCII)


class Connection:
    """
    Runs the statements of one history; safe to use from several threads.

    Args:
        url: The address.
        settings: The settings.
    """

    def __init__(self, url: str, settings: ClickHouseSettings) -> None:
        self._settings = settings
        self.is_in_process: Final = urlsplit(url).scheme == IN_PROCESS
        """Whether the engine runs in this process."""
        self.database: Final = find_database(url, settings)
        """The database of the tables."""
        self._client = self._connect(url)

    def _connect(self, url: str) -> Client:
        parts = urlsplit(url)
        if self.is_in_process:
            # One thread answers small statements sooner than several.
            return clickhouse_connect.get_client(
                interface="chdb",
                path=str(Path(parts.path)),
                settings={**self._make_settings(), "max_threads": 1},
            )
        # Requests of several threads share a client, which they can't with a session.
        common.set_setting("autogenerate_session_id", False)
        options = dict(each.split("=", 1) for each in parts.query.split("&") if "=" in each)
        is_secure = options.get("secure", "").lower() in {"1", "true"}
        return clickhouse_connect.get_client(
            interface="https" if is_secure else "http",
            host=parts.hostname or "localhost",
            port=parts.port or (8443 if is_secure else 8123),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
            connect_timeout=self._settings.connect_timeout_s,
            send_receive_timeout=self._settings.write_timeout_s,
            # The driver would repeat requests by itself.
            query_retries=0,
            settings=self._make_settings(),
        )

    def _make_settings(self) -> dict[str, Any]:
        """
        List the settings of all statements.

        The engine in this process takes several times as long for statements with settings of their
        own.
        """
        return {
            "max_query_size": _MOST_QUERY_BYTES,
            "max_execution_time": self._settings.read_timeout_s,
            "output_format_json_quote_64bit_integers": 0,
            "join_use_nulls": 1,
            # The server's usual parser of numbers loses digits and small exponents.
            "precise_float_parsing": 1,
            # The analysis of the views takes several times as long as reading a short list.
            "enable_analyzer": 0,
            # Rows of other executions are left out before their other columns are read.
            "optimize_move_to_prewhere_if_final": 1,
            # The server builds the text index when it merges parts, and searches others without it.
            "materialize_skip_indexes_on_insert": 0,
            "query_plan_direct_read_from_text_index": 0,
            # Of a cluster: an insertion waits for its shard, and subqueries read all shards.
            "distributed_foreground_insert": 1,
            "distributed_product_mode": "global",
        }

    def fetch_all(self, sql: str, bound: Bound | None = None, /) -> list[Row]:
        """
        Read all rows of a statement.

        Args:
            sql: The statement; it consists of this package's constants and names tables alone. A
                view is replaced by the part of it that the statement needs.
            bound: The bound values, for `%s` or `%(name)s`; None for a statement without any.

        Returns:
            The rows.
        """
        return _decode(self._client.raw_query(bind(expand(sql, self.database), bound), fmt=_FORMAT))

    def fetch_one(self, sql: str, bound: Bound | None = None, /) -> Row | None:
        """
        Read the first row of a statement.

        Args:
            sql: The statement.
            bound: The bound values.

        Returns:
            The row; None when there is none.
        """
        return next(iter(self.fetch_all(sql, bound)), None)

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """
        Insert rows; see `insert_block`.

        Args:
            table: The table.
            columns: The names of the columns.
            rows: The rows; none are nothing to do.
        """
        if rows:
            self.insert_block(table, columns, _encode(rows), _FORMAT)

    def insert_block(self, table: str, columns: Sequence[str], block: bytes, form: str) -> None:
        """
        Insert rows; a request that the driver or a proxy repeats is inserted once.

        The token is not only the digest of the rows, because the same rows may come again after a
        deletion. Rows that a client sends again are joined with those that are stored.

        Args:
            table: The table.
            columns: The names of the columns.
            block: The rows.
            form: The format of the rows.
        """
        moment = time.time_ns().to_bytes(8)
        token = hashlib.sha256(b"\0".join((table.encode(), moment, block))).hexdigest()
        settings: dict[str, Any] = {
            "insert_deduplication_token": token,
            "max_execution_time": self._settings.write_timeout_s,
            "async_insert": int(self._settings.waits_for_async_insert),
        }
        if self._settings.waits_for_async_insert:
            settings |= {"wait_for_async_insert": 1, "async_insert_deduplicate": 1}
        self._client.raw_insert(
            f"{self.database}.{table}",
            column_names=columns,
            insert_block=block,
            settings=settings,
            fmt=form,
        )

    def run(self, sql: str, bound: Bound | None = None) -> None:
        """
        Run a statement that returns no rows.

        Args:
            sql: The statement.
            bound: The bound values.
        """
        # The engine in this process takes ten times as long for a definition with settings.
        settings = (
            {} if self.is_in_process else {"max_execution_time": self._settings.write_timeout_s}
        )
        self._client.command(bind(sql, bound), settings=settings)

    def use_database(self) -> None:
        """Let statements name the tables without the database, which must exist."""
        self._client.database = self.database

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        self._client.close()


def bind(sql: str, bound: Bound | None) -> str:
    """
    Put values into a statement; the driver takes ten times as long for many values.

    Args:
        sql: The statement.
        bound: The values, for `%s` or `%(name)s`; None for a statement without any.

    Returns:
        The statement, in which each text is quoted.
    """
    if not bound:
        return sql
    if isinstance(bound, Mapping):
        return sql % {name: _write_value(value) for name, value in bound.items()}
    return sql % tuple(map(_write_value, bound))


def _write_value(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value.translate(_ESCAPES)}'"
    if value is None:
        return "NULL"
    if isinstance(value, tuple):
        return f"({', '.join(map(_write_value, value))})"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_write_value, value))}]"
    return repr(value)


def find_database(url: str, settings: ClickHouseSettings) -> str:
    """
    Find the name of the database of a history.

    Args:
        url: The address.
        settings: The settings.

    Returns:
        The name.

    Raises:
        ValueError: The name has characters that would need quotes.
    """
    parts = urlsplit(url)
    named = "" if parts.scheme == IN_PROCESS else unquote(parts.path.strip("/"))
    return check_name(named or settings.database)


def check_name(name: str) -> str:
    """
    Check the name of a database, which statements contain.

    Args:
        name: The name.

    Returns:
        The name.

    Raises:
        ValueError: The name has characters that would need quotes.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:40]!r} is no name of a database")
    return name
