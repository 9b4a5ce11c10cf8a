"""
Say what takes the space of a history, and what its limits remove next; shared by the stores.

Each step is one short read transaction, so that the write-ahead log can be emptied in between. The
time is bounded: a number of executions of each workflow is measured and stands for the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from msgspec import Struct

from flightlog.clock import Clock
from flightlog.record.times import normalize_time
from flightlog.store.pruning import Pruner, Remover, Stage
from flightlog.store.retention import RetentionLimits, RetentionPolicy
from flightlog.store.row_functions import Row
from flightlog.store.space import (
    DaySpace,
    ProtectedSpace,
    Removal,
    RemovedPart,
    RemovedRuns,
    Space,
    SpaceParts,
    WorkflowSpace,
)

_SHOWN_WORKFLOWS: Final = 200
_SHOWN_REMOVED: Final = 100
_SHOWN_DAYS: Final = 14
_GROWTH_DAYS: Final = 7
_SAMPLES: Final = 1_500
"""The number of executions that are measured, over all workflows."""
_FEWEST, _MOST = 3, 40
_NEWEST: Final = 6
"""The newest executions of a workflow that stand for those to come."""
_MEASURED_NODES: Final = 300
_PORTION: Final = 100
"""The executions that one transaction measures."""
PREVIEW_S: Final = 0.15
_LOG_SHARE: Final = 4
"""The write-ahead log gets at most this part of a budget."""
_SMALLEST_SHARE: Final = 200
"""The preview covers at least this part of the used space, even if nothing grows."""
_PARTS: Final[Mapping[Stage, RemovedPart]] = {
    Stage.PAYLOADS: "payloads",
    Stage.NODES: "nodes",
    Stage.EXECUTION: "executions",
}


class Size(NamedTuple):
    """The estimated bytes of executions."""

    rows: float = 0.0
    payloads: float = 0.0

    def times(self, factor: float) -> Size:
        """
        Multiply both sizes.

        Args:
            factor: The factor.

        Returns:
            The product.
        """
        return Size(self.rows * factor, self.payloads * factor)

    def plus(self, other: Size) -> Size:
        """
        Add another size.

        Args:
            other: The other size.

        Returns:
            The sum.
        """
        return Size(self.rows + other.rows, self.payloads + other.payloads)


class SpaceReads(Protocol):
    """
    Reads what a measurement needs from one snapshot.

    Rows of executions begin with the ordinal, the id and the workflow's name.
    """

    def fetch_days(self) -> list[Row]:
        """
        Count the executions of each workflow by day.

        Each row has the workflow, the day, the number, and the last hour in which an execution
        ended well.
        """
        ...

    def measure_parts(self, runs: int) -> SpaceParts:
        """Measure the parts of the history, which has a number of executions."""
        ...

    def fetch_newest(self, workflow_id: str, number: int) -> list[Row]:
        """Find a workflow's newest executions."""
        ...

    def fetch_from(self, workflow_id: str, begins: Sequence[str]) -> list[Row]:
        """Find a workflow's first execution from each time on."""
        ...

    def find_newest_good(self, workflow_id: str, hour: str) -> Row | None:
        """Find a workflow's newest successful execution, from an hour on."""
        ...

    def count_starred(self) -> int:
        """Count the starred executions."""
        ...

    def fetch_starred(self, number: int) -> list[Row]:
        """Find starred executions, the newest first."""
        ...

    def measure_runs(self, runs: Sequence[Row], most_nodes: int) -> Size:
        """Add up the bytes of executions, by the first nodes of each and parts of payloads."""
        ...

    def make_remover(self) -> Remover:
        """Make what estimates a removal."""
        ...

    def make_pruner(self, remover: Remover) -> Pruner:
        """Make what chooses the executions to remove."""
        ...

    def describe_runs(self, ordinals: Sequence[int]) -> list[Row]:
        """
        Describe executions by status and workflow.

        Each row has the status, the workflow, its name, the number, and the oldest and the newest
        start.
        """
        ...


Snapshot = Callable[[], AbstractContextManager[SpaceReads]]


class _Workflow(Struct):
    """The facts about a workflow."""

    days: dict[str, int]
    newest_good_hour: str = ""
    name: str = ""
    mean: Size = Size()
    newest: Size = Size()

    @property
    def runs(self) -> int:
        return sum(self.days.values())


class _Scale(NamedTuple):
    """How the estimates of single executions relate to the pages of the file."""

    rows: float
    payloads: float

    def apply(self, size: Size) -> float:
        return size.rows * self.rows + size.payloads * self.payloads


