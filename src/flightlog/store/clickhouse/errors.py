"""Translate the driver's errors to `StoreError`s; no other module does this."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from clickhouse_connect.driver import exceptions

from flightlog.errors import (
    InvalidRecordError,
    StoreDisconnectedError,
    StoreFullError,
    StoreReadEndedError,
    StoreReadOnlyError,
    StoreUnavailableError,
)

_CODE: Final = re.compile(r"(?:Code: |error code )(\d+)")
_TIMEOUT: Final = frozenset({"159", "160"})
_FULL: Final = frozenset({"243"})
_READ_ONLY: Final = frozenset({"164", "242"})
_REFUSED: Final = frozenset({"192", "193", "194", "497", "516"})
_BUSY: Final = frozenset({"202", "209", "210", "241", "252", "439"})
"""The server is overloaded, or lost a connection of its own."""


def describe_location(url: str) -> str:
    """
    Describe an address without its secrets.

    Args:
        url: The address.

    Returns:
        The address as a URL of server and database, or of the folder.
    """
    parts = urlsplit(url)
    if not parts.netloc:
        return f"{parts.scheme}:{parts.path}"
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path}"


@contextmanager
def translate_errors(location: str) -> Iterator[None]:
    """
    Raise the driver's errors as `StoreError`s, with the driver's error as the cause.

    An error in Flightlog's own SQL passes unchanged, because it is a bug in this package.

    Args:
        location: The address without secrets, for the message.

    Yields:
        Nothing; the `with` block contains the statements.

    Raises:
        StoreDisconnectedError: The server can't be reached, or the connection was lost.
        StoreFullError: The server's disk is full.
        StoreReadEndedError: The statement took too long.
        StoreReadOnlyError: The server takes no insertions.
        StoreUnavailableError: The user lacks a right.
        InvalidRecordError: A text can't be written as UTF-8.
    """
    try:
        yield
    except UnicodeError as error:
        raise InvalidRecordError(f"a text can't be written as UTF-8 ({error})") from error
    except exceptions.ClickHouseError as error:
        text = _first_line(error)
        found = _CODE.search(str(error))
        code = found[1] if found else ""
        if code in _TIMEOUT:
            raise StoreReadEndedError(location) from error
        if code in _FULL:
            raise StoreFullError(location) from error
        if code in _READ_ONLY:
            raise StoreReadOnlyError(location) from error
        if code in _REFUSED:
            raise StoreUnavailableError(
                location,
                f"can't be used ({text})",
                hint="Give the user the rights that docs/operate/scale.md lists.",
            ) from error
        if not code or code in _BUSY:
            raise StoreDisconnectedError(location, text) from error
        raise


def _first_line(error: BaseException) -> str:
    line = next(iter(str(error).strip().splitlines()), type(error).__name__)
    # The address of a request repeats all settings.
    return line.partition(" with url: ")[0].partition(" (for url ")[0][:300]
