"""Translate PostgreSQL's errors to `StoreError`s; no other module does this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg import conninfo, errors

from flightlog.errors import (
    InvalidRecordError,
    StoreBusyError,
    StoreDisconnectedError,
    StoreError,
    StoreFullError,
    StoreReadEndedError,
    StoreReadOnlyError,
    StoreUnavailableError,
)
from flightlog.store.postgres.settings import PostgresSettings

_GOING: Final = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.ConnectionException,
    errors.TooManyConnections,
    errors.IdleInTransactionSessionTimeout,
)


class RetryError(Exception):
    """Another receiver changed something meanwhile; the transaction must run again."""


def describe_location(url: str) -> str:
    """
    Describe an address without its secrets.

    Args:
        url: The address, as a `postgresql:` URL or in libpq's own form.

    Returns:
        The address as a URL of server and database.

    Raises:
        StoreUnavailableError: The address can't be read.
    """
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        # libpq quotes the address, which may hold a password.
        raise StoreUnavailableError(
            "postgresql:",
            "has an address that PostgreSQL's library can't read",
            hint="Write postgresql://USER@HOST:PORT/DATABASE.",
        ) from error
    host, port = str(parts.get("host") or ""), parts.get("port")
    place = quote(host, safe="/,") if host.startswith("/") else host
    return f"postgresql://{place}{f':{port}' if port else ''}/{parts.get('dbname') or ''}"


@contextmanager
def translate_errors(
    location: str, settings: PostgresSettings, *, is_reading: bool = False
) -> Iterator[None]:
    """
    Raise PostgreSQL's errors as `StoreError`s, with PostgreSQL's error as the cause.

    An error in Flightlog's own SQL passes unchanged, because it is a bug in this package.

    Args:
        location: The address without secrets, for the message.
        settings: The timeouts, for the message.
        is_reading: Whether the statements only read.

    Yields:
        Nothing; the `with` block contains the statements.

    Raises:
        StoreBusyError: Another transaction held a lock for too long, or a statement that writes
            took too long.
        StoreDisconnectedError: The server can't be reached, or the connection was lost.
        StoreFullError: The server's disk is full.
        StoreReadEndedError: A statement that reads took too long.
        StoreReadOnlyError: The server is a standby.
        StoreUnavailableError: The role lacks a right.
        InvalidRecordError: A text can't be written as UTF-8.
    """
    try:
        yield
    except errors.LockNotAvailable as error:
        raise StoreBusyError(location, settings.lock_timeout_ms) from error
    except (errors.DeadlockDetected, errors.SerializationFailure, RetryError) as error:
        raise StoreBusyError(location, reason="is changed by many receivers at once") from error
    except errors.QueryCanceled as error:
        if is_reading:
            raise StoreReadEndedError(location) from error
        limit = f"{settings.write_timeout_ms:,} ms"
        raise StoreBusyError(location, reason=f"needs more than {limit} to write") from error
    except UnicodeError as error:
        raise InvalidRecordError(f"a text can't be written as UTF-8 ({error})") from error
    except psycopg.Error as error:
        translated = _translate(location, error)
        if translated is None:
            raise
        raise translated from error


def _translate(location: str, error: psycopg.Error) -> StoreError | None:
    reason = _first_line(error)
    if isinstance(error, errors.DiskFull):
        return StoreFullError(location)
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return StoreReadOnlyError(location)
    if isinstance(error, (errors.InsufficientPrivilege, errors.InvalidAuthorizationSpecification)):
        hint = "Give the role the rights that docs/operate/scale.md lists."
        return StoreUnavailableError(location, f"can't be used ({reason})", hint=hint)
    if is_lost(error):
        return StoreDisconnectedError(location, reason)
    if isinstance(error, psycopg.OperationalError):
        hint = "See the server's log."
        return StoreUnavailableError(location, f"can't be used ({reason})", hint=hint)
    return None


def is_lost(error: BaseException) -> bool:
    """
    Check whether an error says that the connection is lost.

    Args:
        error: The error.

    Returns:
        Whether another connection may succeed at once.
    """
    if isinstance(error, (*_GOING, psycopg.InterfaceError)):
        return True
    return isinstance(error, psycopg.OperationalError) and error.sqlstate is None


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
