"""Read lists of executions in one line each: a page takes a few searches and two statements."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Final

import apsw
from msgspec.structs import replace

from flightlog.errors import InvalidQueryError
from flightlog.record.model import ExecutionError, WorkflowExecution
from flightlog.record.registers import is_crash
from flightlog.store.query import MAX_IDS, ExecutionQuery, HistoryFilter
from flightlog.store.rows import read_execution
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.queries import Row, fetch_all, load_queries
from flightlog.store.sqlite.ranking import rank_by_duration
from flightlog.store.sqlite.scanning import select_executions
from flightlog.store.sqlite.selection import (
    Position,
    find_page_start,
    read_rows,
    write_cursor,
)
from flightlog.store.summaries import ErrorLine, NodeProgress, Ranking, Summary, SummaryPage
from flightlog.store.tables import EXECUTIONS, ORDINAL

MAX_LIMIT: Final = MAX_IDS
STRIP_LETTERS: Final = 40
LINE_CHARACTERS: Final = 300
LATE_S: Final = 60
"""An execution that arrives so long after its start was not delivered while it ran, seconds."""

_queries: Final = load_queries("summaries.sql")
_ID, _STARTED_AT = EXECUTIONS.find_position("id"), EXECUTIONS.find_position("started_at")
_LINE_END: Final = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_GREATEST: Final = chr(sys.maxunicode)
"""The character that SQLite sorts after every other character."""
_ALWAYS_SHOWN: Final = frozenset("er")


def list_summaries(connection: apsw.Connection, codec: Codec, query: ExecutionQuery) -> SummaryPage:
    """
    List executions; see `ExecutionReader.list_summaries`.

    Raises:
        InvalidQueryError: The limit or cursor is invalid, or there are too many ids.
    """
    if not 1 <= query.limit <= MAX_LIMIT:
        raise InvalidQueryError(
            "limit", f"is {query.limit}", hint=f"It must be from 1 to {MAX_LIMIT}."
        )
    if query.ids is not None:
        every = replace(query, limit=MAX_LIMIT, cursor=None, at=None)
        chosen = select_executions(connection, codec, every)
        return SummaryPage(
            summaries=_read(connection, chosen.positions),
            older_cursor=None,
            newer_cursor=None,
            searched_to=None,
        )
    selection = select_executions(connection, codec, query, is_bounded=True)
    found = sorted(selection.positions, reverse=True)
    stop = None if selection.stopped_at is None else write_cursor(selection.stopped_at)
    start = find_page_start(query)
    begun = None if start is None else write_cursor(start)
    newest = write_cursor(found[0]) if found else begun
    oldest = write_cursor(found[-1]) if found else begun
    is_older = query.order == "newest"
    searched = selection.stopped_at if is_older and selection.is_partial else None
    return SummaryPage(
        summaries=_read(connection, found),
        older_cursor=stop if is_older else oldest,
        newer_cursor=newest if is_older else stop or newest,
        searched_to=None if searched is None else searched.started_at,
    )


def list_by_duration(
    connection: apsw.Connection, chosen: HistoryFilter, ranking: Ranking, limit: int
) -> SummaryPage:
    """List the longest or shortest executions; see `ExecutionReader.list_by_duration`."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidQueryError("limit", f"is {limit}", hint=f"It must be from 1 to {MAX_LIMIT}.")
    positions, stop = rank_by_duration(connection, chosen, ranking, limit)
    places = {position.ordinal: place for place, position in enumerate(positions)}
    rows = read_rows(connection, positions)
    rows.sort(key=lambda row: places[row[ORDINAL]])
    return SummaryPage(
        summaries=_summarize_rows(connection, rows),
        older_cursor=None,
        newer_cursor=None,
        searched_to=None if stop is None else stop.started_at,
    )


def find_ids(connection: apsw.Connection, start: str, limit: int) -> tuple[str, ...]:
    """List ids that begin with a text; see `ExecutionReader.find_ids`."""
    bound = {"start": start, "last": start + _GREATEST, "limit": limit}
    rows = fetch_all(connection, _queries["ids_with_prefix"], bound)
    return tuple(row[0] for row in rows)


def _read(connection: apsw.Connection, positions: list[Position]) -> tuple[Summary, ...]:
    return _summarize_rows(connection, read_rows(connection, positions))


def _summarize_rows(connection: apsw.Connection, rows: list[Row]) -> tuple[Summary, ...]:
    if not rows:
        return ()
    letters = read_letters(connection, [row[_ID] for row in rows])
    executions = [read_bare_execution(row) for row in rows]
    last_seen = read_last_seen(connection, executions)
    return tuple(
        summarize_execution(each, letters[each.id], last_seen.get(each.id)) for each in executions
    )


def read_last_seen(
    connection: apsw.Connection, executions: Iterable[WorkflowExecution]
) -> dict[str, str]:
    """
    Read when the processes of crashed executions were last heard of.

    Args:
        connection: Any connection.
        executions: The executions; those that did not crash are ignored.

    Returns:
        Canonical times by execution id. An execution is left out if its process is unknown, and if
        it was delivered after the end of its process, which says nothing about the process.
    """
    crashed = [
        each.id
        for each in executions
        if each.process_id is not None and is_crash(each.status, each.error)
    ]
    if not crashed:
        return {}
    bound = {"ids": json.dumps(crashed), "late_s": LATE_S}
    return dict(fetch_all(connection, _queries["last_seen"], bound))


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
    trigger = execution.trigger
    return Summary(
        id=execution.id,
        workflow_id=execution.workflow_id,
        workflow_name=execution.workflow_name,
        status=execution.status,
        started_at=execution.started_at,
        starred=execution.starred,
        nodes=summarize_nodes(letters),
        revision=execution.revision,
        project_id=execution.project_id,
        completed_at=execution.completed_at,
        duration_ms=execution.duration_ms,
        execution_mode=execution.execution_mode,
        trigger_type=None if trigger is None else trigger.type,
        is_simulated=None if trigger is None else trigger.is_simulated,
        error=None if execution.error is None else shorten_error(execution.error),
        tags=execution.tags,
        name=execution.name,
        last_seen_at=last_seen_at,
    )


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
