"""
Compile filters and queries to bounded searches, each on one index: the only compiler of filters.

A filter selects an index whose rows come in the order of the list. Several workflows or statuses
need one index search each. Conditions without an index are checked on each row. Summaries check
them on at most `SCANNED_ROWS` rows of each search, and the result says how far the search went.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any, Final, NamedTuple, TypeAlias

import apsw

from flightlog.errors import InvalidQueryError
from flightlog.query.expressions import reads_payloads
from flightlog.store.positions import Position, Selection, find_page_start
from flightlog.store.query import MAX_IDS, ExecutionQuery, HistoryFilter
from flightlog.store.sqlite.expressions import Term, compile_without_payloads
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one
from flightlog.store.tables import SHOWN_EXECUTION

SCANNED_ROWS: Final = 20_000
"""The number of index rows that one search examines for one page of summaries."""
MAX_SEARCHES: Final = 12
"""The largest number of searches per page; a filter that needs more gets one scan."""
POSITION: Final = "started_at, ordinal"
"""The columns of a position."""

SELECT_BY_ORDINALS: Final = (
    f"SELECT {SHOWN_EXECUTION} FROM executions "
    "WHERE ordinal IN (SELECT value FROM json_each(?)) ORDER BY started_at DESC, ordinal DESC"
)
"""Reads the rows of a page."""
_ORDERS: Final = {"newest": ("DESC", "<"), "oldest": ("ASC", ">")}

Compiled: TypeAlias = tuple[str, tuple[Any, ...]]
"""A statement and its bound values."""


class Search(NamedTuple):
    """The rows of one index, in order, and the further conditions on each row."""

    led: tuple[Term, ...]
    """The conditions that the index serves."""
    left: tuple[Term, ...]
    """The conditions that are checked on each row."""
    is_by_id: bool = False
    """Whether the search looks up ids, and so reads few rows, but not in order."""


def select(
    connection: apsw.Connection, query: ExecutionQuery, *, is_bounded: bool = False
) -> Selection:
    """
    Find the executions of a page.

    Args:
        connection: Any connection.
        query: The query.
        is_bounded: Whether to check conditions without an index on at most `SCANNED_ROWS` rows of
            each search.

    Returns:
        The positions of the executions, and where to continue.

    Raises:
        InvalidQueryError: The text is not a cursor of this list, or there are too many ids.
    """
    _check_columns(query)
    start = find_page_start(query)
    found: list[Position] = []
    stops: list[Position] = []
    # A place to skip to is known only within one search.
    for search in split_filter(query, 1 if query.offset else MAX_SEARCHES):
        some, stop = search_index(connection, search, query, start, is_bounded=is_bounded)
        found += some
        if stop is not None:
            stops.append(stop)
    newest_first = query.order == "newest"
    found.sort(reverse=newest_first)
    # Rows beyond the earliest stopping point may be incomplete; drop them.
    stop = (max if newest_first else min)(stops) if stops else None
    if stop is not None:
        found = [each for each in found if (each >= stop if newest_first else each <= stop)]
    if len(found) > query.limit:
        return Selection(found[: query.limit], found[query.limit - 1], is_partial=False)
    return Selection(found, stop, is_partial=stop is not None)


def split_filter(chosen: HistoryFilter, most: int = MAX_SEARCHES) -> tuple[Search, ...]:
    """
    Split a filter into searches; each row of the result belongs to exactly one search.

    Args:
        chosen: The filter.
        most: The largest number of searches; a filter that needs more gets one.

    Returns:
        The searches.

    Raises:
        InvalidQueryError: There are more than `MAX_IDS` ids.
    """
    workflows = tuple(dict.fromkeys(chosen.workflow_ids))
    statuses = tuple(dict.fromkeys(chosen.statuses))
    left = tuple(_list_remaining_terms(chosen))
    needed = len(workflows or (None,)) * len(statuses or (None,))
    if chosen.ids is not None or needed > most:
        many = [("workflow_id", workflows), ("status", statuses)]
        left = (*left, *(_match_any(name, values) for name, values in many if values))
        workflows, statuses = (), ()
    if chosen.ids is not None:
        return (_search_by_ids(chosen, chosen.ids, left),)
    return tuple(
        _choose_index_prefix(chosen, workflow, status, left)
        for workflow, status in product(workflows or (None,), statuses or (None,))
    )


def _search_by_ids(chosen: HistoryFilter, ids: tuple[str, ...], left: tuple[Term, ...]) -> Search:
    if len(ids) > MAX_IDS:
        raise InvalidQueryError(
            "id", f"holds {len(ids)} ids", hint=f"At most {MAX_IDS} can be asked for at once."
        )
    prefix = _choose_index_prefix(chosen, None, None, left)
    return Search((_match_any("id", ids),), (*prefix.led, *prefix.left), is_by_id=True)


def _choose_index_prefix(
    chosen: HistoryFilter, workflow: str | None, status: str | None, left: tuple[Term, ...]
) -> Search:
    led: list[Term] = []
    project: Term = ("project_id = ?", (chosen.project_id,))
    by_workflow: Term = ("workflow_id = ?", (workflow,))
    by_status: Term = ("status = ?", (status,))
    rest: list[Term] = []
    if chosen.starred:
        led.append(("starred = 1", ()))
        rest += [by_workflow] * (workflow is not None) + [by_status] * (status is not None)
    elif workflow is not None:
        led.append(by_workflow)
        if status in {"error", "running"}:
            led += [by_status, ("status <> 'success'", ())]
        elif status is not None:
            rest.append(by_status)
    elif status is not None and (chosen.project_id is None or status != "success"):
        led.append(by_status)
    elif chosen.project_id is not None:
        led.append(project)
        rest += [by_status] * (status is not None)
    if chosen.project_id is not None and project not in led:
        rest.append(project)
    return Search(tuple(led), (*rest, *left))


def _list_remaining_terms(chosen: HistoryFilter) -> Iterator[Term]:
    for column, value in (
        ("execution_mode = ?", chosen.execution_mode),
        ("trigger_type = ?", chosen.trigger_type),
        ("error_node_id = ?", chosen.node_id),
        ("duration_ms >= ?", chosen.min_duration_ms),
        ("duration_ms <= ?", chosen.max_duration_ms),
    ):
        if value is not None:
            yield column, (value,)
    if chosen.text:
        yield _match_text(chosen.text)
    if chosen.expression is not None:
        # `scanning` tests the rest of an expression that reads payloads.
        term = compile_without_payloads(chosen.expression)
        if term is not None:
            yield term


def _match_text(text: str) -> Term:
    if text.isascii():
        part = text.translate(_LIKE_ESCAPES)
        tests = [r"id LIKE ? ESCAPE '\'"]
        tests += [rf"{column} LIKE ? ESCAPE '\'" for column in _SEARCHED]
        return f"({' OR '.join(tests)})", (f"{part}%", *([f"%{part}%"] * len(_SEARCHED)))
    # Fold the case in Python, because SQLite's own LIKE ignores case only in ASCII.
    tests = ["instr(folded(id), ?) = 1"]
    tests += [f"instr(folded({column}), ?)" for column in _SEARCHED]
    return f"({' OR '.join(tests)})", (text.casefold(),) * len(tests)


_SEARCHED: Final = (
    "workflow_name",
    "workflow_id",
    "error_message",
    "error_type",
    "error_node_id",
)
_LIKE_ESCAPES: Final = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


def _match_any(column: str, values: tuple[str, ...]) -> Term:
    return f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(values),)


def compile_search(
    search: Search,
    query: ExecutionQuery,
    start: Position | None = None,
    columns: str = POSITION,
    *,
    is_bounded: bool = False,
) -> Compiled:
    """
    Compile a search to SQL.

    Args:
        search: The search.
        query: The query.
        start: The position after which to begin; None begins at an end of the list.
        columns: The columns to select.
        is_bounded: Whether to check conditions without an index on at most `SCANNED_ROWS` rows.

    Returns:
        The statement and its bound values; the statement returns at most one row more than the
        page.
    """
    direction, _ = _ORDERS[query.order]
    order = f"ORDER BY started_at {direction}, ordinal {direction}"
    led = (*search.led, *_compile_bounds(query, start))
    left = search.left
    if search.is_by_id:
        led, left = search.led, (*_compile_bounds(query, start), *left)
    where, bound = _compile_terms(led)
    more: tuple[Any, ...] = ()
    source = f"executions WHERE {where}"
    if left and is_bounded and not search.is_by_id:
        rest, more = _compile_terms(left)
        rows = f"SELECT * FROM {source} {order} LIMIT {SCANNED_ROWS}"
        # Expressions name the table, because nodes have columns of the same names.
        name = "" if query.expression is None else " AS executions"
        source = f"({rows}){name} WHERE {rest}"
        order = ""
    elif left:
        # The `+` keeps SQLite from choosing another index, which would need a sort.
        rest, more = _compile_terms(tuple((f"+({term})", values) for term, values in left))
        source = f"{source} AND {rest}"
    sql = f"SELECT {columns} FROM {source} {order} LIMIT ? OFFSET ?"
    return sql, (*bound, *more, query.limit + 1, query.offset)


def compile_newest(search: Search, chosen: HistoryFilter, since: str, columns: str) -> Compiled:
    """
    Compile a search to SQL that reads its newest rows, at most `SCANNED_ROWS` index rows.

    Args:
        search: The search.
        chosen: The filter.
        since: Canonical time; only executions that started at this time or later.
        columns: The columns to select.

    Returns:
        The statement and its bound values; the statement has no order.
    """
    bounds = _compile_bounds(chosen.make_page_query(), None)
    led, left = (*search.led, *bounds), search.left
    if search.is_by_id:
        led, left = search.led, (*bounds, *left)
    where, bound = _compile_terms((*led, ("started_at >= ?", (since,))))
    order = "ORDER BY started_at DESC, ordinal DESC"
    source = f"(SELECT * FROM executions WHERE {where} {order} LIMIT {SCANNED_ROWS})"
    if not left:
        return f"SELECT {columns} FROM {source}", bound
    rest, more = _compile_terms(left)
    # Expressions name the table, because nodes have columns of the same names.
    return f"SELECT {columns} FROM {source} AS executions WHERE {rest}", (*bound, *more)


def compile_stop(search: Search, query: ExecutionQuery, start: Position | None) -> Compiled:
    """
    Compile a search to SQL that finds the last position that the search examined.

    Args:
        search: The search.
        query: The query.
        start: The position after which to begin; None begins at an end of the list.

    Returns:
        The statement and its bound values; no row when the search reached the end of its index.
    """
    direction, _ = _ORDERS[query.order]
    where, bound = _compile_terms((*search.led, *_compile_bounds(query, start)))
    order = f"ORDER BY started_at {direction}, ordinal {direction}"
    sql = f"SELECT {POSITION} FROM executions WHERE {where} {order}"
    return f"{sql} LIMIT 1 OFFSET {SCANNED_ROWS - 1}", bound


def read_rows(connection: apsw.Connection, positions: list[Position]) -> list[Row]:
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
    ordinals = json.dumps([position.ordinal for position in positions])
    return fetch_all(connection, SELECT_BY_ORDINALS, (ordinals,))


def read_chosen(
    connection: apsw.Connection, chosen: HistoryFilter, columns: str, limit: int
) -> list[Row]:
    """
    Read columns of the executions that a filter chooses, the newest of each search first.

    Args:
        connection: Any connection.
        chosen: The filter.
        columns: The columns.
        limit: The largest number of rows.

    Returns:
        At most `limit` rows.
    """
    _check_columns(chosen)
    rows: list[Row] = []
    for search in split_filter(chosen, MAX_IDS):
        query = chosen.make_page_query(limit=limit - len(rows) - 1)
        rows += fetch_all(connection, *compile_search(search, query, columns=columns))
        if len(rows) >= limit:
            break
    return rows


def search_index(
    connection: apsw.Connection,
    search: Search,
    query: ExecutionQuery,
    start: Position | None,
    *,
    is_bounded: bool,
) -> tuple[list[Position], Position | None]:
    """
    Run a search.

    Args:
        connection: Any connection.
        search: The search.
        query: The query.
        start: The position after which to begin; None begins at an end of the list.
        is_bounded: Whether to check conditions without an index on at most `SCANNED_ROWS` rows.

    Returns:
        The positions, at most one more than the page, and the position at which to continue; None
        at the end.
    """
    compiled = compile_search(search, query, start, is_bounded=is_bounded)
    positions = [Position(*row) for row in fetch_all(connection, *compiled)]
    if len(positions) > query.limit:
        return positions, positions[-1]
    if not (is_bounded and search.left) or search.is_by_id:
        return positions, None
    stop = fetch_one(connection, *compile_stop(search, query, start))
    return positions, None if stop is None else Position(*stop)


def _check_columns(chosen: HistoryFilter) -> None:
    if chosen.expression is not None and reads_payloads(chosen.expression):
        raise InvalidQueryError(
            "q", "reads payloads, which only lists can do", hint="Leave out the terms of payloads."
        )


def _compile_bounds(query: ExecutionQuery, start: Position | None) -> tuple[Term, ...]:
    _, beyond = _ORDERS[query.order]
    bounds: list[Term] = [("started_at >= ?", (query.started_from or "",))]
    if query.started_before is not None:
        bounds.append(("started_at < ?", (query.started_before,)))
    if start is not None:
        bounds.append((f"(started_at, ordinal) {beyond} (?, ?)", tuple(start)))
    return tuple(bounds)


def _compile_terms(terms: tuple[Term, ...]) -> Compiled:
    where = " AND ".join(term for term, _ in terms)
    return where, tuple(value for _, values in terms for value in values)
