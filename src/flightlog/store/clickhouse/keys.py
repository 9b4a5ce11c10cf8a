"""Find the runs of ids, the rows that show them, and the run before each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from typing import Final

from flightlog.record.model import RunKey, split_address
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.schema import EXECUTION_KEY


class KnownRuns:
    """
    The runs of some ids.

    Args:
        stored: The runs that are stored.
        deleted: The runs that were deleted.
    """

    def __init__(self, stored: frozenset[RunKey], deleted: frozenset[RunKey]) -> None:
        self.stored: Final = stored
        self.deleted: Final = deleted
        self._by_id: dict[str, list[RunKey]] = {}
        for run in sorted(stored | deleted):
            self._by_id.setdefault(run.execution_id, []).append(run)

    def list_runs(self, execution_id: str) -> list[RunKey]:
        """
        List the runs of an id, also deleted ones.

        Args:
            execution_id: The id.

        Returns:
            The runs, the oldest first.
        """
        return self._by_id.get(execution_id, [])

    def list_shared_ids(self) -> set[str]:
        """
        List the ids that several runs share.

        Returns:
            The ids.
        """
        return {each for each, runs in self._by_id.items() if len(runs) > 1}

    def find_previous(self, run: RunKey) -> RunKey | None:
        """
        Find the run before a run.

        Args:
            run: The run.

        Returns:
            The newest older run of its id; None where there is none.
        """
        runs = self.list_runs(run.execution_id)
        place = bisect_left(runs, run)
        return runs[place - 1] if place else None

    def find_affected(self, run: RunKey) -> list[RunKey]:
        """
        Find the run that a new run changes.

        Args:
            run: The new run.

        Returns:
            The run after it, whose link changes; if it is the newest, the run before it, whose id
            it takes.
        """
        runs = self.list_runs(run.execution_id)
        place = bisect_left(runs, run)
        return runs[place + 1 : place + 2] or runs[max(0, place - 1) : place]

    def find_row_id(self, run: RunKey) -> str:
        """
        Find the id under which a run is shown.

        Args:
            run: The run.

        Returns:
            The id if the run is the newest one of its id; the run's address otherwise.
        """
        runs = self.list_runs(run.execution_id)
        return run.execution_id if not runs or runs[-1] <= run else run.address

    def find_run(self, row_id: str) -> RunKey | None:
        """
        Find the run that is shown under an id or an address.

        Args:
            row_id: An id, or the address of a run.

        Returns:
            The stored run; None where there is none.
        """
        key = split_address(row_id)
        if key is None:
            runs = self.list_runs(row_id)
            key = runs[-1] if runs else None
        return key if key in self.stored else None


def find_started_id(row_id: str) -> str:
    """
    Find the id under which a run was started.

    Args:
        row_id: An id, or the address of a run.

    Returns:
        The id.
    """
    key = split_address(row_id)
    return row_id if key is None else key.execution_id


def read_runs(connection: Connection, ids: Iterable[str]) -> KnownRuns:
    """
    Read which runs of ids are stored or deleted.

    Args:
        connection: The connection.
        ids: The ids that the runs were started under.

    Returns:
        The runs.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return KnownRuns(frozenset(), frozenset())
    database = connection.database
    rows = connection.fetch_all(
        f"SELECT DISTINCT execution_id, run_id, 0 FROM {database}.execution_registers "
        "WHERE execution_id IN %(ids)s UNION ALL "
        f"SELECT DISTINCT execution_id, run_id, 1 FROM {database}.deleted_executions "
        "WHERE execution_id IN %(ids)s",
        {"ids": wanted},
    )
    deleted = frozenset(RunKey(*run) for *run, is_deleted in rows if is_deleted)
    stored = frozenset(RunKey(*run) for *run, is_deleted in rows if not is_deleted)
    return KnownRuns(stored - deleted, deleted)


def note_reused_ids(connection: Connection, ids: Collection[str]) -> KnownRuns:
    """
    Note which ids several runs share; call this after the runs were inserted.

    Each receiver checks this after its own insertion, so the last one of several sees all runs.

    Args:
        connection: The connection.
        ids: The ids of the inserted or deleted runs.

    Returns:
        All runs of the ids.
    """
    known = read_runs(connection, ids)
    rows = sorted(run for each in known.list_shared_ids() for run in known.list_runs(each))
    connection.insert("reused_ids", EXECUTION_KEY, [tuple(run) for run in rows])
    return known
