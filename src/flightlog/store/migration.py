"""`MigrationMonitor`: shows how far the migration of a history is, and can end the migration."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

MigrationStep = Literal["copying", "converting"]


class MigrationProgress(Struct, frozen=True, kw_only=True, rename="camel"):
    """How far the migration of a history is."""

    from_schema: int
    """The schema version of the history; 0 is the editor's own schema."""
    to_schema: int
    """The schema version that the history gets."""
    step: MigrationStep
    """The current step: first the old file is copied, then its tables are converted."""
    share: float
    """The part of the step that is done, 0 to 1."""


class MigrationMonitor:
    """
    Passes the progress of a migration from the thread that migrates to other threads.

    Args:
        on_begin: Called in the migrating thread when a migration begins; not called for a history
            of the current schema.
    """

    def __init__(self, on_begin: Callable[[], None] = lambda: None) -> None:
        self._on_begin = on_begin
        self._cancelled = threading.Event()
        self.progress: MigrationProgress | None = None
        """The progress; None before a migration begins."""

    @property
    def is_cancelled(self) -> bool:
        """Whether the migration should end early."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """End the migration early; the history then stays as it was."""
        self._cancelled.set()

    def report(self, progress: MigrationProgress) -> None:
        """
        Note the progress; the first call says that a migration begins.

        Args:
            progress: The progress.
        """
        begins = self.progress is None
        self.progress = progress
        if begins:
            self._on_begin()
