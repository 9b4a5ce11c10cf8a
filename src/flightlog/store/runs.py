"""
Place and link several runs that share one id.

The newest run of an id has the id itself; each older run has its address (`RunKey.address`).
Deleted runs count too, so that an older run never takes the place of a newer, deleted run. The rows
therefore depend on which runs are known, but not on the order in which the runs arrived. `merging`
joins records into a row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from flightlog.record.model import NO_RUN, RunKey, split_address
from flightlog.store.row_store import RunStatements
from flightlog.store.states import Tombstone


class Placement(Struct, frozen=True, kw_only=True):
    """The rows for the runs of a transaction."""

    row_ids: dict[RunKey, str]
    """The row id of each run, whether or not the row exists; deleted runs are missing."""
    perhaps_stored: tuple[str, ...]
    """The row ids that may exist already; all other row ids are new."""
    contested: tuple[RunKey, ...]
    """The runs whose id has or had other runs."""
    moved: tuple[str, ...]
    """Addresses that became ids of executions, because newer runs took over their former ids."""


class Runs:
    """
    Places and links runs, within transactions that its caller opens.

    Args:
        run: Runs the store's statements on the writing connection.
    """

    def __init__(self, run: RunStatements) -> None:
        self._run = run

    def place(self, keys: Collection[RunKey]) -> Placement:
        """
        Find each run's row, and move the rows of runs whose ids newer runs take over.

        Args:
            keys: The runs of which records arrived.

        Returns:
            The rows for the runs.
        """
        names = dict.fromkeys(key.execution_id for key in keys)
        bound = {"ids": list(names), "no_run": NO_RUN}
        shown = self._run("shown", bound)
        tombstones = self._run("newest_deleted", {"ids": list(names)})
        if not shown and not tombstones and len(names) == len(keys):
            row_ids = {key: key.execution_id for key in keys}
            return Placement(row_ids=row_ids, perhaps_stored=(), contested=(), moved=())
        runs: dict[str, set[str]] = {}
        for execution_id, run_id in (*shown, *tombstones, *keys):
            runs.setdefault(execution_id, set()).add(run_id)
        # The ids of runs grow from start to start, so the greatest one is the newest run, which has
        # the plain id. A deleted run counts, too: no older run may be shown in its place.
        newest = {execution_id: max(its_runs) for execution_id, its_runs in runs.items()}
        deleted = self._find_deleted(keys, {execution_id for execution_id, _ in tombstones})
        contested = tuple(
            key for key in keys if len(runs[key.execution_id]) > 1 and key not in deleted
        )
        row_ids = {
            key: key.execution_id if key.run_id == newest[key.execution_id] else key.address
            for key in keys
            if key not in deleted
        }
        stored = {execution_id for execution_id, _ in shown}.union(
            key.execution_id for key in contested
        )
        return Placement(
            row_ids=row_ids,
            perhaps_stored=tuple(
                row_id for key, row_id in row_ids.items() if key.execution_id in stored
            ),
            contested=contested,
            moved=tuple(
                self._move(RunKey(execution_id, run_id))
                for execution_id, run_id in shown
                if run_id != newest[execution_id]
            ),
        )

    def _find_deleted(self, keys: Collection[RunKey], ids: Collection[str]) -> set[RunKey]:
        if not ids:
            return set()
        wanted = [key for key in keys if key.execution_id in ids]
        bound = {
            "ids": [key.execution_id for key in wanted],
            "run_ids": [key.run_id for key in wanted],
        }
        return {RunKey(*row) for row in self._run("deleted", bound)}

    def link(self, placement: Placement) -> list[str]:
        """
        Link the runs of contested ids with the runs before and after them.

        Call this after the rows of the runs are written.

        Args:
            placement: The result of `place`.

        Returns:
            The ids of executions whose links changed.
        """
        if not placement.contested:
            return []
        older = [key for key in placement.contested if placement.row_ids[key] == key.address]
        for key in older:
            self._run("set_reused_id", {"id": key.execution_id, "address": key.address})
        changed = []
        for key in placement.contested:
            bound = {"id": key.execution_id, "run_id": key.run_id, "no_run": NO_RUN}
            before = [run_id for run_id in self._run("before", bound)[0] if run_id is not None]
            if before:
                previous = RunKey(key.execution_id, max(before))
                changed += self._set_previous(placement.row_ids[key], previous)
            for row_id in self._list_runs_after(key, bound):
                changed += self._set_previous(row_id, key)
        return changed

    def note_deleted(self, tombstones: Sequence[Tombstone]) -> tuple[list[str], tuple[RunKey, ...]]:
        """
        Remember deletions of runs that are not stored.

        Args:
            tombstones: The deletions.

        Returns:
            The ids of executions that moved or whose links changed, and the runs that are stored.
        """
        absent: list[Tombstone] = []
        stored: list[Tombstone] = []
        for each in tombstones:
            (stored if self._is_stored(each.run) else absent).append(each)
        for each in absent:
            self._run("remember", {**each.run._asdict(), "deleted_at": each.deleted_at})
        changed = list(self.place([each.run for each in absent]).moved)
        for key in (each.run for each in absent):
            bound = {"id": key.execution_id, "run_id": key.run_id, "no_run": NO_RUN}
            for row_id in self._list_runs_after(key, bound):
                changed += self._set_previous(row_id, key)
        return changed, tuple(each.run for each in stored)

    def _is_stored(self, key: RunKey) -> bool:
        bound = {"id": key.execution_id, "address": key.address, "no_run": NO_RUN}
        return bool(self._run("run_stored", {**bound, "run_id": key.run_id}))

    def _move(self, key: RunKey) -> str:
        # Defer the foreign keys, because the node rows refer to the old id until they are renamed
        # too.
        self._run("defer_keys", {})
        bound = {"id": key.execution_id, "address": key.address}
        self._run("rename", bound)
        self._run("rename_nodes", bound)
        return key.address

    def _list_runs_after(self, key: RunKey, bound: dict[str, str]) -> Iterable[str]:
        for (row_id,) in self._run("after", bound):
            return [row_id]
        shown = self._run("run_shown", bound)
        return [key.execution_id] if shown and shown[0][0] > key.run_id else []

    def _set_previous(self, row_id: str, previous: RunKey) -> list[str]:
        rows = self._run("set_previous", {"id": row_id, "previous": previous.address})
        return [str(row[0]) for row in rows]


def resolve_address(run: RunStatements, execution_id: str) -> str:
    """
    Find the current id of a run in the history.

    Args:
        run: Runs the store's statements on any connection.
        execution_id: An execution's id, or the address of a run; the address may differ from the
            run's current id.

    Returns:
        The id under which the run is shown; `execution_id` itself if it is not such an address.
    """
    key = split_address(execution_id)
    if key is None:
        return execution_id
    shown = run("run_shown", {"id": key.execution_id, "no_run": NO_RUN})
    return key.execution_id if shown and shown[0][0] == key.run_id else key.address
