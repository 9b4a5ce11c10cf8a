from __future__ import annotations

from typing import Any

import pytest

from flightlog.runtime.definition import MAX_RETRY_DELAY_MS, Attempts


@pytest.mark.parametrize(
    ("backoff", "delays"), [("linear", [1, 2, 3, 4]), ("exponential", [1, 2, 4, 8])]
)
def test_the_wait_grows(backoff: Any, delays: list[float]) -> None:
    """The wait grows by the same amount or twofold, up to a limit."""
    attempts = Attempts(retries=4, retry_delay_ms=1_000, retry_backoff=backoff)
    assert [attempts.delay_s(number) for number in range(1, 5)] == delays
    assert attempts.delay_s(10_000) == MAX_RETRY_DELAY_MS / 1_000
