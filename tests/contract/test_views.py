"""The viewer's reads: every store gives the same answers as a plain scan of the records."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from flightlog.errors import InvalidQueryError
from flightlog.record.model import WorkflowExecution
from flightlog.store.query import EVERYTHING, ExecutionQuery, HistoryFilter
from flightlog.store.writer import ExecutionStore
from support.records import record

STATUSES = ("success", "success", "error", "running")


def made(number: int) -> WorkflowExecution:
    """Make one of a hundred runs that differ in every field that a filter covers."""
    status = STATUSES[number % 4]
    error: dict[str, Any] | None = None
    if status == "error":
        error = {
            "message": f"  Row {number} of {number * 7} is bad\nand more",
            "type": "app.RowError" if number % 8 == 2 else "TimeoutError",
            "kind": "exception",
            "nodeId": "charge" if number % 3 == 0 else "notify",
            "stack": "Traceback …",
        }
    return record(
        f"run-{number:03d}",
        workflowId=("intake", "sync", "report")[number % 3],
        workflowName=("Order intake", "Nightly sync", "Report_100%")[number % 3],
        projectId=("shop", None)[number % 2],
        status=status,
        startedAt=f"2026-11-22T{8 + number // 40:02d}:{number % 40:02d}:30.{number % 2:06d}Z",
        completedAt=None,
        durationMs=None if status == "running" else 10 * number,
        executionMode=("test", "production", None)[number % 3],
        trigger={"type": ("http", "cron")[number // 3 % 2], "data": {"n": number}},
        error=error,
        tags={"n": str(number)} if number % 10 == 0 else None,
    )


RUNS = [made(number) for number in range(100)]


@pytest.fixture
def filled(store: ExecutionStore) -> ExecutionStore:
    """Store the hundred runs out of order, four of them starred."""
    store.merge(RUNS[50:])
    store.merge(RUNS[:50])
    for number in (3, 30, 31, 90):
        assert store.set_star(f"run-{number:03d}", starred=True)
    return store


def ids_of(runs: Any) -> list[str]:
    """List the ids of summaries."""
    return [execution.id for execution in runs]


def expected(chosen: HistoryFilter) -> list[str]:
    """List the ids that a plain scan finds, newest first."""
    found = [execution for execution in RUNS if fits(execution, chosen)]
    return ids_of(sorted(found, key=lambda item: (item.started_at, item.id), reverse=True))


def fits(execution: WorkflowExecution, chosen: HistoryFilter) -> bool:
    """Check whether a record matches a filter."""
    took = execution.duration_ms
    error = execution.error
    words = [execution.workflow_name, execution.workflow_id]
    words += [error.message, error.type or "", error.node_id or ""] if error else []
    text = (chosen.text or "").lower()
    return all(
        (
            not chosen.workflow_ids or execution.workflow_id in chosen.workflow_ids,
            chosen.project_id in {None, execution.project_id},
            not chosen.statuses or execution.status in chosen.statuses,
            chosen.execution_mode in {None, execution.execution_mode},
            chosen.trigger_type is None or execution.trigger.type == chosen.trigger_type,  # type: ignore[union-attr]  # each record has a trigger
            chosen.started_from is None or execution.started_at >= chosen.started_from,
            chosen.started_before is None or execution.started_at < chosen.started_before,
            chosen.min_duration_ms is None or (took is not None and took >= chosen.min_duration_ms),
            chosen.max_duration_ms is None or (took is not None and took <= chosen.max_duration_ms),
            chosen.node_id is None or (error is not None and error.node_id == chosen.node_id),
            not text
            or execution.id.startswith(text)
            or any(text in word.lower() for word in words),
            not chosen.starred or execution.id in {"run-003", "run-030", "run-031", "run-090"},
        )
    )


PARTS: list[tuple[dict[str, Any], ...]] = [
    ({}, {"workflow_ids": ("intake",)}, {"workflow_ids": ("intake", "report")}),
    ({}, {"statuses": ("error",)}, {"statuses": ("running", "success")}),
    ({}, {"project_id": "shop"}),
    ({}, {"starred": True}),
    ({}, {"started_from": "2026-11-22T08:20:00.000000Z"}),
    ({}, {"text": "ROW"}, {"min_duration_ms": 200.0, "max_duration_ms": 700.0}),
]
FILTERS = [
    HistoryFilter(**{name: value for part in parts for name, value in part.items()})
    for parts in itertools.product(*PARTS)
] + [
    HistoryFilter(text="run-04"),
    HistoryFilter(text="_100%"),
    HistoryFilter(text="%"),
    HistoryFilter(text="timeouterror"),
    HistoryFilter(node_id="charge"),
    HistoryFilter(trigger_type="cron"),
    HistoryFilter(execution_mode="test"),
    HistoryFilter(started_before="2026-11-22T09:00:00.000000Z"),
]


def test_every_filter_gives_what_it_describes(filled: ExecutionStore) -> None:
    """
    Each filter finds the matching runs, alone and together.

    The filters cover several workflows and statuses.
    """
    for chosen in FILTERS:
        page = filled.list_summaries(chosen.make_page_query(limit=200))
        assert ids_of(page.summaries) == expected(chosen), chosen
        assert page.older_cursor is None, chosen
        assert page.searched_to is None, chosen
        of_ids = filled.list_summaries(
            replace(chosen, ids=tuple(run.id for run in RUNS)).make_page_query()
        ).summaries
        assert ids_of(of_ids) == expected(chosen), chosen


def test_case_is_no_matter_beyond_ascii(store: ExecutionStore) -> None:
    """A search ignores case beyond ASCII, in the query and in the stored text."""
    store.merge([record("it", workflowName="GRÖßE prüfen"), record("other")])
    for text in ("größe", "GRÖSSE", "PRÜ"):
        page = store.list_summaries(HistoryFilter(text=text).make_page_query())
        assert ids_of(page.summaries) == ["it"]


def test_ids_are_found_by_their_first_characters(filled: ExecutionStore) -> None:
    """The ids come in alphabetical order, at most as many as wanted; wildcards have no meaning."""
    find = filled.find_ids
    assert find("run-09", 20) == tuple(f"run-09{number}" for number in range(10))
    assert find("run-0", 2) == ("run-000", "run-001")
    assert find("run-042", 2) == ("run-042",)
    assert find("", 1) == ("run-000",)
    for nothing in ("run-1", "un", "RUN", "run-%", "run_"):
        assert find(nothing, 2) == ()


@pytest.mark.parametrize("chosen", FILTERS[::17], ids=repr)
def test_pages_join_in_both_directions(filled: ExecutionStore, chosen: HistoryFilter) -> None:
    """Older cursors and then newer cursors bring each execution once, newest first."""
    down, cursor = [], None
    while True:
        page = filled.list_summaries(chosen.make_page_query(limit=7, cursor=cursor))
        down += ids_of(page.summaries)
        if page.older_cursor is None:
            break
        cursor = page.older_cursor
    assert down == expected(chosen)
    up: list[str] = []
    cursor = None
    while True:
        query = chosen.make_page_query(limit=7, cursor=cursor, order="oldest")
        page = filled.list_summaries(query)
        up = ids_of(page.summaries) + up
        if not page.summaries:
            break
        cursor = page.newer_cursor
    assert up == expected(chosen)


def test_a_list_can_begin_at_a_time(filled: ExecutionStore) -> None:
    """A list that begins at a time hides nothing. The list's cursors reach the newer executions."""
    moment = "2026-11-22T09:00:30.000000Z"
    page = filled.list_summaries(ExecutionQuery(at=moment, limit=5))
    older = [item for item in expected(EVERYTHING) if RUNS[int(item[4:])].started_at <= moment]
    assert ids_of(page.summaries) == older[:5]
    above = filled.list_summaries(
        ExecutionQuery(cursor=page.newer_cursor, order="oldest", limit=200)
    )
    assert ids_of(above.summaries) + older == expected(EVERYTHING)


