"""
Say which old executions a history keeps, and count what was removed.

A `RetentionPolicy` has the settings of a person, with ages. `RetentionLimits` are these settings at
one moment, with times; stores work with them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec import Raw, Struct

from flightlog.clock import Clock
from flightlog.errors import InvalidSettingError
from flightlog.record.placeholders import write_placeholder
from flightlog.record.times import normalize_time

MIN_BYTES: Final = 256 * 2**20
"""The smallest budget; the write-ahead log alone may take a quarter of it."""
MAX_DAYS: Final = 36_525
"""The longest age that a policy may have."""

REMOVED_REASON: Final = "it was removed to keep the history within its limits"
"""The `reason` of the placeholders of payloads that retention has removed."""
_REMOVED: Final = write_placeholder("dropped", reason=REMOVED_REASON)[:-1]

FUTURE_TOLERANCE: Final = timedelta(hours=1)
"""How far the clock of another machine may be ahead for its executions to be the newest."""

ALL_STATUSES: Final = "all"
KEPT_STATUSES: Final = (ALL_STATUSES, "success", "error")
"""The values of `keep_status`, which are those of `logLevel` in a project's manifest."""


def compute_latest_start(clock: Clock) -> str:
    """
    Compute the latest start with which an execution can be the newest of its workflow.

    Records can have any start. Without this bound, one with a start in the far future would be the
    newest good execution for ever, and retention would remove the real one.

    Args:
        clock: The current time.

    Returns:
        Canonical time.
    """
    return normalize_time((clock() + FUTURE_TOLERANCE).isoformat())


def is_removed_payload(value: object) -> bool:
    """
    Determine whether a payload is the placeholder of a payload that retention has removed.

    Args:
        value: The payload, or any other value of a register.

    Returns:
        True for such a placeholder.
    """
    return isinstance(value, Raw) and bytes(memoryview(value)[: len(_REMOVED)]) == _REMOVED


class RetentionLimits(Struct, frozen=True, kw_only=True):
    """
    The limits of a history at one moment; None is no limit.

    Running and starred executions and the newest successful execution of each workflow always stay.
    Executions that begin more than `FUTURE_TOLERANCE` from now are not the newest.
    """

    successful_before: str | None = None
    """Successful executions that started before this time go, canonical time."""
    failed_before: str | None = None
    """Failed executions that started before this time go, canonical time."""
    per_workflow: int | None = None
    """The number of the newest executions of each workflow that stay."""
    max_bytes: int | None = None
    """The size of the history on disk, with its write-ahead log, bytes."""

    @property
    def are_none(self) -> bool:
        """Whether everything stays."""
        return self == RetentionLimits()


class RetentionPolicy(Struct, frozen=True, kw_only=True):
    """
    The limits of a history, as people say them; None is no limit.

    Raises:
        InvalidSettingError: A value is invalid; the error names the setting.
    """

    max_bytes: int | None = None
    """The size of the history on disk, with its write-ahead log, bytes."""
    keep_days: float | None = None
    """The age at which successful executions go, days."""
    keep_failed_days: float | None = None
    """The age at which failed executions go, days; None: the same as successful ones."""
    keep_executions: int | None = None
    """The number of the newest executions of each workflow that stay."""
    keep_status: str = ALL_STATUSES
    """`success` or `error`: executions that end otherwise go at once; `all`: none go."""

    def __post_init__(self) -> None:
        if self.keep_status not in KEPT_STATUSES:
            raise InvalidSettingError(
                "keep_status",
                f"is {self.keep_status[:40]!r}",
                hint=f"Write {', '.join(KEPT_STATUSES[:-1])} or {KEPT_STATUSES[-1]}.",
            )
        if self.max_bytes is not None and self.max_bytes < MIN_BYTES:
            raise InvalidSettingError(
                "max_size",
                f"is {self.max_bytes:,} bytes, too little",
                hint=f"The smallest size is {MIN_BYTES // 2**20} MB; `none` is no limit.",
            )
        for name, days in (
            ("keep_days", self.keep_days),
            ("keep_failed_days", self.keep_failed_days),
        ):
            if days is not None and not 0 < days <= MAX_DAYS:
                raise InvalidSettingError(
                    name,
                    f"is {days:g}",
                    hint=f"Write a number of days up to {MAX_DAYS:,}, e.g. 30.",
                )
        if self.keep_executions is not None and self.keep_executions < 1:
            raise InvalidSettingError(
                "keep_executions",
                f"is {self.keep_executions}, less than 1",
                hint="Write the number of executions that each workflow keeps, e.g. 1000.",
            )

    def limits_at(self, now: datetime) -> RetentionLimits:
        """
        Compute the limits at one moment.

        Args:
            now: The moment, with a time zone.

        Returns:
            The limits.
        """
        failed_days = self.keep_days if self.keep_failed_days is None else self.keep_failed_days
        successful_before = _days_before(now, self.keep_days)
        failed_before = _days_before(now, failed_days)
        if self.keep_status == "error":
            successful_before = _days_before(now, 0)
        elif self.keep_status == "success":
            failed_before = _days_before(now, 0)
        return RetentionLimits(
            successful_before=successful_before,
            failed_before=failed_before,
            per_workflow=self.keep_executions,
            max_bytes=self.max_bytes,
        )


class Pruned(Struct, frozen=True, kw_only=True):
    """The parts that one portion of pruning, or all portions together, removed."""

    executions: int = 0
    """The number of executions that were erased."""
    without_nodes: int = 0
    """The number of executions that lost their node executions."""
    without_payloads: int = 0
    """The number of executions that lost their payloads."""
    freed_bytes: int = 0
    """The space that became free, bytes."""
    more: bool = False
    """Whether another portion is needed."""

    def __add__(self, other: Pruned) -> Pruned:
        return Pruned(
            freed_bytes=self.freed_bytes + other.freed_bytes,
            executions=self.executions + other.executions,
            without_nodes=self.without_nodes + other.without_nodes,
            without_payloads=self.without_payloads + other.without_payloads,
            more=other.more,
        )


def _days_before(now: datetime, days: float | None) -> str | None:
    if days is None:
        return None
    try:
        return normalize_time((now - timedelta(days=days)).isoformat())
    except OverflowError:
        return None
