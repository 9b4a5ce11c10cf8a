"""
End calls that read for too long.

A read transaction keeps the write-ahead log from starting anew, so a call that reads without end
would let the log grow without bound.
"""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import Final

import apsw

from flightlog.store.sqlite.access import add_suffix
from flightlog.store.sqlite.settings import SqliteSettings

_STEPS: Final = 10_000
"""How many steps of SQLite's machine run between two checks of the time, about 1 ms."""
_MS_PER_S: Final = 1_000


class ReadDeadline:
    """
    Interrupts the statements of a connection once its transaction has taken too long.

    Args:
        connection: The connection, which only reads.
        path: The database.
        settings: The time limits, and the size from which the log counts as large.
    """

    def __init__(self, connection: apsw.Connection, path: Path, settings: SqliteSettings) -> None:
        self._log = str(add_suffix(Path(os.path.realpath(path)), "-wal"))
        self._large_bytes = settings.wal_limit_bytes
        self._timeout_s = settings.read_timeout_ms / _MS_PER_S
        self._longest_s = settings.longest_read_ms / _MS_PER_S
        self._began_at = math.inf
        connection.set_progress_handler(self._is_over, _STEPS)

    def begin(self) -> None:
        """Start the time of a transaction."""
        self._began_at = time.monotonic()

    def end(self) -> None:
        """Stop the time."""
        self._began_at = math.inf

    def _is_over(self) -> bool:
        took_s = time.monotonic() - self._began_at
        return took_s >= self._longest_s or (took_s >= self._timeout_s and self._is_log_large())

    def _is_log_large(self) -> bool:
        try:
            return os.stat(self._log).st_size > self._large_bytes  # noqa: PTH116 - called often
        except OSError:
            return False
