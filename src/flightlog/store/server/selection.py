"""
Compile filters to searches in a server's database.

The server chooses the index, and the order of a list is an index's order. Conditions
without an index are checked on at most `SCANNED_ROWS` rows if the caller wants a bounded search;
the result then says how far the search went.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias, cast

from flightlog.errors import InvalidQueryError
from flightlog.store.positions import Position, Selection, find_page_start
from flightlog.store.query import MAX_IDS, ExecutionQuery, HistoryFilter
from flightlog.store.row_functions import Row
from flightlog.store.scanning import make_selection
from flightlog.store.server.expressions import LIKE_ESCAPES, compile_expression
from flightlog.store.server.source import Dialect, SqlSource, fetch_first
from flightlog.store.tables import SHOWN_EXECUTION

SCANNED_ROWS: Final = 20_000
"""The number of index rows that one search examines for one page of summaries."""

_ROWS_OF_POSITIONS: Final = (
    f"SELECT {SHOWN_EXECUTION} FROM executions WHERE {{chosen}} "
    "ORDER BY started_at DESC, ordinal DESC"
)
_ORDERS: Final = {"newest": ("DESC", "<"), "oldest": ("ASC", ">")}
SEARCHED: Final = (
    "workflow_name",
    "workflow_id",
    "error_message",
    "error_type",
    "error_node_id",
)
"""The columns that the text of a filter is searched in, beside the id."""

Term: TypeAlias = tuple[str, tuple[Any, ...]]
"""A condition and its bound values."""


def select(source: SqlSource, query: ExecutionQuery, *, is_bounded: bool = False) -> Selection:
    """
    Find the executions of a page.

    Args:
        source: The database, within one snapshot.
        query: The query; SQL alone answers its expression, if there is one.
        is_bounded: Whether to check conditions without an index on at most `SCANNED_ROWS` rows.

    Returns:
        The positions of the executions, and where to continue.

    Raises:
        InvalidQueryError: The text is not a cursor of this list, or there are too many ids.
    """
    if needs_folding(query):
        found, stop = _select_folded(source, query)
    else:
        start = find_page_start(query)
        found, stop = search(source, query, start, is_bounded=is_bounded)
    return make_selection(found, stop, query.limit)


def search(
    source: SqlSource,
    query: ExecutionQuery,
    start: Position | None,
    *,
    is_bounded: bool,
    among: Sequence[int] | None = None,
) -> tuple[list[Position], Position | None]:
    """
    Find the next executions that meet the conditions of SQL.

    Args:
        source: The database, within one snapshot.
        query: The query; if it has an expression, more executions than those it chooses are found.
        start: The position after which to begin; None begins at an end of the list.
        is_bounded: Whether to check conditions without an index on at most `SCANNED_ROWS` rows.
        among: Choose only of these executions; None means of all.

    Returns:
        The positions, at most one more than the page, and the position at which to continue; None
        at the end.
    """
    led, left, order = compile_query(query, start, source.dialect)
    if among is not None:
        led.append((source.dialect.among_ordinals.format(values="%s"), (list(among),)))
    is_bounded = bool(left) and is_bounded and query.ids is None
    where, bound = compile_terms(led if is_bounded else [*led, *left])
    table, more = f"executions WHERE {where}", cast(tuple[Any, ...], ())
    if is_bounded:
        rest, more = compile_terms(left)
        scanned = f"SELECT * FROM {table} {order} LIMIT {SCANNED_ROWS}"
        # Expressions name the table, because nodes have columns of the same names.
        table = f"({scanned}) AS executions WHERE {rest}"
    rows = source.fetch_all(
        f"SELECT started_at, ordinal FROM {table} {order} LIMIT %s OFFSET %s",
        (*bound, *more, query.limit + 1, query.offset),
    )
    found = [Position(*row) for row in rows]
    if len(found) > query.limit:
        return found, found[-1]
    if not is_bounded:
        return found, None
    sql = f"SELECT started_at, ordinal FROM executions WHERE {where} {order}"
    stop = fetch_first(source, f"{sql} LIMIT 1 OFFSET {SCANNED_ROWS - 1}", bound)
    return found, None if stop is None else Position(*stop)


def _select_folded(
    source: SqlSource, query: ExecutionQuery
) -> tuple[list[Position], Position | None]:
    # Fold the case in Python, because the collations of servers fold it in different ways.
    led, left, order = compile_query(query, find_page_start(query), source.dialect)
    where, bound = compile_terms([*led, *left])
    rows = source.fetch_all(
        f"SELECT started_at, ordinal, id, {', '.join(SEARCHED)} FROM executions "
        f"WHERE {where} {order} LIMIT {SCANNED_ROWS}",
        bound,
    )
    found = [
        Position(started_at, ordinal)
        for started_at, ordinal, execution_id, *others in rows
        if has_text(query, execution_id, others)
    ]
    stop = Position(*rows[-1][:2]) if len(rows) == SCANNED_ROWS else None
    return found[query.offset : query.offset + query.limit + 1], stop


def needs_folding(chosen: HistoryFilter) -> bool:
    """
    Check whether SQL can't find the text of a filter.

    Args:
        chosen: The filter.

    Returns:
        True if `has_text` must test the rows.
    """
    return bool(chosen.text) and not (chosen.text or "").isascii()


def has_text(chosen: HistoryFilter, execution_id: str, others: Sequence[str | None]) -> bool:
    """
    Test whether an execution has the text of a filter.

    Args:
        chosen: The filter.
        execution_id: The execution's id.
        others: The values of `SEARCHED`.

    Returns:
        True if the id begins with the text, or another value has it.
    """
    part = (chosen.text or "").casefold()
    return execution_id.casefold().startswith(part) or any(
        other is not None and part in other.casefold() for other in others
    )


def compile_query(
    query: ExecutionQuery, start: Position | None, dialect: Dialect
) -> tuple[list[Term], list[Term], str]:
    """
    Compile a query.

    Args:
        query: The query.
        start: The position after which to begin; None begins at an end of the list.
        dialect: The fragments of SQL that differ between the servers.

    Returns:
        The conditions with an index, the other conditions, and the order.
    """
    led, left = split_filter(query, dialect)
    direction, beyond = _ORDERS[query.order]
    if start is not None:
        led.append((f"(started_at, ordinal) {beyond} (%s, %s)", tuple(start)))
    return led, left, f"ORDER BY started_at {direction}, ordinal {direction}"


def split_filter(chosen: HistoryFilter, dialect: Dialect) -> tuple[list[Term], list[Term]]:
    """
    Split a filter into conditions that an index serves, and the other conditions.

    Args:
        chosen: The filter. If SQL can't answer its expression alone, the conditions choose more
            executions than the expression.
        dialect: The fragments of SQL that differ between the servers.

    Returns:
        Both lists.

    Raises:
        InvalidQueryError: There are more than `MAX_IDS` ids.
    """
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
        led.append((dialect.write_among("id"), (list(chosen.ids),)))
    for column, values in (("workflow_id", chosen.workflow_ids), ("status", chosen.statuses)):
        if len(values) == 1:
            led.append((f"{column} = %s", tuple(values)))
        elif values:
            led.append((dialect.write_among(column), (list(values),)))
    if chosen.project_id is not None:
        led.append(("project_id = %s", (chosen.project_id,)))
    if chosen.starred:
        led.append(("starred = 1", ()))
    return led, list(_list_unindexed(chosen, dialect))


def _list_unindexed(chosen: HistoryFilter, dialect: Dialect) -> Iterator[Term]:
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
        part = chosen.text.translate(LIKE_ESCAPES)
        tests = ["id ILIKE %s", *(f"{column} ILIKE %s" for column in SEARCHED)]
        yield f"({' OR '.join(tests)})", (f"{part}%", *([f"%{part}%"] * len(SEARCHED)))
    if chosen.expression is not None:
        condition = compile_expression(chosen.expression, dialect)
        yield condition.sql, condition.bound


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


def read_rows(source: SqlSource, positions: list[Position]) -> list[Row]:
    """
    Read the executions at some positions.

    Args:
        source: The database, within one snapshot.
        positions: The positions.

    Returns:
        The rows as `SHOWN_EXECUTION` selects them, the newest first.
    """
    if not positions:
        return []
    ordinals = [position.ordinal for position in positions]
    sql = _ROWS_OF_POSITIONS.format(chosen=source.dialect.write_among("ordinal", "%(ordinals)s"))
    return source.fetch_all(sql, {"ordinals": ordinals})


def read_chosen(source: SqlSource, chosen: HistoryFilter, columns: str, limit: int) -> list[Row]:
    """
    Read columns of the newest executions that a filter chooses.

    Args:
        source: The database, within one snapshot.
        chosen: The filter, without a text.
        columns: The columns.
        limit: The largest number of rows.

    Returns:
        At most `limit` rows, the newest first.
    """
    led, left = split_filter(chosen, source.dialect)
    where, bound = compile_terms([*led, *left])
    return source.fetch_all(
        f"SELECT {columns} FROM executions WHERE {where} "
        "ORDER BY started_at DESC, ordinal DESC LIMIT %s",
        (*bound, limit),
    )