def test_what_arrives_is_reached_by_the_newer_cursor(filled: ExecutionStore) -> None:
    """
    The newer cursor reaches executions that arrive later.

    The claim also holds if no newer execution existed before.
    """
    page = filled.list_summaries(ExecutionQuery(limit=3))
    asked = ExecutionQuery(cursor=page.newer_cursor, order="oldest")
    assert filled.list_summaries(asked).summaries == ()
    filled.merge([record("late", startedAt="2026-11-23T00:00:00Z")])
    assert ids_of(filled.list_summaries(asked).summaries) == ["late"]


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [({"limit": 0}, "limit"), ({"limit": 501}, "limit"), ({"cursor": "?"}, "cursor")],
)
def test_a_page_that_cannot_be_is_refused(
    store: ExecutionStore, fields: dict[str, Any], parameter: str
) -> None:
    """A store refuses an impossible page with the parameter's name."""
    with pytest.raises(InvalidQueryError) as caught:
        store.list_summaries(ExecutionQuery(**fields))
    assert caught.value.parameter == parameter
    with pytest.raises(InvalidQueryError):
        store.list_summaries(ExecutionQuery(ids=("x",) * 501))


def test_a_summary_is_the_record_in_short(filled: ExecutionStore) -> None:
    """A summary holds one line of the error, nodes as letters, and no payload."""
    (summary,) = filled.list_summaries(ExecutionQuery(ids=("run-090",))).summaries
    assert summary.error is not None
    assert summary.error.message == "Row 90 of 630 is bad"
    assert (summary.error.type, summary.error.node_id) == ("app.RowError", "charge")
    assert (summary.nodes.total, summary.nodes.done, summary.nodes.failed, summary.nodes.strip) == (
        1,
        1,
        0,
        "s",
    )
    assert summary.tags == {"n": "90"}
    assert summary.starred
    assert summary.trigger_type == "http"


