"""
Rewrite a database without a value, and without anything that deleted rows have left in the file.

The schema may be any version of Flightlog's, or the editor's. Everything happens in one
transaction, and then SQLite builds the file anew (`VACUUM`), so an interrupted purge is repeated
from the beginning. No other process may have the database open.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import apsw
import zstandard
from msgspec import Struct

from flightlog.errors import InvalidSettingError, PayloadDamagedError, StoreUnavailableError
from flightlog.purge.forms import ValueForms
from flightlog.store.compression import LEVEL
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.connection import connect
from flightlog.store.sqlite.errors import translate_errors
from flightlog.store.sqlite.index_lookup import read_content
from flightlog.store.sqlite.indexing import IndexWriter
from flightlog.store.sqlite.migrate import read_version
from flightlog.store.sqlite.queries import fetch_all, fetch_one
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.sources import open_in_place

_JSON: Final = frozenset({"trigger_data", "input", "output", "logs", "tags"})
"""The columns of JSON text."""
_STRUCTURAL: Final = frozenset(
    {
        "status",
        "error_kind",
        "execution_mode",
        "provenance",
        "ranges",
        "content",
        "day",
        "hour",
        "started_at",
        "completed_at",
        "created_at",
        "deleted_at",
        "first_seen",
        "last_seen",
    }
)
"""The columns of fixed words, numbers and times, which can't be rewritten."""
_BINARY: Final = frozenset({"data", "hash"})
_PAYLOAD_COLUMNS: Final = {
    "executions": ("trigger_data",),
    "node_executions": ("input", "output", "logs"),
}
_BATCH: Final = 500
_CONFLICT_BYTES: Final = 4096
"""The size from which payloads are unique, as in schema.sql."""


class Rewritten(Struct, frozen=True, kw_only=True):
    """The places of a value in a database."""

    rows: int = 0
    """The number of rows."""
    payloads: int = 0
    """The number of compressed payloads."""
    dictionaries: int = 0
    """The number of compression dictionaries that were dropped."""


def count_in_database(path: Path, forms: ValueForms) -> Rewritten:
    """
    Count the places of a value in a database, and change nothing.

    Args:
        path: The database; other processes may have it open.
        forms: The value.

    Returns:
        The places.

    Raises:
        StoreError: The database can't be read.
        InvalidSettingError: The value is a word of the database's own.
    """
    settings = SqliteSettings()
    with _translated(path), open_in_place(path, settings) as connection:
        connection.execute("BEGIN")
        return _Rewriter(connection, path, forms).count()


def purge_database(path: Path, forms: ValueForms | None) -> Rewritten:
    """
    Rewrite a database without a value.

    The search index is deleted, and a receiver fills it anew.

    Args:
        path: The database.
        forms: The value; None only removes what deleted rows have left.

    Returns:
        The places that were rewritten.

    Raises:
        StoreUnavailableError: Another process has the database open, or it can't be written.
        InvalidSettingError: The value is a word of the database's own; nothing was changed.
        StoreError: The database is another program's, or the disk is full.
    """
    with _translated(path):
        connection = connect(path, apsw.SQLITE_OPEN_READWRITE)
        try:
            _hold_alone(connection, path)
            connection.pragma("secure_delete", True)
            connection.execute("BEGIN IMMEDIATE")
            try:
                done = _Rewriter(connection, path, forms).rewrite()
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("VACUUM")
        finally:
            connection.close()
    return done


def check_alone(path: Path) -> None:
    """
    Check that no other process has a database open.

    Args:
        path: The database.

    Raises:
        StoreUnavailableError: Another process has the database open.
    """
    with _translated(path):
        connection = connect(path, apsw.SQLITE_OPEN_READWRITE)
        try:
            _hold_alone(connection, path)
        finally:
            connection.close()


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    with translate_errors(path, 0):
        try:
            yield
        except (PayloadDamagedError, AssertionError) as error:
            raise StoreUnavailableError(
                str(path),
                "is damaged: a payload can't be decompressed",
                hint="`flightlog doctor --repair` sets a damaged history aside.",
            ) from error


