"""`flightlog list`: print the executions as a table, or as JSON. The store runs the query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Final, TypeAlias

import msgspec
from rich.console import Console
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.filters import LIMIT, Filters
from flightlog.cli.history import HistoryChoice
from flightlog.cli.nodes import split_root
from flightlog.cli.queries import QUERY
from flightlog.cli.terminal import MARKS, draw_status, make_output_console, write_json
from flightlog.cli.usage import choose_prices, format_sum, read_sums
from flightlog.clock import utc_now
from flightlog.models import UsageSum
from flightlog.record.model import NodeExecution, WorkflowExecution
from flightlog.store.findings import QueryMatch
from flightlog.store.results import Page
from flightlog.store.summaries import Summary
from flightlog.text import clean, find_first_line, format_age, format_count, format_duration

_STRIP: Final = 10
_WIDE: Final = 110
_WIDE_NAME: Final = 32
_NARROW_NAME: Final = 24
_LEAST_NAME: Final = 8
_ID_STYLE: Final = "cyan"
_MATCH_INDENT: Final = "   "
_UTF_16: Final = "utf-16-le"
_MATCH_STYLE: Final = "bold yellow"
_NAME, _STARTED, _TOOK, _NODES, _TOKENS = 1, 2, 3, 4, 5
Row: TypeAlias = tuple[Text, Text, Text, Text, Text, Text, Text]
"""An execution: mark, workflow and run, time, duration, nodes, tokens and id."""
Matches: TypeAlias = Mapping[str, Sequence[QueryMatch]]
"""The places at which executions match, by execution id."""
Sums: TypeAlias = Mapping[str, UsageSum]
"""The tokens of models' calls, by execution id."""


