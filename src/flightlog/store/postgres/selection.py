"""
Compile filters to searches in PostgreSQL.

PostgreSQL's planner chooses the index, and the order of a list is an index's order. Conditions
without an index are checked on at most `SCANNED_ROWS` rows if the caller wants a bounded search;
the result then says how far the search went.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from flightlog.errors import InvalidQueryError, StoreCapabilityError
from flightlog.store.capabilities import Capability
from flightlog.store.positions import Position, Selection, find_page_start
from flightlog.store.postgres.statements import Connection, fetch_all
from flightlog.store.query import MAX_IDS, ExecutionQuery, HistoryFilter
from flightlog.store.row_functions import Row
from flightlog.store.tables import SHOWN_EXECUTION

SCANNED_ROWS: Final = 20_000
"""The number of index rows that one search examines for one page of summaries."""

_ROWS_OF_POSITIONS: Final = (
    f"SELECT {SHOWN_EXECUTION} FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[]) "
    "ORDER BY started_at DESC, ordinal DESC"
)
_ORDERS: Final = {"newest": ("DESC", "<"), "oldest": ("ASC", ">")}
_SEARCHED: Final = (
    "workflow_name",
    "workflow_id",
    "error_message",
    "error_type",
    "error_node_id",
)
_LIKE_ESCAPES: Final = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})

Term: TypeAlias = tuple[str, tuple[Any, ...]]
"""A condition and its bound values."""


def select(connection: Connection, query: ExecutionQuery, *, is_bounded: bool = False) -> Selection:
    """
    Find the executions of a page.

    Args:
        connection: Any connection.
        query: The query.
        is_bounded: Whether to check conditions without an index on at most `SCANNED_ROWS` rows.

    Returns:
        The positions of the executions, and where to continue.

    Raises:
        InvalidQueryError: The text is not a cursor of this list, or there are too many ids.
        StoreCapabilityError: The query has an expression of the query language.
    """
    led, left = split_filter(query)
    start = find_page_start(query)
    direction, beyond = _ORDERS[query.order]
    if start is not None:
        led.append((f"(started_at, ordinal) {beyond} (%s, %s)", tuple(start)))
    order = f"ORDER BY started_at {direction}, ordinal {direction}"
    if query.text and not query.text.isascii():
        found, stop = _select_folded(connection, query, order, led, left)
    elif left and is_bounded and query.ids is None:
        found, stop = _select_bounded(connection, query, order, led, left)
    else:
        where, bound = compile_terms([*led, *left])
        rows = fetch_all(
            connection,
            f"SELECT started_at, ordinal FROM executions WHERE {where} {order} LIMIT %s OFFSET %s",
            (*bound, query.limit + 1, query.offset),
        )
        found, stop = [Position(*row) for row in rows], None
    if len(found) > query.limit:
        return Selection(found[: query.limit], found[query.limit - 1], is_partial=False)
    return Selection(found, stop, is_partial=stop is not None)


def _select_bounded(
    connection: Connection,
    query: ExecutionQuery,
    order: str,
    led: list[Term],
    left: list[Term],
) -> tuple[list[Position], Position | None]:
    (where, bound), (rest, more) = compile_terms(led), compile_terms(left)
    # The last scanned row is read, too, so that the page can say how far the search went.
    rows = fetch_all(
        connection,
        f"WITH scanned AS MATERIALIZED "
        f"(SELECT * FROM executions WHERE {where} {order} LIMIT {SCANNED_ROWS}) "
        f"(SELECT started_at, ordinal, 0 FROM scanned WHERE {rest} {order} LIMIT %s OFFSET %s) "
        f"UNION ALL (SELECT started_at, ordinal, 1 FROM scanned {order} LIMIT 1 "
        f"OFFSET {SCANNED_ROWS - 1})",
        (*bound, *more, query.limit + 1, query.offset),
    )
    found = [Position(*place) for *place, is_stop in rows if not is_stop]
    found.sort(reverse=query.order == "newest")
    return found, next((Position(*place) for *place, is_stop in rows if is_stop), None)


def _select_folded(
    connection: Connection,
    query: ExecutionQuery,
    order: str,
    led: list[Term],
    left: list[Term],
) -> tuple[list[Position], Position | None]:
    # Fold the case in Python, because PostgreSQL's collations fold it in different ways.
    where, bound = compile_terms([*led, *left])
    rows = fetch_all(
        connection,
        f"SELECT started_at, ordinal, id, {', '.join(_SEARCHED)} FROM executions "
        f"WHERE {where} {order} LIMIT {SCANNED_ROWS}",
        bound,
    )
    part = (query.text or "").casefold()
    found = [
        Position(started_at, ordinal)
        for started_at, ordinal, execution_id, *others in rows
        if execution_id.casefold().startswith(part)
        or any(other is not None and part in other.casefold() for other in others)
    ]
    stop = Position(*rows[-1][:2]) if len(rows) == SCANNED_ROWS else None
    return found[query.offset : query.offset + query.limit + 1], stop


def split_filter(chosen: HistoryFilter) -> tuple[list[Term], list[Term]]:
    """
    Split a filter into conditions that an index serves, and the other conditions.

    Args:
        chosen: The filter.

    Returns:
        Both lists.

    Raises:
        InvalidQueryError: There are more than `MAX_IDS` ids.
        StoreCapabilityError: The filter has an expression of the query language.
    """
    if chosen.expression is not None:
        raise StoreCapabilityError("postgresql:", Capability.QUERIES)
    led: list[Term] = [("started_at >= %s", (chosen.started_from or "",))]
    if chosen.started_before is not None:
        led.append(("started_at < %s", (chosen.started_before,)))
    if chosen.ids is not None:
        if len(chosen.ids) > MAX_IDS:
            raise InvalidQueryError(
                "id",
                f"holds {len(chosen.ids)} ids",
                hint=f"At most {MAX_IDS} can be asked for at once.",
            )
        led.append(("id = ANY(%s)", (list(chosen.ids),)))
    for column, values in (("workflow_id", chosen.workflow_ids), ("status", chosen.statuses)):
        if len(values) == 1:
            led.append((f"{column} = %s", tuple(values)))
        elif values:
            led.append((f"{column} = ANY(%s)", (list(values),)))
    if chosen.project_id is not None:
        led.append(("project_id = %s", (chosen.project_id,)))
    if chosen.starred:
        led.append(("starred = 1", ()))
    return led, list(_list_unindexed(chosen))


def _list_unindexed(chosen: HistoryFilter) -> Iterator[Term]:
    for column, value in (
        ("execution_mode = %s", chosen.execution_mode),
        ("trigger_type = %s", chosen.trigger_type),
        ("error_node_id = %s", chosen.node_id),
        ("duration_ms >= %s", chosen.min_duration_ms),
        ("duration_ms <= %s", chosen.max_duration_ms),
    ):
        if value is not None:
            yield column, (value,)
    if chosen.text and chosen.text.isascii():
        part = chosen.text.translate(_LIKE_ESCAPES)
        tests = ["id ILIKE %s", *(f"{column} ILIKE %s" for column in _SEARCHED)]
        yield f"({' OR '.join(tests)})", (f"{part}%", *([f"%{part}%"] * len(_SEARCHED)))


def compile_terms(terms: list[Term]) -> tuple[str, tuple[Any, ...]]:
    """
    Join conditions with AND.

    Args:
        terms: At least one condition.

    Returns:
        The condition and its bound values.
    """
    where = " AND ".join(term for term, _ in terms)
    return where, tuple(value for _, values in terms for value in values)


def read_rows(connection: Connection, positions: list[Position]) -> list[Row]:
    """
    Read the executions at some positions.

    Args:
        connection: Any connection.
        positions: The positions.

    Returns:
        The rows as `SHOWN_EXECUTION` selects them, the newest first.
    """
    if not positions:
        return []
    ordinals = [position.ordinal for position in positions]
    return fetch_all(connection, _ROWS_OF_POSITIONS, {"ordinals": ordinals})
