"""
Hides the differences between operating systems: locks, opening, reading, syncing, ownership.

An open file holds a lock, and the operating system releases the lock when the process dies, however
it dies. `directory` decides what the locks mean.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import Final

from flightlog.signal_handlers import reraise_from_signal_handler

_LOCKED_BYTE: Final = 1 << 30
_ZEROS: Final = bytes(1 << 16)
_AT_ONCE: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_BINARY: Final = getattr(os, "O_BINARY", 0)

if sys.platform == "win32":  # pragma: no cover - only Linux can be tested here
    import msvcrt

    def try_lock(file: int) -> bool:
        """
        Take the lock of an open file.

        Args:
            file: The open file.

        Returns:
            False where another process holds the lock.
        """
        # Lock a byte far behind the text, because other processes can't read a locked byte here.
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            reraise_from_signal_handler(error)
            return False
        return True

    def is_private(directory: Path) -> bool:
        """
        Return whether a directory is a real directory of this user, as Windows user folders are.

        Args:
            directory: The directory.

        Returns:
            False for a link, or where there is no directory.
        """
        return directory.is_dir() and not directory.is_symlink()

    def read_at(file: int, size: int, start: int) -> bytes:
        """
        Read bytes of a file that only this reader has open.

        Args:
            file: The open file.
            size: How many bytes to read.
            start: Where to begin.

        Returns:
            The bytes; fewer at the file's end.
        """
        os.lseek(file, start, os.SEEK_SET)
        return os.read(file, size)

    def sync_file(file: int) -> None:
        """
        Write the file's bytes to the disk.

        Args:
            file: The open file.
        """
        os.fsync(file)

    def sync_directory(directory: Path) -> None:
        """
        Do nothing, because Windows writes a directory's entries to the disk itself.

        Args:
            directory: The directory.
        """

else:
    import fcntl

    def try_lock(file: int) -> bool:
        """
        Take the lock of an open file.

        Args:
            file: The open file.

        Returns:
            False where another process holds the lock.
        """
        # Use flock, because a lockf lock is lost as soon as any descriptor of the file is closed.
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            reraise_from_signal_handler(error)
            return False
        return True

    def is_private(directory: Path) -> bool:
        """
        Return whether a directory is a real directory of this user that no other user can write to.

        Args:
            directory: The directory.

        Returns:
            False for a link.
        """
        found = directory.lstat()
        others_write = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not others_write

    def read_at(file: int, size: int, start: int) -> bytes:
        """
        Read bytes of a file that only this reader has open.

        Args:
            file: The open file.
            size: How many bytes to read.
            start: Where to begin.

        Returns:
            The bytes; fewer at the file's end.
        """
        return os.pread(file, size, start)

    def sync_file(file: int) -> None:
        """
        Write the file's bytes to the disk.

        Args:
            file: The open file.
        """
        os.fsync(file) if sys.platform == "darwin" else os.fdatasync(file)

    def sync_directory(directory: Path) -> None:
        """
        Write the directory's entries to the disk.

        Args:
            directory: The directory.
        """
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def open_regular(path: Path, flags: int) -> int:
    """
    Open a file of a spool without ever waiting for another process.

    Opening a FIFO, and some devices, waits until another process opens the file, too.

    Args:
        path: The file.
        flags: The flags of `os.open`; a new file is private to its user.

    Returns:
        The open file.

    Raises:
        OSError: The file can't be opened, or is a FIFO, a socket, a device, a directory or a link.
    """
    file = os.open(path, flags | _AT_ONCE | _NO_LINK | _BINARY, 0o600)
    if stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    raise OSError(errno.EINVAL, "It is not a regular file", os.fspath(path))


def is_regular(path: Path) -> bool:
    """
    Return whether a path is a regular file, and no link to a file.

    Args:
        path: The path.

    Returns:
        False also where there is no file.
    """
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError as error:
        reraise_from_signal_handler(error)
        return False


def write_zeros(file: int, size: int) -> None:
    """
    Write zeros at a file's position.

    Args:
        file: The open file.
        size: How many zeros to write.

    Raises:
        OSError: The disk has no space for the zeros.
    """
    left = size - _copied_zeros(file, size)
    # Write in small pieces: Linux would keep one large write in large pages, in which small writes
    # take twice as long as in small pages.
    while left > 0:
        left -= os.write(file, _ZEROS[:left])


# `os.memfd_create` is missing from Python builds that target old glibc versions.
if sys.platform == "linux" and hasattr(os, "memfd_create"):

    def _copied_zeros(file: int, size: int) -> int:
        # Use one system call, during which the workflow's threads can run. The kernel keeps these
        # zeros in small pages, too.
        copied = 0
        try:
            zeros = os.memfd_create("flightlog-zeros")
            try:
                os.ftruncate(zeros, size)
                while copied < size and (more := os.sendfile(file, zeros, copied, size - copied)):
                    copied += more
            finally:
                os.close(zeros)
        except OSError as error:
            reraise_from_signal_handler(error)
        return copied

else:  # pragma: no cover - not on Linux

    def _copied_zeros(file: int, size: int) -> int:  # noqa: ARG001 - as on Linux
        return 0
