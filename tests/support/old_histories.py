"""Histories of older schemas, made from the data of today's code."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import apsw

from flightlog.store.sqlite.migrate import APPLICATION_ID

_SCHEMAS: Final = Path(__file__).parents[1] / "migration"


def make_old_history(source: Path, path: Path, version: int) -> None:
    """
    Make a history of an older schema: the data of today's code in the old tables.

    A search index stays empty, so every execution of the source must still wait to be indexed.

    Args:
        source: A history of today's schema.
        path: The file to make.
        version: The version of the older schema.
    """
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.execute((_SCHEMAS / f"version_{version}.sql").read_text(encoding="utf-8"))
    connection.execute("ATTACH ? AS today", (str(source),))
    tables = connection.execute(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' "
        "AND name NOT GLOB 'search_words*' AND name NOT GLOB 'search_parts*'"
    )
    for (table,) in tables.fetchall():
        connection.execute(f"DELETE FROM main.{table}")
        rows = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
        columns = ", ".join(str(row[1]) for row in rows)
        connection.execute(
            f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}"
        )
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", version)
    connection.close()
