"""Query plans and limits of the viewer's reads, which only SQLite has."""

from __future__ import annotations

import itertools

import apsw
import pytest
from msgspec.structs import replace

from flightlog.store.positions import Position
from flightlog.store.query import MAX_IDS, ExecutionQuery, HistoryFilter
from flightlog.store.sqlite import (
    SqliteStore,
    selection,
)
from support.query_plans import plan

FILTERS = [
    HistoryFilter(
        workflow_ids=workflows,
        project_id=project,
        statuses=statuses,  # type: ignore[arg-type]  # product() loses the literal types
        started_from=since,
        text=text,
        starred=starred,
    )
    for workflows, project, statuses, since, text, starred in itertools.product(
        ((), ("a",), ("a", "b")),
        (None, "shop"),
        ((), ("success",), ("error",), ("running", "error")),
        (None, "2026"),
        (None, "declined"),
        (False, True),
    )
]


def test_every_search_of_a_list_walks_one_index_in_order(connection: apsw.Connection) -> None:
    """Every combination of filters searches one index: no table scan, no temporary sort."""
    start = Position("2026-11-22T19:04:11.000000Z", 7)
    for chosen in FILTERS:
        for order, cursor in itertools.product(("newest", "oldest"), (None, start)):
            query = chosen.make_page_query(order=order)
            searches = list(selection.split_filter(chosen))
            assert searches
            for search in searches:
                for sql, bound in (
                    selection.compile_search(search, query, cursor),
                    selection.compile_search(search, query, cursor, is_bounded=True),
                    selection.compile_stop(search, query, cursor),
                ):
                    steps = plan(connection, sql, bound)
                    assert "executions_" in steps, (chosen, steps)
                    assert "SCAN executions" not in steps, (chosen, steps)
                    assert "TEMP B-TREE" not in steps, (chosen, steps)


@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        (HistoryFilter(), "executions_by_time"),
        (HistoryFilter(workflow_ids=("a",)), "executions_by_workflow"),
        (HistoryFilter(statuses=("error",)), "executions_by_status"),
        (HistoryFilter(statuses=("error",), project_id="p"), "executions_by_status"),
        (HistoryFilter(statuses=("success",), project_id="p"), "executions_by_project"),
        (HistoryFilter(workflow_ids=("a",), statuses=("error",)), "executions_unsuccessful"),
        (HistoryFilter(workflow_ids=("a",), starred=True), "executions_starred"),
    ],
    ids=repr,
)
def test_the_rarest_filter_chooses_the_index(
    connection: apsw.Connection, chosen: HistoryFilter, index: str
) -> None:
    """The rarest filter chooses the index, so that the other filters check few rows."""
    (search,) = selection.split_filter(chosen)
    steps = plan(connection, *selection.compile_search(search, ExecutionQuery(), is_bounded=True))
    assert index in steps


def test_very_many_workflows_are_one_search() -> None:
    """
    Very many workflows are one search.

    Otherwise a client could choose the number of searches of a page.
    """
    many = HistoryFilter(workflow_ids=tuple(f"w{number}" for number in range(100)))
    assert len(selection.split_filter(many)) == 1


@pytest.mark.parametrize(
    "scope",
    [
        HistoryFilter(),
        HistoryFilter(workflow_ids=("a",)),
        HistoryFilter(workflow_ids=("a", "b"), project_id="p"),
        HistoryFilter(project_id="p"),
    ],
    ids=repr,
)
def test_rows_within_an_hour_and_failures_are_searched(
    connection: apsw.Connection, scope: HistoryFilter
) -> None:
    """Rows within an hour, and failures, are searched by time or by status without a scan."""
    within = replace(scope, started_from="2026", started_before="2027")
    in_time = list(selection.split_filter(within, MAX_IDS))
    failed = list(selection.split_filter(replace(within, statuses=("error",))))
    assert in_time
    assert failed
    for search in in_time:
        timed = plan(connection, *selection.compile_search(search, within.make_page_query()))
        assert "SCAN executions" not in timed
    for search in failed:
        failures = plan(connection, *selection.compile_search(search, within.make_page_query()))
        assert "SCAN executions" not in failures
        assert "TEMP B-TREE" not in failures


def test_a_search_that_no_index_serves_is_bounded(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A page without a matching index reads a limited number of rows, and reports its last row.

    The next page continues from there.
    """
    monkeypatch.setattr(selection, "SCANNED_ROWS", 15)
    chosen, cursor, pages = HistoryFilter(text="DECLINED"), None, []
    while True:
        page = store.list_summaries(chosen.make_page_query(cursor=cursor))
        pages.append(([summary.id for summary in page.summaries], page.searched_to))
        cursor = page.older_cursor
        if cursor is None:
            break
    assert pages == [
        ([], "2026-11-22T10:25:00.000000Z"),
        ([], "2026-11-22T10:10:00.000000Z"),
        (["run-00"], None),
    ]


def test_searches_side_by_side_leave_nothing_out(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When one of several searches stops early, the page ends there."""
    monkeypatch.setattr(selection, "SCANNED_ROWS", 15)
    chosen = HistoryFilter(text="order", statuses=("success", "error"))
    seen: list[str] = []
    cursor = None
    while True:
        page = store.list_summaries(chosen.make_page_query(cursor=cursor, limit=7))
        seen += [summary.id for summary in page.summaries]
        cursor = page.older_cursor
        if cursor is None:
            break
    assert seen == [f"run-{number:02d}" for number in range(39, -1, -1)]
