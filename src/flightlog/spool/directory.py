"""
Owns the directories of spools: one directory for each process.

Each directory holds a file that names its owner, and the owner keeps the file locked as long as the
process lives. `segment` owns the files with messages.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from flightlog.errors import InvalidSettingError
from flightlog.secret_key import find_data_directory
from flightlog.signal_handlers import reraise_from_signal_handler
from flightlog.spool.platform import is_private, is_regular, open_regular, try_lock

SPOOL_VARIABLE: Final = "FLIGHTLOG_SPOOL_DIR"
OWNER_FILE: Final = "owner.json"
SEGMENT_SUFFIX: Final = ".segment"
RESERVE_FILE: Final = "reserve"
REJECTED_SUFFIX: Final = ".rejected.ndjson"

_ESCAPED_BYTE: Final = b"\\udc"
_HOST_CHARACTERS: Final = 40
_HOSTLESS_S: Final = 60
_TRIES: Final = 100
_OWNER_BYTES: Final = 64 * 1024
_FALLBACK: Final = "flightlog-spool-"
_FALLBACKS: Final = 16
"""How many names a fallback directory may have, because other users may have taken some names."""


class Owner(Struct, frozen=True, kw_only=True, rename="camel"):
    """The process that writes a spool."""

    process_id: str
    """The process's id in records and in the ledger; also the directory's name."""
    pid: int
    """The process's number in the operating system."""
    host: str
    """The machine's name."""
    url: str
    """Where the spool's records are delivered."""
    started_at: str
    """When the spool was made, UTC."""


class SpoolStatus(Struct, frozen=True, kw_only=True):
    """The state of a spool as it was read."""

    path: Path
    """The spool's directory."""
    owner: Owner | None
    """The spool's owner; None where the owner can't be read."""
    alive: bool
    """Whether the owner lives; True for another user's spool, because its lock can't be checked."""
    size_bytes: int
    """
    The size of the spool's files on the disk, including delivered messages and preallocated space.
    """


class OpenDirectory(Struct, frozen=True):
    """A spool's directory whose lock is held."""

    path: Path
    lock: int
    """The open, locked file; closing the file releases the lock."""


def find_default_spool_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """
    Return `FLIGHTLOG_SPOOL_DIR`, else `spool` in the user's data directory.

    Args:
        environ: The environment variables.

    Returns:
        The directory; it may not exist.

    Raises:
        InvalidSettingError: The path begins with the home of a user who has none.
    """
    named = environ.get(SPOOL_VARIABLE, "").strip()
    return expand_path(named, SPOOL_VARIABLE) if named else find_data_directory() / "spool"


