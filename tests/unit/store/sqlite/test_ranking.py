from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from flightlog.errors import InvalidQueryError
from flightlog.query import parse
from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.sqlite import selection
from flightlog.store.sqlite.store import SqliteStore
from support.queries import READER
from support.records import record


def test_a_ranking_of_many_executions_says_how_far_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older executions than the bound are left out, for all searches alike."""
    monkeypatch.setattr(selection, "SCANNED_ROWS", 3)
    with contextlib.closing(SqliteStore(tmp_path / "h.db")) as store:
        store.merge(
            [
                record(
                    f"{workflow}{minute}",
                    workflowId=workflow,
                    startedAt=f"2026-11-22T19:0{minute}:00Z",
                    durationMs=100 - minute,
                )
                for workflow in "ab"
                for minute in range(5)
            ]
        )
        page = store.list_by_duration(EVERYTHING, "longest", 10)
        assert [each.id for each in page.summaries] == ["b3", "b4", "a4"]
        assert page.searched_to == "2026-11-22T19:03:00.000000Z"
        both = HistoryFilter(workflow_ids=("a", "b"))
        page = store.list_by_duration(both, "shortest", 10)
        assert [each.id for each in page.summaries] == ["b4", "a4", "b3", "a3", "b2", "a2"]
        assert page.searched_to == "2026-11-22T19:02:00.000000Z"
        assert (page.older_cursor, page.newer_cursor) == (None, None)


def test_a_ranking_refuses_terms_about_payloads(tmp_path: Path) -> None:
    """The search of payloads has no order by duration."""
    chosen = EVERYTHING.narrow(parse("output.status:500", READER))
    store = SqliteStore(tmp_path / "h.db")
    with contextlib.closing(store), pytest.raises(InvalidQueryError, match="sort"):
        store.list_by_duration(chosen, "longest", 10)
