"""Translates cron expressions to triggers of the scheduler, which numbers weekdays differently."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from flightlog.errors import InvalidWorkflowError

_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMED: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_FIELDS: Final = 5
"""The number of fields without seconds; an optional field for seconds stands before the minutes."""


def make_cron_trigger(cron: str, timezone: str | None = None) -> BaseTrigger:
    """
    Make the scheduler's trigger from a cron expression.

    Args:
        cron: Second (optional), minute, hour, day of the month, month, weekday (0 and 7 are
            Sunday), or a name such as `@daily`. If both day fields are restricted, a match of
            either suffices, as usual.
        timezone: A name of the time zone database; None means UTC.

    Returns:
        The trigger.

    Raises:
        InvalidWorkflowError: The expression can't be read, or the time zone is unknown.
    """
    try:
        second, minute, hour, day, month, weekday = _split_fields(cron)
        weekdays = weekday if weekday == "*" else ",".join(_convert_weekdays(weekday))
        days = [(day, weekdays)]
        if day != "*" and weekdays != "*":
            days = [(day, "*"), ("*", weekdays)]
        # An hourly schedule follows elapsed time, but a fixed hour means once a day.
        kind = CronTrigger if hour.startswith("*") else _OnceADay
        triggers = [
            kind(
                second=second,
                minute=minute,
                hour=hour,
                day=month_day,
                month=month.lower(),
                day_of_week=week_days,
                timezone=timezone or "UTC",
            )
            for month_day, week_days in days
        ]
    except (ValueError, LookupError, TypeError) as error:
        raise InvalidWorkflowError(
            f"The schedule {cron!r} ({timezone or 'UTC'}) can't be read: {error}.",
            hint="Write five fields, e.g. `0 9 * * 1-5`, and a zone like Europe/Berlin.",
        ) from error
    return triggers[0] if len(triggers) == 1 else OrTrigger(triggers)


class _OnceADay(CronTrigger):  # type: ignore[misc]  # the library has no types
    """Skips the repeated hour when daylight saving time ends."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        found: datetime | None = super().get_next_fire_time(previous, now)
        while found is not None and found.fold:
            found = super().get_next_fire_time(found, found)
        return found


def _split_fields(cron: str) -> list[str]:
    fields = _NAMED.get(cron.strip().lower(), cron).split()
    if len(fields) == _FIELDS:
        fields.insert(0, "0")
    if len(fields) != _FIELDS + 1:
        raise ValueError(f"it has {len(fields)} fields, not {_FIELDS}")
    return ["*" if field == "?" else field for field in fields]


def _convert_weekdays(field: str) -> Iterator[str]:
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            start, end = 0, 6
        else:
            start = _parse_number(first)
            end = _parse_number(last) if dash else (6 if step else start)
        if end < start:
            end += 7
        for number in range(start, end + 1, int(step) if step else 1):
            yield _DAYS[number % 7]


def _parse_number(day: str) -> int:
    if day.lower() in _DAYS:
        return _DAYS.index(day.lower())
    number = int(day)
    if not 0 <= number <= len(_DAYS):
        raise ValueError(f"there is no weekday {day}")
    return number
