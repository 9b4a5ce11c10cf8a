"""
Say what takes the space of a history, and what its limits remove next.

Each step is one short read transaction, so that the write-ahead log can be emptied in between. The
time is bounded: a number of executions of each workflow is measured and stands for the others.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import apsw
from msgspec import Struct

from flightlog.clock import Clock
from flightlog.record.times import normalize_time
from flightlog.store.pruning import Stage
from flightlog.store.retention import RetentionLimits, RetentionPolicy
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
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.retention import EstimatingRemover, compute_target, make_pruner
from flightlog.store.sqlite.space_parts import measure_parts

Snapshot = Callable[[], AbstractContextManager[apsw.Connection]]

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
_PREVIEW_S: Final = 0.15
_SMALLEST_SHARE: Final = 200
"""The preview covers at least this part of the used space, even if nothing grows."""
_PARTS: Final[Mapping[Stage, RemovedPart]] = {
    Stage.PAYLOADS: "payloads",
    Stage.NODES: "nodes",
    Stage.EXECUTION: "executions",
}
_queries: Final = load_queries("space.sql")


class _Size(NamedTuple):
    """The estimated bytes of an execution."""

    rows: float = 0.0
    payloads: float = 0.0

    def times(self, number: int) -> _Size:
        return _Size(self.rows * number, self.payloads * number)

    def plus(self, other: _Size) -> _Size:
        return _Size(self.rows + other.rows, self.payloads + other.payloads)


class _Workflow(Struct):
    """The facts about a workflow."""

    days: dict[str, int]
    newest_good_hour: str = ""
    name: str = ""
    mean: _Size = _Size()
    newest: _Size = _Size()

    @property
    def runs(self) -> int:
        return sum(self.days.values())


class _Scale(NamedTuple):
    """How the estimates of single executions relate to the pages of the file."""

    rows: float
    payloads: float

    def apply(self, size: _Size) -> float:
        return size.rows * self.rows + size.payloads * self.payloads


class SpaceMeter:
    """
    Measures one history.

    Args:
        snapshot: Begins a read transaction.
        clock: The time by which ages are computed.
        wal_limit_bytes: The size that the write-ahead log may have.
    """

    def __init__(self, snapshot: Snapshot, clock: Clock, wal_limit_bytes: int) -> None:
        self._snapshot = snapshot
        self._clock = clock
        self._wal_limit_bytes = wal_limit_bytes

    def measure(self, policy: RetentionPolicy, log_bytes: int) -> Space:
        """
        Measure the history; see `ExecutionReader.measure_space`.

        Args:
            policy: The limits of the history.
            log_bytes: The size of the write-ahead log.

        Returns:
            The measurement.
        """
        now = self._clock()
        workflows = self._read_workflows()
        runs = sum(each.runs for each in workflows.values())
        with self._snapshot() as connection:
            parts = measure_parts(connection, log_bytes, runs)
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
        with self._snapshot() as connection:
            rows = fetch_all(connection, _queries["days"])
        found: dict[str, _Workflow] = {}
        for workflow_id, day, number, hour in rows:
            workflow = found.setdefault(workflow_id, _Workflow(days={}))
            workflow.days[day] = number
            workflow.newest_good_hour = max(workflow.newest_good_hour, hour)
        return found

    def _measure_runs(self, workflows: Mapping[str, _Workflow], parts: SpaceParts) -> _Scale:
        largest = sorted(workflows.items(), key=lambda item: -item[1].runs)[:_SHOWN_WORKFLOWS]
        number = max(_FEWEST, min(_MOST, _SAMPLES // max(1, len(largest))))
        total = _Size()
        for workflow_id, workflow in largest:
            with self._snapshot() as connection:
                newest = fetch_all(connection, _queries["newest_runs"], (workflow_id, _NEWEST))
                sample = [
                    fetch_one(connection, _queries["run_from"], (workflow_id, begin))
                    for begin in _choose_times(workflow.days, number)
                ]
                workflow.name = newest[0][2] if newest else workflow_id
                workflow.newest = _measure_mean(connection, newest)
                workflow.mean = _measure_mean(connection, filter(None, sample))
            total = total.plus(workflow.mean.times(workflow.runs))
        # The index holds the words of payloads, so its size follows theirs.
        return _Scale(
            parts.row_bytes / max(1.0, total.rows),
            (parts.payload_bytes + parts.index_bytes) / max(1.0, total.payloads),
        )

    def _measure_protected(
        self, workflows: Mapping[str, _Workflow], scale: _Scale, target: int | None
    ) -> ProtectedSpace:
        with self._snapshot() as connection:
            row = fetch_one(connection, _queries["count_starred"])
            starred = row[0] if row is not None else 0
            sample = fetch_all(connection, _queries["starred"], (_SHOWN_WORKFLOWS,))
        good: list[Row] = []
        number = 0
        for workflow_id, workflow in workflows.items():
            if not workflow.newest_good_hour:
                continue
            number += 1
            if len(good) < _SHOWN_WORKFLOWS:
                with self._snapshot() as connection:
                    bound = (workflow_id, workflow.newest_good_hour)
                    row = fetch_one(connection, _queries["newest_good"], bound)
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

    def _measure_all(self, runs: Sequence[Row]) -> _Size:
        total = _Size()
        for start in range(0, len(runs), _PORTION):
            portion = runs[start : start + _PORTION]
            with self._snapshot() as connection:
                total = total.plus(_measure_mean(connection, portion).times(len(portion)))
        return total

    def _preview(self, limits: RetentionLimits, parts: SpaceParts) -> Removal:
        with self._snapshot() as connection:
            remover = _NotingRemover(connection, parts)
            pruner = make_pruner(connection, remover, self._clock, self._wal_limit_bytes)
            removed = pruner.prune(limits, portion_s=_PREVIEW_S)
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
                for status, workflow_id, name, number, oldest, newest in fetch_all(
                    connection, _queries["removed_runs"], (json.dumps(ordinals),)
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
        log = min(self._wal_limit_bytes, target // 3)
        return RetentionLimits(max_bytes=target + log)


class _NotingRemover(EstimatingRemover):
    """Notes which executions lose which part, and counts the index with the payloads."""

    def __init__(self, connection: apsw.Connection, parts: SpaceParts) -> None:
        super().__init__(connection)
        self._index_share = parts.index_bytes / max(1, parts.payload_bytes)
        self.removed: defaultdict[Stage, list[int]] = defaultdict(list)

    def remove(self, stage: Stage, ordinals: Sequence[int]) -> int:
        """Note the executions; see `Remover.remove`."""
        self.removed[stage] += ordinals
        before = self._used_bytes
        number = super().remove(stage, ordinals)
        if stage is not Stage.NODES:
            self._used_bytes -= int((before - self._used_bytes) * self._index_share)
        return number


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


def _measure_mean(connection: apsw.Connection, runs: Iterable[Row]) -> _Size:
    rows = payloads = 0.0
    measured = {run[0]: run[1] for run in runs}
    for ordinal, execution_id in measured.items():
        row = fetch_one(connection, _queries["size_of_run"], (ordinal,))
        count = fetch_one(connection, _queries["count_nodes"], (execution_id,))
        bound = (execution_id, _MEASURED_NODES)
        nodes = fetch_one(connection, _queries["size_of_nodes"], bound)
        assert row is not None, "the execution was found in the same transaction"
        assert count is not None, "a count has one row"
        assert nodes is not None, "a sum has one row"
        factor = count[0] / max(1, min(count[0], _MEASURED_NODES))
        rows += row[0] + (nodes[0] or 0) * factor
        payloads += row[1] + (nodes[1] or 0) * factor
    number = max(1, len(measured))
    return _Size(rows / number, payloads / number)


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
