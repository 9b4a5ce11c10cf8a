"""
Choose executions for a list: compile filters to bounded searches, each on one index.

A filter selects an index whose rows come in the order of the list. Several workflows or statuses
need one index search each. Conditions without an index are checked on at most `SCANNED_ROWS` rows
of each search; the result says how far the search went.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any, Final, NamedTuple, TypeAlias, cast

import apsw

from flightlog.store.cursors import EXECUTIONS, MAX_NUMBER
from flightlog.store.sqlite.queries import fetch_all, fetch_one
from flightlog.store.summaries import SummaryFilter, SummaryQuery

SCANNED_ROWS: Final = 20_000
"""The number of index rows that one search examines for one page."""
MAX_SEARCHES: Final = 12
"""The largest number of searches per page; a filter that needs more gets one scan."""

_ORDERS: Final = {"older": ("DESC", "<"), "newer": ("ASC", ">")}

Term: TypeAlias = tuple[str, tuple[Any, ...]]


class Position(NamedTuple):
    """The position of an execution in the order of lists."""

    started_at: str
    ordinal: int


class Search(NamedTuple):
    """The rows of one index, in order, and the further conditions on each row."""

    led: tuple[Term, ...]
    """The conditions that the index serves."""
    left: tuple[Term, ...]
    """The conditions that are checked on each row."""


class Selection(NamedTuple):
    """The result of a selection."""

    positions: list[Position]
    """The found positions in the search's order, at most as many as the query's limit."""
    stopped_at: Position | None
    """The position at which to continue in the same direction; None at the end."""
    is_search: bool
    """Whether a search stopped at its row limit before the page was full."""


def write_cursor(position: Position) -> str:
    """
    Write a position as the text of a cursor.

    Args:
        position: The position.

    Returns:
        The cursor, which clients send back.
    """
    return EXECUTIONS.write(*position)


def read_cursor(cursor: str) -> Position:
    """
    Read the position of a cursor.

    Args:
        cursor: The cursor.

    Returns:
        The position.

    Raises:
        InvalidQueryError: The text is not a cursor of this list.
    """
    return Position(*cast(tuple[str, int], EXECUTIONS.read(cursor)))


def page_start(query: SummaryQuery) -> Position | None:
    """
    Find the position at which a page begins.

    Args:
        query: The query.

    Returns:
        The position; None when the page begins at an end of the list.

    Raises:
        InvalidQueryError: The text is not a cursor of this list.
    """
    if query.cursor is not None:
        return read_cursor(query.cursor)
    return None if query.at is None else Position(query.at, MAX_NUMBER)


def select(connection: apsw.Connection, query: SummaryQuery) -> Selection:
    """
    Find the executions of a page.

    Args:
        connection: Any connection.
        query: The query.

    Returns:
        The positions of the executions, and where to continue.

    Raises:
        InvalidQueryError: The text is not a cursor of this list.
    """
    start = page_start(query)
    found: list[Position] = []
    stops: list[Position] = []
    for search in searches(query.filter):
        some, stop = _search(connection, search, query, start)
        found += some
        if stop is not None:
            stops.append(stop)
    newest_first = query.direction == "older"
    found.sort(reverse=newest_first)
    # Rows beyond the earliest stopping point may be incomplete; drop them.
    stop = (max if newest_first else min)(stops) if stops else None
    if stop is not None:
        found = [one for one in found if (one >= stop if newest_first else one <= stop)]
    if len(found) > query.limit:
        return Selection(found[: query.limit], found[query.limit - 1], is_search=False)
    return Selection(found, stop, is_search=stop is not None)


def searches(chosen: SummaryFilter) -> tuple[Search, ...]:
    """
    Split a filter into searches; each row of the result belongs to exactly one search.

    Args:
        chosen: The filter.

    Returns:
        The searches.
    """
    workflows = tuple(dict.fromkeys(chosen.workflow_ids))
    statuses = tuple(dict.fromkeys(chosen.statuses))
    left = tuple(_left(chosen))
    if len(workflows or (None,)) * len(statuses or (None,)) > MAX_SEARCHES:
        many = [("workflow_id", workflows), ("status", statuses)]
        left = (*left, *(_any_value(name, values) for name, values in many if values))
        return (_index_prefix(chosen, None, None, left),)
    return tuple(
        _index_prefix(chosen, workflow, status, left)
        for workflow, status in product(workflows or (None,), statuses or (None,))
    )


def _index_prefix(
    chosen: SummaryFilter, workflow: str | None, status: str | None, left: tuple[Term, ...]
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


def _left(chosen: SummaryFilter) -> Iterator[Term]:
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
        yield _holding(chosen.text)


def _holding(text: str) -> Term:
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


def _any_value(column: str, values: tuple[str, ...]) -> Term:
    return f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(values),)


def compile_search(
    search: Search, query: SummaryQuery, start: Position | None
) -> tuple[str, tuple[Any, ...]]:
    """
    Compile a search to SQL whose rows are positions.

    Args:
        search: The search.
        query: The query.
        start: The position after which to begin; None begins at an end of the list.

    Returns:
        The statement and its bound values; the statement returns at most one row more than the
        page.
    """
    direction, _ = _ORDERS[query.direction]
    where, bound = _conditions((*search.led, *_bounds(query, start)))
    order = f"ORDER BY started_at {direction}, ordinal {direction}"
    if not search.left:
        sql = f"SELECT started_at, ordinal FROM executions WHERE {where} {order} LIMIT ?"
        return sql, (*bound, query.limit + 1)
    rest, more = _conditions(search.left)
    looked_at = f"SELECT * FROM executions WHERE {where} {order} LIMIT {SCANNED_ROWS}"
    sql = f"SELECT started_at, ordinal FROM ({looked_at}) WHERE {rest} LIMIT ?"
    return sql, (*bound, *more, query.limit + 1)


def compile_stop(
    search: Search, query: SummaryQuery, start: Position | None
) -> tuple[str, tuple[Any, ...]]:
    """
    Compile a search to SQL that finds the last position that the search examined.

    Args:
        search: The search.
        query: The query.
        start: The position after which to begin; None begins at an end of the list.

    Returns:
        The statement and its bound values; no row when the search reached the end of its index.
    """
    direction, _ = _ORDERS[query.direction]
    where, bound = _conditions((*search.led, *_bounds(query, start)))
    order = f"ORDER BY started_at {direction}, ordinal {direction}"
    sql = f"SELECT started_at, ordinal FROM executions WHERE {where} {order}"
    return f"{sql} LIMIT 1 OFFSET {SCANNED_ROWS - 1}", bound


def _search(
    connection: apsw.Connection, search: Search, query: SummaryQuery, start: Position | None
) -> tuple[list[Position], Position | None]:
    rows = fetch_all(connection, *compile_search(search, query, start))
    positions = [Position(*row) for row in rows]
    if len(positions) > query.limit:
        return positions, positions[-1]
    if not search.left:
        return positions, None
    stop = fetch_one(connection, *compile_stop(search, query, start))
    return positions, None if stop is None else Position(*stop)


def _bounds(query: SummaryQuery, start: Position | None) -> list[Term]:
    _, beyond = _ORDERS[query.direction]
    chosen = query.filter
    bounds: list[Term] = [("started_at >= ?", (chosen.started_from or "",))]
    if chosen.started_before is not None:
        bounds.append(("started_at < ?", (chosen.started_before,)))
    if start is not None:
        bounds.append((f"(started_at, ordinal) {beyond} (?, ?)", tuple(start)))
    return bounds


def _conditions(terms: tuple[Term, ...]) -> tuple[str, tuple[Any, ...]]:
    where = " AND ".join(term for term, _ in terms)
    return where, tuple(value for _, values in terms for value in values)
