"""Tests of the driver's errors as errors of stores."""

from __future__ import annotations

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from flightlog import errors
from flightlog.store.clickhouse.errors import describe_location, translate_errors


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("connection refused"), errors.StoreDisconnectedError),
        (DatabaseError("Code: 159. DB::Exception: Timeout exceeded"), errors.StoreReadEndedError),
        (DatabaseError("Code: 243. DB::Exception: No space"), errors.StoreFullError),
        (DatabaseError("Code: 516. DB::Exception: Bad password"), errors.StoreUnavailableError),
        (DatabaseError("Code: 242. DB::Exception: Read-only"), errors.StoreReadOnlyError),
        (DatabaseError("Code: 47. DB::Exception: Unknown column"), DatabaseError),
    ],
)
def test_errors_are_translated_by_their_code(error: Exception, expected: type[Exception]) -> None:
    """An error of the server becomes the store's; one of Flightlog's own SQL stays."""
    with pytest.raises(expected), translate_errors("clickhouse://db/history"):
        raise error


def test_a_location_has_no_secrets() -> None:
    """User, password and options are left out."""
    url = "clickhouse://alice:secret@db:8443/history?secure=true"
    assert describe_location(url) == "clickhouse://db:8443/history"
    assert describe_location("clickhouse+chdb:/data/runs") == "clickhouse+chdb:/data/runs"
