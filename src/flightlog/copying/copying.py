"""
`Copy`: copies a history into another one, and compares the two.

Storing a state is a join, so nothing in the target is lost, and a copy can be interrupted and
repeated at any place. A copy has these steps:

1. Join the states of all executions; the progress is kept after each page.
2. Compare the hashes of all states, and join each state again that differs.
3. Join the ledger as it was before the second step, because all its records have arrived now.
4. Remember the deletions, and add the saved queries.
5. Join the counts of the executions that retention has removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Final, Literal, TypeAlias, TypeVar

from msgspec import Struct

from flightlog.copying.progress import Place, ProgressFile
from flightlog.copying.states import (
    Hashed,
    contains,
    has_removed_payload,
    hash_runs,
    leave_out_removed,
    read_pages,
    read_state,
)
from flightlog.errors import InvalidQueryError
from flightlog.record.model import RunKey
from flightlog.record.state import ExecutionState
from flightlog.store.reader import ExecutionReader
from flightlog.store.removed_days import RemovedDay, choose_executions, leave_out
from flightlog.store.results import LogResult
from flightlog.store.states import MAX_STATES, ProcessNumbers, StatePage, Tombstone
from flightlog.store.writer import ExecutionWriter

Step: TypeAlias = Literal["copy", "compare"]
OnProgress: TypeAlias = Callable[[Step, int], None]
"""Takes the step and the number of executions of the source that it has done."""

Item = TypeVar("Item")

_BATCH: Final = 1_000


class Copied(Struct, kw_only=True):
    """The result of a copy."""

    created: int = 0
    """Executions that the target did not have."""
    changed: int = 0
    """Executions of which the target did not know everything."""
    unchanged: int = 0
    """Executions of which the target knew everything."""
    deleted: int = 0
    """Executions that were deleted in the target, and stay deleted."""
    kept: int = 0
    """Executions that were deleted in the source, and are in the target."""
    erased: int = 0
    """Executions that were erased in the target because they were deleted in the source."""
    equal: int = 0
    """Executions with the same hash in both histories."""
    greater: int = 0
    """Executions of which the target knows more than the source."""
    different: list[str] = []
    """The names of runs that the target still lacks, or lacks a part of."""
    saved_queries: int = 0
    """Saved queries that were added."""
    other_queries: list[str] = []
    """The names of saved queries that are other queries in the target, and stay as they are."""

    def note(self, result: LogResult) -> None:
        """
        Count the result of joining a page.

        Args:
            result: The result.
        """
        self.created += result.created
        self.changed += result.changed
        self.unchanged += result.unchanged


class Copy:
    """
    One copy from a source to a target; neither is closed.

    Args:
        source: The history to read.
        target: The history to change.
        writer: Changes the target.
        progress: Keeps the place of the copy.
        on_progress: Called after each page.
        erases: Whether to erase in the target what was deleted in the source.
    """

    def __init__(
        self,
        source: ExecutionReader,
        target: ExecutionReader,
        writer: ExecutionWriter,
        progress: ProgressFile,
        on_progress: OnProgress = lambda _step, _executions: None,
        *,
        erases: bool = False,
    ) -> None:
        self._source = source
        self._target = target
        self._writer = writer
        self._progress = progress
        self._on_progress = on_progress
        self._erases = erases
        self._result = Copied()

    def run(self) -> Copied:
        """
        Copy everything, and compare the executions.

        Returns:
            The numbers of executions, and the differences that remain.

        Raises:
            StoreError: A history can't be read or written; a later copy goes on from here.
        """
        self._copy_states()
        ledger = list(self._read_ledger())
        self._compare()
        for processes in _divide(ledger, _BATCH):
            self._writer.merge_process_numbers(processes)
        self._copy_deletions()
        self._copy_queries()
        self._copy_removed_days()
        self._progress.remove()
        return self._result

    def _copy_states(self) -> None:
        place = self._progress.read()
        done = 0 if place is None else place.executions
        last: RunKey | None = None
        for page in self._read_pages_from(place):
            result = self._writer.merge_states([self._prepare(state) for state in page.states])
            self._result.note(result)
            runs = [state.run for state in page.states]
            done += len(runs) - (1 if runs and runs[0] == last else 0)
            last = runs[-1] if runs else last
            if page.next_cursor is not None:
                self._progress.write(Place(cursor=page.next_cursor, executions=done))
            self._on_progress("copy", done)

    def _read_pages_from(self, place: Place | None) -> Iterator[StatePage]:
        if place is not None:
            try:
                first = self._source.read_states(None, place.cursor)
            except InvalidQueryError:
                # The place comes from another version.
                pass
            else:
                rest = read_pages(self._source, None, first.next_cursor)
                return chain([first], rest if first.next_cursor is not None else ())
        return read_pages(self._source)

    def _prepare(self, state: ExecutionState) -> ExecutionState:
        if not has_removed_payload(state):
            return state
        known = read_state(self._target, state.run)
        return state if known is None else leave_out_removed(state, known)

    def _read_ledger(self) -> Iterator[ProcessNumbers]:
        after = None
        while processes := self._source.read_process_numbers(after, _BATCH):
            yield from processes
            after = processes[-1].process_id

    def _compare(self) -> None:
        done = 0
        parts = (part for page in read_pages(self._source) for part in page.states)
        for chunk in _divide(hash_runs(parts), MAX_STATES):
            found = self._hash_in_target([hashed.run for hashed in chunk])
            for hashed in chunk:
                self._compare_run(hashed, found.get(hashed.run))
            done += len(chunk)
            self._on_progress("compare", done)

    def _hash_in_target(self, runs: Sequence[RunKey]) -> dict[RunKey, Hashed]:
        parts = (part for page in read_pages(self._target, runs) for part in page.states)
        return {hashed.run: hashed for hashed in hash_runs(parts)}

    def _compare_run(self, source: Hashed, target: Hashed | None) -> None:
        if (
            target is not None
            and source.digest == target.digest
            and source.starred <= target.starred
        ):
            self._result.equal += 1
            return
        state = read_state(self._source, source.run)
        if state is None:
            # It was deleted meanwhile.
            return
        state = self._prepare(state)
        if self._writer.merge_states([state]).deleted:
            self._result.deleted += 1
            return
        known = read_state(self._target, source.run)
        if known is None or not contains(known, state):
            self._result.different.append(source.run.name)
        elif contains(state, known):
            self._result.equal += 1
        else:
            self._result.greater += 1

    def _copy_deletions(self) -> None:
        for tombstones in _divide(self._read_tombstones(), _BATCH):
            kept = self._writer.merge_tombstones(tombstones)
            if self._erases and kept:
                self._result.erased += self._writer.delete_many([run.address for run in kept])
            else:
                self._result.kept += len(kept)

    def _read_tombstones(self) -> Iterable[Tombstone]:
        after = None
        while tombstones := self._source.read_tombstones(after, _BATCH):
            yield from tombstones
            after = tombstones[-1].run

    def _copy_queries(self) -> None:
        known = {each.name: each.query for each in self._target.list_saved_queries()}
        for each in self._source.list_saved_queries():
            if each.name not in known:
                self._writer.save_query(each.name, each.query)
                self._result.saved_queries += 1
            elif known[each.name] != each.query:
                self._result.other_queries.append(each.name)

    def _copy_removed_days(self) -> None:
        after = None
        while days := self._source.read_removed_days(after, _BATCH):
            left = [self._leave_out_kept(day) for day in days]
            self._writer.merge_removed_days([day for day in left if day.success or day.error])
            after = days[-1].place

    def _leave_out_kept(self, day: RemovedDay) -> RemovedDay:
        # The target may be an archive, which has executions that the source has removed.
        chosen = choose_executions(day)
        here, there = self._source.read_stats(chosen), self._target.read_stats(chosen)
        return leave_out(day, there.success - here.success, there.error - here.error)


def _divide(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
