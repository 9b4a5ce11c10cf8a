"""
Where spools are: one directory for each process.

In it is a file that says whose it is, and is locked for as long as that process lives.
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
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from flightlog.errors import InvalidSettingError
from flightlog.secret_key import data_directory
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
"""How many names a fallback directory may have, should other users have taken some of them."""


class Owner(Struct, frozen=True, kw_only=True, rename="camel"):
    """The process that writes a spool."""

    process_id: str
    """Its id in records and in the ledger; also the directory's name."""
    pid: int
    """The operating system's number of it."""
    host: str
    """The machine's name."""
    url: str
    """Where its records are to be delivered."""
    started_at: str
    """When the spool was made, UTC."""


class SpoolStatus(Struct, frozen=True, kw_only=True):
    """A spool as it is found."""

    path: Path
    """Its directory."""
    owner: Owner | None
    """Whose it is; None when that can't be read."""
    alive: bool
    """Whether the owner lives; presumed of another user's, whose lock can't be seen."""
    size_bytes: int
    """What its files take on the disk, with what is delivered already and room for more."""


class OpenDirectory(NamedTuple):
    """A spool's directory whose lock is held."""

    path: Path
    lock: int
    """The open, locked file; closing it gives the lock up."""


def default_spool_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """
    `FLIGHTLOG_SPOOL_DIR`, else `spool` in the user's data directory.

    Raises:
        InvalidSettingError: It lies in the home of a user who has none.
    """
    named = environ.get(SPOOL_VARIABLE, "").strip()
    return expanded(named, SPOOL_VARIABLE) if named else data_directory() / "spool"


def expanded(path: str | os.PathLike[str], setting: str) -> Path:
    """
    A path of a setting, with `~` for the user's home.

    Raises:
        InvalidSettingError: It lies in the home of a user who has none.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise InvalidSettingError(
            setting, f"is {os.fspath(path)!r}, in no user's home", hint="Write an absolute path."
        ) from error


def fallback_spool_dir() -> Path:
    """Where records go when the chosen directory can't be written: a private temporary one."""
    import tempfile  # noqa: PLC0415 - rarely needed

    user = os.geteuid() if hasattr(os, "geteuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"{_FALLBACK}{user}"


def fallback_spool_dirs() -> tuple[Path, ...]:
    """
    Every directory that may stand in for the chosen one, in the order in which they are tried.

    Any user can make a directory in the temporary one under the name that ours has, so there are
    further names. A directory among them that isn't this user's alone is never used.
    """
    first = fallback_spool_dir()
    others = (first.with_name(f"{first.name}-{number}") for number in range(2, _FALLBACKS + 1))
    return (first, *others)


def make_fallback_spool_dir() -> Path:
    """
    Make the private temporary directory, if it isn't there.

    Returns:
        The first of `fallback_spool_dirs` that is this user's alone.

    Raises:
        OSError: None can be made, or other users have made all of them.
    """
    for path in fallback_spool_dirs():
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        if is_private(path):
            return path
    raise PermissionError(f"{path} and all before it are not this user's alone")


def _is_anothers(spool_dir: Path) -> bool:
    """Whether it is a fallback directory that another user made, or that is no directory."""
    if not spool_dir.name.startswith(_FALLBACK) or spool_dir not in fallback_spool_dirs():
        return False
    with contextlib.suppress(FileNotFoundError):
        return not is_private(spool_dir)
    return False


def new_owner(url: str) -> Owner:
    """Describe this process, with an id that no other has."""
    return Owner(
        process_id=f"{_host_name()}_{os.getpid()}_{os.urandom(6).hex()}",
        pid=os.getpid(),
        host=platform.node(),
        url=url,
        started_at=datetime.now(UTC).isoformat(),
    )


def has_ended_here(process_id: str) -> bool:
    """
    Whether a process is known to have ended, by its id alone.

    Returns:
        True if the id was made on this machine and no process has its number any more. False says
        nothing: the process may live, or run elsewhere, or its number may be in use again.
    """
    host, _, rest = process_id.rpartition("_")[0].rpartition("_")
    if os.name == "nt" or host != _host_name() or not (rest.isascii() and rest.isdigit()):
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        # It lives and is another user's, or it is no number of a process.
        return False
    return False


def _host_name() -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "-", platform.node())[:_HOST_CHARACTERS]