def test_a_strip_keeps_what_matters(store: ExecutionStore) -> None:
    """A shortened strip of many nodes keeps all failed and running nodes, in order."""
    statuses = ["success"] * 300
    statuses[7] = statuses[250] = "error"
    statuses[299] = "running"
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t"}
    nodes = [{**node, "status": status} for status in statuses]
    store.merge([record("many", status="running", nodeExecutions=nodes)])
    (summary,) = store.list_summaries(ExecutionQuery(ids=("many",))).summaries
    assert (summary.nodes.total, summary.nodes.done, summary.nodes.failed) == (300, 299, 2)
    assert len(summary.nodes.strip) == 40
    assert summary.nodes.strip.count("e") == 2
    assert summary.nodes.strip.endswith("r")


SCOPES = [
    EVERYTHING,
    HistoryFilter(workflow_ids=("intake",)),
    HistoryFilter(workflow_ids=("intake", "sync"), project_id="shop"),
    HistoryFilter(project_id="shop"),
    HistoryFilter(started_from="2026-11-22T08:15:00.000000Z"),
    HistoryFilter(started_before="2026-11-22T09:15:30.000001Z"),
    HistoryFilter(
        started_from="2026-11-22T08:15:00.000000Z", started_before="2026-11-22T08:30:00.000000Z"
    ),
    HistoryFilter(
        workflow_ids=("report",),
        started_from="2026-11-22T08:59:00.000000Z",
        started_before="2026-11-22T10:00:00.000000Z",
    ),
    HistoryFilter(workflow_ids=("none",)),
]


def within(scope: HistoryFilter) -> list[WorkflowExecution]:
    """List the records within a scope."""
    chosen = HistoryFilter(
        workflow_ids=scope.workflow_ids,
        project_id=scope.project_id,
        started_from=scope.started_from,
        started_before=scope.started_before,
    )
    return [execution for execution in RUNS if fits(execution, chosen)]


@pytest.mark.parametrize("scope", SCOPES, ids=repr)
def test_counts_are_those_of_a_scan(filled: ExecutionStore, scope: HistoryFilter) -> None:
    """Counts equal a scan, to the microsecond at both ends."""
    counts = filled.count_by_status(scope)
    found = Counter(item.status for item in within(scope))
    assert counts.total == found.total()
    assert (counts.success, counts.error, counts.running) == (
        found["success"],
        found["error"],
        found["running"],
    )


@pytest.mark.parametrize("points", [1, 7, 60, 1_000])
@pytest.mark.parametrize("scope", SCOPES, ids=repr)
def test_a_series_counts_everything_once(
    filled: ExecutionStore, scope: HistoryFilter, points: int
) -> None:
    """
    A series counts each execution once, in even steps without gaps.

    It has about as many steps as requested.
    """
    series = filled.read_series(scope, points)
    totals = Counter(
        {
            "success": sum(point.success for point in series.points),
            "error": sum(point.error for point in series.points),
            "running": sum(point.running for point in series.points),
        }
    )
    found = within(scope)
    if series.step_ms < 3_600_000 or (scope.started_from, scope.started_before) == (None, None):
        assert totals == Counter(execution.status for execution in found)
    else:
        assert totals.total() >= len(found)
    assert len(series.points) <= points + 1
    starts = [point.start for point in series.points]
    assert starts == sorted(set(starts))


