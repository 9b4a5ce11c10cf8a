"""Erase the executions that a filter chooses, in any store."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from flightlog.store.query import MAX_IDS, HistoryFilter
from flightlog.store.reader import ExecutionReader
from flightlog.store.summaries import Summary
from flightlog.store.writer import ExecutionWriter


def list_chosen(reader: ExecutionReader, chosen: HistoryFilter) -> Iterator[tuple[Summary, ...]]:
    """
    List all executions that a filter chooses, the newest first.

    Args:
        reader: The history.
        chosen: The filter.

    Yields:
        A page of executions; a bounded search yields empty pages, too.

    Raises:
        InvalidQueryError: The filter can't be used.
    """
    query = chosen.make_page_query(limit=MAX_IDS)
    while True:
        page = reader.list_summaries(query)
        yield page.summaries
        if page.older_cursor is None:
            return
        query = replace(query, cursor=page.older_cursor)


def delete_chosen(
    reader: ExecutionReader,
    writer: ExecutionWriter,
    chosen: HistoryFilter,
    on_progress: Callable[[int], object],
) -> int:
    """
    Erase the executions that a filter chooses, in several transactions.

    Args:
        reader: The history.
        writer: The same history.
        chosen: The filter. Executions that it chooses only after the search has passed them stay.
        on_progress: Called with the number of executions that were erased since the last call.

    Returns:
        The number of erased executions.

    Raises:
        InvalidQueryError: The filter can't be used.
    """
    total = 0
    for page in list_chosen(reader, chosen):
        erased = writer.delete_many([summary.id for summary in page]) if page else 0
        on_progress(erased)
        total += erased
    return total
