"""Filling the search index of a history that is behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.query.expressions import Condition, Exact
from flightlog.store.query import EVERYTHING
from flightlog.store.sqlite import SqliteStore, index_process, index_reading
from support.records import record


def test_an_index_that_is_behind_is_filled_with_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every execution is indexed once the process reads, also those that change meanwhile."""
    monkeypatch.setattr(index_process, "PORTIONS_BEHIND", 1)
    monkeypatch.setattr(index_reading, "_FIRST_BYTES", 2_000)
    monkeypatch.setattr(index_reading, "_FEWEST_BYTES", 2_000)
    store = SqliteStore(tmp_path / "history.db")
    store.merge([record(f"run-{number}", status="error") for number in range(100)])
    indexed = store.index_portion().executions
    assert indexed < 100
    assert store._filler._process._child is not None
    store.merge([record(f"run-{number}", name="renamed", revision=1) for number in range(50)])
    while (portion := store.index_portion()).more:
        assert portion.took_s >= 0
    assert store.health().not_indexed == 0
    query = EVERYTHING.narrow(Condition("name", Exact("renamed"))).make_page_query(limit=100)
    assert len(store.list_summaries(query).summaries) == 50
    store.close()
    assert store._filler._process._child is None
