"""Read lists of executions in one line each: a page takes a few searches and two statements."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Final

import apsw
from msgspec import UNSET

from flightlog.errors import InvalidQueryError
from flightlog.record.model import ExecutionError, WorkflowExecution
from flightlog.store.sqlite.queries import Row, fetch_all, load_queries
from flightlog.store.sqlite.rows import read_execution
from flightlog.store.sqlite.selection import (
    Position,
    page_start,
    searches,
    select,
    write_cursor,
)
from flightlog.store.sqlite.tables import EXECUTIONS, ORDINAL, SHOWN_EXECUTION
from flightlog.store.summaries import (
    ErrorLine,
    NodeProgress,
    Summary,
    SummaryFilter,
    SummaryPage,
    SummaryQuery,
)
from flightlog.store.views import MAX_IDS

MAX_LIMIT: Final = 500
STRIP_LETTERS: Final = 40
LINE_CHARACTERS: Final = 300

_queries: Final = load_queries("summaries.sql")
SELECT_BY_ORDINALS: Final = _queries["by_ordinals"].format(columns=SHOWN_EXECUTION)
"""Reads the rows of a page."""
_ID, _STARTED_AT = EXECUTIONS.position("id"), EXECUTIONS.position("started_at")
_LINE_END: Final = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_GREATEST: Final = chr(sys.maxunicode)
"""The character that SQLite sorts after every other character."""
_ALWAYS_SHOWN: Final = frozenset("er")


def list_summaries(connection: apsw.Connection, query: SummaryQuery) -> SummaryPage:
    """
    List executions; see `HistoryViews.summaries`.

    Raises:
        InvalidQueryError: The limit or cursor is invalid.
    """
    if not 1 <= query.limit <= MAX_LIMIT:
        raise InvalidQueryError(
            "limit", f"is {query.limit}", hint=f"It must be from 1 to {MAX_LIMIT}."
        )
    selection = select(connection, query)
    found = sorted(selection.positions, reverse=True)
    summaries = _read(connection, [one.ordinal for one in found])
    stop = None if selection.stopped_at is None else write_cursor(selection.stopped_at)
    start = page_start(query)
    begun = None if start is None else write_cursor(start)
    newest = write_cursor(found[0]) if found else begun
    oldest = write_cursor(found[-1]) if found else begun
    is_older = query.direction == "older"
    searched = selection.stopped_at if is_older and selection.is_search else None
    return SummaryPage(
        summaries=summaries,
        older_cursor=stop if is_older else oldest,
        newer_cursor=newest if is_older else stop or newest,
        searched_to=None if searched is None else searched.started_at,
    )


def ids_beginning_with(connection: apsw.Connection, start: str, limit: int) -> tuple[str, ...]:
    """List ids that begin with a text; see `HistoryViews.ids_beginning_with`."""
    bound = {"start": start, "last": start + _GREATEST, "limit": limit}
    rows = fetch_all(connection, _queries["ids_beginning_with"], bound)
    return tuple(row[0] for row in rows)


def read_summaries(
    connection: apsw.Connection, ids: Sequence[str], narrowed: SummaryFilter
) -> tuple[Summary, ...]:
    """
    Read the executions with certain ids that match a filter; see `HistoryViews.summaries_of`.

    Raises:
        InvalidQueryError: There are too many ids.
    """
    if len(ids) > MAX_IDS:
        raise InvalidQueryError(
            "id", f"holds {len(ids)} ids", hint=f"At most {MAX_IDS} can be asked for at once."
        )
    found: list[int] = []
    for search in searches(narrowed):
        terms = [
            ("id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)),
            *search.led,
            *search.left,
            ("started_at >= ?", (narrowed.started_from or "",)),
        ]
        if narrowed.started_before is not None:
            terms.append(("started_at < ?", (narrowed.started_before,)))
        # The `+` makes SQLite search by the ids.
        where = " AND ".join([terms[0][0], *(f"+({term})" for term, _ in terms[1:])])
        bound = tuple(value for _, values in terms for value in values)
        rows = fetch_all(connection, f"SELECT ordinal FROM executions WHERE {where}", bound)
        found += [row[0] for row in rows]
    return _read(connection, found)


def _read(connection: apsw.Connection, ordinals: Sequence[int]) -> tuple[Summary, ...]:
    if not ordinals:
        return ()
    rows = fetch_all(connection, SELECT_BY_ORDINALS, (json.dumps(list(ordinals)),))
    letters = read_letters(connection, [row[_ID] for row in rows])
    return tuple(read_summary(row, letters[row[_ID]]) for row in rows)


def read_letters(connection: apsw.Connection, ids: Sequence[str]) -> dict[str, str]:
    """
    Read the status letters of the node executions of several executions.

    Args:
        connection: Any connection.
        ids: The executions.

    Returns:
        For each execution id, one letter per node execution, in order; see `NodeProgress.strip`.
    """
    rows = fetch_all(connection, _queries["progress"], (json.dumps(list(ids)),))
    return {execution_id: letters or "" for execution_id, letters in rows}


def read_summary(row: Row, letters: str) -> Summary:
    """
    Convert a row of `SELECT_BY_ORDINALS` to a summary.

    Args:
        row: The row.
        letters: The status letters of the node executions.

    Returns:
        The summary.
    """
    execution = bare_execution(row)
    trigger = execution.trigger
    return Summary(
        id=execution.id,
        workflow_id=execution.workflow_id,
        workflow_name=execution.workflow_name,
        status=execution.status,
        started_at=execution.started_at,
        starred=execution.starred,
        nodes=progress(letters),
        revision=execution.revision,
        project_id=execution.project_id,
        completed_at=execution.completed_at,
        duration_ms=execution.duration_ms,
        execution_mode=execution.execution_mode,
        trigger_type=None if trigger is None else trigger.type,
        is_simulated=None if trigger is None else trigger.is_simulated,
        error=None if execution.error is None else error_line(execution.error),
        tags=execution.tags,
        name=execution.name,
    )


def bare_execution(row: Row) -> WorkflowExecution:
    """
    Convert a row of `SELECT_BY_ORDINALS` to a record without nodes and payloads.

    Args:
        row: The row.

    Returns:
        The record.
    """
    return read_execution(row, (), lambda _: UNSET)


def progress(letters: str) -> NodeProgress:
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
        strip=node_strip(letters),
    )


def node_strip(letters: str) -> str:
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
        chosen = set(_evenly(shown, STRIP_LETTERS))
    else:
        others = [place for place, letter in enumerate(letters) if letter not in _ALWAYS_SHOWN]
        chosen = {*shown, *_evenly(others, STRIP_LETTERS - len(shown))}
    return "".join(letters[place] for place in sorted(chosen))


def _evenly(places: Sequence[int], count: int) -> Iterable[int]:
    return (places[number * len(places) // count] for number in range(count))


def error_line(error: ExecutionError) -> ErrorLine:
    """
    Shorten an error to one line.

    Args:
        error: The error.

    Returns:
        The error with the first line of its message and without its stack.
    """
    return ErrorLine(
        message=first_line(error.message), type=error.type, kind=error.kind, node_id=error.node_id
    )


def first_line(message: str) -> str:
    """
    Find the first line of a message that is not empty.

    Args:
        message: The message.

    Returns:
        The line, cut to `LINE_CHARACTERS` characters.
    """
    line = _LINE_END.split(message.lstrip(), maxsplit=1)[0].rstrip()
    return line if len(line) <= LINE_CHARACTERS else f"{line[: LINE_CHARACTERS - 1]}…"


def list_position(row: Row) -> Position:
    """
    Find the list position of a row of `SELECT_BY_ORDINALS`.

    Args:
        row: The row.

    Returns:
        The position.
    """
    return Position(row[_STARTED_AT], row[ORDINAL])
