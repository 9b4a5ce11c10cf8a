"""
Read everything readable of a damaged history into a new database, from which records are read.

`raw_pages` finds rows, and this module recognizes the tables to which they belong by the form of
their values. A payload is kept only if its SHA-256 is right. A lost payload is replaced by a
placeholder.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import apsw
import msgspec
from msgspec import Struct

from flightlog.errors import PayloadDamagedError
from flightlog.record.placeholders import write_placeholder
from flightlog.store.sqlite.access import add_suffix
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.connection import connect
from flightlog.store.sqlite.migrate import APPLICATION_ID, SCHEMA_VERSION
from flightlog.store.sqlite.queries import fetch_all, read_sql
from flightlog.store.sqlite.raw_pages import RawPages, Row, Value

_STATUSES: Final = frozenset({"pending", "running", "success", "error", "skipped"})
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_HASH_BYTES: Final = 32
_TRIGGER_DATA: Final = 12
"""The position of `executions.trigger_data`."""
_NODE_PAYLOADS: Final = (12, 13, 22)
"""The positions of `input`, `output` and `logs` in `node_executions`."""
_BATCH_ROWS: Final = 2_000
_BATCH_PAYLOADS: Final = 500
_LOST: Final = write_placeholder("dropped", reason="it was lost with a damaged page").decode()
_PAYLOAD_COLUMNS: Final = {
    "executions": ("trigger_data",),
    "node_executions": ("input", "output", "logs"),
}


class Salvaged(Struct, frozen=True, kw_only=True):
    """The contents of a salvaged database."""

    executions: int
    """The number of executions."""
    node_executions: int
    """The number of node executions of these executions."""
    lost_payloads: int
    """The number of payloads of these executions that could not be read."""
    stray_node_executions: int
    """The number of readable node executions whose execution could not be read."""


def salvage(damaged: Path, target: Path) -> Salvaged:
    """
    Read everything readable of a damaged history into an empty file.

    The new database has no triggers, no counts and no numbers of references: it is only for
    reading executions.

    Args:
        damaged: The damaged database, with its write-ahead log beside it; both stay as they are.
        target: The empty file.

    Returns:
        The numbers of what was found.

    Raises:
        OSError: The damaged database can't be read.
        apsw.Error: The target can't be written.
    """
    connection = connect(target, apsw.SQLITE_OPEN_READWRITE)
    try:
        for name, value in (("journal_mode", "off"), ("synchronous", "off")):
            connection.pragma(name, value)
        connection.pragma("auto_vacuum", "incremental")
        connection.execute(read_sql("schema.sql"))
        for (name,) in fetch_all(connection, "SELECT name FROM sqlite_schema WHERE type='trigger'"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", SCHEMA_VERSION)
        connection.execute("BEGIN")
        _copy_rows(damaged, connection)
        _drop_bad_payloads(connection)
        found = _replace_lost(connection)
        connection.execute("COMMIT")
    finally:
        connection.close()
    return found


def _copy_rows(damaged: Path, connection: apsw.Connection) -> None:
    columns = {
        table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        for table in (
            "executions",
            "node_executions",
            "payloads",
            "dictionaries",
            "processes",
            "deleted_executions",
            "saved_queries",
            "removed_days",
        )
    }
    waiting: dict[tuple[str, int], list[tuple[Value, ...]]] = {}

    def insert(table: str, width: int) -> None:
        names = ", ".join(columns[table][:width])
        marks = ", ".join("?" * width)
        connection.executemany(
            f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})",
            waiting.pop((table, width)),
        )

    for table, row in _find_rows(damaged):
        values = row.values
        if values[0] is None:
            values = (row.rowid, *values[1:])
        width = min(len(values), len(columns[table]))
        rows = waiting.setdefault((table, width), [])
        rows.append(values[:width])
        if len(rows) >= _BATCH_ROWS:
            insert(table, width)
    for table, width in list(waiting):
        insert(table, width)


def _find_rows(damaged: Path) -> Iterator[tuple[str, Row]]:
    pages = RawPages(damaged, add_suffix(damaged, "-wal"))
    try:
        for number in range(1, pages.count + 1):
            for row in pages.read_rows(number):
                table = recognize(row)
                if table is not None:
                    yield table, row
                elif row.rowid is None:
                    # The page of an index has entries of one form, none of which is needed.
                    break
    finally:
        pages.close()


def recognize(row: Row) -> str | None:
    """
    Name the table to which a row belongs, by the types of its values.

    Args:
        row: The row.

    Returns:
        The table; None for a row that is not needed, or is damaged.
    """
    values = row.values
    table = None
    match values:
        case (str(), str(), str(time)) if row.rowid is None:
            table = "deleted_executions" if _TIME.match(time) else None
        case (str(day), str(), str(), int(), int(), int(), int()) if row.rowid is None:
            table = "removed_days" if _DAY.fullmatch(day) else None
        case _ if row.rowid is None:
            pass
        case (None, str(), str(), str(), None | str(), str(status), str(time), *_):
            is_one = status in _STATUSES and _TIME.match(time) and _is_json(values, _TRIGGER_DATA)
            table = "executions" if is_one else None
        case (None, str(), int(), str(), str(), str(), str(status), *_):
            is_one = status in _STATUSES and all(_is_json(values, each) for each in _NODE_PAYLOADS)
            table = "node_executions" if is_one else None
        case (None, int(), int(), bytes(digest), bytes()) if len(digest) == _HASH_BYTES:
            table = "payloads"
        case (None, int(), bytes()):
            table = "dictionaries"
        case (None, str(), str()):
            table = "saved_queries"
        case (str(), int(), int(), int(), str(time), str(), str()) if _TIME.match(time):
            table = "processes"
    return table


def _is_json(values: Sequence[Value], place: int) -> bool:
    """Check a column that has a payload: JSON text, the number of a payload, or nothing."""
    value = values[place] if place < len(values) else None
    if not isinstance(value, str):
        return value is None or isinstance(value, int)
    try:
        msgspec.json.decode(value)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def _drop_bad_payloads(connection: apsw.Connection) -> None:
    codec, last = Codec(), 0
    while True:
        rows = fetch_all(
            connection,
            "SELECT id, hash, data FROM payloads WHERE id > ? ORDER BY id LIMIT ?",
            (last, _BATCH_PAYLOADS),
        )
        if not rows:
            return
        last = rows[-1][0]
        bad = [row[0] for row in rows if not _is_whole(connection, codec, row[1], row[2])]
        connection.executemany("DELETE FROM payloads WHERE id = ?", [(each,) for each in bad])


def _is_whole(connection: apsw.Connection, codec: Codec, digest: bytes, frame: bytes) -> bool:
    try:
        return hashlib.sha256(codec.decompress(connection, frame)).digest() == digest
    except PayloadDamagedError:
        return False


def _replace_lost(connection: apsw.Connection) -> Salvaged:
    stray = _count(
        connection,
        "node_executions WHERE execution_id NOT IN (SELECT id FROM executions)",
    )
    connection.execute(
        "DELETE FROM node_executions WHERE execution_id NOT IN (SELECT id FROM executions)"
    )
    lost = 0
    for table, names in _PAYLOAD_COLUMNS.items():
        for name in names:
            connection.execute(
                f"UPDATE {table} SET {name} = ? WHERE typeof({name}) = 'integer' "
                f"AND {name} NOT IN (SELECT id FROM payloads)",
                (_LOST,),
            )
            lost += connection.changes()
    return Salvaged(
        executions=_count(connection, "executions"),
        node_executions=_count(connection, "node_executions"),
        lost_payloads=lost,
        stray_node_executions=stray,
    )


def _count(connection: apsw.Connection, rows: str) -> int:
    (found,) = connection.execute(f"SELECT count(*) FROM {rows}")
    return int(found[0])
