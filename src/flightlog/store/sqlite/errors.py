"""Translate SQLite's errors to `StoreError`s; no other module does this."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from flightlog.errors import (
    InvalidRecordError,
    StoreBusyError,
    StoreClosedError,
    StoreError,
    StoreForeignError,
    StoreFullError,
    StoreReadEndedError,
    StoreUnavailableError,
)

_UNUSABLE: Final = (
    apsw.AuthError,
    apsw.CantOpenError,
    apsw.IOError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    apsw.ReadOnlyError,
)


@contextmanager
def translate_file_errors(path: Path) -> Iterator[None]:
    """
    Raise the system's errors about a file as `StoreError`s.

    Args:
        path: The file, for the message.

    Yields:
        Nothing; the `with` block works on the file.

    Raises:
        StoreFullError: The disk is full.
        StoreUnavailableError: The file can't be used.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StoreFullError(str(path)) from error
        raise StoreUnavailableError(
            str(path),
            f"can't be used ({error.strerror or error})",
            hint="Check that the directory exists, and that you may write to it.",
        ) from error


@contextmanager
def translate_errors(path: Path, busy_timeout_ms: int) -> Iterator[None]:
    """
    Raise SQLite's errors as `StoreError`s, with SQLite's error as the cause.

    An error in Flightlog's own SQL passes unchanged, because it is a bug in this package.

    Args:
        path: The database, for the message.
        busy_timeout_ms: How long the store waited for a busy database, for the message.

    Yields:
        Nothing; the `with` block contains the statements.

    Raises:
        StoreBusyError: Another process holds the database.
        StoreFullError: The disk is full.
        StoreReadEndedError: The call read for too long.
        StoreForeignError: The file is not a SQLite database.
        StoreClosedError: The connection is closed.
        StoreUnavailableError: The file is damaged, can't be used, or can't hold a large value.
        InvalidRecordError: A text can't be written as UTF-8.
    """
    try:
        yield
    except (apsw.BusyError, apsw.LockedError) as error:
        raise StoreBusyError(str(path), busy_timeout_ms) from error
    except apsw.FullError as error:
        raise StoreFullError(str(path)) from error
    except apsw.InterruptError as error:
        raise StoreReadEndedError(str(path)) from error
    except apsw.NotADBError as error:
        raise StoreForeignError(str(path), "is not a SQLite database") from error
    except apsw.ConnectionClosedError as error:
        raise StoreClosedError(str(path)) from error
    except UnicodeError as error:
        raise InvalidRecordError(f"a text can't be written as UTF-8 ({error})") from error
    except apsw.CorruptError as error:
        raise StoreUnavailableError(
            str(path),
            f"is damaged ({error})",
            hint="Run `flightlog doctor --repair`, or restore a backup with `flightlog restore`.",
        ) from error
    except apsw.TooBigError as error:
        raise StoreUnavailableError(
            str(path),
            "can't hold a value of more than 1,000,000,000 bytes",
            hint="Send less in one value.",
        ) from error
    except _UNUSABLE as error:
        raise _describe_unusable(path, error) from error


def _describe_unusable(path: Path, error: Exception) -> StoreError:
    # The shared memory beside the file can't grow on a full disk.
    if getattr(error, "extendedresult", None) == apsw.SQLITE_IOERR_SHMSIZE:
        return StoreFullError(str(path))
    return StoreUnavailableError(
        str(path),
        f"can't be used ({error})",
        hint="Check that the directory exists, and that you may read and write the file.",
    )