def _hold_alone(connection: apsw.Connection, path: Path) -> None:
    try:
        # Merge the write-ahead log into the file; this needs the file alone, and holds it then.
        connection.pragma("locking_mode", "exclusive")
        connection.pragma("journal_mode", "delete")
        connection.execute("BEGIN EXCLUSIVE; COMMIT")
    except (apsw.BusyError, apsw.LockedError) as error:
        raise StoreUnavailableError(
            str(path),
            "is open in another process, e.g. a receiver, and was not changed",
            hint="Stop `flightlog serve`, the editor and other programs that have it open, and "
            "run the command again. Workflows can go on: their records wait in spools.",
        ) from error


class _Rewriter:
    """Rewrites one database within a transaction."""

    def __init__(self, connection: apsw.Connection, path: Path, forms: ValueForms | None) -> None:
        self._connection = connection
        self._path = path
        self._forms = forms
        self._codec = Codec()
        read_version(connection, path)
        self._columns = {
            name: [row[1] for row in fetch_all(connection, f"PRAGMA table_info({_quote(name)})")]
            for name, kind in fetch_all(
                connection, "SELECT name, type FROM pragma_table_list WHERE schema = 'main'"
            )
            if kind == "table" and not name.startswith("sqlite_")
        }
        if forms is not None:
            _register(connection, forms)

    def count(self) -> Rewritten:
        self._check_words()
        rows = sum(
            fetch_all(
                self._connection,
                f"SELECT count(*) FROM {_quote(table)} WHERE {_write_condition(columns)}",
            )[0][0]
            for table, columns in self._list_texts().items()
        )
        return Rewritten(
            rows=rows,
            payloads=sum(1 for _, _, text in self._read_payloads() if self._is_in(text)),
            dictionaries=len(self._find_dictionaries()),
        )

    def rewrite(self) -> Rewritten:
        self._check_words()
        rows = sum(
            self._rewrite_table(table, columns) for table, columns in self._list_texts().items()
        )
        dropped = self._find_dictionaries()
        payloads = self._rewrite_payloads(dropped)
        self._connection.executemany(
            "DELETE FROM dictionaries WHERE id = ?", [(each,) for each in dropped]
        )
        if "search_settings" in self._columns:
            # Deleted entries stay in the index until its segments are merged.
            content = read_content(self._connection)
            IndexWriter(self._connection).start_over(content)
        return Rewritten(rows=rows, payloads=payloads, dictionaries=len(dropped))

    def _is_in(self, data: bytes) -> bool:
        return self._forms is not None and self._forms.is_in(data)

    def _check_words(self) -> None:
        if self._forms is None:
            return
        words = fetch_all(self._connection, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
        place = "the names of tables and columns"
        is_word = any(self._forms.is_in(str(row[0]).encode()) for row in words)
        for table, columns in self._columns.items():
            for column in columns:
                if not is_word and column in _STRUCTURAL:
                    place = f"{table}.{column}, which holds only fixed words, numbers and times"
                    is_word = self._has(table, [column])
        if is_word:
            raise InvalidSettingError(
                "--value",
                f"is found in {place}, so it can't be replaced everywhere",
                hint="Give more of the value, or erase executions with `flightlog purge --query`.",
            )

    def _has(self, table: str, columns: list[str]) -> bool:
        found = fetch_one(
            self._connection,
            f"SELECT 1 FROM {_quote(table)} WHERE {_write_condition(columns)} LIMIT 1",
        )
        return found is not None

    def _list_texts(self) -> dict[str, list[str]]:
        """List the columns of each table that can have the value."""
        if self._forms is None:
            return {}
        texts = {
            table: [each for each in columns if each not in _STRUCTURAL | _BINARY]
            for table, columns in self._columns.items()
            if not table.startswith("search_")
        }
        return {table: columns for table, columns in texts.items() if columns}

    def _rewrite_table(self, table: str, columns: list[str]) -> int:
        changes = ", ".join(
            f"{_quote(each)} = {'purged_json' if each in _JSON else 'purged_text'}({_quote(each)})"
            for each in columns
        )
        condition = _write_condition(columns)
        if table == "removed_days":
            # Two names may become equal, and these counts are worth less than others.
            self._connection.execute(f"DELETE FROM {table} WHERE {condition}")
            return self._connection.changes()
        try:
            self._connection.execute(f"UPDATE {_quote(table)} SET {changes} WHERE {condition}")
        except apsw.ConstraintError as error:
            is_name = table == "saved_queries"
            raise InvalidSettingError(
                "--value",
                f"is in several {'names' if is_name else 'ids'} of {table} that differ in nothing "
                "else",
                hint="Delete these queries with `flightlog queries --delete NAME` first."
                if is_name
                else "Erase these executions with `flightlog purge --query` first.",
            ) from error
        return self._connection.changes()

    def _find_dictionaries(self) -> list[int]:
        """List the dictionaries that hold parts of what is purged."""
        if "dictionaries" not in self._columns:
            return []
        rows = fetch_all(self._connection, "SELECT id, data FROM dictionaries")
        return [row[0] for row in rows if self._forms is None or self._forms.is_partly_in(row[1])]

    def _read_payloads(self) -> Iterator[tuple[int, bytes, bytes]]:
        last = 0
        while "payloads" in self._columns:
            rows = fetch_all(
                self._connection,
                "SELECT id, data FROM payloads WHERE id > ? ORDER BY id LIMIT ?",
                (last, _BATCH),
            )
            if not rows:
                return
            for payload_id, frame in rows:
                yield payload_id, frame, self._codec.decompress(self._connection, frame)
            last = rows[-1][0]

    def _rewrite_payloads(self, dropped: list[int]) -> int:
        compressor = zstandard.ZstdCompressor(level=LEVEL)
        count = 0
        for payload_id, frame, text in self._read_payloads():
            has_value = self._is_in(text)
            dictionary = zstandard.get_frame_parameters(frame).dict_id
            if has_value:
                assert self._forms is not None
                count += 1
                cleaned = self._forms.clean_json(text)
                self._replace_payload(payload_id, cleaned, compressor.compress(cleaned))
            elif dictionary in dropped:
                self._connection.execute(
                    "UPDATE payloads SET data = ? WHERE id = ?",
                    (compressor.compress(text), payload_id),
                )
        return count

    def _replace_payload(self, payload_id: int, text: bytes, frame: bytes) -> None:
        digest, size = hashlib.sha256(text).digest(), len(text)
        same = None
        if size >= _CONFLICT_BYTES:
            same = fetch_one(
                self._connection,
                "SELECT id FROM payloads WHERE hash = ? AND size >= 4096 AND id <> ?",
                (digest, payload_id),
            )
        if same is None:
            self._connection.execute(
                "UPDATE payloads SET size = ?, hash = ?, data = ? WHERE id = ?",
                (size, digest, frame, payload_id),
            )
            return
        # Two payloads differed only in how they wrote the value.
        for table, columns in _PAYLOAD_COLUMNS.items():
            for column in columns:
                if column in self._columns[table]:
                    self._connection.execute(
                        f"UPDATE {table} SET {column} = ? WHERE {column} = ? "
                        f"AND typeof({column}) = 'integer'",
                        (same[0], payload_id),
                    )
        self._connection.execute(
            "UPDATE payloads SET refs = refs + (SELECT refs FROM payloads WHERE id = ?) "
            "WHERE id = ?",
            (payload_id, same[0]),
        )
        self._connection.execute("DELETE FROM payloads WHERE id = ?", (payload_id,))


def _write_condition(columns: list[str]) -> str:
    texts = (f"iif(typeof({name}) = 'text', {name}, '')" for name in map(_quote, columns))
    return f"has_value(concat_ws(char(31), '', {', '.join(texts)}))"


def _quote(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _register(connection: apsw.Connection, forms: ValueForms) -> None:
    def has_value(*values: Any) -> int:
        return int(forms.is_in(str(values[0]).encode(errors="surrogateescape")))

    def purged_text(*values: Any) -> Any:
        value = values[0]
        return forms.clean_text(value) if isinstance(value, str) else value

    def purged_json(*values: Any) -> Any:
        value = values[0]
        return forms.clean_json(value.encode()).decode() if isinstance(value, str) else value

    for function in (has_value, purged_text, purged_json):
        connection.create_scalar_function(function.__name__, function, 1, deterministic=True)
