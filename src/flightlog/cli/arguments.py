"""Arguments that commands share: times that people type, and files, where `-` is a stream."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final

from cyclopts import Parameter

from flightlog.errors import InvalidQueryError, InvalidSettingError
from flightlog.record.times import normalize_time

_RELATIVE: Final = re.compile(r"-?(\d{1,6})\s*(s|min|m|h|d|w)")
_DAYS: Final = {"today": 0, "yesterday": 1}
_UNIT_S: Final = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def parse_time(text: str, parameter: str, now: datetime) -> str:
    """
    Parse a time that a person typed.

    Args:
        text: An ISO 8601 time, UTC if it has no offset, a time before now (`-90s`, `-2h`), or
            the beginning of a day in the machine's time zone: `today`, `yesterday`.
        parameter: The name of the argument in the error message.
        now: The current time, with a time zone.

    Returns:
        The time in canonical form.

    Raises:
        InvalidQueryError: The text has none of these forms.
    """
    days = _DAYS.get(text.strip().lower())
    if days is not None:
        midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        return normalize_time((midnight - timedelta(days=days)).isoformat(), parameter)
    try:
        relative = _RELATIVE.fullmatch(text.strip())
        if relative is None:
            return normalize_time(text.strip(), parameter)
        back = timedelta(seconds=int(relative[1]) * _UNIT_S[relative[2]])
        return normalize_time((now - back).isoformat(), parameter)
    except (ValueError, OverflowError) as error:
        raise InvalidQueryError(
            parameter,
            f"is {text[:40]!r}, no time",
            hint="Write e.g. 2026-11-22, 2026-11-22T19:04, yesterday, -90s, -30m, -2h or -7d.",
        ) from error


def _refuse_option(_kind: Any, value: str | tuple[str, ...]) -> None:
    for name in (value,) if isinstance(value, str) else value:
        if name.startswith("-") and name != "-":
            raise InvalidSettingError(
                name,
                "is no option of this command",
                hint=f"For a file of that name, write ./{name}.",
            )


FILE: Final = Parameter(name="FILE", allow_leading_hyphen=True, validator=_refuse_option)
