"""
Read executions: lists, single executions, payloads and statistics.

Each read is a few statements in one short read transaction; a list takes a few statements, however
long the list is. `selection` compiles the filters of a query.
"""

from __future__ import annotations

import hashlib
from itertools import groupby
from operator import itemgetter
from typing import Final

import apsw
import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from flightlog.errors import InvalidQueryError
from flightlog.record.model import MAX_COUNT, WorkflowExecution
from flightlog.store.outline import ExecutionPage, PayloadKind
from flightlog.store.query import ExecutionQuery
from flightlog.store.results import Page, PayloadContent, Unfinished
from flightlog.store.row_functions import LoadPayload
from flightlog.store.rows import read_execution, read_node
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.nodepages import (
    count_fitting,
    fetch_nodes,
    fetch_page,
    write_next_cursor,
)
from flightlog.store.sqlite.payloads import StoredValue, make_loader, read_payloads
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.scanning import select_executions
from flightlog.store.sqlite.selection import Position, read_rows, write_cursor
from flightlog.store.tables import EXECUTIONS, NODES, ORDINAL, SHOWN_EXECUTION

MAX_LIMIT: Final = 1_000
_MAX_OFFSET: Final = 2**62

_queries: Final = load_queries("reader.sql")
_execution_id: Final = itemgetter(NODES.find_position("execution_id"))
_EXECUTION_PAYLOADS: Final = tuple(map(EXECUTIONS.find_position, EXECUTIONS.payloads))
_NODE_PAYLOADS: Final = tuple(map(NODES.find_position, NODES.payloads))
_ID, _STARTED_AT = EXECUTIONS.find_position("id"), EXECUTIONS.find_position("started_at")


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidQueryError(name, f"is {value}", hint=f"It must be from {least:,} to {most:,}.")


def find(connection: apsw.Connection, codec: Codec, query: ExecutionQuery) -> Page:
    """
    List executions; see `ExecutionReader.find`.

    Raises:
        InvalidQueryError: The limit, offset or cursor is invalid.
    """
    _check_range("limit", query.limit, 1, MAX_LIMIT)
    _check_range("offset", query.offset, 0, _MAX_OFFSET)
    if query.offset and query.expression is not None:
        raise InvalidQueryError("offset", "can't be used with a query", hint="Use the cursor.")
    bounded = query.expression is not None
    selection = select_executions(connection, codec, query, is_bounded=bounded)
    more = selection.stopped_at is not None
    rows = read_rows(connection, selection.positions)
    if query.order == "oldest":
        rows.reverse()
    ids = [row[_ID] for row in rows]
    limit = None if query.max_nodes is None else query.max_nodes + 1
    node_rows = fetch_nodes(connection, ids, limit)
    cut: tuple[str, ...] = ()
    if limit is not None:
        fit = min(query.max_nodes or 0, len(node_rows))
        if query.payloads:
            fit = min(fit, count_fitting(connection, node_rows[:fit]))
        if fit < len(node_rows):
            # The page ends before the execution that doesn't fit, unless this execution is the
            # first.
            place = ids.index(node_rows[fit][0])
            cut = () if place else (ids[0],)
            more = more or len(rows) > max(place, 1)
            rows = rows[: max(place, 1)]
            node_rows = [row for row in node_rows[:fit] if not place or row[0] != ids[place]]
    executions = _make_records(connection, codec, rows, node_rows, payloads=query.payloads)
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


def get(connection: apsw.Connection, codec: Codec, execution_id: str) -> WorkflowExecution | None:
    """Read one execution with all node executions and payloads; see `ExecutionReader.get`."""
    rows = fetch_all(
        connection,
        f"SELECT {SHOWN_EXECUTION} FROM executions WHERE id = ?",
        (execution_id,),
    )
    node_rows = fetch_nodes(connection, [execution_id]) if rows else []
    return next(iter(_make_records(connection, codec, rows, node_rows, payloads=True)), None)


