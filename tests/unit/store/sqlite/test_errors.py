"""SQLite's errors become errors of the store."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from flightlog.errors import (
    FlightlogError,
    InvalidRecordError,
    StoreBusyError,
    StoreClosedError,
    StoreForeignError,
    StoreFullError,
    StoreUnavailableError,
)
from flightlog.store.sqlite.errors import translate_errors

PATH = Path("/data/history.db")


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (apsw.BusyError("locked"), StoreBusyError, "250 ms"),
        (apsw.LockedError("locked"), StoreBusyError, "250 ms"),
        (apsw.FullError("full"), StoreFullError, "/data/history.db"),
        (apsw.NotADBError("none"), StoreForeignError, "not a SQLite database"),
        (apsw.ConnectionClosedError("closed"), StoreClosedError, "/data/history.db"),
        (apsw.CorruptError("malformed"), StoreUnavailableError, "damaged"),
        (apsw.TooBigError("big"), StoreUnavailableError, "1,000,000,000 bytes"),
        (apsw.IOError("disk"), StoreUnavailableError, "can't be used"),
        (apsw.ReadOnlyError("read-only"), StoreUnavailableError, "can't be used"),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "no"), InvalidRecordError, "UTF-8"),
    ],
)
def test_error_is_translated(error: Exception, expected: type[FlightlogError], words: str) -> None:
    """SQLite's error is the cause, and the message has the place or the limit."""
    with pytest.raises(expected, match=words) as caught, translate_errors(PATH, 250):
        raise error
    assert caught.value.__cause__ is error


def test_a_full_disk_below_the_shared_memory_is_a_full_disk() -> None:
    """SQLite calls it an error of the disk, but the remedy is to free some space."""
    error = apsw.IOError("disk I/O error")
    vars(error)["extendedresult"] = apsw.SQLITE_IOERR_SHMSIZE
    with pytest.raises(StoreFullError), translate_errors(PATH, 250):
        raise error


def test_error_in_our_own_statement_is_not_translated() -> None:
    """A bug in this package stays SQLite's error."""
    with pytest.raises(apsw.SQLError), translate_errors(PATH, 250):
        apsw.Connection(":memory:").execute("SELEC 1")
