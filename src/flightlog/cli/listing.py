"""`flightlog list`: print the executions as a table, or as JSON. The store runs the query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Final, TypeAlias

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.filters import LIMIT, Filters
from flightlog.cli.history import HistoryChoice
from flightlog.cli.nodes import split_root
from flightlog.cli.terminal import MARKS, mark, output_console, write_json
from flightlog.cli.text import ago, clean, count, duration, first_line
from flightlog.clock import utc_now
from flightlog.record.model import NodeExecution, WorkflowExecution
from flightlog.store.results import Page
from flightlog.store.summaries import Summary

_STRIP: Final = 10
_WIDE: Final = 110
_WIDE_NAME: Final = 32
_NARROW_NAME: Final = 24
_LEAST_NAME: Final = 8
_ID_STYLE: Final = "cyan"
_NAME, _STARTED, _TOOK, _NODES = 1, 2, 3, 4
Row: TypeAlias = tuple[Text, Text, Text, Text, Text, Text]
"""The mark, the workflow, the time, the duration, the nodes and the id of an execution."""


def list_executions(
    workflow: Annotated[str | None, Parameter(name="WORKFLOW")] = None,
    /,
    *,
    filters: Filters | None = None,
    limit: Annotated[int, LIMIT] = 20,
    cursor: str | None = None,
    oldest: bool = False,
    json: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    List executions, newest first.

    Args:
        workflow: The same as --workflow.
        filters: Choose the executions.
        limit: The largest number of executions, 1 to 1,000.
        cursor: Continue after the page that printed this cursor; repeat the same filters.
        oldest: Print the oldest first.
        json: Print JSON: {"executions": [records without payloads], "nextCursor": ...}.
        history: The history to read.

    Returns:
        The exit code.

    Raises:
        InvalidQueryError: A filter, the limit or the cursor can't be used.
        StoreError: The history can't be opened or read.
    """
    filters, history = (filters or Filters()).with_workflow(workflow), history or HistoryChoice()
    now = utc_now()
    with history.open() as logger:
        page = filters.page(
            logger, now, limit=limit, cursor=cursor, order="oldest" if oldest else "newest"
        )
        hint = None if page.executions else filters.advice(logger)
    if json:
        write_json(msgspec.json.encode(page))
    else:
        print_page(output_console(), page, now, hint=hint)
    return ExitCode.OK


def print_page(console: Console, page: Page, now: datetime, *, hint: str | None = None) -> None:
    """
    Print executions, one a line, and the cursor of the next page.

    Args:
        console: The console; the lines fit its width.
        page: The executions.
        now: The current time.
        hint: The advice for a page without executions; None if no filter was used.
    """
    if not page.executions:
        console.print("No executions yet." if hint is None else "No execution matches.")
        if hint is not None:
            console.print(Text(hint, style="dim"), soft_wrap=True)
        if page.next_cursor is None:
            return
    for line in _lines(page.executions, now, console.width):
        is_id = line.style == _ID_STYLE
        console.print(line, no_wrap=not is_id, overflow="fold" if is_id else "ellipsis", crop=True)
    if page.next_cursor is not None:
        console.print(
            Text.assemble(
                (f"{count(len(page.executions), 'execution')}, and there are more: ", "dim"),
                f"--cursor {clean(page.next_cursor)}",
            ),
            soft_wrap=True,
        )


