"""
Owns `SpoolWriter`: this process's own spool, which stores messages and returns them for delivery.

`flightlog.capture` writes the messages, and `flightlog.delivery` knows where they go.
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

from flightlog.record.placeholders import placeholder
from flightlog.signal_handlers import exclusive, reraise_from_signal_handler
from flightlog.spool.directory import (
    OWNER_FILE,
    SEGMENT_SUFFIX,
    OpenDirectory,
    is_held,
    list_spools,
    make_directory,
    make_fallback_spool_dir,
    new_owner,
)
from flightlog.spool.frames import encode_frame
from flightlog.spool.limits import SpoolLimits
from flightlog.spool.platform import sync_directory, sync_file
from flightlog.spool.reader import Batch
from flightlog.spool.recovery import set_aside
from flightlog.spool.segment import Segment
from flightlog.spool.wakeup import Wakeup

_RETRY_S: Final = 1.0
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_PASSING: Final = frozenset({errno.EMFILE, errno.ENFILE, None})  # None: a signal handler's
_OPEN_READERS: Final = 8
_QUICK_S: Final = 10.0
"""If a file fills within this time, in seconds, the next file is preallocated."""


class SpoolWriter:
    """
    The spool of this process.

    Several threads may use the writer at once, but only one of them may call `pending` and
    `confirm`. No method raises when the disk fails; `lost` counts the messages that could not be
    kept.

    Args:
        spool_dir: Where spools are.
        url: Where the records are delivered.
        limits: How much the spool may hold.
    """

    def __init__(self, spool_dir: Path, url: str, limits: SpoolLimits | None = None) -> None:
        self._spool_dir = spool_dir
        self._limits = limits or SpoolLimits()
        self._owner = new_owner(url)
        # Use a reentrant lock, because a signal handler or a finalizer may append while its thread
        # appends.
        self._lock = threading.RLock()
        self._directory: OpenDirectory | None = None
        self._segments: deque[Segment] = deque()
        self._reserve: Segment | None = None
        self._segment_count = 0
        self._newest: Segment | None = None
        self._spare: Segment | None = None
        self._wants_spare = False
        self._spare_maker: Wakeup | None = None
        self._rotated_at = -math.inf
        # Use small files in a small spool, because delivered messages are deleted file by file.
        self._segment_bytes = min(self._limits.segment_bytes, self._limits.max_bytes // 16)
        self._filled = self._bytes = 0
        self._payload_bytes = self._limits.max_bytes * 9 // 10
        self._retry_at = 0.0
        self._sleepers: set[Wakeup] = set()
        self._reading: Segment | None = None
        self.needs_sync = False
        """Whether a message was appended since the last `sync`."""
        self.last_number = 0
        """The number of the newest message."""
        self.lost = 0
        """The number of messages that could not be kept."""
        self.stripped = 0
        """The number of messages whose payloads were left out, because the spool lacked space."""
        self._trouble: str | None = None
        self._troubled_number = 0
        self._displaced: str | None = None
        try:
            self._open()
        except OSError as error:
            reraise_from_signal_handler(error)

    @property
    def process_id(self) -> str:
        """The id of this process in records and in the ledger."""
        return self._owner.process_id

    @property
    def trouble(self) -> str | None:
        """Why the last messages could not be kept as intended; None where there is no problem."""
        return self._trouble or self._displaced

    def _tell(self, trouble: str) -> None:
        self._trouble, self._troubled_number = trouble, self.last_number + 1

    @property
    def directory(self) -> Path | None:
        """The directory of the messages; None where no directory can be made."""
        return self._directory.path if self._directory else None

    def append(self, head: bytes, payload: bytes = b"", tail: bytes = b"") -> None:
        """
        Append one message. When this method returns, the message survives the process's death.

        Args:
            head: The JSON of a record, or its part before the payload.
            payload: The payload; where the spool lacks space, a placeholder replaces it.
            tail: The JSON after the payload.
        """
        # Keep this on one line: see `exclusive`, which would cost another call.
        try:
            with self._lock: self._append(head, payload, tail)  # noqa: E701  # fmt: skip
        except BaseException:
            # The interrupted append may have been written or not; appending the message again is
            # harmless.
            with contextlib.suppress(RecursionError, MemoryError):
                self._append_again(head, payload, tail)
            raise

    @exclusive
    def _append_again(self, head: bytes, payload: bytes, tail: bytes) -> None:
        self._append(head, payload, tail)

    def _append(self, head: bytes, payload: bytes, tail: bytes) -> None:
        number = self.last_number + 1
        frame = encode_frame(number, head, payload, tail)
        if self._bytes + len(frame) > self._payload_bytes:
            frame = self._over_limit(number, head, payload, tail)
        segment = self._newest
        try:
            if segment is None or self._filled >= self._segment_bytes:
                segment = self._rotate()
            segment.append(frame)
        except OSError as error:
            reraise_from_signal_handler(error)
            if not self._append_elsewhere(frame, error):
                self._append_to_reserve(self._stripped(number, head, payload, tail))
        else:
            self._count(frame)
        # Assign the number last: a number without a message counts as lost, and a message without a
        # number gets the next message's number. The number must not go back where a signal handler
        # has appended in between.
        if number > self.last_number:  # noqa: PLR1730 - a handler may run at the end of `max`
            self.last_number = number
        if self._sleepers:
            self._wake()

    def _count(self, frame: bytes) -> None:
        # The first two counts may miss some bytes, because they only decide when a limit is
        # reached.
        self._filled += len(frame)
        self._bytes += len(frame)
        self.needs_sync = True

    def wake_at_append(self, sleeper: Wakeup) -> None:
        """
        Wake a thread at the next message.

        Args:
            sleeper: The wakeup that the thread waits for. The thread must check for messages
                between this call and the wait.
        """
        self._sleepers.add(sleeper)

    def _wake(self) -> None:
        for sleeper in tuple(self._sleepers):
            sleeper.ring()
            self._sleepers.discard(sleeper)

    def _over_limit(self, number: int, head: bytes, payload: bytes, tail: bytes) -> bytes:
        frame = self._stripped(number, head, payload, tail)
        self._tell("the spool is full")
        if self._bytes + len(frame) <= self._payload_bytes + self._limits.max_bytes // 10:
            return frame
        self.lost += 1
        return b""

    def _stripped(self, number: int, head: bytes, payload: bytes, tail: bytes) -> bytes:
        if not payload:
            return encode_frame(number, head)
        self.stripped += 1
        dropped = placeholder("dropped", reason="there was no room for it", size=len(payload))
        return encode_frame(number, head, dropped, tail)

    def _append_elsewhere(self, frame: bytes, error: OSError) -> bool:
        now = time.monotonic()
        has_room = self._spare is not None or error.errno not in _NO_ROOM
        if has_room and now >= self._retry_at:
            try:
                self._rotate().append(frame)
            except OSError as failure:
                reraise_from_signal_handler(failure)
                error = failure
                self._retry_at = now + _RETRY_S
            else:
                self._count(frame)
                return True
        self._tell(f"the spool can't be written ({error.strerror or error})")
        return False

    def _append_to_reserve(self, frame: bytes) -> None:
        if self._reserve is None:
            self.lost += 1
            return
        try:
            self._reserve.append(frame)
            self.needs_sync = True
        except OSError as failure:
            reraise_from_signal_handler(failure)
            self.lost += 1

    def _rotate(self) -> Segment:
        directory, newest = self._directory or self._open(), self._newest
        segment = self._usable_spare(directory) or Segment.following(
            newest, self._next_path(directory)
        )
        if segment is newest:
            return segment
        # Keep this order, because delivery must also read the newest file. `sync` seals the
        # previous file.
        self._segments.append(segment)
        self._newest, self._spare, self._filled = segment, None, 0
        self._count_bytes()
        if newest not in (None, self._reading) and len(self._segments) > _OPEN_READERS:
            newest.release_reader()
        self._ask_for_spare()
        return segment

    def _count_bytes(self) -> None:
        self._bytes = sum(segment.size for segment in self._segments)

    def _next_path(self, directory: OpenDirectory) -> Path:
        self._segment_count += 1
        return self._path(directory)

    def _path(self, directory: OpenDirectory) -> Path:
        return directory.path / f"{self._segment_count:08}{SEGMENT_SUFFIX}"

    def _usable_spare(self, directory: OpenDirectory) -> Segment | None:
        spare = self._spare
        # The spare may be in use already, if an exception interrupted its activation.
        if spare is None or spare in self._segments:
            return None
        if spare.path.parent == directory.path and spare.is_in_place():
            return spare
        self._spare = None
        spare.close()
        return None

    def _ask_for_spare(self) -> None:
        # Don't preallocate for slow writers, because it only enlarges the spool.
        now = time.monotonic()
        quick, self._rotated_at = now - self._rotated_at < _QUICK_S, now
        self._wants_spare = quick and self._bytes + 2 * self._segment_bytes <= self._payload_bytes
        if self._wants_spare and self._spare_maker is not None:
            self._spare_maker.ring()

    def ring_for_spare(self, maker: Wakeup) -> None:
        """
        Register the wakeup that asks for a spare file whenever a file has filled quickly.

        Args:
            maker: The wakeup of the thread that then calls `make_spare`.
        """
        self._spare_maker = maker

    def make_spare(self) -> None:
        """Preallocate the next file, if it was asked for and the spool has space."""
        path = self._spare_path()
        if path is None:
            return
        with contextlib.suppress(OSError):
            spare = Segment(path, self._segment_bytes)
            if not self._keep_spare(spare):
                spare.remove()

    @exclusive
    def _spare_path(self) -> Path | None:
        wanted, self._wants_spare = self._wants_spare, False
        directory = self._directory
        return self._next_path(directory) if wanted and directory is not None else None

    @exclusive
    def _keep_spare(self, spare: Segment) -> bool:
        directory = self._directory
        # If another file was begun meanwhile, the messages of this file would be out of order.
        if directory is None or spare.path != self._path(directory):
            return False
        self._spare = spare
        return True

    def _open(self) -> OpenDirectory:
        try:
            self._directory = make_directory(self._spool_dir, self._owner)
            self._displaced = None
        except OSError as error:
            reraise_from_signal_handler(error)
            self._directory = make_directory(make_fallback_spool_dir(), self._owner)
            self._displaced = f"{self._spool_dir} can't be written ({error.strerror or error})"
        if self._reserve is None:
            self._reserve = Segment.reserve(self._directory.path, self._limits.reserve_bytes)
        return self._directory

    def pending(self, max_bytes: int) -> Batch | None:
        """
        Read the next messages to deliver.

        Args:
            max_bytes: How many bytes to read at once; a larger message is a batch of its own.

        Returns:
            The messages; None where all are delivered. `confirm` advances to the next batch.

        Raises:
            OSError: The file can't be read for now; a later call may succeed.
        """
        segment, size = self._next_to_read()
        if segment is None:
            return None
        try:
            return segment.read(size, max_bytes, self.process_id)
        except OSError as error:
            if error.errno in _PASSING:
                raise
            # A file that is missing or unreadable must not block the other files.
            self._tell(f"{segment.path} can't be read ({error.strerror or error})")
            segment.delivered = size
            return None

    @exclusive
    def _next_to_read(self) -> tuple[Segment | None, int]:
        self._remove_delivered()
        files = [*self._segments, *([self._reserve] if self._reserve else [])]
        self._reading = segment = next((file for file in files if file.has_pending), None)
        return segment, 0 if segment is None else segment.size

    @exclusive
    def confirm(self, batch: Batch) -> None:
        """
        Mark the batch that `pending` returned last as delivered.

        Args:
            batch: The batch.
        """
        segment = self._reading
        if segment is not None:
            segment.delivered = batch.end
        self._remove_delivered()

    def set_aside(self, line: bytes) -> None:
        """
        Keep a record that the receiver refuses permanently, for a person to inspect.

        Args:
            line: The record's JSON.
        """
        directory = self._directory
        if directory is not None:
            with contextlib.suppress(OSError):
                set_aside(directory.path, line)

    def _remove_delivered(self) -> None:
        while self._segments and not self._segments[0].has_pending:
            segment = self._segments[0]
            current = segment is self._newest
            if current and (segment.has_room or segment.size < self._segment_bytes // 4):
                break
            if current:
                self._newest = None
            segment.close()
            # A finalizer may have appended to the file before it was closed.
            if segment.has_pending:
                break
            with contextlib.suppress(OSError):
                segment.remove()
            self._segments.popleft()
            self._count_bytes()
        reserve = self._reserve
        if reserve is not None and reserve.size and not reserve.has_pending:
            with contextlib.suppress(OSError):
                reserve.clear()

    def sync(self) -> None:
        """Write everything appended so far to the disk itself, so that it survives a power cut."""
        # Reset the flag first, because a message that is appended meanwhile sets the flag again.
        self.needs_sync = False
        directory, before_newest = self._directory, False
        for segment in self._unsynced():
            file = self._file_to_sync(segment)
            if file is None:
                continue
            before_newest = before_newest or not segment.is_open
            try:
                with contextlib.suppress(OSError):
                    sync_file(file)
            finally:
                os.close(file)
        if before_newest and directory is not None:
            with contextlib.suppress(OSError):
                sync_directory(directory.path)

    @exclusive
    def _unsynced(self) -> list[Segment]:
        if self.last_number > self._troubled_number:
            self._trouble = None
        reserve = [self._reserve] if self._reserve is not None and self._reserve.size else []
        return [segment for segment in (*self._segments, *reserve) if segment.is_open]

    @exclusive
    def _file_to_sync(self, segment: Segment) -> int | None:
        # Nothing more is appended to the files before the newest file.
        is_used = segment is self._newest or segment is self._reserve
        return segment.copy_to_sync() if is_used else segment.seal()

    def stay_in_place(self) -> None:
        """Restore deleted files of the spool, with the messages that aren't delivered."""
        with contextlib.suppress(OSError):
            self._stay_in_place()

    @exclusive
    def _stay_in_place(self) -> None:
        directory, reserve = self._directory, self._reserve
        needed = (file for file in self._segments if file.has_pending or file is self._newest)
        if not all(file.is_in_place() for file in needed):
            self._move()
        elif directory is not None and not is_held(directory):
            self._directory = make_directory(directory.path.parent, self._owner)
            os.close(directory.lock)
        if reserve is not None and (self._reserve is None or not self._reserve.is_in_place()):
            self._replace_reserve()

    def measure_others(self) -> None:
        """Measure how much of the limit the spools of other processes use."""
        with contextlib.suppress(OSError):
            spools = list_spools(self._spool_dir)
            others = (spool.size_bytes for spool in spools if spool.path.name != self.process_id)
            self._payload_bytes = self._limits.max_bytes * 9 // 10 - sum(others)

    def _move(self) -> None:
        gone = [file for file in self._segments if not file.is_in_place()]
        if self._reserve is not None and not self._reserve.is_in_place():
            gone.append(self._reserve)
        # Reset this first, because an exception may interrupt here, and nothing must be appended to
        # a missing file.
        self._newest = None
        # Release the lock only if it is worthless, because a process that finds the lock free
        # presumes a crash.
        if self._directory is not None and not is_held(self._directory):
            lock, self._directory = self._directory.lock, None
            os.close(lock)
        segment = self._rotate()
        for file in gone:
            with contextlib.suppress(OSError):
                rest = file.rest()
                if rest:
                    segment.append(rest)
                    self._count(rest)
                # Set this last, because a message that could not be moved is delivered from its old
                # file.
                file.delivered = file.size
        if self._reserve in gone:
            self._reserve.close()
            self._reserve = None
        self._reading = None

    def _replace_reserve(self) -> None:
        reserve, directory = self._reserve, self._directory
        # A reserve with messages is replaced after the messages are delivered.
        if directory is not None and (reserve is None or not reserve.size):
            if reserve is not None:
                reserve.close()
            self._reserve = Segment.reserve(directory.path, self._limits.reserve_bytes)

    @exclusive
    def close(self) -> None:
        """
        Close the spool.

        Delete the spool's files if everything is delivered; otherwise leave them to other
        processes.
        """
        self._remove_delivered()
        directory, self._directory, self._newest = self._directory, None, None
        segments = [*self._segments, *([self._reserve] if self._reserve else [])]
        done = not any(segment.has_pending for segment in segments)
        self._segments.clear()
        self._reserve = None
        try:
            with contextlib.suppress(OSError):
                if self._spare is not None:
                    self._spare.remove()
                for segment in segments:
                    segment.trim()
                    segment.remove() if done else segment.close()
                if directory is not None and done:
                    (directory.path / OWNER_FILE).unlink(missing_ok=True)
                    directory.path.rmdir()
        finally:
            if directory is not None:
                os.close(directory.lock)

    def abandon(self) -> None:
        """Close the inherited files in a forked child, and leave the spool to the parent."""
        for segment in (*self._segments, self._reserve, self._spare):
            with contextlib.suppress(OSError):
                if segment is not None:
                    segment.close()
        if self._directory is not None:
            with contextlib.suppress(OSError):
                os.close(self._directory.lock)
