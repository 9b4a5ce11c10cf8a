"""
Run one statement of a user's SQL over a history, without a way to change anything.

The connection is read-only. An authorizer permits reading this one database and SQLite's harmless
functions, and refuses everything else: writing, attaching a file, loading an extension, and
pragmas that set a value. The statement has a time limit, and its values a limit of size.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import apsw
import apsw.ext
import msgspec

from flightlog.clock import utc_now
from flightlog.errors import InvalidQueryError, QueryFault
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.errors import translate_errors
from flightlog.store.sqlite.queries import fetch_all, fetch_one, read_sql
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.sources import open_source

SqlValue: TypeAlias = int | float | str | bytes | None
"""A value as SQLite returns it."""

MAX_VALUE_BYTES: Final = 256 * 2**20
"""The largest value that a statement may make."""
MAX_STATEMENT_BYTES: Final = 10**6
"""The longest statement."""
_MS_PER_S: Final = 1_000
_INNOCUOUS: Final = 0x200000
_OWN_FUNCTIONS: Final = frozenset(
    {"payload_json", "median", "percentile", "percentile_cont", "percentile_disc"}
)
_READING: Final = frozenset({apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_RECURSIVE})
_PRAGMAS: Final = frozenset(
    {
        "foreign_key_list",
        "function_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "table_info",
        "table_list",
        "table_xinfo",
    }
)
_HIDDEN_TABLES: Final = frozenset({"sqlite_dbpage"})
_LIMITS: Final = (
    (apsw.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES),
    (apsw.SQLITE_LIMIT_SQL_LENGTH, MAX_STATEMENT_BYTES),
    (apsw.SQLITE_LIMIT_ATTACHED, 0),
    (apsw.SQLITE_LIMIT_WORKER_THREADS, 0),
)
_NO_STATEMENT: Final = re.compile(r"(?:[\s;]|--[^\n]*|/\*.*?(?:\*/|$))*", re.DOTALL)
"""Blanks and comments, which may follow a statement."""
_HINT: Final = "`flightlog sql` alone lists the views and their columns."


class View(NamedTuple):
    """A view that statements can read, and its columns in order."""

    name: str
    columns: tuple[str, ...]


class SqlResult(NamedTuple):
    """The result of a statement; `rows` can be read once, while the history is open."""

    columns: tuple[str, ...]
    rows: Iterator[Sequence[SqlValue]]


@contextmanager
def run_sql(
    path: Path, statement: str, *, timeout_s: float, settings: SqliteSettings | None = None
) -> Iterator[SqlResult]:
    """
    Run one statement that reads the history.

    Args:
        path: The history's database.
        statement: The SQL, one statement.
        timeout_s: The longest time from the start of the statement to its last row, seconds.
        settings: How long to wait for processes that write.

    Yields:
        The result. Reading its rows raises the same errors.

    Raises:
        InvalidQueryError: The SQL is wrong, isn't permitted, or took too long.
        StoreError: The history can't be opened or read.
    """
    settings = settings or SqliteSettings()
    longest_ms = round(timeout_s * _MS_PER_S)
    limited = msgspec.structs.replace(
        settings,
        longest_read_ms=longest_ms,
        read_timeout_ms=min(settings.read_timeout_ms, longest_ms),
    )
    with ExitStack() as stack:
        stack.enter_context(translate_errors(path, settings.busy_timeout_ms))
        refused: list[str] = []
        stack.enter_context(_translate(statement, refused))
        source = open_source(path, limited, utc_now)
        stack.callback(source.close)
        began_at = time.monotonic()
        connection = stack.enter_context(source.readers.lend_snapshot())
        _add_views(connection, source.codec)
        _confine(connection, refused)
        # The transaction's end isn't the statement's.
        stack.callback(setattr, connection, "authorizer", None)
        try:
            yield _execute(connection, statement)
        except apsw.InterruptError as error:
            if time.monotonic() - began_at < timeout_s:
                raise
            raise InvalidQueryError(
                "QUERY",
                f"took longer than {timeout_s:g} s",
                hint="Read fewer rows, e.g. with a condition on `started_at`, or give "
                "`--timeout` more seconds.",
            ) from error


def list_views() -> tuple[View, ...]:
    """
    List the views that statements can read.

    Returns:
        The views with their columns.
    """
    connection = apsw.Connection(":memory:")
    try:
        connection.execute(read_sql("schema.sql"))
        _add_views(connection, Codec())
        return tuple(
            View(name, tuple(row[1] for row in fetch_all(connection, f"PRAGMA table_info({name})")))
            for (name,) in fetch_all(
                connection, "SELECT name FROM temp.sqlite_schema WHERE type = 'view' ORDER BY rowid"
            )
        )
    finally:
        connection.close()


def _add_views(connection: apsw.Connection, codec: Codec) -> None:
    def payload_json(*values: apsw.SQLiteValue) -> apsw.SQLiteValue:
        (stored,) = values
        if not isinstance(stored, int):
            return stored
        row = fetch_one(connection, "SELECT data FROM main.payloads WHERE id = ?", (stored,))
        return None if row is None else codec.decompress_readable(connection, row[0]).decode()

    connection.create_scalar_function("payload_json", payload_json, 1)
    connection.execute(read_sql("sql_views.sql"))


def _confine(connection: apsw.Connection, refused: list[str]) -> None:
    """Refuse everything but reading from now on, and add what is refused to the list."""
    connection.pragma("query_only", True)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0)
    # Otherwise a wrong name in double quotation marks would silently be a text.
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    for limit, value in _LIMITS:
        connection.limit(limit, value)
    rows = fetch_all(
        connection, "SELECT name FROM pragma_function_list WHERE flags & ?", (_INNOCUOUS,)
    )
    functions = _OWN_FUNCTIONS | {row[0] for row in rows}

    def authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        permitted = (
            (action in _READING and first not in _HIDDEN_TABLES)
            or (action == apsw.SQLITE_FUNCTION and (second or "").lower() in functions)
            or (action == apsw.SQLITE_PRAGMA and (first or "").lower() in _PRAGMAS)
        )
        if not permitted:
            refused.append(_name_action(action, first, second))
        return apsw.SQLITE_OK if permitted else apsw.SQLITE_DENY

    connection.authorizer = authorize


def _name_action(action: int, first: str | None, second: str | None) -> str:
    words = str(apsw.mapping_authorizer_function[action]).removeprefix("SQLITE_").replace("_", " ")
    if action == apsw.SQLITE_FUNCTION:
        return f"the function {second}"
    if action == apsw.SQLITE_READ:
        return f"the table {first}"
    return f"{words} {first}" if action == apsw.SQLITE_PRAGMA else words


def _execute(connection: apsw.Connection, statement: str) -> SqlResult:
    found = apsw.ext.query_info(connection, statement)
    if not found.description:
        raise InvalidQueryError("QUERY", "returns no rows", hint="Write a SELECT. " + _HINT)
    if not _NO_STATEMENT.fullmatch(found.query_remaining or ""):
        raise InvalidQueryError(
            "QUERY", "has more than one statement", hint="Run the statements one after another."
        )
    if found.bindings_count:
        raise InvalidQueryError(
            "QUERY",
            "has a parameter, such as `?` or `:name`",
            hint="Write the value into the query, texts in single quotation marks.",
        )
    columns = _make_unique([name for name, _ in found.description])
    return SqlResult(columns, iter(connection.execute(found.first_query)))


def _make_unique(names: Sequence[str]) -> tuple[str, ...]:
    unique: dict[str, None] = {}
    for name in names:
        chosen, number = name, 1
        while chosen in unique:
            number += 1
            chosen = f"{name}_{number}"
        unique[chosen] = None
    return tuple(unique)


@contextmanager
def _translate(statement: str, refused: Sequence[str]) -> Iterator[None]:
    """Raise the errors of a user's SQL as `InvalidQueryError`."""
    try:
        yield
    except apsw.AuthError as error:
        raise InvalidQueryError(
            "QUERY",
            f"does more than read this history: {(*refused, str(error))[0]} is refused",
            hint="Write a SELECT. " + _HINT,
        ) from error
    except apsw.TooBigError as error:
        raise InvalidQueryError(
            "QUERY",
            f"makes a value of more than {MAX_VALUE_BYTES // 2**20} MiB",
            hint="Choose less of the value, e.g. with `json_extract` or `substr`.",
        ) from error
    except apsw.SQLError as error:
        raise InvalidQueryError(
            "QUERY", f"can't be run: {error}", hint=_HINT, fault=_find_fault(statement, error)
        ) from error


def _find_fault(statement: str, error: Any) -> QueryFault | None:
    offset = getattr(error, "error_offset", -1)
    if offset < 0:
        return None
    column = len(statement.encode()[:offset].decode("utf-8", "replace")) + 1
    return QueryFault(statement, column, 1, None)
