"""The tokens of models' calls in the index: found, replaced, forgotten and summed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from flightlog.store.results import IndexContent
from flightlog.store.sqlite import SqliteStore
from support.model_calls import add, answer, index, read


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Open a history."""
    store = SqliteStore(tmp_path / "history.db")
    yield store
    store.close()


def test_calls_follow_the_execution(store: SqliteStore, tmp_path: Path) -> None:
    """A change replaces them, and they go with the execution, whoever deletes it."""
    for name in ("a", "b", "c"):
        add(store, name, answer("m", 10, 1))
    index(store)
    add(store, "a", answer("m", 99, 1), revision=1)
    index(store)
    assert read(store, "a") == [("m", 1, 99, 1)]
    add(store, "a", {"note": "nothing"}, revision=2)
    index(store)
    assert read(store, "a") == []
    store.delete("b")
    connection = apsw.Connection(str(tmp_path / "history.db"))
    connection.execute("DELETE FROM executions WHERE id = 'c'")
    assert connection.execute("SELECT count(*) FROM search_model_calls").get == 0
    connection.close()


@pytest.mark.parametrize(("content", "expected"), [("words", 1), ("off", 0)])
def test_the_content_of_the_index_decides(
    store: SqliteStore, content: IndexContent, expected: int
) -> None:
    """Words alone find calls, too; without an index there are none. A rebuild finds them again."""
    add(store, "a", answer("m", 10, 1))
    store.choose_index(content)
    index(store)
    assert len(store.read_usage(["a"], ())) == expected
    store.rebuild_index("full")
    assert store.read_usage(["a"], ()) == {}
    index(store)
    assert read(store, "a") == [("m", 1, 10, 1)]


def test_executions_too_large_for_the_index_have_their_calls(store: SqliteStore) -> None:
    """Only outputs are searched, and each that is too large is left out."""
    large = answer("m", 1, 1, note="x" * (1 << 20))
    add(store, "a", {"note": "y" * 600_000}, answer("m", 10, 1), large)
    index(store)
    assert read(store, "a") == [("m", 1, 10, 1)]
