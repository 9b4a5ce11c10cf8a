"""
Order executions by their duration.

No index has this order, so a ranking reads a bounded number of rows of each search: the newest
executions that the filter's indexes find. The result says how far back the ranking went.
"""

from __future__ import annotations

from typing import Final

import apsw

from flightlog.store.positions import Position
from flightlog.store.query import HistoryFilter
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one
from flightlog.store.sqlite.selection import (
    POSITION,
    Search,
    compile_newest,
    compile_stop,
    split_filter,
)
from flightlog.store.summaries import Ranking

_ORDERS: Final[dict[Ranking, str]] = {"longest": "DESC", "shortest": "ASC"}


def rank_by_duration(
    connection: apsw.Connection, chosen: HistoryFilter, ranking: Ranking, limit: int
) -> tuple[list[Position], Position | None]:
    """
    Find the longest or the shortest executions that a filter chooses.

    Args:
        connection: Any connection.
        chosen: The filter, without terms of payloads.
        ranking: Which executions come first; executions without a duration are left out.
        limit: The largest number of executions.

    Returns:
        The positions in the order of the ranking, and the position of the last row that the ranking
        examined; None if it examined all rows.
    """
    searches = split_filter(chosen)
    stops = [stop for search in searches if (stop := _find_stop(connection, search, chosen))]
    # Searches stop at different times. Leave out the older rows of the others, which would be
    # incomplete.
    stop = max(stops, default=None)
    rows: list[Row] = []
    for search in searches:
        since = "" if stop is None else stop.started_at
        newest, bound = compile_newest(search, chosen, since, f"{POSITION}, duration_ms")
        sql = (
            f"SELECT {POSITION}, duration_ms FROM ({newest}) WHERE duration_ms IS NOT NULL "
            f"ORDER BY duration_ms {_ORDERS[ranking]}, started_at DESC, ordinal DESC LIMIT ?"
        )
        rows += fetch_all(connection, sql, (*bound, limit))
    sign = -1 if ranking == "longest" else 1
    rows.sort(key=lambda row: (row[0], row[1]), reverse=True)
    rows.sort(key=lambda row: sign * row[2])
    return [Position(row[0], row[1]) for row in rows[:limit]], stop


def _find_stop(
    connection: apsw.Connection, search: Search, chosen: HistoryFilter
) -> Position | None:
    if search.is_by_id:
        return None
    row = fetch_one(connection, *compile_stop(search, chosen.make_page_query(), None))
    return None if row is None else Position(*row)
