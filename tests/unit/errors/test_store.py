"""Errors of the history's database."""

from __future__ import annotations

import pytest

from flightlog.errors import (
    StoreBusyError,
    StoreCapabilityError,
    StoreClosedError,
    StoreDisconnectedError,
    StoreError,
    StoreForeignError,
    StoreFullError,
    StoreGoneError,
    StoreLogFullError,
    StoreMigratingError,
    StoreReadEndedError,
    StoreReadOnlyError,
    StoreUnsupportedError,
    StoreVersionError,
)

PATH = "/data/history.db"
RETRYABLE = [
    StoreBusyError(PATH, 250),
    StoreDisconnectedError(PATH, "connection refused"),
    StoreFullError(PATH),
    StoreGoneError(PATH, "is gone"),
    StoreLogFullError(PATH, 2**27, ""),
    StoreMigratingError(PATH, from_schema=5, to_schema=9, step="copying", share=0.5),
    StoreReadEndedError(PATH),
]
FINAL = [
    StoreCapabilityError(PATH, "searching"),
    StoreReadOnlyError(PATH),
    StoreUnsupportedError(PATH, "`flightlog sql`"),
    StoreVersionError(PATH, 9, 5),
    StoreForeignError(PATH, "is not a SQLite database"),
    StoreClosedError(PATH),
]


@pytest.mark.parametrize("error", [*RETRYABLE, *FINAL], ids=lambda error: error.code)
def test_error_names_the_file_and_what_to_do(error: StoreError) -> None:
    """The path is in the message and an attribute, and the hint is a sentence."""
    assert error.path == PATH
    assert PATH in error.message
    assert error.hint.endswith(".")
    assert error.retryable is (error in RETRYABLE)


def test_versions_are_in_the_message() -> None:
    """Both versions are attributes, too."""
    error = StoreVersionError(PATH, 9, 5)
    assert (error.found, error.supported) == (9, 5)
    assert "schema version 9, newer than the 5" in error.message
