"""Query plans and limits of the viewer's reads, which only SQLite has."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from msgspec.structs import replace

from flightlog.store.query import MAX_IDS, ExecutionQuery, HistoryFilter
from flightlog.store.sqlite import (
    SqliteStore,
    error_groups,
    metrics,
    nodepages,
    outline,
    selection,
    series,
)
from flightlog.store.sqlite.queries import load_queries
from support.records import record


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    """Open a database with some executions."""
    path: Path = tmp_path_factory.mktemp("plans") / "history.db"
    store = SqliteStore(path)
    store.merge([record(f"run-{number}") for number in range(50)])
    store.close()
    connection = apsw.Connection(str(path))
    yield connection
    connection.close()


def plan(connection: apsw.Connection, sql: str, bound: Any = ()) -> str:
    """List SQLite's plan for a statement, a line for each step."""
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", bound)
    return "\n".join(str(row[3]) for row in rows)


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
    start = selection.Position("2026-11-22T19:04:11.000000Z", 7)
    for chosen in FILTERS:
        for order, cursor in itertools.product(("newest", "oldest"), (None, start)):
            query = chosen.page(order=order)
            for search in selection.split_filter(chosen):
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


def test_a_page_is_read_by_keys(connection: apsw.Connection) -> None:
    """A page reads its executions by ordinal, and their nodes by the index of nodes."""
    steps = plan(connection, selection.SELECT_BY_ORDINALS, ("[1,2]",))
    assert "SCAN executions" not in steps
    assert "SCAN" not in plan(connection, load_queries("reader.sql")["payload_key"], (1,))
    letters = plan(connection, load_queries("summaries.sql")["progress"], ('["run-1"]',))
    assert "SEARCH node_executions USING INDEX node_executions_by_execution" in letters


def test_aggregates_are_searched_place_by_place(connection: apsw.Connection) -> None:
    """Aggregates are searched and never scanned, so that any range of time stays fast."""
    bound = metrics.bind_filter(HistoryFilter(), metrics.round_to_hours(HistoryFilter()))
    for table in ("execution_aggregates", "node_aggregates"):
        sql = f"{metrics.select_places(table, 'status, bucket, sum(count)')} GROUP BY 1, 2"
        steps = plan(connection, sql, bound)
        assert f"SCAN {table}" not in steps
        assert "SCAN counted" not in steps
        assert "hour>? AND hour<?" in steps


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
    for search in selection.split_filter(within, MAX_IDS):
        timed = plan(connection, *selection.compile_search(search, within.page()))
        assert "SCAN executions" not in timed
    for search in selection.split_filter(replace(within, statuses=("error",))):
        failures = plan(connection, *selection.compile_search(search, within.page()))
        assert "SCAN executions" not in failures
        assert "TEMP B-TREE" not in failures


@pytest.mark.parametrize("name", ["previous", "next", "children", "usual_of_workflow"])
def test_an_outline_is_read_by_indexes(connection: apsw.Connection, name: str) -> None:
    """An outline reads neighbours, sub-workflows and usual durations by index."""
    sql = load_queries("outline.sql")[name]
    steps = plan(connection, sql, ("a", "b", "c")[: sql.count("?3") * 2 + 1])
    for table in ("executions", "execution_aggregates", "payloads"):
        assert f"SCAN {table}" not in steps
    for sql, bound in (
        (outline.SELECT_EXECUTION, ("a",)),
        (nodepages.SELECT_PAGE, ("a", 0, "", 10)),
    ):
        steps = plan(connection, sql, bound)
        assert "SCAN" not in steps
        assert "TEMP B-TREE" not in steps


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Make forty executions, of which the oldest failed."""
    store = SqliteStore(tmp_path / "history.db")
    store.merge(
        [
            record(
                f"run-{number:02d}",
                startedAt=f"2026-11-22T10:{number:02d}:00Z",
                error={"message": "declined"} if number == 0 else None,
                status="error" if number == 0 else "success",
            )
            for number in range(40)
        ]
    )
    yield store
    store.close()


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
        page = store.summaries(chosen.page(cursor=cursor))
        pages.append(([one.id for one in page.summaries], page.searched_to))
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
        page = store.summaries(chosen.page(cursor=cursor, limit=7))
        seen += [one.id for one in page.summaries]
        cursor = page.older_cursor
        if cursor is None:
            break
    assert seen == [f"run-{number:02d}" for number in range(39, -1, -1)]


def test_an_hour_with_very_many_counts_whole(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour with very many executions counts whole, because counting each row is too slow."""
    scope = HistoryFilter(started_from="2026-11-22T10:30:00.000000Z")
    assert store.counts(scope).total == 10
    monkeypatch.setattr(metrics, "EDGE_ROWS", 5)
    assert store.counts(scope).total == 40


def test_a_series_of_very_many_goes_by_hours(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps of a very long series are whole hours, because the aggregates count by hour."""
    scope = HistoryFilter(
        started_from="2026-11-22T10:00:00.000000Z", started_before="2026-11-22T11:00:00.000000Z"
    )
    assert store.series(scope, 60).step_ms == 60_000
    monkeypatch.setattr(series, "SERIES_ROWS", 5)
    by_hour = store.series(scope, 60)
    assert by_hour.step_ms == 3_600_000
    assert [point.success + point.error for point in by_hour.points] == [40]


def test_only_the_newest_failures_are_grouped(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the newest failures are grouped, and the answer reports the limit."""
    store.merge([record("new", status="error", error={"message": "no", "type": "E"})])
    monkeypatch.setattr(error_groups, "FAILURES", 1)
    groups = store.errors(HistoryFilter(), 10)
    assert [one.message for one in groups.errors] == ["no"]
    assert not groups.complete


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Row 7 has no price", "Row 12 has no price"),
        ("409: order-12 exists", "409: order-a7f exists"),
        (
            "no 0193a7f2-1111-7222-8333-444455556666 here",
            "no 0193a7f2-9999-7222-8333-444455556667 here",
        ),
        ("token [REDACTED:3f9a1c0b7d24]", "token [REDACTED:9f2c44aa01be]"),
        ("at 0x7f3a: 1,200.5 ms", "at 0x11: 3 ms"),
        ("commit deadbeef01", "commit 00ff00aa11"),
    ],
)
def test_messages_that_are_alike(one: str, other: str) -> None:
    """Messages that differ only in numbers, times and ids are alike."""
    assert error_groups.normalize_message(one) == error_groups.normalize_message(other)


def test_messages_that_are_not_alike() -> None:
    """Messages with different words aren't alike."""
    assert error_groups.normalize_message("card declined") != error_groups.normalize_message(
        "card expired"
    )
    assert error_groups.normalize_message("no answer") == "no answer"


def test_lists_read_no_payload(store: SqliteStore) -> None:
    """Neither a page nor an outline with large payloads reads a payload."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    store.merge([record("it", nodeExecutions=[{**node, "output": ["x" * 1_000] * 100}])])
    connection = apsw.Connection(str(store.health().location))
    connection.execute("UPDATE payloads SET data = zeroblob(10)")
    connection.close()
    page = store.summaries(ExecutionQuery(limit=500))
    assert len(page.summaries) == 41
    found = store.outline("it")
    assert found is not None
    assert found.nodes[0].output is not None
    assert found.nodes[0].output.redacted is None
