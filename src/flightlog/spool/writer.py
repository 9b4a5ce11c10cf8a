"""
Owns `SpoolWriter`: this process's own spool, which stores messages and returns them for delivery.

`files` owns the spool's files. `flightlog.capture` writes the messages, and `flightlog.delivery`
knows where they go.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from flightlog.record.placeholders import write_placeholder
from flightlog.signal_handlers import exclusive, reraise_from_signal_handler
from flightlog.spool.directory import list_spools, make_owner
from flightlog.spool.files import NO_SPACE, SpoolFiles, SpoolLimits
from flightlog.spool.frames import Batch, encode_frame
from flightlog.spool.platform import sync_directory, sync_file
from flightlog.spool.recovery import keep_rejected
from flightlog.spool.segment import Segment

_RETRY_S: Final = 1.0
_PASSING: Final = frozenset({errno.EMFILE, errno.ENFILE, None})  # None: a signal handler's


class Wakeup:
    """
    Wakes one thread, as a `threading.Event` does.

    Unlike an event's `set`, `ring` may be called by a finalizer that interrupts `wait` in the same
    thread. That happens, because every appended message calls `ring`, and a finalizer may append a
    message.
    """

    def __init__(self) -> None:
        self._rung: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        """Wake the thread; if the thread doesn't wait, its next `wait` returns at once."""
        self._rung.put(None)

    def clear(self) -> None:
        """Reset the wakeup."""
        while not self._rung.empty():
            self._rung.get()

    def wait(self, timeout_s: float | None = None) -> None:
        """
        Wait for `ring`.

        Args:
            timeout_s: How long to wait at most, in seconds; None waits without a limit.
        """
        try:
            self._rung.get(timeout=timeout_s)
        except Empty:
            return


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
        self._owner = make_owner(url)
        # Use a reentrant lock, because a signal handler or a finalizer may append while its thread
        # appends.
        self._lock = threading.RLock()
        self._files = SpoolFiles(spool_dir, self._owner, self._limits, self._lock)
        self._payload_limit = self._files.max_payload_bytes
        self._retry_at = 0.0
        self._sleepers: set[Wakeup] = set()
        self._reserve_maker: Wakeup | None = None
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
        try:
            self._files.open()
        except OSError as error:
            reraise_from_signal_handler(error)

    @property
    def process_id(self) -> str:
        """The id of this process in records and in the ledger."""
        return self._owner.process_id

    @property
    def trouble(self) -> str | None:
        """Why the last messages could not be kept as intended; None where there is no problem."""
        return self._trouble or self._files.displaced

    def _note_trouble(self, trouble: str) -> None:
        self._trouble, self._troubled_number = trouble, self.last_number + 1

    @property
    def directory(self) -> Path | None:
        """The directory of the messages; None where no directory can be made."""
        directory = self._files.directory
        return directory.path if directory else None

    def append(self, head: bytes, payload: bytes = b"", tail: bytes = b"") -> None:
        """
        Append one message, if the spool has space for it.

        When this method returns, the message survives the process's death, or `lost` counts it. A
        full spool or disk first replaces payloads, and then loses messages; `trouble` says so. No
        error of the file system is raised.

        Args:
            head: The JSON of a record, or its part before the payload.
            payload: The payload; where the spool lacks space, a placeholder replaces it.
            tail: The JSON after the payload.

        Raises:
            BaseException: A signal handler of the workflow raised; the message was appended anyway,
                perhaps twice.
        """
        # Keep this on one line: see `exclusive`, which would cost another call.
        try:
            with self._lock: self._append(head, payload, tail)  # noqa: E701  # fmt: skip
        except BaseException:
            # The interrupted append may have been written or not; appending the message again is
            # harmless.
            with contextlib.suppress(RecursionError, MemoryError):
                self._repeat_append(head, payload, tail)
            raise

    @exclusive
    def _repeat_append(self, head: bytes, payload: bytes, tail: bytes) -> None:
        self._append(head, payload, tail)

    def _append(self, head: bytes, payload: bytes, tail: bytes) -> None:
        number, files = self.last_number + 1, self._files
        frame = encode_frame(number, head, payload, tail)
        if files.bytes + len(frame) > self._payload_limit:
            frame = self._strip_over_limit(frame, number, head, payload, tail)
        segment = files.newest
        try:
            if segment is None or files.filled >= files.segment_bytes:
                segment = self._rotate()
            segment.append(frame)
        except OSError as error:
            reraise_from_signal_handler(error)
            if not self._append_to_next_segment(frame, error):
                self._append_to_reserve(self._strip(number, head, payload, tail))
        else:
            # These counts may miss some bytes, because they only decide when a limit is reached.
            files.filled += len(frame)
            files.bytes += len(frame)
            self.needs_sync = True
        # Assign the number last: a number without a message counts as lost, and a message without a
        # number gets the next message's number. The number must not go back where a signal handler
        # has appended in between.
        if number > self.last_number:  # noqa: PLR1730 - a handler may run at the end of `max`
            self.last_number = number
        if self._sleepers:
            self._wake()

    def _rotate(self) -> Segment:
        segment = self._files.rotate()
        if self._files.needs_reserve and self._reserve_maker is not None:
            self._reserve_maker.ring()
        return segment

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

    def _strip_over_limit(
        self, frame: bytes, number: int, head: bytes, payload: bytes, tail: bytes
    ) -> bytes:
        files = self._files
        if files.is_scarce:
            self._note_trouble("the disk has no space for another file")
            return self._strip(number, head, payload, tail)
        if files.bytes + len(frame) <= files.max_payload_bytes:
            # The disk was full, and has space again.
            self._payload_limit = files.max_payload_bytes
            return frame
        frame = self._strip(number, head, payload, tail)
        self._note_trouble("the spool is full")
        if files.bytes + len(frame) <= files.max_payload_bytes + self._limits.max_bytes // 10:
            return frame
        self.lost += 1
        return b""

    def _strip(self, number: int, head: bytes, payload: bytes, tail: bytes) -> bytes:
        if not payload:
            return encode_frame(number, head)
        self.stripped += 1
        dropped = write_placeholder("dropped", reason="there was no room for it", size=len(payload))
        return encode_frame(number, head, dropped, tail)

    def _append_to_next_segment(self, frame: bytes, error: OSError) -> bool:
        now = time.monotonic()
        if error.errno not in NO_SPACE and now >= self._retry_at:
            try:
                self._rotate().append(frame)
            except OSError as failure:
                reraise_from_signal_handler(failure)
                error = failure
                self._retry_at = now + _RETRY_S
            else:
                self._files.filled += len(frame)
                self._files.bytes += len(frame)
                self.needs_sync = True
                return True
        self._note_trouble(f"the spool can't be written ({error.strerror or error})")
        return False

    def _append_to_reserve(self, frame: bytes) -> None:
        reserve = self._files.reserve
        if reserve is None or not reserve.fits(frame):
            self.lost += 1
            return
        try:
            reserve.append(frame)
            self.needs_sync = True
        except OSError as failure:
            reraise_from_signal_handler(failure)
            self.lost += 1

    def ring_for_reserve(self, maker: Wakeup) -> None:
        """
        Register the wakeup that asks for a reserve whenever the reserve became a segment.

        Args:
            maker: The wakeup of the thread that then calls `make_reserve`.
        """
        self._reserve_maker = maker

    def make_reserve(self) -> None:
        """Preallocate the reserve where it is missing and the disk has space for it."""
        files = self._files
        files.make_reserve()
        self._payload_limit = -1 if files.is_scarce else files.max_payload_bytes

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
            self._note_trouble(f"{segment.path} can't be read ({error.strerror or error})")
            segment.delivered = size
            return None

    @exclusive
    def _next_to_read(self) -> tuple[Segment | None, int]:
        segment = self._files.next_to_read()
        return segment, 0 if segment is None else segment.size

    @exclusive
    def confirm(self, batch: Batch) -> None:
        """
        Mark the batch that `pending` returned last as delivered.

        Args:
            batch: The batch.
        """
        self._files.confirm(batch.end)

    def keep_rejected(self, line: bytes) -> None:
        """
        Keep a record that the receiver refuses permanently, for a person to inspect.

        Args:
            line: The record's JSON.
        """
        directory = self.directory
        if directory is not None:
            with contextlib.suppress(OSError):
                keep_rejected(directory, line)

    def sync(self) -> None:
        """Write everything appended so far to the disk itself, so that it survives a power cut."""
        # Reset the flag first, because a message that is appended meanwhile sets the flag again.
        self.needs_sync = False
        files, before_newest = self._files, False
        directory = files.directory
        for segment in self._list_unsynced():
            file = files.file_to_sync(segment)
            if file is None:
                continue
            before_newest = before_newest or not segment.is_open
            try:
                with self._noting_failed_sync():
                    sync_file(file)
            finally:
                os.close(file)
        if before_newest and directory is not None:
            with self._noting_failed_sync():
                sync_directory(directory.path)

    @contextlib.contextmanager
    def _noting_failed_sync(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # The messages are in the file, so only a loss of power can lose them.
            self._note_trouble(f"the spool can't be synced to disk ({error.strerror or error})")
            self.needs_sync = True

    @exclusive
    def _list_unsynced(self) -> list[Segment]:
        if self.last_number > self._troubled_number:
            self._trouble = None
        return self._files.list_unsynced()

    def restore(self) -> None:
        """Restore deleted files of the spool, with the messages that aren't delivered."""
        with contextlib.suppress(OSError):
            self._files.restore()
            self.make_reserve()

    def measure_others(self) -> None:
        """Measure how much of the limit the spools of other processes use."""
        with contextlib.suppress(OSError):
            spools = list_spools(self._spool_dir)
            others = (spool.size_bytes for spool in spools if spool.path.name != self.process_id)
            files = self._files
            files.max_payload_bytes = self._limits.max_bytes * 9 // 10 - sum(others)
            self._payload_limit = -1 if files.is_scarce else files.max_payload_bytes

    @exclusive
    def close(self) -> None:
        """
        Close the spool.

        Delete the spool's files if everything is delivered; otherwise leave them to other
        processes.
        """
        self._files.close()

    def abandon(self) -> None:
        """Close the inherited files in a forked child, and leave the spool to the parent."""
        self._files.abandon()
