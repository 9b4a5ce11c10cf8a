"""
Owns the files of this process's spool: its directory, its segments and its reserve.

The reserve is a preallocated file. While the disk is full, messages without payloads go there. If a
segment fills quickly, the reserve becomes the next segment, because overwriting existing pages is
faster than allocating new ones, and another thread makes the next reserve. `writer` decides about
each message.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Final

from msgspec import Struct

from flightlog.signal_handlers import exclusive, reraise_from_signal_handler
from flightlog.spool.directory import (
    OWNER_FILE,
    RESERVE_FILE,
    SEGMENT_SUFFIX,
    OpenDirectory,
    Owner,
    is_held,
    list_message_files,
    make_directory,
    make_fallback_spool_dir,
)
from flightlog.spool.segment import Segment

NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The numbers of errors that a full disk raises."""
_OPEN_READERS: Final = 8
_QUICK_S: Final = 10.0
"""If a segment fills within this time, in seconds, the next segment is preallocated."""
_RETRY_RESERVE_S: Final = 10.0
"""How long to wait before the reserve is tried again on a full disk, in seconds."""


class SpoolLimits(Struct, frozen=True, kw_only=True):
    """The size limits of a spool."""

    max_bytes: int = 2 * 1024**3
    """Bytes of all spools of the directory together; from nine tenths on, payloads are left out."""
    segment_bytes: int = 4 * 1024**2
    """Bytes of a segment from which the next segment is begun."""
    reserve_bytes: int = 1024**2
    """Preallocated bytes of the reserve, for a full disk."""