def make_directory(spool_dir: Path, owner: Owner) -> OpenDirectory:
    """
    Make the directory of this process and lock it.

    Args:
        spool_dir: Where spools are; made if missing, for its owner alone.
        owner: This process.

    Raises:
        OSError: It can't be made, isn't private, or another process holds it.
    """
    if _is_anothers(spool_dir):
        raise PermissionError(f"{spool_dir} is not this user's alone")
    path = spool_dir / owner.process_id
    for folder in (*reversed(spool_dir.parents), spool_dir, path):
        # Not with `exist_ok`, which stops a signal handler's TimeoutError, too.
        if not folder.is_dir():
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700)
    if not is_private(path):
        raise PermissionError(f"{path} is not this user's alone")
    # Who looks just now whether the owner lives holds the lock for that moment.
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
        create: Make the lock's file if it isn't there.

    Returns:
        The open, locked file; None when the owner lives or another process has taken the lock.

    Raises:
        OSError: The file can't be opened, or is not a regular one.
    """
    file = open_regular(path / OWNER_FILE, os.O_RDWR | (os.O_CREAT if create else 0))
    try:
        # Who emptied the spool before us has deleted the file: then this lock is worth nothing.
        if try_lock(file) and _is_same_file(file, path / OWNER_FILE):
            return file
    except BaseException:
        os.close(file)
        raise
    os.close(file)
    return None


def is_held(directory: OpenDirectory) -> bool:
    """Whether the locked file is still the one that others look at."""
    return _is_same_file(directory.lock, directory.path / OWNER_FILE)


def _is_same_file(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError as error:
        reraise_from_signal_handler(error)
        return False


def read_owner(path: Path) -> Owner | None:
    """Read whose spool a directory is; None when it doesn't say."""
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
        # The URL of a database whose path is no UTF-8: only escapes can write its bytes in JSON.
        reraise_from_signal_handler(error)
        return json.dumps(msgspec.to_builtins(owner)).encode()


def message_files(path: Path) -> list[Path]:
    """List a spool's files of messages, the oldest messages first; what is no file holds none."""
    segments = sorted(path.glob(f"*{SEGMENT_SUFFIX}"))
    return [*filter(is_regular, (*segments, path / RESERVE_FILE))]


def list_spools(spool_dir: Path) -> list[SpoolStatus]:
    """
    Look at every spool in a directory, the oldest first.

    Args:
        spool_dir: Where spools are; one that is missing has none.

    Raises:
        OSError: It can't be read.
    """
    if _is_anothers(spool_dir):
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
        # Being made or removed this moment, or robbed of its owner's file long ago.
        lock = None
        if not is_left_alone(path):
            return None
        alive = False
    except OSError as error:
        reraise_from_signal_handler(error)
        if os.path.lexists(path / OWNER_FILE) and not is_regular(path / OWNER_FILE):
            return None
        # Another user's: who can't see its lock can't judge it, and must not miss the others.
        lock = None
        alive = True
    else:
        alive = lock is None
    if lock is not None:
        os.close(lock)
    return SpoolStatus(path=path, owner=owner, alive=alive, size_bytes=_size(path))


def is_left_alone(path: Path) -> bool:
    """Whether a spool has lost its owner's file, and nobody has written to it for a minute."""
    with contextlib.suppress(OSError):
        newest = max(entry.stat().st_mtime for entry in (path, *path.iterdir()))
        return bool(message_files(path)) and time.time() - newest > _HOSTLESS_S
    return False


def _size(path: Path) -> int:
    size = 0
    for file in path.glob(f"*{SEGMENT_SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):
            size += file.lstat().st_size
    return size
