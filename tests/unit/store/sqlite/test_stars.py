"""Stars on executions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from flightlog.store.sqlite import SqliteStore
from flightlog.store.sqlite.stars import add_stars, set_star
from support.records import record


@pytest.fixture
def database(tmp_path: Path) -> Iterator[apsw.Connection]:
    """Open a database with three executions."""
    store = SqliteStore(tmp_path / "history.db")
    store.merge([record(name) for name in ("a", "b", "c")])
    store.close()
    connection = apsw.Connection(str(tmp_path / "history.db"))
    yield connection
    connection.close()


def starred(database: apsw.Connection) -> list[str]:
    """List the starred executions."""
    rows = database.execute("SELECT id FROM executions WHERE starred = 1 ORDER BY id")
    return [str(row[0]) for row in rows]


def test_star_is_set_and_removed_once(database: apsw.Connection) -> None:
    """A repetition changes nothing, and a missing execution has no star."""
    assert set_star(database, "a", starred=True) is True
    assert set_star(database, "a", starred=True) is False
    assert starred(database) == ["a"]
    assert set_star(database, "a", starred=False) is True
    assert set_star(database, "gone", starred=True) is None
    assert starred(database) == []


def test_stars_of_records_are_added_to_those_without(database: apsw.Connection) -> None:
    """The ids of newly starred executions are returned; missing executions are ignored."""
    set_star(database, "a", starred=True)
    assert sorted(add_stars(database, ["a", "b", "gone"])) == ["b"]
    assert starred(database) == ["a", "b"]
    assert add_stars(database, []) == []
