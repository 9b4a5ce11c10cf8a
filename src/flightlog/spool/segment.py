"""
Owns one file of a spool, to which the workflow's threads append and which delivery reads.

The reserve is such a file, too. Its space is preallocated, so that it can be written when the disk
is full. `files` decides which file is the reserve.

Only the operating system knows how many bytes of a file are messages: the position of the open
file. A separate counter would be wrong if an exception or a signal handler's recording came between
a write and its counting. `writer` chooses the file for each message.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Final, Self

from flightlog.signal_handlers import reraise_from_signal_handler
from flightlog.spool.frames import Batch, read_batch
from flightlog.spool.platform import open_regular, sync_file, write_zeros

_NO_MORE_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})
_READ: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Segment:
    """
    A file of messages to which this process appends.

    A segment must not be used from several threads at once, except for `read` in one thread.

    Args:
        path: The file; must not exist yet.
        preallocated_bytes: How many bytes to preallocate.

    Raises:
        OSError: The file can't be made.
    """

    def __init__(self, path: Path, preallocated_bytes: int = 0) -> None:
        self.path = path
        """The file."""
        self.delivered = 0
        """How many of the file's bytes, from its beginning, are delivered."""
        self.preallocated_bytes = preallocated_bytes
        """How many bytes at the file's beginning are preallocated."""
        self._final_size = 0
        self._file: int | None = os.open(path, _WRITE, 0o600)
        self._reader: int | None = None
        try:
            self._made = os.fstat(self._file)
            self._reader = os.open(path, _READ)
            if preallocated_bytes:
                self._fill(self._file)
        except BaseException:
            self.close()
            path.unlink(missing_ok=True)
            raise

    @classmethod
    def following(cls, newest: Self | None, path: Path) -> Self:
        """
        Make the file that follows the newest file.

        Args:
            newest: The newest file, if any.
            path: The new file.

        Returns:
            The new file; the newest file where no more files can be opened.

        Raises:
            OSError: The file can't be made.
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
        Copy the open file, so that the caller can sync and close the copy while more is appended.

        Returns:
            The copy. None where the file is sealed; also None where no more files can be opened,
            after this method has synced the file itself.
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
        """Whether the file holds messages that aren't delivered."""
        return self.delivered < self.size

    @property
    def has_space(self) -> bool:
        """Whether some of the preallocated space is left."""
        return self.size < self.preallocated_bytes

    def fits(self, frame: bytes) -> bool:
        """
        Return whether a frame needs no more than the preallocated space.

        Args:
            frame: The frame.

        Returns:
            True also on a full disk.
        """
        return self.size + len(frame) <= self.preallocated_bytes

    def append(self, frame: bytes) -> None:
        """
        Append one frame; when this method returns, the operating system has the frame.

        Args:
            frame: The frame.

        Raises:
            OSError: The frame can't be written, and no part of it remains.
        """
        file = self._file
        if file is None:
            # A signal handler's message came in between and began another file.
            raise OSError("nothing is appended to it any more")
        written = os.write(file, frame)
        if written != len(frame):
            self._append_rest(file, frame, written)

    def _append_rest(self, file: int, frame: bytes, written: int) -> None:
        try:
            while written != len(frame):
                # A short write means that the space ended; the next write raises the reason.
                written += os.write(file, frame[written:])
        except OSError as error:
            reraise_from_signal_handler(error)
            self._take_back(file, written)
            raise

    def read(self, size: int, max_bytes: int, process_id: str) -> Batch:
        """
        Read the first messages that aren't delivered.

        Args:
            size: How many bytes were messages when the lock was last held.
            max_bytes: How many bytes to read at once; a larger message is a batch of its own.
            process_id: The process that wrote the messages.

        Returns:
            The messages.

        Raises:
            OSError: The file can't be read.
        """
        if self._reader is None:
            self._reader = open_regular(self.path, os.O_RDONLY)
        return read_batch(self._reader, self.delivered, size, max_bytes, process_id)

    def read_rest(self) -> bytes:
        """
        Read the bytes of all messages that aren't delivered.

        Returns:
            The bytes of the frames.

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
        """
        Return whether the file is still at its path.

        Returns:
            False where the file was deleted or replaced.
        """
        # Compare with the file as it was made, because a sealed file may be open nowhere.
        try:
            return os.path.samestat(self._made, self.path.stat())
        except OSError:
            return False

    def clear(self) -> None:
        """
        Empty a reserve whose messages are delivered, and keep its preallocated space.

        Raises:
            OSError: The file can't be written.
        """
        if self._file is None:
            return
        # Open the file again, because the other descriptor's position says how many bytes are
        # messages.
        zeros = open_regular(self.path, os.O_WRONLY)
        try:
            write_zeros(zeros, self.size)
        finally:
            os.close(zeros)
        # Keep this order: a reader skips zeros that count as undelivered for a moment.
        self.delivered = 0
        os.lseek(self._file, 0, os.SEEK_SET)

    def rename(self, path: Path) -> None:
        """
        Give the file another path.

        Args:
            path: The path, at which there is no file.

        Raises:
            OSError: The file can't be renamed.
        """
        self.path.rename(path)
        self.path = path

    def seal(self) -> int | None:
        """
        End appending to the file.

        Returns:
            The open file, which the caller syncs and closes; None where the file is sealed already.
        """
        file = self._file
        if file is not None:
            self._final_size = os.lseek(file, 0, os.SEEK_CUR)
            self._file = None
        return file

    def release_reader(self) -> None:
        """Close the file that `read` opened; the next `read` opens it again."""
        reader, self._reader = self._reader, None
        if reader is not None:
            os.close(reader)

    def trim(self) -> None:
        """
        Truncate the preallocated space that no message needed.

        Call this method when nothing more is appended.
        """
        if self._file is not None and self.has_space:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self.size)

    def close(self) -> None:
        """Close the files."""
        file = self.seal()
        if file is not None:
            os.close(file)
        self.release_reader()

    def remove(self) -> None:
        """Close and delete the file."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _take_back(self, file: int, written: int) -> None:
        # If truncating fails, a reader skips the incomplete frame because of its checksum.
        with contextlib.suppress(OSError):
            start = os.lseek(file, -written, os.SEEK_CUR)
            os.ftruncate(file, start)
            self.preallocated_bytes = min(self.preallocated_bytes, start)

    def _fill(self, file: int) -> None:
        write_zeros(file, self.preallocated_bytes)
        os.lseek(file, 0, os.SEEK_SET)
