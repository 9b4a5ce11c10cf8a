"""The spool of a process that died: its lock taken over, its messages read, its files removed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from flightlog.spool.directory import (
    OWNER_FILE,
    REJECTED_SUFFIX,
    SEGMENT_SUFFIX,
    is_left_alone,
    message_files,
    open_lock,
    read_owner,
)
from flightlog.spool.platform import is_regular, open_regular
from flightlog.spool.reader import Batch, read_batch


class OrphanedSpool:
    """
    The messages that a dead process left; its lock is held until `close`.

    Args:
        path: The spool's directory.
        lock: The open, locked file.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self._lock: int | None = lock
        self.path = path
        """Its directory."""
        self.owner = read_owner(path)
        """Whose it was; None when that can't be read."""

    @property
    def process_id(self) -> str:
        """The dead process's id."""
        return self.owner.process_id if self.owner else self.path.name

    def batches(self, max_bytes: int) -> Iterator[Batch]:
        """
        Read all messages.

        Args:
            max_bytes: How much one batch holds; one message that is larger comes alone.

        Raises:
            OSError: A file can't be read.
        """
        for path in message_files(self.path):
            with open(open_regular(path, os.O_RDONLY), "rb", buffering=0) as file:  # noqa: PTH123 - open already
                size, start = os.fstat(file.fileno()).st_size, 0
                while start < size:
                    batch = read_batch(file.fileno(), start, size, max_bytes, self.process_id)
                    start = batch.end
                    yield batch

    def set_aside(self, line: bytes) -> Path:
        """
        Keep a record that the receiver refuses for good, beside the spool, for a person to look at.

        Returns:
            The file that it was added to.
        """
        return set_aside(self.path, line)

    def remove(self) -> None:
        """Delete the spool; what it held is delivered."""
        for path in message_files(self.path):
            path.unlink(missing_ok=True)
        # A FIFO, a link or the like that took a file's name.
        for path in self.path.glob(f"*{SEGMENT_SUFFIX}"):
            with contextlib.suppress(OSError):
                path.unlink()
        # Last, since as long as it is there, and locked, nobody else begins.
        (self.path / OWNER_FILE).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def close(self) -> None:
        """Give the lock up; what was not removed is for the next who comes."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def claim_orphan(path: Path) -> OrphanedSpool | None:
    """
    Take over the spool of a dead process.

    Args:
        path: Its directory.

    Returns:
        The spool; None when its owner lives, another process empties it, or it is gone.

    Raises:
        OSError: It can't be opened.
    """
    try:
        lock = open_lock(path)
    except FileNotFoundError:
        lock = open_lock(path, create=True) if is_left_alone(path) else None
    except NotADirectoryError:
        return None
    return None if lock is None else OrphanedSpool(path, lock)


def set_aside(path: Path, line: bytes) -> Path:
    """Keep a record of this spool that the receiver refuses for good; returns the file."""
    target = path.with_name(path.name + REJECTED_SUFFIX)
    number = 1
    while os.path.lexists(target) and not is_regular(target):
        # Something that is no file has that name.
        number += 1
        target = path.with_name(f"{path.name}-{number}{REJECTED_SUFFIX}")
    file = open_regular(target, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        os.write(file, line + b"\n")
        os.fsync(file)
    finally:
        os.close(file)
    return target
