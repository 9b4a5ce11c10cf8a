"""
Read whole records: lists, single executions and pages of node executions.

Each read takes a few statements, however long the list is. Each store implements the statements
behind the protocol `ReadStore`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace

from flightlog.errors import InvalidQueryError
from flightlog.record.model import WorkflowExecution
from flightlog.store.node_pages import NODE_PAYLOADS, count_fitting, write_next_cursor
from flightlog.store.outline import ExecutionPage
from flightlog.store.positions import Position, Selection, write_cursor
from flightlog.store.query import ExecutionQuery
from flightlog.store.results import Page, Unfinished
from flightlog.store.row_functions import LoadPayload, Row
from flightlog.store.rows import read_execution, read_node
from flightlog.store.tables import EXECUTIONS, NODES, ORDINAL

MAX_LIMIT: Final = 1_000
_MAX_OFFSET: Final = 2**62

_execution_id: Final = itemgetter(NODES.find_position("execution_id"))
_EXECUTION_PAYLOADS: Final = tuple(map(EXECUTIONS.find_position, EXECUTIONS.payloads))
_ID, _STARTED_AT = EXECUTIONS.find_position("id"), EXECUTIONS.find_position("started_at")


class ReadStore(Protocol):
    """Reads the rows of records, all in one snapshot."""

    def select(self, query: ExecutionQuery, *, is_bounded: bool) -> Selection:
        """
        Find the positions of a page.

        Args:
            query: The filter and the page.
            is_bounded: Whether to limit the rows that are examined.

        Returns:
            The positions, the newest first, and where the search stopped.
        """
        ...

    def fetch_at(self, positions: list[Position]) -> list[Row]:
        """
        Read executions, the newest first, with the columns of `SHOWN_EXECUTION`.

        Args:
            positions: The positions.

        Returns:
            The rows, the newest first, with the columns of `SHOWN_EXECUTION`.
        """
        ...

    def fetch_shown(self, execution_id: str) -> list[Row]:
        """
        Read one execution with the columns of `SHOWN_EXECUTION`.

        Args:
            execution_id: The id of the execution's row.

        Returns:
            The row with the columns of `SHOWN_EXECUTION`; empty where there is none.
        """
        ...

    def fetch_nodes(self, ids: Sequence[str], limit: int | None) -> list[Row]:
        """
        Read node executions with the columns of `NODES`.

        The rows of one execution are together and in order; with a limit, the executions have the
        order of the ids.

        Args:
            ids: The ids of the rows of executions.
            limit: The largest number of rows; None for all.

        Returns:
            The rows in the order of the columns of `NODES`.
        """
        ...

    def fetch_page(
        self, execution_id: str, limit: int | None, cursor: str | None
    ) -> tuple[list[Row], str | None]:
        """
        Read one execution's node executions after a cursor, and the next page's cursor.

        Args:
            execution_id: The id of the execution's row.
            limit: The largest number of rows; None for all.
            cursor: The cursor; None begins.

        Returns:
            The rows in the order of the columns of `NODES`, and the next page's cursor.
        """
        ...

    def read_sizes(self, values: Iterable[Any]) -> Mapping[Any, int]:
        """
        Read the sizes of stored payloads in bytes, by the values of their columns.

        Args:
            values: The values of the columns.

        Returns:
            The sizes by value; values that refer to no stored payload are left out.
        """
        ...

    def make_loader(self, values: Iterable[Any]) -> LoadPayload:
        """
        Read the payloads of columns, and make the function that converts the columns.

        Args:
            values: The values of the columns.

        Returns:
            The function.
        """
        ...


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidQueryError(name, f"is {value}", hint=f"It must be from {least:,} to {most:,}.")


def find(reads: ReadStore, query: ExecutionQuery) -> Page:
    """
    List executions; see `ExecutionReader.find`.

    Args:
        reads: Reads the rows.
        query: The query.

    Returns:
        One page.

    Raises:
        InvalidQueryError: The limit, offset or cursor is invalid.
    """
    _check_range("limit", query.limit, 1, MAX_LIMIT)
    _check_range("offset", query.offset, 0, _MAX_OFFSET)
    if query.offset and query.expression is not None:
        raise InvalidQueryError("offset", "can't be used with a query", hint="Use the cursor.")
    bounded = query.expression is not None
    selection = reads.select(query, is_bounded=bounded)
    more = selection.stopped_at is not None
    rows = reads.fetch_at(selection.positions)
    if query.order == "oldest":
        rows.reverse()
    ids = [row[_ID] for row in rows]
    limit = None if query.max_nodes is None else query.max_nodes + 1
    node_rows = reads.fetch_nodes(ids, limit)
    cut: tuple[str, ...] = ()
    if limit is not None:
        fit = min(query.max_nodes or 0, len(node_rows))
        if query.payloads:
            fit = min(fit, _count_fitting(reads, node_rows[:fit]))
        if fit < len(node_rows):
            # The page ends before the execution that doesn't fit, unless this execution is the
            # first.
            place = ids.index(node_rows[fit][0])
            cut = () if place else (ids[0],)
            more = more or len(rows) > max(place, 1)
            rows = rows[: max(place, 1)]
            node_rows = [row for row in node_rows[:fit] if not place or row[0] != ids[place]]
    executions = _make_records(reads, rows, node_rows, payloads=query.payloads)
    stop = selection.stopped_at if selection.is_partial else None
    if len(rows) < len(selection.positions) or stop is None:
        # The page ends at its last execution, and not where the search stopped.
        stop = None
        last = Position(rows[-1][_STARTED_AT], rows[-1][ORDINAL]) if more else None
    else:
        last = stop
    return Page(
        executions=executions,
        next_cursor=None if last is None else write_cursor(last),
        cut=cut,
        searched_to=None if stop is None else stop.started_at,
    )


def get(reads: ReadStore, execution_id: str) -> WorkflowExecution | None:
    """
    Read one execution with all node executions and payloads; see `ExecutionReader.get`.

    Args:
        reads: Reads the rows.
        execution_id: The execution's id in the history.

    Returns:
        The record; None when there is no such execution.
    """
    rows = reads.fetch_shown(execution_id)
    node_rows = reads.fetch_nodes([execution_id], None) if rows else []
    return next(iter(_make_records(reads, rows, node_rows, payloads=True)), None)


def get_page(
    reads: ReadStore, execution_id: str, limit: int, cursor: str | None
) -> ExecutionPage | None:
    """
    Read one execution with a page of its node executions; see `ExecutionReader.read_page`.

    Args:
        reads: Reads the rows.
        execution_id: The execution's id in the history.
        limit: The largest number of node executions.
        cursor: The cursor of the page.

    Returns:
        The execution; None when there is no such execution.
    """
    rows = reads.fetch_shown(execution_id)
    if not rows:
        return None
    node_rows, next_nodes_cursor = reads.fetch_page(execution_id, limit, cursor)
    fit = _count_fitting(reads, node_rows)
    if fit < len(node_rows):
        next_nodes_cursor = write_next_cursor(node_rows, fit)
    record = _make_records(reads, rows, node_rows[:fit], payloads=True)[0]
    return ExecutionPage(**msgspec.structs.asdict(record), next_nodes_cursor=next_nodes_cursor)


def _count_fitting(reads: ReadStore, rows: Sequence[Row]) -> int:
    return count_fitting(rows, reads.read_sizes(row[at] for row in rows for at in NODE_PAYLOADS))


def _make_records(
    reads: ReadStore, rows: list[Row], node_rows: list[Row], *, payloads: bool
) -> tuple[WorkflowExecution, ...]:
    load = reads.make_loader(_list_payloads(rows, node_rows)) if payloads else None
    nodes = {
        execution_id: tuple(read_node(row, load) for row in group)
        for execution_id, group in groupby(node_rows, key=_execution_id)
    }
    return tuple(read_execution(row, nodes.get(row[_ID], ()), load) for row in rows)


def _list_payloads(rows: list[Row], node_rows: list[Row]) -> Iterable[Any]:
    for places, table_rows in ((_EXECUTION_PAYLOADS, rows), (NODE_PAYLOADS, node_rows)):
        for place in places:
            yield from (row[place] for row in table_rows)


def join_unfinished(executions: Iterable[Row], nodes: Iterable[Row]) -> tuple[Unfinished, ...]:
    """
    Join the running executions and node executions of each process.

    Args:
        executions: For each process its id, the number of running executions, an example and the
            time when the process was last heard of.
        nodes: The same for running node executions.

    Returns:
        One item per process.
    """
    found: dict[str | None, Unfinished] = {}
    for process_id, number, example, last_heard in executions:
        found[process_id] = Unfinished(
            process_id=process_id,
            executions=number,
            node_executions=0,
            example=example,
            last_heard=last_heard,
        )
    for process_id, number, example, last_heard in nodes:
        known = found.get(process_id) or Unfinished(
            process_id=process_id,
            executions=0,
            node_executions=0,
            example=example,
            last_heard=last_heard,
        )
        found[process_id] = replace(known, node_executions=number)
    return tuple(found[process_id] for process_id in sorted(found, key=lambda name: name or ""))
