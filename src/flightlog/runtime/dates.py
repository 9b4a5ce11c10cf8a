"""Times in expressions: reads times, and formats times by patterns such as `YYYY-MM-DD HH:mm`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

_MILLISECONDS_FROM: Final = 1e11
_HALF_DAY: Final = 12

_MONTHS: Final[tuple[str, ...]] = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS: Final[tuple[str, ...]] = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_TOKENS: Final[Mapping[str, Callable[[datetime], str]]] = {
    "YYYY": lambda moment: f"{moment.year:04d}",
    "YY": lambda moment: f"{moment.year % 100:02d}",
    "MMMM": lambda moment: _MONTHS[moment.month - 1],
    "MMM": lambda moment: _MONTHS[moment.month - 1][:3],
    "MM": lambda moment: f"{moment.month:02d}",
    "M": lambda moment: str(moment.month),
    "DD": lambda moment: f"{moment.day:02d}",
    "D": lambda moment: str(moment.day),
    "dddd": lambda moment: _DAYS[moment.weekday()],
    "ddd": lambda moment: _DAYS[moment.weekday()][:3],
    "HH": lambda moment: f"{moment.hour:02d}",
    "H": lambda moment: str(moment.hour),
    "hh": lambda moment: f"{_compute_hour_of_twelve(moment):02d}",
    "h": lambda moment: str(_compute_hour_of_twelve(moment)),
    "mm": lambda moment: f"{moment.minute:02d}",
    "m": lambda moment: str(moment.minute),
    "ss": lambda moment: f"{moment.second:02d}",
    "s": lambda moment: str(moment.second),
    "SSS": lambda moment: f"{moment.microsecond // 1000:03d}",
    "A": lambda moment: "AM" if moment.hour < _HALF_DAY else "PM",
    "a": lambda moment: "am" if moment.hour < _HALF_DAY else "pm",
    "X": lambda moment: str(int(moment.timestamp())),
    "x": lambda moment: str(int(moment.timestamp() * 1000)),
    "ZZ": lambda moment: moment.strftime("%z"),
    "Z": lambda moment: f"{moment.strftime('%z')[:3]}:{moment.strftime('%z')[3:5]}",
}
_PATTERN: Final = re.compile(
    r"\[([^\]]*)\]|(" + "|".join(sorted(_TOKENS, key=len, reverse=True)) + ")"
)


def _compute_hour_of_twelve(moment: datetime) -> int:
    return moment.hour % _HALF_DAY or _HALF_DAY


def parse_moment(value: Any) -> datetime:
    """
    Read a time.

    Args:
        value: ISO 8601 text, a Python date or datetime, or seconds or milliseconds since 1970.

    Returns:
        The time with a time zone; UTC when the value names none.

    Raises:
        ValueError: The text is no time, or the number is out of range.
        TypeError: The value has another type.
    """
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
        moment = datetime.fromtimestamp(seconds, UTC)
    elif isinstance(value, str):
        moment = datetime.fromisoformat(value.strip())
    else:
        raise TypeError(f"{type(value).__name__} is no time")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def format_moment(moment: datetime, pattern: str) -> str:
    """
    Format a time by a pattern.

    Args:
        moment: The time, in its own time zone.
        pattern: Tokens such as YYYY, MM, DD, HH, mm, ss, SSS, A, Z; `[text]` is copied literally.

    Returns:
        The formatted time.
    """
    return _PATTERN.sub(lambda found: _TOKENS[found[2]](moment) if found[2] else found[1], pattern)
