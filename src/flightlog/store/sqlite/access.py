"""
Choose which files the store may open.

The store opens regular files only, and writes only this user's own files in a safe directory. The
checks use `stat` alone, because opening and closing a file that SQLite has open would drop SQLite's
locks: POSIX locks belong to the process, not to the descriptor.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import Final

from flightlog.errors import StoreError, StoreUnavailableError, StoreUnsafeError

SUFFIXES: Final = ("-wal", "-shm", "-journal")
"""The suffixes of SQLite's own files beside a database."""

_KINDS: Final = (
    (stat.S_ISDIR, "directory"),
    (stat.S_ISFIFO, "FIFO"),
    (stat.S_ISCHR, "character device"),
    (stat.S_ISBLK, "block device"),
    (stat.S_ISSOCK, "socket"),
)


def add_suffix(path: Path, suffix: str) -> Path:
    """
    Name a file beside a database, e.g. its write-ahead log.

    Args:
        path: The database.
        suffix: Text that follows the database's name, e.g. `-wal`.

    Returns:
        The path of the file beside the database.
    """
    return path.with_name(path.name + suffix)


def find_file(path: Path) -> os.stat_result | None:
    """
    Look up a database's file through links, without opening the file.

    Args:
        path: The database.

    Returns:
        The file's status; None when there is no file.

    Raises:
        StoreUnavailableError: The path can't be reached, or is no regular file.
        StoreUnsafeError: The path is a link that leads nowhere, or a link that another user made in
            a directory that everyone can write.
    """
    try:
        _check_link(path)
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _make_unreachable_error(path, error) from error
    kind = describe_kind(found)
    if kind is not None:
        raise StoreUnavailableError(
            str(path), f"is a {kind}, not a file", hint="Choose a file with --db."
        )
    return found


def describe_kind(found: os.stat_result) -> str | None:
    """
    Name the kind of a file that is not a regular file.

    Args:
        found: The file's status.

    Returns:
        A word, e.g. `FIFO`; None for a regular file.
    """
    if stat.S_ISREG(found.st_mode):
        return None
    return next((word for is_kind, word in _KINDS if is_kind(found.st_mode)), "special file")


def find_link_fault(path: Path) -> str | None:
    """
    Explain why a link must not be followed.

    A link that leads nowhere would create a file wherever the link's author wanted. In a directory
    that everyone can write, like `/tmp`, follow only links of this user or of the directory's
    owner.

    Args:
        path: The database, which may be a link.

    Returns:
        The reason as the end of a sentence; None when there is no link, or a safe link.

    Raises:
        OSError: The path can't be reached.
    """
    try:
        link = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISLNK(link.st_mode):
        return None
    if sys.platform != "win32":
        directory = path.parent.stat()
        for_everyone = directory.st_mode & stat.S_IWOTH and directory.st_mode & stat.S_ISVTX
        if for_everyone and link.st_uid not in (os.geteuid(), directory.st_uid):
            owner = describe_user(link.st_uid)
            return f"is a link that {owner} has made in a directory for everyone"
    if not path.exists():
        return f"is a link to {path.readlink()}, which does not exist"
    return None


def _check_link(path: Path) -> None:
    fault = find_link_fault(path)
    if fault is not None:
        raise StoreUnsafeError(
            str(path), fault, hint="Remove the link, or name the file itself with --db."
        )


def prepare_file(path: Path, *, make_directories: bool = True) -> None:
    """
    Create the file if it is missing, readable by its owner alone, and check that writing is safe.

    SQLite gives its `-wal` and `-shm` files the permissions of the database.

    Args:
        path: The database.
        make_directories: Also create missing directories.

    Raises:
        StoreUnavailableError: The file or a directory can't be created, reached or written.
        StoreUnsafeError: The file belongs to another user, or other users can exchange it.
    """
    found = find_file(path)
    try:
        if found is None and make_directories:
            for directory in reversed(path.absolute().parents):
                directory.mkdir(mode=0o700, exist_ok=True)
        _check_directory(path)
        if found is None:
            try:
                flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
                os.close(os.open(path, flags, 0o600))
            except FileExistsError:
                # Another process created the file in the meantime.
                pass
            found = path.stat()
        _check_owner(path, found)
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise _make_unreachable_error(path, error) from error


def _make_unreachable_error(path: Path, error: OSError) -> StoreError:
    return StoreUnavailableError(
        str(path),
        f"can't be opened ({error.strerror})",
        hint="Choose a file that you may write, with --db.",
    )


def _check_directory(path: Path) -> None:
    if sys.platform == "win32":
        return
    directory = Path(os.path.realpath(path)).parent
    mode = directory.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise StoreUnsafeError(
            str(path),
            f"is not written: everyone can exchange the files in {directory}",
            hint=f"Run `chmod o-w {directory}`, or choose another file with --db.",
        )


def _check_owner(path: Path, found: os.stat_result) -> None:
    if sys.platform == "win32":
        return
    user = os.geteuid()
    if found.st_uid != user:
        owner = describe_user(found.st_uid)
        raise StoreUnsafeError(
            str(path),
            f"is not written: it belongs to {owner}, and this is {describe_user(user)}",
            hint=f"Run this command as {owner}, or read it with list, show, stats, export or "
            "`serve --read-only`.",
        )
    real = Path(os.path.realpath(path))
    for suffix in SUFFIXES:
        other = add_suffix(real, suffix)
        try:
            status = other.lstat()
        except FileNotFoundError:
            continue
        if status.st_uid != user or not stat.S_ISREG(status.st_mode):
            raise StoreUnsafeError(
                str(path),
                f"is not written: {other} is not a file of this user",
                hint=f"Move {other} away; `ls -l {other}` says whose it is.",
            )


def describe_user(user_id: int) -> str:
    """
    Name a user.

    Args:
        user_id: The user's number.

    Returns:
        The user's name, e.g. `alice`, or `user 1007` for a user without a name.
    """
    if sys.platform == "win32":
        return f"user {user_id}"
    import pwd  # noqa: PLC0415 - not on Windows

    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"user {user_id}"


def is_root() -> bool:
    """
    Check whether this process runs as root.

    Returns:
        True if the process ignores file permissions; always False on Windows.
    """
    return sys.platform != "win32" and os.geteuid() == 0


def is_foreign(found: os.stat_result) -> bool:
    """
    Check whether a file belongs to a user other than this process's.

    Args:
        found: The file's status.

    Returns:
        True for another user's file; always False on Windows.
    """
    return sys.platform != "win32" and found.st_uid != os.geteuid()
