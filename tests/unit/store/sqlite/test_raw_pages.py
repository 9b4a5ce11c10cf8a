"""Rows that are read from a file's bytes equal the rows that SQLite reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.store.sqlite.raw_pages import RawPages

NUMBERS = st.integers(-(2**63), 2**63 - 1)
VALUES = st.one_of(
    st.none(),
    NUMBERS,
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9_000),
    st.binary(max_size=9_000),
)


def read_raw(path: Path) -> dict[int, tuple[Any, ...]]:
    """Read the rows of a file with one table, but for the schema's own."""
    pages = RawPages(path, path.with_name(f"{path.name}-wal"))
    try:
        return {
            row.rowid: row.values
            for number in range(2, pages.count + 1)
            for row in pages.read_rows(number)
            if row.rowid is not None
        }
    finally:
        pages.close()


@given(rows=st.dictionaries(NUMBERS, st.tuples(VALUES, VALUES), max_size=20))
@pytest.mark.parametrize("page_bytes", [512, 4096, 65536])
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_all_values_are_read(
    tmp_path_factory: pytest.TempPathFactory,
    page_bytes: int,
    journal: str,
    rows: dict[int, tuple[Any, Any]],
) -> None:
    """Values of each type, row numbers of each size and long rows are read, also from the log."""
    path = tmp_path_factory.mktemp("raw") / "rows.db"
    connection = apsw.Connection(str(path))
    connection.pragma("page_size", page_bytes)
    connection.pragma("journal_mode", journal)
    connection.execute("CREATE TABLE things (a, b)")
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO things (rowid, a, b) VALUES (?, ?, ?)",
        [(rowid, *values) for rowid, values in rows.items()],
    )
    connection.execute("COMMIT")
    found = read_raw(path)
    connection.close()
    assert found == rows


def test_pages_of_random_bytes_give_no_error(tmp_path: Path) -> None:
    """Bytes that are no database, an empty file and a file with half a page have no rows."""
    path = tmp_path / "random.db"
    for content in (b"", b"x", b"\x0d" + b"\xff" * 10_000, bytes([10, 255, 255, 255]) * 5_000):
        path.write_bytes(content)
        assert read_raw(path) == {}
