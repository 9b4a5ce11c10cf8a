"""The time of day. Code that needs the time takes a `Clock`, so that tests are exact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Returns the current time, with its time zone."""


def utc_now() -> datetime:
    """
    Read the system's clock.

    Returns:
        The current time in UTC.
    """
    return datetime.now(UTC)
