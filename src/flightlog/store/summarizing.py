"""Make lists of executions in one line each from the rows and letters that a store reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from flightlog.errors import InvalidQueryError
from flightlog.record.model import ExecutionError, WorkflowExecution
from flightlog.store.positions import Position, Selection, find_page_start, write_cursor
from flightlog.store.query import MAX_IDS, ExecutionQuery
from flightlog.store.row_functions import Row, compile_copier
from flightlog.store.rows import read_execution
from flightlog.store.summaries import ErrorLine, NodeProgress, Summary, SummaryPage
from flightlog.store.tables import EXECUTIONS, ORDINAL

MAX_LIMIT: Final = MAX_IDS
"""The largest number of executions on one page."""
STRIP_LETTERS: Final = 40
LINE_CHARACTERS: Final = 300
LATE_S: Final = 60
"""An execution that arrives so long after its start was not delivered while it ran, seconds."""

_STARTED_AT: Final = EXECUTIONS.find_position("started_at")
_LINE_END: Final = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_copy_summary: Final = compile_copier(WorkflowExecution, Summary, "error")
_ALWAYS_SHOWN: Final = frozenset("er")


def check_limit(limit: int) -> None:
    """
    Check the largest number of executions that a client wants.

    Args:
        limit: The number.

    Raises:
        InvalidQueryError: The number is out of range.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidQueryError("limit", f"is {limit}", hint=f"It must be from 1 to {MAX_LIMIT}.")


def make_single_page(summaries: tuple[Summary, ...]) -> SummaryPage:
    """
    Make a page that is the only one.

    Args:
        summaries: The executions.

    Returns:
        The page, without cursors.
    """
    return SummaryPage(summaries=summaries, older_cursor=None, newer_cursor=None, searched_to=None)


def make_page(
    query: ExecutionQuery, selection: Selection, summaries: tuple[Summary, ...]
) -> SummaryPage:
    """
    Make a page with the cursors of the pages before and after it.

    Args:
        query: The query.
        selection: The result of the query.
        summaries: The executions of the result, the newest first.

    Returns:
        The page.
    """
    found = sorted(selection.positions, reverse=True)
    stop = None if selection.stopped_at is None else write_cursor(selection.stopped_at)
    start = find_page_start(query)
    begun = None if start is None else write_cursor(start)
    newest = write_cursor(found[0]) if found else begun
    oldest = write_cursor(found[-1]) if found else begun
    is_older = query.order == "newest"
    searched = selection.stopped_at if is_older and selection.is_partial else None
    return SummaryPage(
        summaries=summaries,
        older_cursor=stop if is_older else oldest,
        newer_cursor=newest if is_older else stop or newest,
        searched_to=None if searched is None else searched.started_at,
    )


def summarize_execution(
    execution: WorkflowExecution, letters: str, last_seen_at: str | None = None
) -> Summary:
    """
    Make the summary of an execution.

    Args:
        execution: The execution, with or without its node executions.
        letters: The status letters of the node executions.
        last_seen_at: When the process of a crashed execution was last heard of.

    Returns:
        The summary.
    """
    return _copy_summary(
        execution,
        error=None if execution.error is None else shorten_error(execution.error),
        **compute_summary_fields(execution, letters, last_seen_at),
    )


def compute_summary_fields(
    execution: WorkflowExecution, letters: str, last_seen_at: str | None
) -> dict[str, Any]:
    """
    Compute the fields of a summary that its execution doesn't have.

    Args:
        execution: The execution, with or without its node executions.
        letters: The status letters of the node executions.
        last_seen_at: When the process of a crashed execution was last heard of.

    Returns:
        The values by the names of the fields.
    """
    trigger = execution.trigger
    return {
        "nodes": summarize_nodes(letters),
        "trigger_type": None if trigger is None else trigger.type,
        "is_simulated": None if trigger is None else trigger.is_simulated,
        "last_seen_at": last_seen_at,
    }


def read_bare_execution(row: Row) -> WorkflowExecution:
    """
    Convert a row that `SHOWN_EXECUTION` selects to a record without nodes and payloads.

    Args:
        row: The row.

    Returns:
        The record.
    """
    return read_execution(row)


def summarize_nodes(letters: str) -> NodeProgress:
    """
    Summarise node executions.

    Args:
        letters: The status letters of the node executions.

    Returns:
        The counts, and the letters shown in a list.
    """
    failed = letters.count("e")
    return NodeProgress(
        total=len(letters),
        done=failed + letters.count("s") + letters.count("k"),
        failed=failed,
        strip=choose_letters(letters),
    )


def choose_letters(letters: str) -> str:
    """
    Choose the letters shown in a list.

    Errors and running node executions come first; the other letters are chosen evenly.

    Args:
        letters: The status letters of the node executions.

    Returns:
        At most `STRIP_LETTERS` of the letters, in order.
    """
    if len(letters) <= STRIP_LETTERS:
        return letters
    shown = [place for place, letter in enumerate(letters) if letter in _ALWAYS_SHOWN]
    if len(shown) >= STRIP_LETTERS:
        chosen = set(_spread_evenly(shown, STRIP_LETTERS))
    else:
        others = [place for place, letter in enumerate(letters) if letter not in _ALWAYS_SHOWN]
        chosen = {*shown, *_spread_evenly(others, STRIP_LETTERS - len(shown))}
    return "".join(letters[place] for place in sorted(chosen))


def _spread_evenly(places: Sequence[int], count: int) -> Iterable[int]:
    return (places[number * len(places) // count] for number in range(count))


def shorten_error(error: ExecutionError) -> ErrorLine:
    """
    Shorten an error to one line.

    Args:
        error: The error.

    Returns:
        The error with the first line of its message and without its stack.
    """
    return ErrorLine(
        message=find_first_line(error.message),
        type=error.type,
        kind=error.kind,
        node_id=error.node_id,
    )


def find_first_line(message: str) -> str:
    """
    Find the first line of a message that is not empty.

    Args:
        message: The message.

    Returns:
        The line, cut to `LINE_CHARACTERS` characters.
    """
    line = _LINE_END.split(message.lstrip(), maxsplit=1)[0].rstrip()
    return line if len(line) <= LINE_CHARACTERS else f"{line[: LINE_CHARACTERS - 1]}…"


def get_position(row: Row) -> Position:
    """
    Find the list position of a row that `SHOWN_EXECUTION` selects.

    Args:
        row: The row.

    Returns:
        The position.
    """
    return Position(row[_STARTED_AT], row[ORDINAL])
