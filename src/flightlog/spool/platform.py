"""
What differs between operating systems: locks, opening, reading, syncing, whose a directory is.

A lock is held by an open file, and given up by the operating system when the process dies, however
it does.
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
        """Take the lock of an open file; False when another holder has it."""
        # Far behind the text: a locked byte can't be read by others here.
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            reraise_from_signal_handler(error)
            return False
        return True

    def is_private(directory: Path) -> bool:
        """Whether the directory is a real one of this user; Windows' user folders are."""
        return directory.is_dir() and not directory.is_symlink()

    def read_at(file: int, size: int, start: int) -> bytes:
        """Read bytes of a file that is open for its reader alone."""
        os.lseek(file, start, os.SEEK_SET)
        return os.read(file, size)

    def sync_file(file: int) -> None:
        """Have the file's bytes written to the disk."""
        os.fsync(file)

    def sync_directory(directory: Path) -> None:
        """Have the directory's entries written to the disk; Windows does so by itself."""

else:
    import fcntl

    def try_lock(file: int) -> bool:
        """Take the lock of an open file; False when another holder has it."""
        # flock, and not lockf: a lockf lock is lost as soon as any descriptor of the file closes.
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            reraise_from_signal_handler(error)
            return False
        return True

    def is_private(directory: Path) -> bool:
        """Whether the directory is a real one, of this user, that nobody else can write to."""
        found = directory.lstat()
        others_write = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not others_write

    def read_at(file: int, size: int, start: int) -> bytes:
        """Read bytes of a file that is open for its reader alone."""
        return os.pread(file, size, start)

    def sync_file(file: int) -> None:
        """Have the file's bytes written to the disk."""
        os.fsync(file) if sys.platform == "darwin" else os.fdatasync(file)

    def sync_directory(directory: Path) -> None:
        """Have the directory's entries written to the disk."""
        opened = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def open_regular(path: Path, flags: int) -> int:
    """
    Open a file of a spool without ever waiting for another process.

    To open a FIFO, and some devices, waits until another process opens it too.

    Args:
        path: The file.
        flags: As `os.open` takes them; a file that is made is its user's alone.

    Returns:
        The open file.

    Raises:
        OSError: It can't be opened, or is a FIFO, a socket, a device, a directory or a link.
    """
    file = os.open(path, flags | _AT_ONCE | _NO_LINK | _BINARY, 0o600)
    if stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    raise OSError(errno.EINVAL, "It is not a regular file", os.fspath(path))


def is_regular(path: Path) -> bool:
    """Whether a path is a regular file itself, and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError as error:
        reraise_from_signal_handler(error)
        return False


def write_zeros(file: int, size: int) -> None:
    """
    Write zeros at a file's position.

    Raises:
        OSError: There is no room for them.
    """
    left = size - _copied_zeros(file, size)
    # Not all at once: Linux would keep them in large pages, over which small writes take twice as
    # long as over small ones.
    while left > 0:
        left -= os.write(file, _ZEROS[:left])


# Pythons that are built to run on old systems don't have it.
if sys.platform == "linux" and hasattr(os, "memfd_create"):

    def _copied_zeros(file: int, size: int) -> int:
        # By one call, during which the workflow has the interpreter, and in small pages, too.
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

else:  # pragma: no cover - not here

    def _copied_zeros(file: int, size: int) -> int:  # noqa: ARG001 - as on Linux
        return 0
