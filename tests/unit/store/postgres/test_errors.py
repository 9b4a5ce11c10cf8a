from __future__ import annotations

import pytest

from flightlog.errors import StoreDisconnectedError, StoreUnavailableError
from flightlog.store.postgres import PostgresSettings, PostgresStore
from flightlog.store.postgres.errors import describe_location


@pytest.mark.parametrize(
    ("url", "location"),
    [
        (
            "postgresql://me:secret@db.example.com:5433/runs",
            "postgresql://db.example.com:5433/runs",
        ),
        ("postgresql://me:secret@/runs?host=/run/pg", "postgresql:///run/pg/runs"),
        ("host=db password=secret dbname=runs", "postgresql://db/runs"),
        ("postgresql://", "postgresql:///"),
    ],
)
def test_a_location_has_no_secrets(url: str, location: str) -> None:
    """The server and the database are shown, and neither user nor password."""
    assert describe_location(url) == location


def test_an_address_that_cannot_be_read_is_not_repeated() -> None:
    """It may hold a password."""
    with pytest.raises(StoreUnavailableError) as caught:
        describe_location("postgresql://me:secret@host/runs?no_such=1")
    assert "secret" not in str(caught.value)


def test_a_server_that_cannot_be_reached_is_a_retryable_error() -> None:
    """Workflows keep their records in the spool until the server is back."""
    with pytest.raises(StoreDisconnectedError, match="can't be reached") as caught:
        PostgresStore("postgresql://127.0.0.1:1/none", PostgresSettings(connect_timeout_s=2))
    assert (caught.value.retryable, caught.value.code) == (True, "store_disconnected")