class SpaceMeter:
    """
    Measures one history.

    Args:
        snapshot: Begins a read transaction.
        clock: The time by which ages are computed.
        wal_limit_bytes: The part of a budget that belongs to a write-ahead log.
        preview_s: The time after which a preview examines no further executions, seconds; None:
            `PREVIEW_S`.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        clock: Clock,
        wal_limit_bytes: int = 0,
        preview_s: float | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._clock = clock
        self._wal_limit_bytes = wal_limit_bytes
        self._preview_s = PREVIEW_S if preview_s is None else preview_s

    def measure(self, policy: RetentionPolicy) -> Space:
        """
        Measure the history; see `ExecutionReader.measure_space`.

        Args:
            policy: The limits of the history.

        Returns:
            The measurement.
        """
        now = self._clock()
        workflows = self._read_workflows()
        runs = sum(each.runs for each in workflows.values())
        with self._snapshot() as reads:
            parts = reads.measure_parts(runs)
        scale = self._measure_runs(workflows, parts)
        growth = _compute_growth(workflows, scale, now)
        wanted = max(growth, parts.used_bytes // _SMALLEST_SHARE)
        target = (
            None
            if policy.max_bytes is None
            else compute_target(policy.max_bytes, self._wal_limit_bytes)
        )
        later = policy.limits_at(now + timedelta(days=1))
        by_rule = RetentionLimits(
            successful_before=later.successful_before,
            failed_before=later.failed_before,
            per_workflow=later.per_workflow,
        )
        return Space(
            measured_at=normalize_time(now.isoformat()),
            parts=parts,
            runs=runs,
            workflows=_list_workflows(workflows, scale),
            days=_list_days(workflows, scale, now),
            growth_bytes=growth,
            full_in_days=_compute_days_left(target, parts, growth),
            protected=self._measure_protected(workflows, scale, target),
            next_for_budget=None
            if target is None
            else self._preview(self._limit_to(min(parts.used_bytes, target) - wanted), parts),
            next_for_rules=None if by_rule.are_none else self._preview(by_rule, parts),
        )

    def _read_workflows(self) -> dict[str, _Workflow]:
        with self._snapshot() as reads:
            rows = reads.fetch_days()
        found: dict[str, _Workflow] = {}
        for workflow_id, day, number, hour in rows:
            workflow = found.setdefault(workflow_id, _Workflow(days={}))
            workflow.days[day] = number
            workflow.newest_good_hour = max(workflow.newest_good_hour, hour)
        return found

    def _measure_runs(self, workflows: Mapping[str, _Workflow], parts: SpaceParts) -> _Scale:
        largest = sorted(workflows.items(), key=lambda item: -item[1].runs)[:_SHOWN_WORKFLOWS]
        number = max(_FEWEST, min(_MOST, _SAMPLES // max(1, len(largest))))
        total = Size()
        for workflow_id, workflow in largest:
            with self._snapshot() as reads:
                newest = reads.fetch_newest(workflow_id, _NEWEST)
                begins = list(_choose_times(workflow.days, number))
                sample = reads.fetch_from(workflow_id, begins)
                workflow.name = newest[0][2] if newest else workflow_id
                workflow.newest = _measure_mean(reads, newest)
                workflow.mean = _measure_mean(reads, sample)
            total = total.plus(workflow.mean.times(workflow.runs))
        # The index holds the words of payloads, so its size follows theirs.
        return _Scale(
            parts.row_bytes / max(1.0, total.rows),
            (parts.payload_bytes + parts.index_bytes) / max(1.0, total.payloads),
        )

    def _measure_protected(
        self, workflows: Mapping[str, _Workflow], scale: _Scale, target: int | None
    ) -> ProtectedSpace:
        with self._snapshot() as reads:
            starred = reads.count_starred()
            sample = reads.fetch_starred(_SHOWN_WORKFLOWS)
        good: list[Row] = []
        number = 0
        for workflow_id, workflow in workflows.items():
            if not workflow.newest_good_hour:
                continue
            number += 1
            if len(good) < _SHOWN_WORKFLOWS:
                with self._snapshot() as reads:
                    row = reads.find_newest_good(workflow_id, workflow.newest_good_hour)
                good += [] if row is None else [row]
        size = scale.apply(self._measure_all(sample)) * starred / max(1, len(sample))
        known = {run[0] for run in sample}
        others = [run for run in good if run[0] not in known]
        size += scale.apply(self._measure_all(others)) * number / max(1, len(good))
        return ProtectedSpace(
            starred=starred,
            newest_good=number,
            bytes=int(size),
            exceeds_budget=target is not None and size > target,
        )

    def _measure_all(self, runs: Sequence[Row]) -> Size:
        total = Size()
        for start in range(0, len(runs), _PORTION):
            portion = runs[start : start + _PORTION]
            with self._snapshot() as reads:
                total = total.plus(reads.measure_runs(portion, _MEASURED_NODES))
        return total

    def _preview(self, limits: RetentionLimits, parts: SpaceParts) -> Removal:
        with self._snapshot() as reads:
            remover = _NotingRemover(reads.make_remover(), parts)
            removed = reads.make_pruner(remover).prune(limits, portion_s=self._preview_s)
            runs = [
                RemovedRuns(
                    part=_PARTS[stage],
                    status=status,
                    workflow_id=workflow_id,
                    workflow_name=name,
                    runs=number,
                    oldest=oldest,
                    newest=newest,
                )
                for stage, ordinals in remover.removed.items()
                for status, workflow_id, name, number, oldest, newest in reads.describe_runs(
                    ordinals
                )
            ]
        runs.sort(key=lambda each: (-each.runs, each.workflow_id))
        return Removal(
            runs=tuple(runs[:_SHOWN_REMOVED]),
            freed_bytes=removed.freed_bytes,
            complete=not removed.more,
        )

    def _limit_to(self, target: int) -> RetentionLimits:
        """Make the limits that leave so much space to the file, without the log."""
        target = max(0, target)
        log = min(self._wal_limit_bytes, target // (_LOG_SHARE - 1))
        return RetentionLimits(max_bytes=target + log)


class _NotingRemover:
    """Notes which executions lose which part, and counts the index with the payloads."""

    def __init__(self, remover: Remover, parts: SpaceParts) -> None:
        self._remover = remover
        self._index_share = parts.index_bytes / max(1, parts.payload_bytes)
        self._index_bytes = 0
        self.removed: defaultdict[Stage, list[int]] = defaultdict(list)

    def used_bytes(self) -> int:
        """Return the size that the history would have; see `Remover.used_bytes`."""
        return self._remover.used_bytes() - self._index_bytes

    def remove(self, stage: Stage, ordinals: Sequence[int]) -> int:
        """Note the executions; see `Remover.remove`."""
        self.removed[stage] += ordinals
        before = self._remover.used_bytes()
        number = self._remover.remove(stage, ordinals)
        if stage is not Stage.NODES:
            freed = before - self._remover.used_bytes()
            self._index_bytes += int(freed * self._index_share)
        return number

    def forget_removed(self) -> bool:
        """Forget nothing, because the counts take little; see `Remover.forget_removed`."""
        return self._remover.forget_removed()


def compute_target(max_bytes: int, wal_limit_bytes: int) -> int:
    """
    Compute the size that a budget leaves for what isn't a write-ahead log.

    Args:
        max_bytes: The budget, which includes the write-ahead log, bytes.
        wal_limit_bytes: The size that the write-ahead log may have.

    Returns:
        The size in bytes.
    """
    return max_bytes - min(wal_limit_bytes, max_bytes // _LOG_SHARE)


def _choose_times(days: Mapping[str, int], number: int) -> Iterable[str]:
    """Choose times so that between two of them lie about as many executions."""
    total = sum(days.values())
    steps = min(number, total)
    place, passed = 0, 0
    for day, runs in sorted(days.items()):
        while place < steps and passed + runs > total * place / steps:
            share = (total * place / steps - passed) / runs
            seconds = int(share * 86_400)
            yield f"{day}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            place += 1
        passed += runs


def _measure_mean(reads: SpaceReads, runs: Iterable[Row]) -> Size:
    measured = {run[0]: run for run in runs}
    total = reads.measure_runs(list(measured.values()), _MEASURED_NODES)
    return total.times(1 / max(1, len(measured)))


def _list_workflows(workflows: Mapping[str, _Workflow], scale: _Scale) -> tuple[WorkflowSpace, ...]:
    found = [
        WorkflowSpace(
            workflow_id=workflow_id,
            workflow_name=workflow.name,
            runs=workflow.runs,
            bytes=int(scale.apply(workflow.mean) * workflow.runs),
        )
        for workflow_id, workflow in workflows.items()
        if workflow.name
    ]
    return tuple(sorted(found, key=lambda each: (-each.bytes, each.workflow_id)))


def _list_days(
    workflows: Mapping[str, _Workflow], scale: _Scale, now: datetime
) -> tuple[DaySpace, ...]:
    first = (now - timedelta(days=_SHOWN_DAYS - 1)).isoformat()[:10]
    runs: defaultdict[str, int] = defaultdict(int)
    sizes: defaultdict[str, float] = defaultdict(float)
    for workflow in workflows.values():
        for day, number in workflow.days.items():
            if first <= day <= now.isoformat()[:10]:
                runs[day] += number
                sizes[day] += number * scale.apply(workflow.newest)
    return tuple(DaySpace(day=day, runs=runs[day], bytes=int(sizes[day])) for day in sorted(runs))


def _compute_growth(workflows: Mapping[str, _Workflow], scale: _Scale, now: datetime) -> int:
    days = _list_days(workflows, scale, now)
    today = now.isoformat()[:10]
    first = (now - timedelta(days=_GROWTH_DAYS)).isoformat()[:10]
    whole = [each for each in days if first <= each.day < today]
    if not whole:
        # The history began today.
        return sum(each.bytes for each in days)
    oldest = max(first, min(day for each in workflows.values() for day in each.days))
    number = (datetime.fromisoformat(today) - datetime.fromisoformat(oldest)).days
    return sum(each.bytes for each in whole) // max(1, number)


def _compute_days_left(target: int | None, parts: SpaceParts, growth: int) -> float | None:
    if target is None:
        return None
    if parts.used_bytes >= target:
        return 0.0
    return round((target - parts.used_bytes) / growth, 1) if growth else None
