from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flightlog.runtime.cron import make_cron_trigger


def _next(cron: str, after: datetime, zone: str = "UTC", count: int = 3) -> list[str]:
    trigger = make_cron_trigger(cron, zone)
    found: list[str] = []
    last, moment = None, after
    for _ in range(count):
        last = trigger.get_next_fire_time(last, moment)
        found.append(last.strftime("%a %d %b %H:%M"))
        moment = last + timedelta(seconds=1)
    return found


@pytest.mark.parametrize(
    ("cron", "times"),
    [
        ("@daily", ["Thu 26 Nov 00:00", "Fri 27 Nov 00:00", "Sat 28 Nov 00:00"]),
        ("30 9 * * *", ["Wed 25 Nov 09:30", "Thu 26 Nov 09:30", "Fri 27 Nov 09:30"]),
        ("0 9 * * 1-5", ["Wed 25 Nov 09:00", "Thu 26 Nov 09:00", "Fri 27 Nov 09:00"]),
        ("0 9 * * 0", ["Sun 29 Nov 09:00", "Sun 06 Dec 09:00", "Sun 13 Dec 09:00"]),
        ("0 9 * * 7", ["Sun 29 Nov 09:00", "Sun 06 Dec 09:00", "Sun 13 Dec 09:00"]),
        ("0 9 * * sat,SUN", ["Sat 28 Nov 09:00", "Sun 29 Nov 09:00", "Sat 05 Dec 09:00"]),
        ("0 9 * * 5-1/3", ["Fri 27 Nov 09:00", "Mon 30 Nov 09:00", "Fri 04 Dec 09:00"]),
        ("0 9 * * */3", ["Wed 25 Nov 09:00", "Sat 28 Nov 09:00", "Sun 29 Nov 09:00"]),
        ("0 9 1 * 1", ["Mon 30 Nov 09:00", "Tue 01 Dec 09:00", "Mon 07 Dec 09:00"]),
        ("*/30 59 8 * * *", ["Wed 25 Nov 08:59", "Wed 25 Nov 08:59", "Thu 26 Nov 08:59"]),
        ("*/20 8 * JAN ?", ["Fri 01 Jan 08:00", "Fri 01 Jan 08:20", "Fri 01 Jan 08:40"]),
    ],
)
def test_cron_means_what_every_cron_means(cron: str, times: list[str]) -> None:
    """0 and 7 mean Sunday; if both day fields are restricted, a match of either suffices."""
    assert _next(cron, datetime(2026, 11, 25, 7, tzinfo=UTC)) == times


def test_cron_goes_by_its_zone() -> None:
    """In winter, nine o'clock in Berlin is eight o'clock in UTC."""
    trigger = make_cron_trigger("0 9 * * *", "Europe/Berlin")
    first = trigger.get_next_fire_time(None, datetime(2026, 11, 25, tzinfo=UTC))
    assert first.astimezone(UTC) == datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "times"),
    [
        ("30 2 * * *", ["25 00:30", "26 01:30", "27 01:30"]),
        ("*/30 2 25 * 0", ["25 00:00", "25 00:30", "01 01:00"]),
        ("30 * * * *", ["24 23:30", "25 00:30", "25 01:30"]),
        ("30 */2 * * *", ["25 00:30", "25 01:30", "25 03:30"]),
    ],
)
def test_a_fixed_hour_comes_once_when_summer_time_ends(cron: str, times: list[str]) -> None:
    """An hourly schedule runs in both of the repeated hours."""
    trigger = make_cron_trigger(cron, "Europe/Berlin")
    last, moment, found = None, datetime(2026, 10, 24, 23, tzinfo=UTC), []
    for _ in times:
        last = trigger.get_next_fire_time(last, moment)
        moment = last.astimezone(UTC) + timedelta(milliseconds=2)
        found.append(last.astimezone(UTC).strftime("%d %H:%M"))
    assert found == times


def test_an_hour_that_summer_time_leaves_out_is_made_up_for() -> None:
    """The run happens once, an hour later."""
    trigger = make_cron_trigger("30 2 * * *", "Europe/Berlin")
    first = trigger.get_next_fire_time(None, datetime(2026, 3, 28, 12, tzinfo=UTC))
    second = trigger.get_next_fire_time(first, first.astimezone(UTC) + timedelta(milliseconds=2))
    assert first.astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert second.astimezone(UTC) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