def get_page(
    connection: apsw.Connection, codec: Codec, execution_id: str, limit: int, cursor: str | None
) -> ExecutionPage | None:
    """Read one execution with a page of its node executions; see `ExecutionReader.read_page`."""
    rows = fetch_all(
        connection,
        f"SELECT {SHOWN_EXECUTION} FROM executions WHERE id = ?",
        (execution_id,),
    )
    if not rows:
        return None
    node_rows, next_nodes_cursor = fetch_page(connection, execution_id, limit, cursor)
    fit = count_fitting(connection, node_rows)
    if fit < len(node_rows):
        next_nodes_cursor = write_next_cursor(node_rows, fit)
    record = _make_records(connection, codec, rows, node_rows[:fit], payloads=True)[0]
    return ExecutionPage(**msgspec.structs.asdict(record), next_nodes_cursor=next_nodes_cursor)


def _make_records(
    connection: apsw.Connection,
    codec: Codec,
    rows: list[Row],
    node_rows: list[Row],
    *,
    payloads: bool,
) -> tuple[WorkflowExecution, ...]:
    load = _make_loader(connection, codec, rows, node_rows) if payloads else None
    nodes = {
        execution_id: tuple(read_node(row, load) for row in group)
        for execution_id, group in groupby(node_rows, key=_execution_id)
    }
    return tuple(read_execution(row, nodes.get(row[_ID], ()), load) for row in rows)


def _make_loader(
    connection: apsw.Connection, codec: Codec, rows: list[Row], node_rows: list[Row]
) -> LoadPayload:
    values: list[StoredValue] = []
    for places, table_rows in ((_EXECUTION_PAYLOADS, rows), (_NODE_PAYLOADS, node_rows)):
        for place in places:
            values += [row[place] for row in table_rows]
    return make_loader(read_payloads(connection, codec, values))


def get_payload(
    connection: apsw.Connection,
    codec: Codec,
    execution_id: str,
    kind: PayloadKind,
    *,
    sequence: int | None,
    node_id: str | None,
    max_bytes: int | None,
) -> PayloadContent | None:
    """Read one payload with its size and digest; see `ExecutionReader.get_payload`."""
    if sequence is not None and not 0 <= sequence <= MAX_COUNT:
        return None
    row = fetch_one(
        connection,
        _queries[f"{kind}_payload"],
        {"execution_id": execution_id, "sequence": sequence, "node_id": node_id},
    )
    if row is None or row[0] is None:
        return None
    value: StoredValue = row[0]
    if isinstance(value, int):
        stored = fetch_one(connection, _queries["payload_key"], (value,))
        assert stored is not None, "a payload that a column refers to is never erased"
        size, digest = stored[0], stored[1].hex()
    else:
        data = str(value).encode()
        size, digest = len(data), hashlib.sha256(data).hexdigest()
    if max_bytes is not None and size > max_bytes:
        return PayloadContent(bytes=size, digest=digest, data=None)
    content = make_loader(read_payloads(connection, codec, [value]))(value)
    assert content is not UNSET
    return PayloadContent(bytes=size, digest=digest, data=content)


def count(connection: apsw.Connection) -> int:
    """
    Count all executions.

    Args:
        connection: Any connection.

    Returns:
        The number of executions.
    """
    row = fetch_one(connection, _queries["count"])
    return row[0] if row else 0


def list_running_processes(connection: apsw.Connection) -> tuple[str, ...]:
    """List processes with running executions; see `ExecutionReader.list_running_processes`."""
    return tuple(row[0] for row in connection.execute(_queries["running_processes"]))


def list_unfinished(connection: apsw.Connection) -> tuple[Unfinished, ...]:
    """Count running executions and nodes by process; see `ExecutionReader.list_unfinished`."""
    found: dict[str | None, Unfinished] = {}
    for process_id, number, example, last_heard in fetch_all(
        connection, _queries["unfinished_executions"]
    ):
        found[process_id] = Unfinished(
            process_id=process_id,
            executions=number,
            node_executions=0,
            example=example,
            last_heard=last_heard,
        )
    for process_id, number, example, last_heard in fetch_all(
        connection, _queries["unfinished_nodes"]
    ):
        known = found.get(process_id) or Unfinished(
            process_id=process_id,
            executions=0,
            node_executions=0,
            example=example,
            last_heard=last_heard,
        )
        found[process_id] = replace(known, node_executions=number)
    return tuple(found[process_id] for process_id in sorted(found, key=lambda name: name or ""))
