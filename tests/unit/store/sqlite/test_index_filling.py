"""Filling the search index of a history that is behind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from flightlog.query.expressions import Condition, Exact
from flightlog.store.query import EVERYTHING
from flightlog.store.sqlite import SqliteStore, index_filling, index_process
from flightlog.store.sqlite.indexing import IndexWriter
from support.records import record

Result = TypeVar("Result")


def test_an_index_that_is_behind_is_filled_with_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every execution is indexed once the process reads, also those that change meanwhile."""
    monkeypatch.setattr(index_process, "PORTIONS_BEHIND", 1)
    monkeypatch.setattr(index_filling, "PORTION_BYTES", 2_000)
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


def test_a_portion_is_written_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts and words have transactions of their own; a slice holds a part of the executions."""
    monkeypatch.setattr(index_filling, "_SLICE_S", 1e-6)
    store = SqliteStore(tmp_path / "history.db")
    failed = {"message": " ".join(["declined", *map(str, range(2_000))])}
    store.merge([record(f"run-{number}", status="error", error=failed) for number in range(60)])
    written: list[tuple[str, int]] = []
    change = store._change_index

    def note(each: Callable[[IndexWriter], Result]) -> tuple[float, Result]:
        assert isinstance(each, partial)
        if "entries" in each.keywords:
            written.append((each.keywords["table"], len(each.keywords["entries"])))
        return change(each)

    monkeypatch.setattr(store._filler, "_change", note)
    while store.index_portion().more:
        pass
    assert {table for table, _ in written} == {"parts", "words"}
    for table in ("parts", "words"):
        sizes = [number for each, number in written if each == table]
        assert sum(sizes) == 60
        assert max(sizes) < 30
    query = EVERYTHING.narrow(Condition("error", Exact("declined"))).make_page_query(limit=100)
    assert store.health().not_indexed == 0
    assert len(store.list_summaries(query).summaries) == 60
    store.close()
