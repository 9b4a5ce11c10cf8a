"""The system's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flightlog.clock import utc_now


def test_now_is_in_utc() -> None:
    """The time lies between two readings of the system's clock, with its zone."""
    before = datetime.now(UTC)
    now = utc_now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)
