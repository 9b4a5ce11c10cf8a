"""
One file of a spool: appended to by the process's own code, read by its delivery.

The reserve is such a file too, with its room taken in advance, so that it can be written when the
disk is full. So is the file that follows one that filled quickly: it is faster to write over pages
that are there than to have the operating system find new ones.

How much of a file is messages is known by the operating system alone: it is the position of the
open file. A number kept beside the file would be wrong as soon as an exception, or the recording of
a signal handler, came in between a write and its counting.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Final, Self

from flightlog.signal_handlers import reraise_from_signal_handler
from flightlog.spool.directory import RESERVE_FILE
from flightlog.spool.platform import open_regular, sync_file, write_zeros
from flightlog.spool.reader import Batch, read_batch

_NO_MORE_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})
_READ: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Segment:
    """
    A file of messages that this process appends to.

    Not safe to use from several threads, except for `read` in one of them.

    Args:
        path: The file; must not exist yet.
        room_bytes: Take so much room at once.
        grows: Whether it may take more.

    Raises:
        OSError: It can't be made.
    """

    def __init__(self, path: Path, room_bytes: int = 0, *, grows: bool = True) -> None:
        self.path = path
        """The file."""
        self.delivered = 0
        """How many of them, from the beginning, are delivered."""
        self._room_bytes = room_bytes
        self._grows = grows
        self._final_size = 0
        self._file: int | None = os.open(path, _WRITE, 0o600)
        self._reader: int | None = None
        try:
            self._reader = os.open(path, _READ)
            if room_bytes:
                self._fill(self._file)
        except BaseException:
            self.close()
            path.unlink(missing_ok=True)
            raise

    @classmethod
    def reserve(cls, directory: Path, room_bytes: int) -> Self | None:
        """Make the reserve of a spool; None where there is no room for it."""
        try:
            return cls(directory / RESERVE_FILE, room_bytes, grows=False)
        except OSError as error:
            reraise_from_signal_handler(error)
            return None

    @classmethod
    def following(cls, newest: Self | None, path: Path) -> Self:
        """
        Make the file that follows the newest; that one itself where no more files can be opened.

        Raises:
            OSError: It can't be made.
        """
        try:
            return cls(path)
        except OSError as error:
            reraise_from_signal_handler(error)
            if newest is None or error.errno not in _NO_MORE_FILES:
                raise
            return newest

    def copy_to_sync(self) -> int | None:
        """
        Copy the open file, for who syncs and closes it while more is appended.

        Returns:
            The copy; None when nothing is appended any more, or when no more files can be opened:
            then it is synced already.
        """
        if self._file is None:
            return None
        with contextlib.suppress(OSError):
            return os.dup(self._file)
        with contextlib.suppress(OSError):
            sync_file(self._file)
        return None

    @property
    def is_open(self) -> bool:
        """Whether messages can be appended."""
        return self._file is not None

    @property
    def size(self) -> int:
        """How many bytes are messages."""
        file = self._file
        return self._final_size if file is None else os.lseek(file, 0, os.SEEK_CUR)

    @property
    def has_pending(self) -> bool:
        """Whether it holds messages that aren't delivered."""
        return self.delivered < self.size

    @property
    def has_room(self) -> bool:
        """Whether there is still some of the room that was taken in advance."""
        return self.size < self._room_bytes

    def append(self, frame: bytes) -> None:
        """
        Add one frame; when this returns, the operating system has it.

        Raises:
            OSError: It can't, or there is no room; nothing of it remains.
        """
        file = self._file
        if file is None:
            # A signal handler's message came in between, and began another file.
            raise OSError("nothing is appended to it any more")
        if not self._grows and self.size + len(frame) > self._room_bytes:
            raise OSError("the reserve is full")
        written = os.write(file, frame)
        if written != len(frame):
            self._append_rest(file, frame, written)

    def _append_rest(self, file: int, frame: bytes, written: int) -> None:
        try:
            while written != len(frame):
                # A short write means that the room ended: the next one says why.
                written += os.write(file, frame[written:])
        except OSError as error:
            reraise_from_signal_handler(error)
            self._take_back(file, written)
            raise

    def read(self, size: int, max_bytes: int, process_id: str) -> Batch:
        """
        Read the first messages that aren't delivered.

        Args:
            size: How many bytes were messages when the lock was held last.
            max_bytes: How much to read at once; one message that is larger comes alone.
            process_id: Whose messages they are.

        Raises:
            OSError: The file can't be read.
        """
        if self._reader is None:
            self._reader = open_regular(self.path, os.O_RDONLY)
        return read_batch(self._reader, self.delivered, size, max_bytes, process_id)

    def rest(self) -> bytes:
        """
        The bytes of all messages that aren't delivered.

        Raises:
            OSError: The file can't be read.
        """
        if self._reader is None:
            self._reader = open_regular(self.path, os.O_RDONLY)
        os.lseek(self._reader, self.delivered, os.SEEK_SET)
        parts = []
        missing = self.size - self.delivered
        while missing and (part := os.read(self._reader, missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def is_in_place(self) -> bool:
        """Whether the file is still where it was made."""
        opened = self._file if self._file is not None else self._reader
        try:
            return opened is not None and os.path.samestat(os.fstat(opened), self.path.stat())
        except OSError:
            return False

    def clear(self) -> None:
        """
        Empty a reserve whose messages are delivered, without giving up its room.

        Raises:
            OSError: It can't be written.
        """
        if self._file is None:
            return
        # By a file of its own: the other one's position says how much is messages.
        zeros = open_regular(self.path, os.O_WRONLY)
        try:
            write_zeros(zeros, self._room_bytes)
        finally:
            os.close(zeros)
        # In this order: zeros that count as not delivered yet are passed over.
        self.delivered = 0
        os.lseek(self._file, 0, os.SEEK_SET)

    def seal(self) -> int | None:
        """End appending; returns the open file, which the caller syncs and closes."""
        file = self._file
        if file is not None:
            self._final_size = os.lseek(file, 0, os.SEEK_CUR)
            self._file = None
        return file

    def release_reader(self) -> None:
        """Close what `read` opened; the next `read` opens it again."""
        reader, self._reader = self._reader, None
        if reader is not None:
            os.close(reader)

    def trim(self) -> None:
        """Give up the room that no message needed: nothing more is appended."""
        if self._file is not None and self._grows and self.has_room:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self.size)

    def close(self) -> None:
        """Close the files."""
        file = self.seal()
        if file is not None:
            os.close(file)
        self.release_reader()

    def remove(self) -> None:
        """Close and delete it."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _take_back(self, file: int, written: int) -> None:
        # What can't be taken back, a reader passes over by its checksum.
        with contextlib.suppress(OSError):
            start = os.lseek(file, -written, os.SEEK_CUR)
            if self._grows:
                os.ftruncate(file, start)

    def _fill(self, file: int) -> None:
        write_zeros(file, self._room_bytes)
        os.lseek(file, 0, os.SEEK_SET)
