"""
Read lists of executions in one line each.

A page takes a few statements, however long the page is. Each store implements the statements behind
the protocol `SummaryStore`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

from msgspec.structs import replace

from flightlog.errors import InvalidQueryError
from flightlog.query.expressions import reads_payloads
from flightlog.record.model import WorkflowExecution
from flightlog.record.registers import is_crash
from flightlog.store.positions import Position
from flightlog.store.query import ExecutionQuery, HistoryFilter
from flightlog.store.record_reader import ReadStore
from flightlog.store.row_functions import Row
from flightlog.store.summaries import Ranking, Summary, SummaryPage
from flightlog.store.summarizing import (
    MAX_LIMIT,
    check_limit,
    make_page,
    make_single_page,
    read_bare_execution,
    summarize_execution,
)
from flightlog.store.tables import EXECUTIONS, ORDINAL

_ID: Final = EXECUTIONS.find_position("id")


class SummaryStore(ReadStore, Protocol):
    """Reads what summaries show, all in one snapshot."""

    def read_letters(self, ids: Sequence[str]) -> Mapping[str, str]:
        """Read one letter per node execution, in order; see `NodeProgress.strip`."""
        ...

    def fetch_last_seen(self, ids: Sequence[str]) -> Mapping[str, str]:
        """
        Read when the processes of executions gave their last signs of life.

        An execution is left out if a former version noted its late delivery as a sign of life.

        Args:
            ids: The ids of the rows of executions.

        Returns:
            Canonical times by id.
        """
        ...

    def rank_by_duration(
        self, chosen: HistoryFilter, ranking: Ranking, limit: int
    ) -> tuple[list[Position], Position | None]:
        """
        Find the longest or the shortest executions, in the order of the ranking.

        Args:
            chosen: The executions.
            ranking: The order.
            limit: The largest number of positions.

        Returns:
            The positions, and the position of the last row that was compared; None if all were.
        """
        ...


def list_summaries(reads: SummaryStore, query: ExecutionQuery) -> SummaryPage:
    """
    List executions; see `ExecutionReader.list_summaries`.

    Args:
        reads: Reads the rows.
        query: The query.

    Returns:
        One page.

    Raises:
        InvalidQueryError: The limit or cursor is invalid, or there are too many ids.
    """
    check_limit(query.limit)
    if query.ids is not None:
        every = replace(query, limit=MAX_LIMIT, cursor=None, at=None)
        chosen = reads.select(every, is_bounded=False)
        return make_single_page(_summarize(reads, reads.fetch_at(chosen.positions)))
    selection = reads.select(query, is_bounded=True)
    return make_page(query, selection, _summarize(reads, reads.fetch_at(selection.positions)))


def list_by_duration(
    reads: SummaryStore, chosen: HistoryFilter, ranking: Ranking, limit: int
) -> SummaryPage:
    """
    List the longest or shortest executions; see `ExecutionReader.list_by_duration`.

    Args:
        reads: Reads the rows.
        chosen: The executions.
        ranking: Which come first.
        limit: The largest number of executions.

    Returns:
        One page, in the order of the ranking.

    Raises:
        InvalidQueryError: The limit is invalid, or the filter reads payloads.
    """
    check_limit(limit)
    if chosen.expression is not None and reads_payloads(chosen.expression):
        raise InvalidQueryError(
            "sort", "can't order what payloads choose", hint="Leave out the terms of payloads."
        )
    positions, stop = reads.rank_by_duration(chosen, ranking, limit)
    places = {position.ordinal: place for place, position in enumerate(positions)}
    rows = reads.fetch_at(positions)
    rows.sort(key=lambda row: places[row[ORDINAL]])
    return SummaryPage(
        summaries=_summarize(reads, rows),
        older_cursor=None,
        newer_cursor=None,
        searched_to=None if stop is None else stop.started_at,
    )


def _summarize(reads: SummaryStore, rows: list[Row]) -> tuple[Summary, ...]:
    if not rows:
        return ()
    letters = reads.read_letters([row[_ID] for row in rows])
    executions = [read_bare_execution(row) for row in rows]
    last_seen = read_last_seen(reads, executions)
    return tuple(
        summarize_execution(each, letters.get(each.id, ""), last_seen.get(each.id))
        for each in executions
    )


def read_last_seen(
    reads: SummaryStore, executions: Iterable[WorkflowExecution]
) -> Mapping[str, str]:
    """
    Read when the processes of crashed executions gave their last signs of life.

    Args:
        reads: Reads the rows.
        executions: The executions; those that did not crash are ignored.

    Returns:
        Canonical times by execution id. An execution is left out if its process is unknown, and if
        a former version noted its late delivery as a sign of life.
    """
    crashed = [
        each.id
        for each in executions
        if each.process_id is not None and is_crash(each.status, each.error)
    ]
    return reads.fetch_last_seen(crashed) if crashed else {}