def _lines(executions: Sequence[WorkflowExecution], now: datetime, width: int) -> Iterator[Text]:
    wide = width >= _WIDE
    rows: list[Row] = [
        (
            mark(execution.status, execution.error),
            Text(clean(row_name(execution))),
            Text(ago(execution.started_at, now)),
            Text(
                "" if execution.duration_ms is None else duration(execution.duration_ms),
                justify="right",
            ),
            strip(split_root(execution)[1]),
            Text(clean(execution.id), style=_ID_STYLE),
        )
        for execution in executions
    ]
    titles = ("", "workflow", "started", "took", "nodes", "execution")
    widths = [
        max(len(title), *map(_cells, cells)) for title, *cells in zip(titles, *rows, strict=True)
    ]
    widths[1] = min(widths[1], _WIDE_NAME if wide else _NARROW_NAME)
    kept = _fitting(widths, width)
    place = sum(widths[column] + 2 for column in kept)
    if place - 2 > width:
        yield from _stacked(executions, rows)
        return

    def line_with(cells: Sequence[Text]) -> Text:
        return _joined([cells[column] for column in kept], [widths[column] for column in kept])

    yield line_with([Text(title, style="bright_black") for title in titles])
    for execution, row in zip(executions, rows, strict=True):
        line, reason = line_with(row), Text(why(execution), style="red")
        if place + _cells(reason) > width and reason:
            yield line
            yield Text("   ").append_text(reason)
        else:
            if reason:
                line.pad_right(place - _cells(line))
            yield line.append_text(reason)


def _fitting(widths: list[int], width: int) -> list[int]:
    # Other commands need the complete id, so shrink or drop the other columns first.
    kept = list(range(len(widths)))
    for column in (_NODES, _TOOK, None, _STARTED):
        missing = sum(widths[column] + 2 for column in kept) - 2 - width
        if missing <= 0:
            break
        if column is None:
            widths[_NAME] = max(_LEAST_NAME, widths[_NAME] - missing)
        else:
            kept.remove(column)
    missing = sum(widths[column] + 2 for column in kept) - 2 - width
    widths[_NAME] = max(_LEAST_NAME, widths[_NAME] - max(0, missing))
    return kept


def _stacked(executions: Sequence[WorkflowExecution], rows: Sequence[Row]) -> Iterator[Text]:
    for execution, (shape, name, _, _, _, execution_id) in zip(executions, rows, strict=True):
        yield Text(" ").join([shape, name])
        yield execution_id
        if reason := why(execution):
            yield Text(reason, style="red")


def _cells(text: Text) -> int:
    return text.cell_len


def _joined(cells: list[Text], widths: list[int]) -> Text:
    for cell, width in zip(cells, widths, strict=True):
        missing = width - cell.cell_len
        if missing < 0:
            cell.truncate(width, overflow="ellipsis")
        elif cell.justify == "right":
            cell.pad_left(missing)
        else:
            cell.pad_right(missing)
    line = Text("  ").join(cells)
    line.rstrip()
    return line


def row_name(execution: WorkflowExecution | Summary) -> str:
    """
    Choose the name of an execution's row.

    Args:
        execution: The execution.

    Returns:
        The run's own name, otherwise the workflow's name.
    """
    return execution.name or execution.workflow_name


def strip(nodes: Sequence[NodeExecution]) -> Text:
    """
    Draw the node executions in order; a long run shows its first nodes and one failure.

    Args:
        nodes: The node executions.

    Returns:
        One coloured character for each shown node, and the number of the other nodes.
    """
    shown = nodes
    if len(nodes) > _STRIP:
        failed = [node for node in nodes if node.status == "error"]
        shown = [*nodes[: _STRIP - 4], *[node for node in failed if node not in nodes[:6]][:1]]
    squares = Text()
    for node in shown:
        shape, colour = MARKS[node.status]
        squares.append("▪" if node.status == "success" else shape, style=colour)
    if len(shown) < len(nodes):
        squares.append(f"+{len(nodes) - len(shown)}", style="bright_black")
    return squares


def why(execution: WorkflowExecution) -> str:
    """
    Give the reason of a failure in one line that names the node.

    Args:
        execution: The execution.

    Returns:
        The reason; empty when the execution has no error.
    """
    if execution.error is None:
        return ""
    _, nodes = split_root(execution)
    failed = next((node for node in nodes if node.status == "error"), None)
    named = next((node for node in nodes if node.node_id == execution.error.node_id), failed)
    message = first_line(execution.error.message)
    return message if named is None else f"{clean(named.node_name)}: {message}"
