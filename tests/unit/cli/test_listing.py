from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from flightlog.cli.listing import draw_nodes, print_page
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import convert_execution
from flightlog.store.results import Page
from support.records import record


def test_the_newest_come_first_with_the_reason_of_a_failure(
    history: Path, flightlog: Callable[..., Any]
) -> None:
    """Each line has mark, workflow, start, duration, nodes and id; failures name node and error."""
    ended = flightlog("list", "--db", history)
    assert (ended.code, ended.err) == (0, "")
    head, *lines = ended.out.splitlines()
    assert head.split() == ["run", "started", "took", "nodes", "execution"]
    assert [line.split()[-1] for line in (lines[0], lines[1], lines[3])] == [
        "sync-1",
        "running-1",
        "good-1",
    ]
    assert [line[0] for line in lines] == ["●", "◐", "✕", "●"]
    assert "3 min 05 s" in lines[2]
    assert lines[2].endswith("failed-1   Charge: card_declined")


def test_a_cursor_goes_on_where_the_page_ended(
    history: Path, flightlog: Callable[..., Any]
) -> None:
    """The joined pages are the whole list, and the table prints the cursor too."""
    seen: list[str] = []
    cursor: list[str] = []
    while True:
        page = json.loads(flightlog("list", "--json", "--limit", 3, "--db", history, *cursor).out)
        seen += [execution["id"] for execution in page["executions"]]
        if page["nextCursor"] is None:
            break
        cursor = ["--cursor", page["nextCursor"]]
        assert page["nextCursor"] in flightlog("list", "--limit", 3, "--db", history).out
    assert seen == ["sync-1", "running-1", "failed-1", "good-1"]


def test_no_match_is_not_shown_as_no_history(history: Path, flightlog: Callable[..., Any]) -> None:
    """Filters without a match get a hint and exit code 0."""
    for arguments, hint in (
        (("orders", "--mode", "test"), "Leave out one of the filters"),
        (("zz",), "No workflow has the id or the name 'zz'. There are: orders, sync."),
        (("ordrs",), "Did you mean 'orders'?"),
    ):
        ended = flightlog("list", *arguments, "--db", history)
        assert (ended.code, ended.out.splitlines()[0]) == (0, "No execution matches.")
        assert hint in ended.out


def test_crashed_executions_are_found_among_failures(
    history: Path, flightlog: Callable[..., Any]
) -> None:
    """`--status crashed` finds each crash once, page by page, and not the other failures."""
    crashed: dict[str, Any] = {"status": "error", "error": {"message": "died", "kind": "crashed"}}
    with ExecutionLogger(history) as logger:
        for number in range(3):
            at = f"2026-11-2{9 - number}T00:00:00Z"
            logger.log_execution(record(f"crash-{number}", startedAt=at, **crashed))
    seen: list[str] = []
    cursor: list[str] = []
    while True:
        arguments = ("--status", "crashed", "-n", "2", "--json", "--db", history, *cursor)
        page = json.loads(flightlog("list", *arguments).out)
        seen += [found["id"] for found in page["executions"]]
        if page["nextCursor"] is None:
            break
        cursor = ["--cursor", page["nextCursor"]]
    assert seen == ["crash-0", "crash-1", "crash-2"]
    exported = flightlog("export", "--status", "crashed", "--db", history).out
    assert len(exported.splitlines()) == 3


def test_an_empty_history_says_so(tmp_path: Path, flightlog: Callable[..., Any]) -> None:
    """A history without executions is no error."""
    ExecutionLogger(tmp_path / "empty.db").close()
    assert flightlog("list", "--db", tmp_path / "empty.db").out == "No executions yet.\n"


@pytest.mark.parametrize("width", [40, 80, 119])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Long names and errors in letters of any width are cut."""
    executions = tuple(
        convert_execution(
            {
                "id": f"0193a703-7f1e-7312-a3f1-{number:012}",
                "workflowId": "w",
                "workflowName": "配送メモ\n" * 20,
                "status": "error",
                "startedAt": "2026-11-22T19:00:00Z",
                "error": {"message": "no " * 100},
            }
        )
        for number in (1, 2)
    )
    page = io.StringIO()
    console = Console(file=page, width=width)
    now = datetime(2026, 11, 22, 20, tzinfo=UTC)
    print_page(console, Page(executions=executions, next_cursor=None), now)
    lines = page.getvalue().splitlines()
    assert len(lines) > len(executions)
    assert all(console.measure(line).maximum <= width for line in lines)


def test_a_run_with_a_name_shows_its_workflow_too() -> None:
    """A run's own name stands behind its workflow, which is alone where the run has no name."""
    for fields, shown in (({"name": "Import of May"}, "Import / Import of May"), ({}, "Import")):
        page = io.StringIO()
        now = datetime(2026, 11, 22, 20, tzinfo=UTC)
        executions = (record("run", workflowName="Import", **fields),)
        print_page(
            Console(file=page, width=100), Page(executions=executions, next_cursor=None), now
        )
        head, line, *_ = page.getvalue().splitlines()
        assert (head.split()[0], line.split("  ")[1]) == ("run", shown)


def test_a_long_run_keeps_its_failure_in_the_strip() -> None:
    """The first nodes and the failed node are drawn, and the rest are counted."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t"}
    run = convert_execution(
        {
            "id": "a",
            "workflowId": "w",
            "workflowName": "W",
            "status": "error",
            "startedAt": "2026-11-22T19:00:00Z",
            "nodeExecutions": [
                node | {"status": "error" if place == 30 else "success"} for place in range(40)
            ],
        }
    )
    assert draw_nodes(run.node_executions).plain == "▪▪▪▪▪▪✕+33"


@pytest.mark.parametrize("width", [80, 60, 40, 30, 20, 12])
def test_a_narrow_list_still_shows_each_id(width: int) -> None:
    """Every other column shrinks before the id, and a long id is folded."""
    names = [f"019ae7c2-{number:04}-7000-8000-000000000000" for number in range(3)]
    executions = tuple(
        convert_execution(
            {
                "id": name,
                "workflowId": "w",
                "workflowName": "Order intake",
                "status": "success",
                "startedAt": "2026-11-22T19:00:00Z",
                "durationMs": 12_345,
            }
        )
        for name in names
    )
    page = io.StringIO()
    now = datetime(2026, 11, 22, 20, tzinfo=UTC)
    print_page(Console(file=page, width=width), Page(executions=executions, next_cursor=None), now)
    shown = page.getvalue().replace("\n", "")
    for name in names:
        assert name in shown
