"""
Order executions by their duration.

No index has this order, so a ranking reads a bounded number of rows: the newest executions that the
filter's indexes find. The result says how far back the ranking went.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from flightlog.store.positions import Position
from flightlog.store.query import HistoryFilter
from flightlog.store.server.scanning import find_accepted, is_answered_by_sql
from flightlog.store.server.selection import SCANNED_ROWS, compile_terms, split_filter
from flightlog.store.server.source import SqlSource
from flightlog.store.summaries import Ranking

_ORDERS: Final[dict[Ranking, str]] = {"longest": "DESC", "shortest": "ASC"}
_NEWEST: Final = "ORDER BY started_at DESC, ordinal DESC"


def rank_by_duration(
    source: SqlSource, chosen: HistoryFilter, ranking: Ranking, limit: int
) -> tuple[list[Position], Position | None]:
    """
    Find the longest or the shortest executions that a filter chooses.

    Args:
        source: The database, within one snapshot.
        chosen: The filter, without terms of payloads.
        ranking: Which executions come first; executions without a duration are left out.
        limit: The largest number of executions.

    Returns:
        The positions in the order of the ranking, and the position of the last row that the ranking
        examined; None if it examined all rows.
    """
    led, left = split_filter(chosen, source.dialect)
    where, bound = compile_terms(led)
    rest, more = compile_terms([("duration_ms IS NOT NULL", ()), *left])
    order = f"duration_ms {_ORDERS[ranking]}, started_at DESC, ordinal DESC"
    # Expressions name the table, because nodes have columns of the same names.
    rows = source.fetch_all(
        f"WITH scanned AS (SELECT * FROM executions WHERE {where} {_NEWEST} LIMIT {SCANNED_ROWS}) "
        f"SELECT * FROM (SELECT started_at, ordinal, 0 AS is_stop FROM scanned AS executions "
        f"WHERE {rest} ORDER BY {order} LIMIT %s) AS ranked "
        f"UNION ALL SELECT * FROM (SELECT started_at, ordinal, 1 AS is_stop FROM scanned "
        f"{_NEWEST} LIMIT 1 OFFSET {SCANNED_ROWS - 1}) AS last",
        (*bound, *more, limit if is_answered_by_sql(chosen, source.dialect) else SCANNED_ROWS),
    )
    found = [Position(*place) for *place, is_stop in rows if not is_stop]
    stop = next((Position(*place) for *place, is_stop in rows if is_stop), None)
    return list(islice(find_accepted(source, chosen, found), limit)), stop
