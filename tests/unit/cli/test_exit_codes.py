from __future__ import annotations

import pytest

from flightlog.cli.exit_codes import ExitCode, exit_code
from flightlog.errors import (
    FlightlogError,
    InvalidQueryError,
    NotFoundError,
    PortInUseError,
    StoreBusyError,
    StoreFullError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError("a"), ExitCode.NOT_FOUND),
        (InvalidQueryError("limit", "is 0", hint=""), ExitCode.USAGE),
        (StoreBusyError("a.db", 5_000), ExitCode.TRY_AGAIN),
        (StoreFullError("a.db"), ExitCode.TRY_AGAIN),
        (PortInUseError("localhost", 3000), ExitCode.FAILED),
    ],
)
def test_each_error_has_its_exit_code(error: FlightlogError, code: ExitCode) -> None:
    """Scripts can distinguish a missing execution from an error that may disappear later."""
    assert exit_code(error) is code