def list_executions(
    *query: Annotated[str, QUERY],
    filters: Filters | None = None,
    limit: Annotated[int, LIMIT] = 20,
    cursor: str | None = None,
    oldest: bool = False,
    json: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    List executions, newest first: all, those of a workflow, or those that a query chooses.

    Args:
        query: A workflow's id or name, or a query as described in docs/inspect/query.md.
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
    now = utc_now()
    history = history or HistoryChoice()
    with history.open() as logger:
        filters = (filters or Filters()).with_prices(history).with_words(logger, query)
        page = filters.read_page(
            logger, now, limit=limit, cursor=cursor, order="oldest" if oldest else "newest"
        )
        if json:
            write_json(msgspec.json.encode(page))
            return ExitCode.OK
        hint = None if page.executions else filters.explain_no_match(logger, now)
        sums = read_sums(logger, [each.id for each in page.executions], choose_prices(history))
    print_page(make_output_console(), page, now, hint=hint, sums=sums)
    return ExitCode.OK


def print_page(
    console: Console,
    page: Page,
    now: datetime,
    *,
    hint: str | None = None,
    sums: Sums | None = None,
) -> None:
    """
    Print executions, one a line, and the cursor of the next page.

    Args:
        console: The console; the lines fit its width.
        page: The executions.
        now: The current time.
        hint: The advice for a page without executions; None if no filter was used.
        sums: The tokens of models' calls; without any, there is no column of them.
    """
    if page.executions:
        print_rows(console, page.executions, now, sums=sums)
    print_end(console, len(page.executions), page.next_cursor, hint=hint)


def print_end(
    console: Console, count: int, next_cursor: str | None, *, hint: str | None = None
) -> None:
    """
    Print the line below executions: why there are none, or the cursor of the next page.

    Args:
        console: The console.
        count: The number of printed executions.
        next_cursor: The cursor of the next page; None at the end.
        hint: The advice for no executions; None if no filter was used.
    """
    if not count:
        console.print("No executions yet." if hint is None else "No execution matches.")
        if hint is not None:
            console.print(Text(hint, style="dim"), soft_wrap=True)
    if next_cursor is not None:
        console.print(
            Text.assemble(
                (f"{format_count(count, 'execution')}, and there are more: ", "dim"),
                f"--cursor {clean(next_cursor)}",
            ),
            soft_wrap=True,
        )


def print_rows(
    console: Console,
    executions: Sequence[WorkflowExecution],
    now: datetime,
    matches: Matches | None = None,
    *,
    sums: Sums | None = None,
) -> None:
    """
    Print executions, one a line below a line of titles, and below each one where it matches.

    Args:
        console: The console; the lines fit its width.
        executions: The executions.
        now: The current time.
        matches: The places by execution id; None prints none.
        sums: The tokens of models' calls; without any, there is no column of them.
    """
    for line in _format_lines(executions, now, console.width, matches or {}, sums or {}):
        is_id = line.style == _ID_STYLE
        console.print(line, no_wrap=not is_id, overflow="fold" if is_id else "ellipsis", crop=True)


def _format_lines(
    executions: Sequence[WorkflowExecution],
    now: datetime,
    width: int,
    matches: Matches,
    sums: Sums,
) -> Iterator[Text]:
    wide = width >= _WIDE
    rows: list[Row] = [
        (
            draw_status(execution.status, execution.error),
            draw_name(execution),
            Text(format_age(execution.started_at, now)),
            Text(
                "" if execution.duration_ms is None else format_duration(execution.duration_ms),
                justify="right",
            ),
            draw_nodes(split_root(execution)[1]),
            _draw_sum(sums.get(execution.id)),
            Text(clean(execution.id), style=_ID_STYLE),
        )
        for execution in executions
    ]
    titles = ("", "run", "started", "took", "nodes", "tokens", "execution")
    widths = [
        max(len(title), *map(_count_cells, cells))
        for title, *cells in zip(titles, *rows, strict=True)
    ]
    most = _WIDE_NAME if wide else _NARROW_NAME
    widths[_NAME] = max(_LEAST_NAME, min(widths[_NAME], most))
    kept = _fit_widths(
        widths, width, [each for each in range(len(widths)) if sums or each != _TOKENS]
    )
    place = sum(widths[column] + 2 for column in kept)
    if place - 2 > width:
        yield from _stack(executions, rows, matches)
        return

    def line_with(cells: Sequence[Text]) -> Text:
        return _join_cells([cells[column] for column in kept], [widths[column] for column in kept])

    yield line_with([Text(title, style="bright_black") for title in titles])
    for execution, row in zip(executions, rows, strict=True):
        line, reason = line_with(row), Text(describe_reason(execution), style="red")
        if place + _count_cells(reason) > width and reason:
            yield line
            yield Text("   ").append_text(reason)
        else:
            if reason:
                line.pad_right(place - _count_cells(line))
            yield line.append_text(reason)
        yield from draw_matches(matches.get(execution.id, ()))


def _draw_sum(found: UsageSum | None) -> Text:
    return Text("" if found is None else format_sum(found), justify="right")


def _fit_widths(widths: list[int], width: int, columns: list[int]) -> list[int]:
    # Other commands need the complete id, so shrink or drop the other columns first.
    kept = columns
    for column in (_NODES, _TOKENS, _TOOK, None, _STARTED):
        if column is not None and column not in kept:
            continue
        missing = sum(widths[column] + 2 for column in kept) - 2 - width
        if missing <= 0:
            break
        if column is None:
            widths[_NAME] = max(_LEAST_NAME, widths[_NAME] - missing)
        else:
            kept = [each for each in kept if each != column]
    missing = sum(widths[column] + 2 for column in kept) - 2 - width
    widths[_NAME] = max(_LEAST_NAME, widths[_NAME] - max(0, missing))
    return kept


def _stack(
    executions: Sequence[WorkflowExecution], rows: Sequence[Row], matches: Matches
) -> Iterator[Text]:
    for execution, (shape, name, *_, execution_id) in zip(executions, rows, strict=True):
        yield Text(" ").join([shape, name])
        yield execution_id
        if reason := describe_reason(execution):
            yield Text(reason, style="red")
        yield from draw_matches(matches.get(execution.id, ()))


def _count_cells(text: Text) -> int:
    return text.cell_len


def _join_cells(cells: list[Text], widths: list[int]) -> Text:
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


def draw_name(execution: WorkflowExecution | Summary) -> Text:
    """
    Draw the workflow's name and, behind a slash, the run's own name.

    Args:
        execution: The execution.

    Returns:
        The names; the workflow's alone where the run has none.
    """
    workflow = Text(clean(execution.workflow_name))
    if not execution.name:
        return workflow
    return Text.assemble(workflow, (" / ", "bright_black"), clean(execution.name))


def draw_nodes(nodes: Sequence[NodeExecution]) -> Text:
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


def describe_reason(execution: WorkflowExecution) -> str:
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
    message = find_first_line(execution.error.message)
    return message if named is None else f"{clean(named.node_name)}: {message}"


def draw_matches(matches: Sequence[QueryMatch]) -> Iterator[Text]:
    """
    Draw places: the node, the path and the snippet with what matches.

    Args:
        matches: The places.

    Yields:
        One line for each place.
    """
    for match in matches:
        node = "" if match.node is None else f"{clean(match.node)} "
        line = Text.assemble(_MATCH_INDENT, node, (f"{clean(match.path)}  ", "bright_black"))
        yield line.append_text(_draw_snippet(match))


def _draw_snippet(match: QueryMatch) -> Text:
    # The highlights count UTF-16 code units, of two bytes each.
    units = match.snippet.encode(_UTF_16)
    places = [0, *(2 * place for span in match.highlights for place in span), len(units)]
    snippet = Text()
    for number, (start, end) in enumerate(pairwise(places)):
        part = units[start:end].decode(_UTF_16).replace("\n", " ")
        snippet.append(clean(part), style=_MATCH_STYLE if number % 2 else None)
    return snippet