class SpoolFiles:
    """
    The files of this process's spool.

    A caller holds the lock, except for `make_reserve`.

    Args:
        spool_dir: Where spools are.
        owner: This process.
        limits: How much the spool may hold.
        lock: The lock of the spool.
    """

    def __init__(
        self, spool_dir: Path, owner: Owner, limits: SpoolLimits, lock: threading.RLock
    ) -> None:
        self._spool_dir = spool_dir
        self._owner = owner
        self._limits = limits
        self._lock = lock
        # Use small segments in a small spool, because delivered messages are deleted segment by
        # segment.
        self.segment_bytes = min(limits.segment_bytes, limits.max_bytes // 16)
        """Bytes of a segment from which the next segment is begun."""
        self.max_payload_bytes = limits.max_bytes * 9 // 10
        """Bytes of this spool from which payloads are left out."""
        self.directory: OpenDirectory | None = None
        """The directory; None where no directory can be made."""
        self.displaced: str | None = None
        """Why another directory than the chosen one is used; None where it is used."""
        self.segments: deque[Segment] = deque()
        """The segments, the oldest first."""
        self.newest: Segment | None = None
        """The segment that messages are appended to."""
        self.filled = 0
        """The bytes that were appended to the newest segment."""
        self.bytes = 0
        """The bytes of all segments."""
        self.is_scarce = False
        """Whether the newest segment's own preallocated space is all that is left of the disk."""
        self._reserve: Segment | None = None
        self._reserve_retry_at = 0.0
        self._reading: Segment | None = None
        self._segment_count = 0
        self._rotated_at = -math.inf
        self._is_quick = False

    @property
    def reserve(self) -> Segment | None:
        """The reserve; None where there is none."""
        reserve = self._reserve
        # An exception may have interrupted `rotate` after the reserve became a segment.
        if reserve is not None and (reserve in self.segments or not reserve.is_open):
            self._reserve = reserve = None
        return reserve

    def open(self) -> OpenDirectory:
        """
        Make the directory and its reserve.

        Returns:
            The directory.

        Raises:
            OSError: No directory can be made.
        """
        try:
            self.directory = make_directory(self._spool_dir, self._owner)
            self.displaced = None
        except OSError as error:
            reraise_from_signal_handler(error)
            self.directory = make_directory(make_fallback_spool_dir(), self._owner)
            self.displaced = f"{self._spool_dir} can't be written ({error.strerror or error})"
        if self.reserve is None:
            self._reserve = self._new_reserve(self.directory)
        return self.directory

    def _new_reserve(self, directory: OpenDirectory) -> Segment | None:
        try:
            return Segment(directory.path / RESERVE_FILE, self._limits.reserve_bytes)
        except OSError as error:
            reraise_from_signal_handler(error)
            return None

    def rotate(self) -> Segment:
        """
        Begin the next segment.

        Returns:
            The new newest segment; the same segment as before where no more files can be opened.

        Raises:
            OSError: No segment can be made.
        """
        directory, newest = self.directory or self.open(), self.newest
        now = time.monotonic()
        self._is_quick = now - self._rotated_at < _QUICK_S and self._fits_preallocated
        self._rotated_at = now
        segment = self._take_reserve(directory) or Segment.following(
            newest, self._next_path(directory)
        )
        if segment is newest:
            return segment
        # Keep this order, because delivery must also read the newest segment. `sync` seals the
        # previous segment.
        self.segments.append(segment)
        self.newest, self.filled, self.is_scarce = segment, segment.size, False
        self.count_bytes()
        if newest not in (None, self._reading) and len(self.segments) > _OPEN_READERS:
            newest.release_reader()
        return segment

    @property
    def _fits_preallocated(self) -> bool:
        return self.bytes + 2 * self.segment_bytes <= self.max_payload_bytes

    def _take_reserve(self, directory: OpenDirectory) -> Segment | None:
        """Make the reserve the next segment, for a quick writer."""
        reserve = self.reserve
        # Don't preallocate for slow writers, because it only enlarges the spool.
        if not self._is_quick or reserve is None or reserve.preallocated_bytes > self.segment_bytes:
            return None
        if reserve.path.parent != directory.path or not reserve.is_in_place():
            return None
        try:
            reserve.rename(self._next_path(directory))
        except OSError as error:
            # Windows renames no open file.
            reraise_from_signal_handler(error)
            return None
        return reserve

    def _next_path(self, directory: OpenDirectory) -> Path:
        self._segment_count += 1
        return directory.path / f"{self._segment_count:08}{SEGMENT_SUFFIX}"

    def count_bytes(self) -> None:
        """Count the bytes of all segments anew."""
        self.bytes = sum(segment.size for segment in self.segments)

    @property
    def needs_reserve(self) -> bool:
        """Whether `make_reserve` has something to do."""
        return self.reserve is None

    def make_reserve(self) -> None:
        """Preallocate the reserve where it is missing; one thread calls this without the lock."""
        wanted = self._missing_reserve()
        if wanted is None:
            return
        path, size = wanted
        try:
            reserve = Segment(path, size)
        except OSError as error:
            reraise_from_signal_handler(error)
            self._note_missing_reserve(error)
            return
        if not self._keep_reserve(reserve):
            reserve.remove()

    @exclusive
    def _missing_reserve(self) -> tuple[Path, int] | None:
        directory = self.directory
        if directory is None or self.reserve is not None:
            return None
        if time.monotonic() < self._reserve_retry_at:
            return None
        size = self._limits.reserve_bytes
        if self._is_quick and self._fits_preallocated:
            size = max(size, self.segment_bytes)
        return directory.path / RESERVE_FILE, size

    @exclusive
    def _note_missing_reserve(self, error: OSError) -> None:
        self._reserve_retry_at = time.monotonic() + _RETRY_RESERVE_S
        newest = self.newest
        self.is_scarce = error.errno in NO_SPACE and newest is not None and newest.has_space

    @exclusive
    def _keep_reserve(self, reserve: Segment) -> bool:
        directory = self.directory
        if directory is None or reserve.path.parent != directory.path or self.reserve is not None:
            return False
        self._reserve = reserve
        self.is_scarce = False
        return True

    def next_to_read(self) -> Segment | None:
        """
        Choose the file that delivery reads next.

        Returns:
            The oldest file with messages that aren't delivered; None where there is none.
        """
        self.remove_delivered()
        self._reading = next((file for file in self._all() if file.has_pending), None)
        return self._reading

    def confirm(self, end: int) -> None:
        """
        Mark the first bytes of the file that `next_to_read` chose as delivered.

        Args:
            end: How many bytes of the file are delivered.
        """
        if self._reading is not None:
            self._reading.delivered = end
        self.remove_delivered()

    def _all(self) -> list[Segment]:
        reserve = self.reserve
        return [*self.segments] if reserve is None else [*self.segments, reserve]

    def remove_delivered(self) -> None:
        """Delete segments whose messages are delivered, and empty the reserve."""
        while self.segments and not self.segments[0].has_pending:
            segment = self.segments[0]
            current = segment is self.newest
            if current and (segment.has_space or segment.size < self.segment_bytes // 4):
                break
            if current:
                self.newest = None
            segment.close()
            # A finalizer may have appended to the segment before it was closed.
            if segment.has_pending:
                break
            with contextlib.suppress(OSError):
                segment.remove()
            self.segments.popleft()
            self.count_bytes()
        reserve = self.reserve
        if reserve is not None and reserve.size and not reserve.has_pending:
            with contextlib.suppress(OSError):
                reserve.clear()

    @exclusive
    def list_unsynced(self) -> list[Segment]:
        """
        List the files that messages were appended to since they were sealed.

        Returns:
            The files.
        """
        return [
            file
            for file in self._all()
            if file.is_open and (file is not self._reserve or file.size)
        ]

    @exclusive
    def file_to_sync(self, segment: Segment) -> int | None:
        """
        Open a file to sync it; seal it if nothing more is appended to it.

        Args:
            segment: The file.

        Returns:
            The open file, which the caller closes; None where there is nothing to sync.
        """
        # Nothing more is appended to the segments before the newest segment.
        is_used = segment is self.newest or segment is self._reserve
        return segment.copy_to_sync() if is_used else segment.seal()

    @exclusive
    def restore(self) -> None:
        """
        Restore deleted files, with the messages that aren't delivered.

        Raises:
            OSError: The files can't be restored for now.
        """
        directory = self.directory
        needed = (file for file in self.segments if file.has_pending or file is self.newest)
        if not all(file.is_in_place() for file in needed):
            self._move()
        elif directory is not None and not is_held(directory):
            self.directory = make_directory(directory.path.parent, self._owner)
            os.close(directory.lock)
        reserve = self.reserve
        if reserve is not None and not reserve.is_in_place() and not reserve.size:
            # A reserve with messages is replaced after the messages are delivered.
            reserve.close()
            self._reserve = None

    def _move(self) -> None:
        gone = [file for file in self._all() if not file.is_in_place()]
        # Reset this first, because an exception may interrupt here, and nothing must be appended to
        # a missing file.
        self.newest = None
        # Release the lock only if it is worthless, because a process that finds the lock free
        # presumes a crash.
        if self.directory is not None and not is_held(self.directory):
            lock, self.directory = self.directory.lock, None
            os.close(lock)
        segment = self.rotate()
        for file in gone:
            with contextlib.suppress(OSError):
                rest = file.read_rest()
                if rest:
                    segment.append(rest)
                    self.filled += len(rest)
                    self.bytes += len(rest)
                # Set this last, because a message that could not be moved is delivered from its old
                # file.
                file.delivered = file.size
        if self._reserve in gone:
            self._reserve.close()
            self._reserve = None
        self._reading = None

    def close(self) -> None:
        """Delete the files if everything is delivered; otherwise leave them to other processes."""
        self.remove_delivered()
        files = self._all()
        directory, self.directory, self.newest = self.directory, None, None
        done = not any(file.has_pending for file in files)
        self.segments.clear()
        self._reserve = None
        try:
            with contextlib.suppress(OSError):
                for file in files:
                    file.trim()
                    file.remove() if done or not file.has_pending else file.close()
                if directory is not None and done:
                    # An interrupted rotation may have left a file that no messages are in.
                    for path in list_message_files(directory.path):
                        path.unlink(missing_ok=True)
                    (directory.path / OWNER_FILE).unlink(missing_ok=True)
                    directory.path.rmdir()
        finally:
            if directory is not None:
                os.close(directory.lock)

    def abandon(self) -> None:
        """Close the inherited files in a forked child, and leave the spool to the parent."""
        for file in (*self.segments, self._reserve):
            with contextlib.suppress(OSError):
                if file is not None:
                    file.close()
        if self.directory is not None:
            with contextlib.suppress(OSError):
                os.close(self.directory.lock)
