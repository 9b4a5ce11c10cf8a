"""The time of day, from outside: whoever needs it is given a `Clock`, so that tests are exact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Answers the present moment, with its time zone."""


def utc_now() -> datetime:
    """The system's clock, in UTC."""
    return datetime.now(UTC)
