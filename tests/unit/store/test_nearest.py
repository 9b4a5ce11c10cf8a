"""Tests of the nearest query; tests/unit/receiver and tests/unit/cli use it, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.store import nearest
from flightlog.store.nearest import find_nearest
from flightlog.store.query import EVERYTHING
from flightlog.store.sqlite import SqliteStore
from support.queries import READER
from support.records import record


def test_the_query_with_the_fewest_results_is_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few results say most; after the time limit, the best query so far is the answer."""
    store = SqliteStore(tmp_path / "history.db")
    runs = [record(f"run-{number}", tags={"n": str(number % 3)}) for number in range(60)]
    store.merge(runs)

    def nearest_to(text: str) -> tuple[str, int, bool] | None:
        found = find_nearest(store, EVERYTHING, text, READER).nearest
        return None if found is None else (found.q, found.count, found.more)

    try:
        assert nearest_to("tag.n:1 absent workflow:intake*") is None
        both = "tag.n:1 any.orderId:7"
        assert nearest_to(f"{both} any.orderId:8") == (both, 20, False)
        assert nearest_to("absent any.orderId:7") == ("any.orderId:7", 50, True)
        monkeypatch.setattr(nearest, "SEARCH_S", -1.0)
        assert nearest_to("absent any.orderId:7") is None
        assert nearest_to("any.orderId:7 absent") == ("any.orderId:7", 50, True)
    finally:
        store.close()
