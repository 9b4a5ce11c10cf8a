"""Where the lines of the audit log are kept: `AuditLines`, and `AuditFile` beside a history."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

from flightlog.store.sqlite.access import add_suffix

SUFFIX: Final = ".audit.ndjson"
PREVIOUS_SUFFIX: Final = ".audit-previous.ndjson"
MAX_BYTES: Final = 8 << 20
"""The size from which a new file is begun; there are at most two files."""

_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


class AuditLines(Protocol):
    """The lines of an audit log, a bounded number; safe to use from several threads."""

    @property
    def place(self) -> str:
        """Where the lines are, for messages."""
        ...

    def append(self, line: bytes) -> None:
        """
        Add a line.

        Args:
            line: The line, without its line break.

        Raises:
            OSError: The line can't be written.
        """
        ...

    def read_newest(self, limit: int) -> Iterable[bytes]:
        """
        Read lines.

        Args:
            limit: The number of lines that are needed; there may be more, because a file is read
                as a whole.

        Returns:
            The lines, the newest first.

        Raises:
            StoreError: The database can't be read.
        """
        ...

    def has_any(self) -> bool:
        """
        Check whether the log was begun.

        Returns:
            Whether there may be a line.
        """
        ...


class AuditFile:
    """
    The lines as a file beside a history; see `AuditLines`.

    A full file becomes the previous one, and the one before that is deleted.

    Args:
        database: The history's file.
    """

    def __init__(self, database: Path) -> None:
        real = Path(os.path.realpath(database))
        self.path = add_suffix(real, SUFFIX)
        """The file of the newest lines; only its owner can read it."""
        self._previous = add_suffix(real, PREVIOUS_SUFFIX)
        self._lock = threading.Lock()

    @property
    def place(self) -> str:
        """The file; see `AuditLines.place`."""
        return str(self.path)

    def append(self, line: bytes) -> None:
        """Add a line; see `AuditLines.append`."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK
        with self._lock:
            handle = os.open(self.path, flags, 0o600)
            try:
                if os.fstat(handle).st_size + len(line) >= MAX_BYTES:
                    self.path.replace(self._previous)
                    os.close(handle)
                    handle = os.open(self.path, flags, 0o600)
                os.write(handle, line + b"\n")
            finally:
                os.close(handle)

    def read_newest(self, limit: int) -> Iterable[bytes]:  # noqa: ARG002 - damaged lines don't count
        """Read all lines; see `AuditLines.read_newest`."""
        lines: list[bytes] = []
        for path in (self._previous, self.path):
            with contextlib.suppress(OSError):
                handle = os.open(path, os.O_RDONLY | _NO_LINK)
                with os.fdopen(handle, "rb") as file:
                    lines += file.read(2 * MAX_BYTES).splitlines()
        return reversed(lines)

    def has_any(self) -> bool:
        """Check whether the file was made; see `AuditLines.has_any`."""
        return self.path.exists()
