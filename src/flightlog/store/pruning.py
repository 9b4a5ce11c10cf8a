"""
Choose what goes until a history is within its limits; shared by the stores.

Each portion is one short transaction, so that writers wait at most for one portion. Within a byte
budget an old execution goes in three stages: first its payloads, then its node executions, at last
the whole execution. A later stage begins at `_STAGE_FACTOR` times the age of the stage before, and
failed executions stay `_FAILURE_FACTOR` times as long as successful ones. The ages that this gives
depend on the load; the history is always as long as the budget allows.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from flightlog.clock import Clock
from flightlog.store.retention import Pruned, RetentionLimits
from flightlog.store.row_functions import Row

_STAGE_FACTOR: Final = 3
_FAILURE_FACTOR: Final = 10
_FIRST_BATCH: Final = 8
_EXCESS_SHARE: Final = 100
"""From this part of a budget on, an excess is more than a little."""


class Batches(NamedTuple):
    """The size of the batches that go at once."""

    largest: int
    """The most executions of a batch."""
    took_s: float
    """The time that a batch should take, seconds."""


class PruneReads(Protocol):
    """The executions that may go, as a store finds them."""

    def fetch_ended(self, status: str, place: tuple[str, int], number: int) -> list[Row]:
        """
        Find the next executions of a status in the order of their starts, after a place.

        Each row has the ordinal, the id, the start, and whether the execution has to stay.
        """
        ...

    def fetch_crowded_workflows(self, kept: int) -> list[str]:
        """List the workflows that have more executions than a number."""
        ...

    def find_newest_kept(self, workflow_id: str, kept: int) -> tuple[str, int] | None:
        """Find the start and ordinal of the last of a workflow's newest executions that stay."""
        ...

    def fetch_oldest(
        self, workflow_id: str, before: tuple[str, int], place: tuple[str, int], number: int
    ) -> list[Row]:
        """
        Find the next executions of a workflow, after a place and before another one.

        Each row has the ordinal, the id and the start. Executions that have to stay are left out.
        """
        ...


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

    def look(self, reads: PruneReads, number: int) -> None:
        """
        Read the next executions afresh, because others may have changed them since the last look.

        Args:
            reads: Finds the executions.
            number: How many executions to examine.
        """
        rows = reads.fetch_ended(self._status, self._place, number)
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
        reads: Finds the executions.
        remover: Removes what was chosen.
        clock: The time by which ages are computed.
        batches: The size of the batches.
        compute_target: Computes the size that a budget leaves for what `used_bytes` measures.
    """

    def __init__(
        self,
        reads: PruneReads,
        remover: Remover,
        clock: Clock,
        *,
        batches: Batches,
        compute_target: Callable[[int], int] = int,
    ) -> None:
        self._reads = reads
        self._remover = remover
        self._clock = clock
        self._batches = batches
        self.target_bytes = compute_target
        """Computes the size that a budget leaves for what `Remover.used_bytes` measures."""
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
        portion_s: float,
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
        fitting = int(number * self._batches.took_s / max(took_s, 1e-6))
        self._batch = max(1, min(fitting, 2 * self._batch, self._batches.largest))

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
            queue.look(self._reads, self._batch)
            old = queue.take(before)
            if not old and not queue.has_only_kept:
                return
            yield queue.stage, old

    def _choose_crowding(self, kept: int) -> Iterator[tuple[Stage, list[_Old]]]:
        for workflow_id in self._reads.fetch_crowded_workflows(kept):
            before = self._reads.find_newest_kept(workflow_id, kept)
            place = ("", 0)
            while before is not None:
                rows = self._reads.fetch_oldest(workflow_id, before, place, self._batch)
                if not rows:
                    break
                old = [_Old(*found) for found in rows]
                place = old[-1].started_at, old[-1].ordinal
                yield Stage.EXECUTION, old

    def _choose_over_budget(self, max_bytes: int) -> Iterator[tuple[Stage, list[_Old]]]:
        now = self._clock()
        for queue in self._queues:
            queue.look(self._reads, self._batch)
        while self._remover.used_bytes() > self.target_bytes(max_bytes):
            *_, second, chosen = sorted(self._queues, key=lambda queue: queue.urgency(now))
            if chosen.urgency(now) >= 0:
                yield chosen.stage, chosen.take_urgent(now, second.urgency(now))
                chosen.look(self._reads, self._batch)
                continue
            unclear = [queue for queue in self._queues if queue.has_only_kept]
            if not unclear:
                # Only what has to stay is left, and the statistics.
                if not self._remover.forget_removed():
                    return
                yield Stage.EXECUTION, []
                continue
            for queue in unclear:
                queue.look(self._reads, self._batch)
            yield Stage.EXECUTION, []
