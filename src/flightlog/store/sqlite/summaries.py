"""Read lists of executions in one line each: a page takes a few searches and two statements."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Final

import apsw
from msgspec.structs import replace

from flightlog.record.model import WorkflowExecution
from flightlog.record.registers import is_crash
from flightlog.store.positions import Position
from flightlog.store.query import ExecutionQuery, HistoryFilter
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.queries import Row, fetch_all, load_queries
from flightlog.store.sqlite.ranking import rank_by_duration
from flightlog.store.sqlite.scanning import select_executions
from flightlog.store.sqlite.selection import read_rows
from flightlog.store.summaries import Ranking, Summary, SummaryPage
from flightlog.store.summarizing import (
    LATE_S,
    MAX_LIMIT,
    check_limit,
    make_page,
    make_single_page,
    read_bare_execution,
    summarize_execution,
)
from flightlog.store.tables import EXECUTIONS, ORDINAL

_queries: Final = load_queries("summaries.sql")
_ID, _STARTED_AT = EXECUTIONS.find_position("id"), EXECUTIONS.find_position("started_at")
_GREATEST: Final = chr(sys.maxunicode)
"""The character that SQLite sorts after every other character."""


def list_summaries(connection: apsw.Connection, codec: Codec, query: ExecutionQuery) -> SummaryPage:
    """
    List executions; see `ExecutionReader.list_summaries`.

    Raises:
        InvalidQueryError: The limit or cursor is invalid, or there are too many ids.
    """
    check_limit(query.limit)
    if query.ids is not None:
        every = replace(query, limit=MAX_LIMIT, cursor=None, at=None)
        chosen = select_executions(connection, codec, every)
        return make_single_page(_read(connection, chosen.positions))
    selection = select_executions(connection, codec, query, is_bounded=True)
    found = sorted(selection.positions, reverse=True)
    return make_page(query, selection, _read(connection, found))


def list_by_duration(
    connection: apsw.Connection, chosen: HistoryFilter, ranking: Ranking, limit: int
) -> SummaryPage:
    """List the longest or shortest executions; see `ExecutionReader.list_by_duration`."""
    check_limit(limit)
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
