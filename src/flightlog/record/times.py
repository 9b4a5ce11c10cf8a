"""Times in one canonical form, and the time between two of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

MAX_DURATION_MS: Final = 10**12
"""The longest duration that a record may state: 10^12 ms, nearly 32 years."""
_NAIVE_CHARACTERS: Final = len("2026-11-22T19:04:11.000000")
_CANONICAL_CHARACTERS: Final = _NAIVE_CHARACTERS + 1
_PUNCTUATION: Final = slice(4, 20, 3)
_parse_iso: Final = datetime.fromisoformat


def normalize_time(text: str, field: str = "time") -> str:
    """
    Write an ISO 8601 time in the one form whose text order is the time order.

    Args:
        text: Any time of RFC 3339 in the years 1 to 9999, or another ISO 8601 date and time. A time
            without an offset is UTC. A leap second reads as the second after it.
        field: The name of the field in the error message.

    Returns:
        UTC with six digits of fraction, e.g. `2026-11-22T19:04:11.000000Z`.

    Raises:
        ValueError: The text is not such a time; the message names `field`.
    """
    try:
        try:
            moment = _parse_iso(text)
        except ValueError:
            moment = _parse_rfc_3339(text)
        if text[_PUNCTUATION] == "--T::.":
            size = len(text)
            if size == _CANONICAL_CHARACTERS and text[-1] == "Z":
                return text
            if size == _NAIVE_CHARACTERS and moment.tzinfo is None:
                return text + "Z"
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"`{field}` is not an ISO 8601 time: {text[:40]!r}") from error
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def _parse_rfc_3339(text: str) -> datetime:
    # RFC 3339 has two spellings that Python doesn't parse: a lower-case `z`, and second 60.
    found = _compile_rfc_3339().fullmatch(text)
    if found is None:
        raise ValueError("the time is not as in RFC 3339")
    date, minute, second, fraction, offset = found.groups(default="")
    if second != "60":
        return datetime.fromisoformat(f"{date}T{minute}:{second}{fraction}{offset.upper()}")
    moment = datetime.fromisoformat(f"{date}T{minute}:59{offset.upper()}") + timedelta(seconds=1)
    if moment.astimezone(UTC).strftime("%d %H:%M") != "01 00:00":
        raise ValueError("a leap second ends a month of UTC")
    return moment


@cache
def _compile_rfc_3339() -> re.Pattern[str]:
    # The pattern is compiled at its first use, because importing capture must be quick.
    return re.compile(
        r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}):([0-9]{2})(\.[0-9]+)?"
        r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
    )


def compute_duration(started_at: str | None, completed_at: str | None) -> float | None:
    """
    Compute the time between two canonical times.

    Args:
        started_at: The start; None when unknown.
        completed_at: The end; None when unknown.

    Returns:
        Milliseconds, 0 to `MAX_DURATION_MS`; None when either time is unknown.
    """
    if started_at is None or completed_at is None:
        return None
    elapsed = datetime.fromisoformat(completed_at) - datetime.fromisoformat(started_at)
    return min(max(0.0, elapsed / timedelta(milliseconds=1)), float(MAX_DURATION_MS))
