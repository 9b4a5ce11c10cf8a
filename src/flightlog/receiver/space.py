"""`GET /api/space`: what takes the space of the history, and what its limits remove next."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import SkipValidation
from msgspec import Struct

from flightlog.logger import ExecutionLogger
from flightlog.receiver.routing import Logger, route
from flightlog.spool import list_spools
from flightlog.store.retention import RetentionPolicy
from flightlog.store.space import Space

_FRESH_S: Final = 5.0
"""A measurement is answered again for this time."""


class SpoolSpace(Struct, frozen=True, kw_only=True, rename="camel"):
    """The spools on the receiver's machine."""

    spools: int
    """The number of spools, also of living processes."""
    waiting: int
    """The number of spools of dead processes, which are not delivered yet."""
    bytes: int
    """The size of all spools on disk."""


class HistoryLimits(Struct, frozen=True, kw_only=True, rename="camel"):
    """The limits of the history that are in force; null is no limit."""

    max_bytes: int | None
    """The size of the history on disk, with its write-ahead log, bytes."""
    keep_days: float | None
    """The age at which successful executions go, days."""
    keep_failed_days: float | None
    """The age at which failed executions go, days; null: the same as successful ones."""
    keep_executions: int | None
    """The number of the newest executions of each workflow that stay."""
    keep_status: str
    """`success` or `error`: executions that end otherwise go at once; `all`: none go."""


class SpaceReport(Struct, frozen=True, kw_only=True, rename="camel"):
    """The space of the history by what takes it, and what its limits remove next."""

    space: Space
    """The measurement of the history."""
    spools: SpoolSpace
    """The spools on the receiver's machine."""
    limits: HistoryLimits
    """The limits that are in force."""
    read_only: bool
    """Whether the history is served for reading only; nothing is removed then."""


class SpaceReporter:
    """
    Measures histories, each at most once in some seconds; safe to use from several threads.

    Args:
        policy: The limits of each history.
        spool_dirs: The directories of the spools.
    """

    def __init__(self, policy: RetentionPolicy, spool_dirs: Sequence[Path]) -> None:
        self._policy = policy
        self._spool_dirs = spool_dirs
        self._lock = threading.Lock()
        self._known: tuple[Path, float, SpaceReport] | None = None

    def report(self, logger: ExecutionLogger) -> SpaceReport:
        """
        Measure a history, or repeat its latest measurement.

        Args:
            logger: The history.

        Returns:
            The report.

        Raises:
            StoreError: The history can't be read.
        """
        with self._lock:
            known = self._known
            if known is None or known[0] != logger.path or time.monotonic() > known[1]:
                report = self._measure(logger)
                known = self._known = (logger.path, time.monotonic() + _FRESH_S, report)
            return known[2]

    def _measure(self, logger: ExecutionLogger) -> SpaceReport:
        policy = self._policy
        return SpaceReport(
            space=logger.reader.measure_space(policy),
            spools=_measure_spools(self._spool_dirs),
            limits=HistoryLimits(
                max_bytes=policy.max_bytes,
                keep_days=policy.keep_days,
                keep_failed_days=policy.keep_failed_days,
                keep_executions=policy.keep_executions,
                keep_status=policy.keep_status,
            ),
            read_only=logger.is_read_only,
        )


Reporting: TypeAlias = NamedDependency[SkipValidation[SpaceReporter]]


@route(get, "/api/space")
def get_space(logger: Logger, space: Reporting) -> SpaceReport:
    """Say what takes the space of the history, and what its limits remove next."""
    return space.report(logger)


SPACE_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (get_space,)


def _measure_spools(directories: Sequence[Path]) -> SpoolSpace:
    found = []
    for directory in directories:
        try:
            found += list_spools(directory)
        except OSError:
            # `flightlog doctor` reports a directory that can't be read.
            continue
    return SpoolSpace(
        spools=len(found),
        waiting=sum(not spool.alive for spool in found),
        bytes=sum(spool.size_bytes for spool in found),
    )
