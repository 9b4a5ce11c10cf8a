"""
Purge the runs that a query chose: their rows, payloads and messages, and what they left in files.

Their tombstones stay, so that late records don't bring the runs back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flightlog.errors import FlightlogError
from flightlog.logger import ExecutionLogger
from flightlog.purge.database import check_alone, purge_database
from flightlog.purge.lines import clean_by_id, count_in_spool, purge_lines
from flightlog.purge.places import Places
from flightlog.purge.values import OnFile, Outcome, describe_places, purge_spools
from flightlog.spool.directory import REJECTED_SUFFIX
from flightlog.store.deletion import list_chosen
from flightlog.store.query import HistoryFilter
from flightlog.store.sqlite.access import add_suffix
from flightlog.store.sqlite.raw_pages import RawPages
from flightlog.store.sqlite.salvage import recognize

Choose = Callable[[ExecutionLogger], HistoryFilter]
"""Compiles the query for one history."""

_ID_PLACES = {"executions": 1, "node_executions": 1}
"""The place of the execution's id in a row."""


def choose_runs(path: Path, choose: Choose) -> list[str]:
    """
    List the runs of a history that a query chooses.

    Args:
        path: The history; other processes may have it open.
        choose: Compiles the query.

    Returns:
        Their ids.

    Raises:
        StoreError: The history can't be read.
        InvalidQueryError: The query can't be used.
    """
    with ExecutionLogger(path, read_only=True) as logger:
        pages = list_chosen(logger.reader, choose(logger))
        return [summary.id for page in pages for summary in page]


def purge_runs(
    places: Places, choose: Choose, on_file: OnFile
) -> tuple[list[Outcome], frozenset[str]]:
    """
    Erase the runs that a query chooses, from the history, backups, spools and refused records.

    The compression dictionaries, which can hold pieces of the erased payloads, and the search index
    are made anew.

    Args:
        places: The files.
        choose: Compiles the query for each database.
        on_file: Called before each file.

    Returns:
        The outcome for each file, and the ids of the erased runs.

    Raises:
        StoreError: The history can't be rewritten, e.g. because a receiver has it open; nothing was
            changed.
        InvalidQueryError: The query can't be used; nothing was changed.
    """
    check_alone(places.history)
    erased: set[str] = set()
    done: list[Outcome] = []
    for path in (places.history, *places.databases):
        on_file(path)
        try:
            chosen = _erase(path, choose)
        except FlightlogError as error:
            if path == places.history:
                raise
            done.append(Outcome(path=path, fault=str(error)))
            continue
        erased |= chosen
        done.append(describe_places(path, len(chosen), "run"))
    ids = frozenset(erased)
    clean = clean_by_id(ids)
    done += purge_spools(places, clean)
    for path in places.lines:
        if path.name.endswith(REJECTED_SUFFIX):
            done.append(describe_places(path, purge_lines(path, clean), "line"))
    return [outcome for outcome in done if outcome.places or outcome.fault], ids


def _erase(path: Path, choose: Choose) -> set[str]:
    chosen = choose_runs(path, choose)
    if chosen:
        with ExecutionLogger(path) as logger:
            logger.writer.delete_many(chosen)
    purge_database(path, None)
    return set(chosen)


def find_left(places: Places, ids: frozenset[str]) -> list[Path]:
    """
    Search the raw pages of databases, and spools, for erased runs.

    Args:
        places: The files.
        ids: The ids of the erased runs.

    Returns:
        The files and spools that still have rows or messages of these runs.
    """
    clean = clean_by_id(ids)
    databases = (places.history, *places.databases)
    return [
        *(path for path in databases if _has_rows(path, ids)),
        *(path for path in places.spools if count_in_spool(path, clean)),
    ]


def _has_rows(path: Path, ids: frozenset[str]) -> bool:
    pages = RawPages(path, add_suffix(path, "-wal"))
    try:
        for number in range(1, pages.count + 1):
            for row in pages.read_rows(number):
                place = _ID_PLACES.get(recognize(row) or "")
                if place is not None and str(row.values[place]) in ids:
                    return True
    finally:
        pages.close()
    return False