def test_a_series_needs_a_sensible_number_of_points(store: ExecutionStore) -> None:
    """A store refuses a senseless number of points; an empty history gives an empty series."""
    for points in (0, 1_001):
        with pytest.raises(InvalidQueryError, match="points"):
            store.read_series(EVERYTHING, points)
    assert store.read_series(EVERYTHING, 60).points == ()


def test_workflows_are_measured_by_project(filled: ExecutionStore) -> None:
    """Workflows are listed by project, with their newest names, most executions first."""
    filled.merge(
        [
            replace(
                RUNS[0],
                id="renamed",
                started_at="2026-11-23T00:00:00.000000Z",
                workflow_name="Intake!",
            )
        ]
    )
    measured = {
        (workflow.workflow_id, workflow.project_id): workflow
        for workflow in filled.list_workflows(EVERYTHING).workflows
    }
    assert set(measured) == set(itertools.product(("intake", "sync", "report"), ("shop", None)))
    intake = measured["intake", "shop"]
    runs = [
        execution
        for execution in RUNS
        if execution.workflow_id == "intake" and execution.project_id == "shop"
    ]
    assert intake.total == len(runs) + 1
    assert intake.workflow_name == "Intake!"
    assert intake.last_started_at == "2026-11-23T00:00:00.000000Z"
    took = sorted(
        execution.duration_ms for execution in [*runs, RUNS[0]] if execution.duration_ms is not None
    )
    assert intake.p50_ms == pytest.approx(took[(len(took) - 1) // 2], rel=0.05)
    assert filled.list_projects() == ("shop",)


def test_nodes_are_measured_the_slowest_first(store: ExecutionStore) -> None:
    """Nodes are listed slowest first, with names and types from a recent execution."""
    node = {"nodeType": "httpRequest", "status": "success"}
    store.merge(
        [
            record(
                f"run-{number}",
                nodeExecutions=[
                    {**node, "nodeId": "slow", "nodeName": "Slow", "durationMs": 900},
                    {**node, "nodeId": "fast", "nodeName": "Fast", "durationMs": 9},
                    {
                        **node,
                        "nodeId": "bad",
                        "nodeName": "Bad",
                        "status": "error",
                        "durationMs": 90,
                    },
                ],
            )
            for number in range(5)
        ]
    )
    nodes = store.list_nodes(EVERYTHING, 10).nodes
    assert [node.node_id for node in nodes] == ["slow", "bad", "fast"]
    assert [(node.node_name, node.node_type) for node in nodes[:1]] == [("Slow", "httpRequest")]
    assert (nodes[1].total, nodes[1].success, nodes[1].error) == (5, 0, 5)
    assert nodes[0].p95_ms == pytest.approx(900, rel=0.03)
    assert len(store.list_nodes(HistoryFilter(workflow_ids=("order-intake",)), 1).nodes) == 1
    assert store.list_nodes(HistoryFilter(project_id="none"), 10).nodes == ()


def test_the_node_of_a_whole_workflow_does_not_count(store: ExecutionStore) -> None:
    """A decorated workflow is neither among the slowest nodes nor in an execution's strip."""
    done = {"status": "success", "durationMs": 900}
    root = {"nodeId": "order-intake", "nodeName": "Order intake", "nodeType": "workflow"}
    inner = {"nodeId": "charge", "nodeName": "Charge", "nodeType": "t", "sequence": 1}
    nodes = [root | done | {"sequence": 0}, inner | done | {"parentSequence": 0}]
    store.merge([record("run-1", nodeExecutions=nodes)])
    assert [node.node_id for node in store.list_nodes(EVERYTHING, 10).nodes] == ["charge"]
    (summary,) = store.list_summaries(ExecutionQuery()).summaries
    assert (summary.nodes.total, summary.nodes.done, summary.nodes.strip) == (1, 1, "s")
    outline = store.read_outline("run-1")
    assert outline is not None
    assert [node.node_type for node in outline.nodes] == ["workflow", "t"]


def test_errors_that_differ_in_numbers_alone_are_one(filled: ExecutionStore) -> None:
    """Errors that differ only in numbers form one group by type, with all of its workflows."""
    groups = filled.group_errors(EVERYTHING, 100)
    assert groups.complete
    failed = [execution for execution in RUNS if execution.error is not None]
    newest = max(failed, key=lambda item: item.started_at)
    assert {(item.type, item.pattern) for item in groups.errors} == {
        ("app.RowError", "Row ⟨n⟩ of ⟨n⟩ is bad"),
        ("TimeoutError", "Row ⟨n⟩ of ⟨n⟩ is bad"),
    }
    for group in groups.errors:
        own = [item for item in failed if item.error and item.error.type == group.type]
        assert (group.count, sum(group.histogram)) == (len(own), len(own))
        assert group.first_at == min(item.started_at for item in own)
        assert group.last_at == max(item.started_at for item in own)
        assert {workflow.workflow_id: workflow.count for workflow in group.workflows} == Counter(
            item.workflow_id for item in own
        )
        assert group.workflow_count == len(group.workflows)
        assert group.node_id is None
    (group,) = [item for item in groups.errors if item.last_execution_id == newest.id]
    assert group.message.startswith("Row ")
    assert [item.count for item in groups.errors] == sorted(
        (item.count for item in groups.errors), reverse=True
    )
    assert len(filled.group_errors(HistoryFilter(workflow_ids=("sync",)), 1).errors) == 1
    of_two = filled.group_errors(
        HistoryFilter(workflow_ids=("sync", "report"), project_id="shop"), 100
    )
    found = {workflow.workflow_id for group in of_two.errors for workflow in group.workflows}
    assert found == {"sync", "report"}


@pytest.mark.parametrize(
    "chosen",
    [
        EVERYTHING,
        HistoryFilter(workflow_ids=("intake", "sync")),
        HistoryFilter(statuses=("error",)),
    ],
)
@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        (
            "09:00:00.000000",
            "10:00:00.000000",
            "08:00:00.000000",
        ),
        (
            "09:10:00.000000",
            "09:25:00.500000",
            "08:54:59.500000",
        ),
        ("09:30:30.000001", None, None),
        (None, "09:30:00.000000", None),
    ],
)
def test_a_period_is_compared_with_the_period_before(
    filled: ExecutionStore,
    chosen: HistoryFilter,
    first: str | None,
    last: str | None,
    before: str | None,
) -> None:
    """Both periods have the same length, and each has the counts of a scan."""
    first, last, before = (time and f"2026-11-22T{time}Z" for time in (first, last, before))
    chosen = replace(chosen, started_from=first, started_before=last)
    found = filled.compare_periods(chosen)
    assert found.current.after == first
    for period in (found.current, found.previous):
        if period is None:
            continue
        within = replace(chosen, started_from=period.after, started_before=period.before)
        runs = [execution for execution in RUNS if fits(execution, within)]
        statuses = Counter(execution.status for execution in runs)
        assert (period.total, period.success, period.error, period.running) == (
            len(runs), statuses["success"], statuses["error"], statuses["running"],
        )  # fmt: skip
        durations = sorted(
            execution.duration_ms for execution in runs if execution.duration_ms is not None
        )
        if durations:
            # Percentiles are computed from buckets, which are at most a tenth of a duration wide.
            place = durations[max(0, -(-len(durations) * 95 // 100) - 1)]
            assert period.p95_ms == pytest.approx(place, rel=0.2, abs=10)
    if first is None:
        assert found.previous is None
    else:
        assert found.previous is not None
        assert found.previous.before == first
        if before is not None:
            assert found.previous.after == before


def test_a_period_without_room_before_it_has_no_comparison(filled: ExecutionStore) -> None:
    """A period that begins with the calendar, or ends before it begins, is not compared."""
    early = HistoryFilter(started_from="0001-01-02T00:00:00.000000Z")
    assert filled.compare_periods(early).previous is None
    empty = replace(
        early,
        started_from="2026-11-22T10:00:00.000000Z",
        started_before="2026-11-22T09:00:00.000000Z",
    )
    assert filled.compare_periods(empty).previous is None
