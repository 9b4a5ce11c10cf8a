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
from flightlog.installation import data_directory
from flightlog.interruptions import pass_on
from flightlog.spool.system import is_private, try_lock

SPOOL_VARIABLE: Final = "FLIGHTLOG_SPOOL_DIR"
OWNER_FILE: Final = "owner.json"
SEGMENT_SUFFIX: Final = ".segment"
RESERVE_FILE: Final = "reserve"
REJECTED_SUFFIX: Final = ".rejected.ndjson"

_ESCAPED_BYTE: Final = b"\\udc"
_HOST_CHARACTERS: Final = 40
_HOSTLESS_S: Final = 60
_TRIES: Final = 100


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
    return Path(tempfile.gettempdir()) / f"flightlog-spool-{user}"


def make_fallback_spool_dir() -> Path:
    """
    Make the private temporary directory, if it isn't there.

    Raises:
        OSError: It can't be made, or somebody else made it before.
    """
    path = fallback_spool_dir()
    path.mkdir(mode=0o700, exist_ok=True)
    if not is_private(path):
        raise PermissionError(f"{path} is not this user's alone")
    return path


def new_owner(url: str) -> Owner:
    """Describe this process, with an id that no other has."""
    host = platform.node()
    name = re.sub(r"[^A-Za-z0-9.-]", "-", host)[:_HOST_CHARACTERS]
    return Owner(
        process_id=f"{name}_{os.getpid()}_{os.urandom(6).hex()}",
        pid=os.getpid(),
        host=host,
        url=url,
        started_at=datetime.now(UTC).isoformat(),
    )


def make_directory(spool_dir: Path, owner: Owner) -> OpenDirectory:
    """
    Make the directory of this process and lock it.

    Args:
        spool_dir: Where spools are; made if missing, for its owner alone.
        owner: This process.

    Raises:
        OSError: It can't be made, isn't private, or another process holds it.
    """
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
    os.lseek(lock, 0, os.SEEK_SET)
    os.write(lock, _encoded(owner))
    return OpenDirectory(path, lock)


def open_lock(path: Path, *, create: bool = False) -> int | None:
    """
    Take the lock of a spool's directory.

    Args:
        path: The directory.
        create: Make the lock's file if it isn't there.

    Returns:
        The open, locked file; None when the owner lives or another process has taken the lock.

    Raises:
        OSError: The file can't be opened.
    """
    flags = os.O_RDWR | (os.O_CREAT if create else 0)
    file = os.open(path / OWNER_FILE, flags, 0o600)
    # Who emptied the spool before us has deleted the file: then this lock is worth nothing.
    if try_lock(file) and _is_same_file(file, path / OWNER_FILE):
        return file
    os.close(file)
    return None


def is_held(directory: OpenDirectory) -> bool:
    """Whether the locked file is still the one that others look at."""
    return _is_same_file(directory.lock, directory.path / OWNER_FILE)


def _is_same_file(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError as error:
        pass_on(error)
        return False


def read_owner(path: Path) -> Owner | None:
    """Read whose spool a directory is; None when it doesn't say."""
    try:
        text = (path / OWNER_FILE).read_bytes()
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
        pass_on(error)
        return json.dumps(msgspec.to_builtins(owner)).encode()


def message_files(path: Path) -> list[Path]:
    """List a spool's files of messages, the oldest messages first."""
    segments = sorted(path.glob(f"*{SEGMENT_SUFFIX}"))
    reserve = path / RESERVE_FILE
    return [*segments, reserve] if reserve.exists() else segments


def list_spools(spool_dir: Path) -> list[SpoolStatus]:
    """
    Look at every spool in a directory, the oldest first.

    Args:
        spool_dir: Where spools are; one that is missing has none.

    Raises:
        OSError: It can't be read.
    """
    try:
        paths = [entry for entry in spool_dir.iterdir() if entry.is_dir()]
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
    except PermissionError:
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
            size += file.stat().st_size
    return size
