"""The named statements of the store."""

from __future__ import annotations

from importlib.resources import files

import apsw
import pytest

from flightlog.store.sqlite.queries import fetch_all, fetch_one, load_queries, read_sql

NAMED = sorted(
    file.name
    for file in files("flightlog.store.sqlite").iterdir()
    if file.name.endswith(".sql") and "-- name:" in file.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", NAMED)
def test_every_statement_has_a_name_of_its_own_and_one_line_about_it(name: str) -> None:
    """No name is given twice, and each statement begins with a comment and is compiled."""
    queries = load_queries(name)
    assert len(queries) == read_sql(name).count("-- name:") > 0
    connection = apsw.Connection(":memory:")
    connection.execute(read_sql("schema.sql"))
    for sql in queries.values():
        assert sql.startswith("-- ")


def test_rows_are_read() -> None:
    """All rows, the first row, or None if there is none."""
    connection = apsw.Connection(":memory:")
    sql = "SELECT value FROM json_each(?)"
    assert fetch_all(connection, sql, ("[1, 2]",)) == [(1,), (2,)]
    assert fetch_one(connection, sql, ("[1, 2]",)) == (1,)
    assert fetch_one(connection, sql, ("[]",)) is None
