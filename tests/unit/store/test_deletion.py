"""Tests of the deletion by a filter."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.query import parse
from flightlog.store import scanning
from flightlog.store.deletion import delete_chosen, list_chosen
from flightlog.store.query import EVERYTHING
from flightlog.store.sqlite import SqliteStore
from support.queries import READER
from support.records import record


def test_all_pages_are_erased(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bounded search goes on until the history ends, and the rest of the history stays."""
    monkeypatch.setattr(scanning, "SCANNED_CANDIDATES", 4)
    monkeypatch.setattr("flightlog.store.deletion.MAX_IDS", 2)
    store = SqliteStore(tmp_path / "history.db")
    try:
        store.merge(
            [
                record(f"run-{number:02d}", trigger={"type": "t", "data": number % 3})
                for number in range(20)
            ]
        )
        chosen = EVERYTHING.narrow(parse("trigger:1", READER))
        pages = list(list_chosen(store, chosen))
        assert len(pages) > 3
        steps: list[int] = []
        assert delete_chosen(store, store, chosen, steps.append) == sum(steps) == 7
        assert sum(map(len, list_chosen(store, chosen))) == 0
        assert sum(map(len, list_chosen(store, EVERYTHING))) == 13
        assert delete_chosen(store, store, chosen, steps.append) == 0
    finally:
        store.close()
