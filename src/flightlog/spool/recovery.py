"""
Takes over the spool of a dead process: claims its lock, reads its messages, removes its files.

`flightlog.delivery.drain` delivers the messages.
"""

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
    is_abandoned,
    list_message_files,
    open_lock,
    read_owner,
)
from flightlog.spool.frames import Batch, read_batch
from flightlog.spool.platform import is_regular, open_regular


class OrphanedSpool:
    """
    The messages of a dead process; the spool's lock is held until `close`.

    Args:
        path: The spool's directory.
        lock: The open, locked file.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self._lock: int | None = lock
        self.path = path
        """The spool's directory."""
        self.owner = read_owner(path)
        """The spool's owner; None where the owner can't be read."""

    @property
    def process_id(self) -> str:
        """The dead process's id."""
        return self.owner.process_id if self.owner else self.path.name

    def batches(self, max_bytes: int) -> Iterator[Batch]:
        """
        Read all messages, and delete each file but the last one as soon as it is delivered.

        So another process that takes the spool over doesn't begin anew.

        Args:
            max_bytes: How many bytes a batch holds; a larger message is a batch of its own.

        Yields:
            Each batch; the caller continues when the batch is delivered.

        Raises:
            OSError: A file can't be read.
        """
        paths = list_message_files(self.path)
        for path in paths:
            with open(open_regular(path, os.O_RDONLY), "rb", buffering=0) as file:  # noqa: PTH123 - open already
                size, start = os.fstat(file.fileno()).st_size, 0
                while start < size:
                    batch = read_batch(file.fileno(), start, size, max_bytes, self.process_id)
                    start = batch.end
                    yield batch
            if path != paths[-1]:
                path.unlink(missing_ok=True)

    def keep_rejected(self, line: bytes) -> Path:
        """
        Keep a record beside the spool that the receiver refuses permanently.

        Args:
            line: The record's JSON.

        Returns:
            The file to which the record was added, for a person to inspect.
        """
        return keep_rejected(self.path, line)

    def remove(self) -> None:
        """Delete the spool, whose messages are delivered."""
        for path in list_message_files(self.path):
            path.unlink(missing_ok=True)
        # Also remove a FIFO, a link or the like that has a file's name.
        for path in self.path.glob(f"*{SEGMENT_SUFFIX}"):
            with contextlib.suppress(OSError):
                path.unlink()
        # Remove the owner's file last: as long as the file exists and is locked, no other process
        # begins.
        (self.path / OWNER_FILE).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def close(self) -> None:
        """Release the lock, so that another process can take the remaining files over."""
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
        path: The spool's directory.

    Returns:
        The spool; None where its owner lives, another process empties it, or it no longer exists.

    Raises:
        OSError: The spool can't be opened.
    """
    try:
        lock = open_lock(path)
    except FileNotFoundError:
        lock = open_lock(path, create=True) if is_abandoned(path) else None
    except NotADirectoryError:
        return None
    return None if lock is None else OrphanedSpool(path, lock)


def keep_rejected(path: Path, line: bytes) -> Path:
    """
    Keep a record of a spool that the receiver refuses permanently.

    Args:
        path: The spool's directory.
        line: The record's JSON.

    Returns:
        The file to which the record was added.

    Raises:
        OSError: The file can't be written.
    """
    target = path.with_name(path.name + REJECTED_SUFFIX)
    number = 1
    while os.path.lexists(target) and not is_regular(target):
        # The name is taken by something that is no regular file.
        number += 1
        target = path.with_name(f"{path.name}-{number}{REJECTED_SUFFIX}")
    file = open_regular(target, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        os.write(file, line + b"\n")
        os.fsync(file)
    finally:
        os.close(file)
    return target
