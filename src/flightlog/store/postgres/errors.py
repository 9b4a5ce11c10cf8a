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
    StoreFullError,
    StoreReadEndedError,
    StoreReadOnlyError,
    StoreUnavailableError,
)

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
def translate_errors(location: str, lock_timeout_ms: int) -> Iterator[None]:
    """
    Raise PostgreSQL's errors as `StoreError`s, with PostgreSQL's error as the cause.

    An error in Flightlog's own SQL passes unchanged, because it is a bug in this package.

    Args:
        location: The address without secrets, for the message.
        lock_timeout_ms: How long a transaction waits for another one, for the message.

    Yields:
        Nothing; the `with` block contains the statements.

    Raises:
        StoreBusyError: Another transaction held a lock for too long.
        StoreDisconnectedError: The server can't be reached, or the connection was lost.
        StoreFullError: The server's disk is full.
        StoreReadEndedError: The statement took too long.
        StoreReadOnlyError: The server is a standby.
        StoreUnavailableError: The role lacks a right.
        InvalidRecordError: A text can't be written as UTF-8.
    """
    try:
        yield
    except (errors.LockNotAvailable, errors.DeadlockDetected, RetryError) as error:
        raise StoreBusyError(location, lock_timeout_ms) from error
    except errors.QueryCanceled as error:
        raise StoreReadEndedError(location) from error
    except errors.DiskFull as error:
        raise StoreFullError(location) from error
    except errors.ReadOnlySqlTransaction as error:
        raise StoreReadOnlyError(location) from error
    except (errors.InsufficientPrivilege, errors.InvalidAuthorizationSpecification) as error:
        raise StoreUnavailableError(
            location,
            f"can't be used ({_first_line(error)})",
            hint="Give the role the rights that docs/operate/scale.md lists.",
        ) from error
    except UnicodeError as error:
        raise InvalidRecordError(f"a text can't be written as UTF-8 ({error})") from error
    except _GOING as error:
        raise StoreDisconnectedError(location, _first_line(error)) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if error.sqlstate is None or is_lost(error):
            raise StoreDisconnectedError(location, _first_line(error)) from error
        raise StoreUnavailableError(
            location, f"can't be used ({_first_line(error)})", hint="See the server's log."
        ) from error


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
