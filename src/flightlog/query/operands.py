"""Read operands: numbers, and durations and times relative to a reader's clock and zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from msgspec import Struct

from flightlog.models.prices import Price, read_prices
from flightlog.query.expressions import Between
from flightlog.record.times import normalize_time

_DURATION: Final = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*(ms|s|min|m|h|d|w)?")
_NUMBER: Final = re.compile(r"\$?(\d{1,15}(?:\.\d{1,9})?)\s*([kKmM])?")
_FACTORS: Final = {"": 0, "k": 3, "m": 6}
_UNIT_MS: Final = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "min": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
}
_AGO: Final = re.compile(r"-?(\d{1,6})(s|min|m|h|d|w)")
_DATE: Final = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_MINUTE: Final = re.compile(r"T\d{2}:\d{2}(Z|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)
_SECOND: Final = re.compile(r"T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)
_DECEMBER: Final = 12
_DAY: Final = timedelta(days=1)
OPERATORS: Final = (">=", "<=", ">", "<")
"""The comparisons, the longest first."""


class Reader(Struct, frozen=True, kw_only=True):
    """The person or program whose query is read."""

    now: datetime
    """The current time, with a time zone."""
    zone: tzinfo | None = None
    """The time zone of times without an offset; None means this machine's zone."""
    read_prices: Callable[[], tuple[Price, ...]] = read_prices
    """Reads the prices of models, for queries about costs."""

    def localize(self, moment: datetime) -> datetime:
        """
        Give a time the reader's time zone.

        Args:
            moment: A time; a time with an offset stays as it is.

        Returns:
            The time with an offset.
        """
        if moment.tzinfo is not None:
            return moment
        return moment.astimezone() if self.zone is None else moment.replace(tzinfo=self.zone)

    def today(self) -> datetime:
        """
        Find the beginning of the reader's current day.

        Returns:
            The time, without a time zone.
        """
        return datetime.combine(self.now.astimezone(self.zone).date(), datetime.min.time())


class Period(NamedTuple):
    """A period of time, or a moment."""

    start: str
    """The first moment, canonical time."""
    end: str
    """The end, which belongs to the next period; for a moment the moment itself."""


def read_duration(text: str) -> str:
    """
    Read a duration.

    Args:
        text: A number with a unit, e.g. `2s`, `500ms`, `1.5min`, `1h`; alone, milliseconds.

    Returns:
        The milliseconds, e.g. `2000ms`.

    Raises:
        ValueError: The text is no duration.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return f"{float(found[1]) * _UNIT_MS[found[2] or 'ms']:.6f}".rstrip("0").rstrip(".") + "ms"


def to_milliseconds(duration: str) -> float:
    """
    Convert a duration that `read_duration` has read.

    Args:
        duration: The duration, e.g. `2000ms`.

    Returns:
        The milliseconds.
    """
    return float(duration.removesuffix("ms"))


def read_amount(text: str) -> str:
    """
    Read a number of tokens or an amount of US dollars.

    Args:
        text: A number, perhaps with `$` before it, or `k` or `M` behind it.

    Returns:
        The number without them, e.g. `12500` for `12.5k`.

    Raises:
        ValueError: The text is no such number.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(text)
    number = Decimal(found[1]).scaleb(_FACTORS[(found[2] or "").lower()])
    return f"{number:f}"


def read_period(text: str, reader: Reader) -> Period:
    """
    Read a time.

    Args:
        text: A month, a day, a time of ISO 8601, `now`, `today`, `yesterday`, or a time before now,
            e.g. `-7d`.
        reader: The reader's clock and time zone.

    Returns:
        The period: a month, a day, a minute, a second, or a moment.

    Raises:
        ValueError: The text is no time.
        OverflowError: The time is outside of the calendar.
    """
    ago = _AGO.fullmatch(text)
    if ago is not None:
        back = timedelta(milliseconds=int(ago[1]) * _UNIT_MS[ago[2]])
        return _moment(reader.now - back)
    if text == "now":
        return _moment(reader.now)
    if text in {"today", "yesterday"}:
        start = reader.today() - (_DAY if text == "yesterday" else timedelta(0))
        return _period(start, start + _DAY, reader)
    date = _DATE.fullmatch(text)
    return _read_moment(text, reader) if date is None else _read_date(date, reader)


def _read_date(date: re.Match[str], reader: Reader) -> Period:
    year, month = int(date[1]), int(date[2])
    start = datetime(year, month, int(date[3] or 1))  # noqa: DTZ001 - the zone comes later
    if date[3] is not None:
        return _period(start, start + _DAY, reader)
    next_month = (year + month // _DECEMBER, month % _DECEMBER + 1)
    return _period(start, datetime(*next_month, 1), reader)  # noqa: DTZ001 - as above


def _read_moment(text: str, reader: Reader) -> Period:
    start = datetime.fromisoformat(text)
    if _MINUTE.search(text):
        return _period(start, start + timedelta(minutes=1), reader)
    if _SECOND.search(text):
        return _period(start, start + timedelta(seconds=1), reader)
    return _moment(reader.localize(start))


def compare_times(operator: str, text: str, reader: Reader) -> Between:
    """
    Read a comparison with a time.

    Args:
        operator: One of `OPERATORS`.
        text: The time.
        reader: The reader's clock and time zone.

    Returns:
        The range. `>` a day begins after the day, and `<=` a day ends with the day.

    Raises:
        ValueError: The text is no time.
        OverflowError: The time is outside of the calendar.
    """
    period = read_period(text, reader)
    is_moment = period.start == period.end
    if operator == ">":
        return Between(low=period.end, with_low=not is_moment)
    if operator == ">=":
        return Between(low=period.start)
    if operator == "<":
        return Between(high=period.start, with_high=False)
    return Between(high=period.end, with_high=is_moment)


def make_period_test(first: str, last: str, reader: Reader, *, with_last: bool = True) -> Between:
    """
    Read a range of times.

    Args:
        first: The time at which the range begins.
        last: The time with which the range ends.
        reader: The reader's clock and time zone.
        with_last: Whether the last period belongs to the range.

    Returns:
        The range.

    Raises:
        ValueError: A text is no time.
        OverflowError: A time is outside of the calendar.
    """
    start, end = read_period(first, reader), read_period(last, reader)
    if not with_last:
        return Between(low=start.start, high=end.start, with_high=False)
    return Between(low=start.start, high=end.end, with_high=end.start == end.end)


def _moment(moment: datetime) -> Period:
    text = _canonical(moment)
    return Period(text, text)


def _period(start: datetime, end: datetime, reader: Reader) -> Period:
    return Period(_canonical(reader.localize(start)), _canonical(reader.localize(end)))


def _canonical(moment: datetime) -> str:
    return normalize_time(moment.astimezone(UTC).isoformat())


def read_number(text: str) -> Decimal | None:
    """
    Read a JSON number exactly.

    Args:
        text: The number as it is written.

    Returns:
        The number; None if the text is no finite number, or its exponent is too large.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
