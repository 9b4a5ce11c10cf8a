"""
Remove old executions until a history is within its limits.

Each portion is one short transaction, so that writers wait at most for one portion. Within a byte
budget an old execution goes in three stages: first its payloads, then its node executions, at last
the whole execution. A later stage begins at `_STAGE_FACTOR` times the age of the stage before, and
failed executions stay `_FAILURE_FACTOR` times as long as successful ones. The ages that this gives
depend on the load; the history is always as long as the budget allows.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

import apsw

from flightlog.clock import Clock
from flightlog.store.retention import Pruned, RetentionLimits
from flightlog.store.sqlite.erase import Eraser
from flightlog.store.sqlite.pace import PORTION_S
from flightlog.store.sqlite.queries import fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.removed_days import bound_removed, forget_oldest_removed

_STAGE_FACTOR: Final = 3
_FAILURE_FACTOR: Final = 10
_BATCH_S: Final = 0.003
_FIRST_BATCH: Final = 8
_LARGEST_BATCH: Final = 32
_LOG_SHARE: Final = 4
"""The write-ahead log gets at most this part of a budget."""
LONG_PORTION_S: Final = 0.03
"""The time of a portion if records arrive faster than old ones go, seconds."""
_EXCESS_SHARE: Final = 100
"""From this part of a budget on, an excess is more than a little."""
_SPARE_SHARE: Final = 20
_SPARE_BYTES: Final = 16 * 2**20

_queries: Final = load_queries("retention.sql")


class Stage(IntEnum):
    """How much of an execution is removed."""

    PAYLOADS = 0
    NODES = 1
    EXECUTION = 2


class _Old(NamedTuple):
    ordinal: int
    id: str
    started_at: str


class _Queue:
    """The executions of one status that wait for one stage, the oldest first."""

    def __init__(self, status: str, stage: Stage) -> None:
        self._status = status
        self.stage = stage
        longer = _FAILURE_FACTOR if status == "error" else 1
        self._weight = 1.0 / float(_STAGE_FACTOR ** int(stage) * longer)
        self._place = ("", 0)
        self._found: list[_Old] = []
        self._is_at_end = False

    def restart(self) -> None:
        """Begin again with the oldest, because executions that had to stay may have become free."""
        self._place = ("", 0)

    def look(self, connection: apsw.Connection, number: int) -> None:
        """
        Read the next executions afresh, because others may have changed them since the last look.

        Args:
            connection: The writing connection.
            number: How many executions to examine.
        """
        rows = fetch_all(connection, _queries["next_ended"], (self._status, *self._place, number))
        self._is_at_end = len(rows) < number
        self._found = [_Old(*row[:3]) for row in rows if not row[3]]
        if rows and not self._found:
            self._place = rows[-1][2], rows[-1][0]

    def urgency(self, now: datetime) -> float:
        """
        Weigh the age of the oldest execution; the most urgent queue goes first.

        Args:
            now: The current time.

        Returns:
            The weighted age in seconds; negative when nothing waits.
        """
        if not self._found:
            return -1.0
        return self._weigh(self._found[0], now)

    def _weigh(self, old: _Old, now: datetime) -> float:
        age = (now - datetime.fromisoformat(old.started_at)).total_seconds()
        return max(0.0, age) * self._weight

    def take(self, before: str) -> list[_Old]:
        """
        Take executions of the last look.

        Args:
            before: Only those that started before this time.

        Returns:
            The executions.
        """
        return self._pass([each for each in self._found if each.started_at < before])

    def take_urgent(self, now: datetime, urgency: float) -> list[_Old]:
        """
        Take executions of the last look that are at least as urgent as another queue.

        Args:
            now: The current time.
            urgency: The urgency of the other queue.

        Returns:
            The executions.
        """
        return self._pass([each for each in self._found if self._weigh(each, now) >= urgency])

    def _pass(self, taken: list[_Old]) -> list[_Old]:
        if taken:
            self._place = taken[-1].started_at, taken[-1].ordinal
        return taken

    @property
    def has_only_kept(self) -> bool:
        """Whether the last look saw only executions that have to stay, and more follow."""
        return not self._found and not self._is_at_end


class Remover(Protocol):
    """Removes what a `Pruner` chose, or only estimates what removing it would free."""

    def used_bytes(self) -> int:
        """
        Measure the history.

        Returns:
            The size without free pages, bytes.
        """
        ...

    def remove(self, stage: Stage, ordinals: Sequence[int]) -> int:
        """
        Remove a part of executions.

        Args:
            stage: The part.
            ordinals: The executions.

        Returns:
            For how many executions something was removed.
        """
        ...

    def forget_removed(self) -> bool:
        """
        Forget the oldest counts of removed executions.

        Returns:
            False when there are none.
        """
        ...


class Pruner:
    """
    Chooses what goes until a history is within limits.

    Args:
        connection: The connection that reads the executions.
        remover: Removes what was chosen.
        clock: The time by which ages are computed.
        wal_limit_bytes: The size that the write-ahead log may have.
    """

    def __init__(
        self, connection: apsw.Connection, remover: Remover, clock: Clock, wal_limit_bytes: int
    ) -> None:
        self._connection = connection
        self._remover = remover
        self._clock = clock
        self._wal_limit_bytes = wal_limit_bytes
        self._batch = _FIRST_BATCH
        self._queues = [_Queue(status, stage) for stage in Stage for status in ("success", "error")]
        self._outdated = {
            status: _Queue(status, Stage.EXECUTION) for status in ("success", "error")
        }
        self.changed: list[str] = []
        """The ids of the executions that the last portion changed or erased."""

    def prune(
        self,
        limits: RetentionLimits,
        portion_s: float = PORTION_S,
        is_wanted: Callable[[], bool] = bool,
    ) -> Pruned:
        """
        Remove one portion of what exceeds the limits; call this within a transaction.

        Args:
            limits: The limits.
            portion_s: The portion ends at the first batch after this time, seconds.
            is_wanted: Whether others wait for the history; the portion then ends after the batch.

        Returns:
            The removed parts, and whether more exceeds the limits.
        """
        end = time.perf_counter() + portion_s
        used_bytes = self._remover.used_bytes()
        self.changed = []
        removed: Counter[Stage] = Counter()
        more = False
        for stage, batch in self._choose(limits):
            begin = time.perf_counter()
            if batch:
                removed[stage] += self._remover.remove(stage, [each.ordinal for each in batch])
                self.changed += [each.id for each in batch]
                self._adapt(len(batch), time.perf_counter() - begin)
            if time.perf_counter() > end or (batch and is_wanted()):
                more = True
                break
        if not more:
            self._restart()
        return Pruned(
            executions=removed[Stage.EXECUTION],
            without_nodes=removed[Stage.NODES],
            without_payloads=removed[Stage.PAYLOADS],
            freed_bytes=max(0, used_bytes - self._remover.used_bytes()),
            more=more,
        )

    def is_far_over(self, max_bytes: int) -> bool:
        """
        Check whether the history is over its budget by more than a little.

        Args:
            max_bytes: The budget, bytes.

        Returns:
            True if records arrive faster than old ones go.
        """
        excess = self._remover.used_bytes() - self.target_bytes(max_bytes)
        return excess * _EXCESS_SHARE > max_bytes

    def _restart(self) -> None:
        for queue in (*self._queues, *self._outdated.values()):
            if queue.stage is Stage.EXECUTION:
                queue.restart()

    def _adapt(self, number: int, took_s: float) -> None:
        fitting = int(number * _BATCH_S / max(took_s, 1e-6))
        self._batch = max(1, min(fitting, 2 * self._batch, _LARGEST_BATCH))

    def _choose(self, limits: RetentionLimits) -> Iterator[tuple[Stage, list[_Old]]]:
        for status, before in (
            ("success", limits.successful_before),
            ("error", limits.failed_before),
        ):
            if before is not None:
                yield from self._choose_outdated(self._outdated[status], before)
        if limits.per_workflow is not None:
            yield from self._choose_crowding(limits.per_workflow)
        if limits.max_bytes is not None:
            yield from self._choose_over_budget(limits.max_bytes)

    def _choose_outdated(self, queue: _Queue, before: str) -> Iterator[tuple[Stage, list[_Old]]]:
        while True:
            queue.look(self._connection, self._batch)
            old = queue.take(before)
            if not old and not queue.has_only_kept:
                return
            yield queue.stage, old

    def _choose_crowding(self, kept: int) -> Iterator[tuple[Stage, list[_Old]]]:
        for (workflow_id,) in fetch_all(self._connection, _queries["crowded_workflows"], (kept,)):
            row = fetch_one(self._connection, _queries["newest_kept"], (workflow_id, kept - 1))
            place = ("", 0)
            while row is not None:
                rows = fetch_all(
                    self._connection,
                    _queries["oldest_of_workflow"],
                    (workflow_id, row[0], *place, self._batch),
                )
                if not rows:
                    break
                old = [_Old(*found) for found in rows]
                place = old[-1].started_at, old[-1].ordinal
                yield Stage.EXECUTION, old

    def _choose_over_budget(self, max_bytes: int) -> Iterator[tuple[Stage, list[_Old]]]:
        now = self._clock()
        for queue in self._queues:
            queue.look(self._connection, self._batch)
        while self._remover.used_bytes() > self.target_bytes(max_bytes):
            *_, second, chosen = sorted(self._queues, key=lambda queue: queue.urgency(now))
            if chosen.urgency(now) >= 0:
                yield chosen.stage, chosen.take_urgent(now, second.urgency(now))
                chosen.look(self._connection, self._batch)
                continue
            unclear = [queue for queue in self._queues if queue.has_only_kept]
            if not unclear:
                # Only what has to stay is left, and the statistics.
                if not self._remover.forget_removed():
                    return
                yield Stage.EXECUTION, []
                continue
            for queue in unclear:
                queue.look(self._connection, self._batch)
            yield Stage.EXECUTION, []

    def target_bytes(self, max_bytes: int) -> int:
        """Compute the size that a budget leaves for the file; see `compute_target`."""
        return compute_target(max_bytes, self._wal_limit_bytes)


class PortionRemover:
    """
    Removes portions from one open file; the caller opens the transactions.

    Args:
        connection: The writing connection.
        eraser: Erases executions and their parts.
    """

    def __init__(self, connection: apsw.Connection, eraser: Eraser) -> None:
        self._connection = connection
        self._eraser = eraser

    def used_bytes(self) -> int:
        """Measure the history; see `Remover.used_bytes`."""
        pages, free, page_bytes = _measure(self._connection)
        return (pages - free) * page_bytes

    def remove(self, stage: Stage, ordinals: Sequence[int]) -> int:
        """Remove a part of executions; see `Remover.remove`."""
        if stage is Stage.PAYLOADS:
            self._eraser.erase_payloads(ordinals)
        elif stage is Stage.NODES:
            self._eraser.erase_nodes(ordinals)
        else:
            self._eraser.erase_outdated(ordinals)
        return len(ordinals)

    def forget_removed(self) -> bool:
        """Forget the oldest counts of removed executions; see `Remover.forget_removed`."""
        return forget_oldest_removed(self._connection)

    def bound_notes(self) -> None:
        """Forget dead processes without executions, and old counts, so that both are bounded."""
        self._connection.execute(_queries["forget_processes"])
        bound_removed(self._connection)

    def shrink(self, target_bytes: int | None) -> bool:
        """
        Return some free pages to the file system; call this between transactions.

        A few free pages stay, because new executions need them.

        Args:
            target_bytes: The size that the file should have; None for no size.

        Returns:
            Whether more pages should be returned.
        """
        pages, free, page_bytes = _measure(self._connection)
        spare = max(pages // _SPARE_SHARE, _SPARE_BYTES // page_bytes)
        is_over = target_bytes is not None and pages * page_bytes > target_bytes
        wanted = free if is_over else free - spare
        if wanted <= 0 or not self._connection.pragma("auto_vacuum"):
            return False
        returned = self._eraser.shrink(wanted)
        return 0 < returned < wanted


class EstimatingRemover:
    """
    Removes nothing, and estimates what removing would free, for `flightlog prune --dry-run`.

    Args:
        connection: Any connection, within a transaction.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        pages, free, page_bytes = _measure(connection)
        self._used_bytes = (pages - free) * page_bytes
        self._erased: set[int] = set()

    def used_bytes(self) -> int:
        """Return the size that the history would have; see `Remover.used_bytes`."""
        return self._used_bytes

    def remove(self, stage: Stage, ordinals: Sequence[int]) -> int:
        """Subtract what a part of executions takes; see `Remover.remove`."""
        left = [ordinal for ordinal in ordinals if ordinal not in self._erased]
        if stage is Stage.EXECUTION:
            self._erased.update(left)
        parts = Stage if stage is Stage.EXECUTION else (stage,)
        for part in parts:
            name = f"estimate_{part.name.lower()}"
            row = fetch_one(self._connection, _queries[name], (json.dumps(left),))
            self._used_bytes -= (row and row[0]) or 0
        return len(left)

    def forget_removed(self) -> bool:
        """Forget nothing, because the counts take little; see `Remover.forget_removed`."""
        return False


def compute_target(max_bytes: int, wal_limit_bytes: int) -> int:
    """
    Compute the size that a budget leaves for the database's file.

    Args:
        max_bytes: The budget, which includes the write-ahead log, bytes.
        wal_limit_bytes: The size that the write-ahead log may have.

    Returns:
        The size in bytes.
    """
    return max_bytes - min(wal_limit_bytes, max_bytes // _LOG_SHARE)


def _measure(connection: apsw.Connection) -> tuple[int, int, int]:
    names = ("page_count", "freelist_count", "page_size")
    pages, free, page_bytes = (int(connection.pragma(name)) for name in names)
    return pages, free, page_bytes