def expand_path(path: str | os.PathLike[str], setting: str) -> Path:
    """
    Expand `~` in a path of a setting to the user's home.

    Args:
        path: The path.
        setting: The setting's name, for the error.

    Returns:
        The expanded path.

    Raises:
        InvalidSettingError: The path begins with the home of a user who has none.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise InvalidSettingError(
            setting, f"is {os.fspath(path)!r}, in no user's home", hint="Write an absolute path."
        ) from error


def name_fallback_spool_dir() -> Path:
    """
    Return the private temporary directory that replaces a directory that can't be written.

    Returns:
        The first of `list_fallback_spool_dirs`.
    """
    import tempfile  # noqa: PLC0415 - rarely needed

    user = os.geteuid() if hasattr(os, "geteuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"{_FALLBACK}{user}"


def list_fallback_spool_dirs() -> tuple[Path, ...]:
    """
    Return every directory that may replace the chosen directory, in the order of the attempts.

    Any user can make a directory with a fallback's name in the temporary directory, so there are
    further names. A fallback directory that is not private to this user is never used.

    Returns:
        The directories.
    """
    first = name_fallback_spool_dir()
    others = (first.with_name(f"{first.name}-{number}") for number in range(2, _FALLBACKS + 1))
    return (first, *others)


def make_fallback_spool_dir() -> Path:
    """
    Make the private temporary directory if it does not exist.

    Returns:
        The first of `list_fallback_spool_dirs` that is private to this user.

    Raises:
        OSError: No directory can be made, or other users have made all of them.
    """
    for path in list_fallback_spool_dirs():
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        if is_private(path):
            return path
    raise PermissionError(f"{path} and all before it are not this user's alone")


def _belongs_to_another_user(spool_dir: Path) -> bool:
    """Return whether a path is a fallback that another user made, or that is no directory."""
    if not spool_dir.name.startswith(_FALLBACK) or spool_dir not in list_fallback_spool_dirs():
        return False
    with contextlib.suppress(FileNotFoundError):
        return not is_private(spool_dir)
    return False


def make_owner(url: str) -> Owner:
    """
    Describe this process, with a unique id.

    Args:
        url: Where the process's records are delivered.

    Returns:
        The owner of a new spool.
    """
    return Owner(
        process_id=f"{_host_name()}_{os.getpid()}_{os.urandom(6).hex()}",
        pid=os.getpid(),
        host=platform.node(),
        url=url,
        started_at=datetime.now(UTC).isoformat(),
    )


def has_ended_here(process_id: str) -> bool:
    """
    Return whether a process is known to have ended, judging by its id alone.

    Args:
        process_id: The process's id.

    Returns:
        True where the id was made on this machine and no process has its number. False is no
            statement: the process may live, run on another machine, or have a number that is in use
            again.
    """
    host, _, rest = process_id.rpartition("_")[0].rpartition("_")
    if os.name == "nt" or host != _host_name() or not (rest.isascii() and rest.isdigit()):
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        # The process lives and belongs to another user, or the number is out of range.
        return False
    return False


def _host_name() -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "-", platform.node())[:_HOST_CHARACTERS]


def make_directory(spool_dir: Path, owner: Owner) -> OpenDirectory:
    """
    Make the directory of this process and lock it.

    Args:
        spool_dir: Where spools are; made if missing, private to its owner.
        owner: This process.

    Returns:
        The directory and its lock.

    Raises:
        OSError: The directory can't be made, isn't private, or is locked by another process.
    """
    if _belongs_to_another_user(spool_dir):
        raise PermissionError(f"{spool_dir} is not this user's alone")
    path = spool_dir / owner.process_id
    for folder in (*reversed(spool_dir.parents), spool_dir, path):
        # Don't use `exist_ok`, because it also suppresses a signal handler's TimeoutError.
        if not folder.is_dir():
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700)
    if not is_private(path):
        raise PermissionError(f"{path} is not this user's alone")
    # Another process holds the lock briefly while it checks whether the owner is alive, so retry.
    tries = (open_lock(path, create=True) for _ in range(_TRIES))
    lock = next((taken for taken in tries if taken is not None), None)
    if lock is None:
        raise BlockingIOError(f"{path} is held by another process")
    try:
        os.lseek(lock, 0, os.SEEK_SET)
        os.write(lock, _encoded(owner))
        return OpenDirectory(path, lock)
    except BaseException:
        os.close(lock)
        raise


def open_lock(path: Path, *, create: bool = False) -> int | None:
    """
    Take the lock of a spool's directory.

    Args:
        path: The directory.
        create: Whether to make the lock's file if it does not exist.

    Returns:
        The open, locked file; None where the owner lives or another process holds the lock.

    Raises:
        OSError: The file can't be opened, or is not a regular file.
    """
    file = open_regular(path / OWNER_FILE, os.O_RDWR | (os.O_CREAT if create else 0))
    try:
        # Another process that emptied the spool may have deleted the file, which makes this lock
        # worthless.
        if try_lock(file) and _is_same_file(file, path / OWNER_FILE):
            return file
    except BaseException:
        os.close(file)
        raise
    os.close(file)
    return None


def is_held(directory: OpenDirectory) -> bool:
    """
    Return whether the locked file is still the file at its path, which other processes lock.

    Args:
        directory: The directory and its lock.

    Returns:
        False where the file was deleted or replaced.
    """
    return _is_same_file(directory.lock, directory.path / OWNER_FILE)


def _is_same_file(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError as error:
        reraise_from_signal_handler(error)
        return False


def read_owner(path: Path) -> Owner | None:
    """
    Read the owner of a spool's directory.

    Args:
        path: The directory.

    Returns:
        The owner; None where the file can't be read.
    """
    try:
        with open(open_regular(path / OWNER_FILE, os.O_RDONLY), "rb") as file:  # noqa: PTH123 - open already
            text = file.read(_OWNER_BYTES)
        if _ESCAPED_BYTE not in text:
            return msgspec.json.decode(text, type=Owner)
        return msgspec.convert(json.loads(text), Owner)
    except (OSError, ValueError, RecursionError):
        return None


def _encoded(owner: Owner) -> bytes:
    try:
        return msgspec.json.encode(owner)
    except UnicodeEncodeError as error:
        # The path in a database's URL may not be valid UTF-8; JSON can hold its bytes only as
        # escapes.
        reraise_from_signal_handler(error)
        return json.dumps(msgspec.to_builtins(owner)).encode()


def list_message_files(path: Path) -> list[Path]:
    """
    List the files with messages of a spool, the oldest messages first.

    Args:
        path: The spool's directory.

    Returns:
        The segments and the reserve that are regular files.
    """
    segments = sorted(path.glob(f"*{SEGMENT_SUFFIX}"))
    return [*filter(is_regular, (*segments, path / RESERVE_FILE))]


def list_spools(spool_dir: Path) -> list[SpoolStatus]:
    """
    List the spools in a directory, the oldest first.

    Args:
        spool_dir: Where spools are; a missing directory has none.

    Returns:
        The state of each spool.

    Raises:
        OSError: The directory can't be read.
    """
    if _belongs_to_another_user(spool_dir):
        return []
    try:
        paths = [
            entry for entry in spool_dir.iterdir() if entry.is_dir() and not entry.is_symlink()
        ]
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [_status(path) for path in paths]
    spools = [status for status in found if status is not None]
    return sorted(spools, key=lambda status: status.owner.started_at if status.owner else "")


def _status(path: Path) -> SpoolStatus | None:
    owner = read_owner(path)
    try:
        lock = open_lock(path)
    except FileNotFoundError:
        # Another process is making or removing the spool just now, or its owner's file was deleted
        # long ago.
        lock = None
        if not is_abandoned(path):
            return None
        alive = False
    except OSError as error:
        reraise_from_signal_handler(error)
        if os.path.lexists(path / OWNER_FILE) and not is_regular(path / OWNER_FILE):
            return None
        # The spool belongs to another user. Its lock can't be checked, but other spools must still
        # be listed.
        lock = None
        alive = True
    else:
        alive = lock is None
    if lock is not None:
        os.close(lock)
    return SpoolStatus(path=path, owner=owner, alive=alive, size_bytes=_size(path))


def is_abandoned(path: Path) -> bool:
    """
    Return whether a spool has lost its owner's file and was not written for a minute.

    Args:
        path: The spool's directory.

    Returns:
        True where another process may take the spool over.
    """
    with contextlib.suppress(OSError):
        newest = max(entry.stat().st_mtime for entry in (path, *path.iterdir()))
        return bool(list_message_files(path)) and time.time() - newest > _HOSTLESS_S
    return False


def _size(path: Path) -> int:
    size = 0
    for file in path.glob(f"*{SEGMENT_SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):
            size += file.lstat().st_size
    return size
