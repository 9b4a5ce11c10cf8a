from __future__ import annotations

import os
import signal
import threading

import pytest

from flightlog.cli.exit_codes import ExitCode, choose_exit_code, exit_at_sigterm
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
    assert choose_exit_code(error) is code


def kill_this_process() -> None:
    """Send SIGTERM to this process, and fail if the block goes on."""
    with exit_at_sigterm():
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("the signal did not arrive")


def test_sigterm_leaves_the_block_with_143() -> None:
    """The block is left by SystemExit, and the handler from before is back."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught:
        kill_this_process()
    assert caught.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is before


def test_other_threads_leave_the_handler_of_sigterm() -> None:
    """Only the main thread may set a handler."""
    found: list[object] = []

    def work() -> None:
        with exit_at_sigterm():
            found.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]
