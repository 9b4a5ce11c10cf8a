"""Cron expressions, and workflows that run on a schedule."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from flightlog.errors import InvalidWorkflowError
from flightlog.runtime import Node, ScheduledTask, Workflow, application, schedule
from flightlog.runtime.cron import cron_trigger
from support.servers import served
from support.waiting import until
from support.workflows import History, chain, node, plain


def _next(cron: str, after: datetime, zone: str = "UTC", count: int = 3) -> list[str]:
    trigger = cron_trigger(cron, zone)
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
    trigger = cron_trigger("0 9 * * *", "Europe/Berlin")
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
    trigger = cron_trigger(cron, "Europe/Berlin")
    last, moment, found = None, datetime(2026, 10, 24, 23, tzinfo=UTC), []
    for _ in times:
        last = trigger.get_next_fire_time(last, moment)
        moment = last.astimezone(UTC) + timedelta(milliseconds=2)
        found.append(last.astimezone(UTC).strftime("%d %H:%M"))
    assert found == times


def test_an_hour_that_summer_time_leaves_out_is_made_up_for() -> None:
    """The run happens once, an hour later."""
    trigger = cron_trigger("30 2 * * *", "Europe/Berlin")
    first = trigger.get_next_fire_time(None, datetime(2026, 3, 28, 12, tzinfo=UTC))
    second = trigger.get_next_fire_time(first, first.astimezone(UTC) + timedelta(milliseconds=2))
    assert first.astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert second.astimezone(UTC) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("", None),
        ("* * * *", None),
        ("61 * * * *", None),
        ("* * * * 8", None),
        ("* * * * mo", None),
        ("* * * * 1/0", None),
        ("@daily", None),
        ("* * * * *", "Mars/Olympus"),
    ],
)
def test_a_schedule_that_can_t_be_read_is_refused_when_it_is_made(cron: str, zone: Any) -> None:
    """The error describes the correct form."""
    with pytest.raises(InvalidWorkflowError, match="can't be read"):
        ScheduledTask(cron=cron, timezone=zone)


class _Often(AsyncIOScheduler):  # type: ignore[misc]  # the library has no types
    """Starts every job three times at once, instead of at its scheduled time."""

    def add_job(self, function: Any, trigger: Any, **options: Any) -> None:
        """Add the job three times, for now."""
        for number in range(3):
            options["id"] = f"{options['id']}-{number}"
            super().add_job(function, DateTrigger(datetime.now(UTC)), **options)


def test_the_clock_s_runs_say_so_in_their_records(
    history: History, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The record has the schedule's data; a run canceled at the end has the reason."""
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(schedule, "AsyncIOScheduler", _Often)
    workflow = history.workflow(trigger=ScheduledTask(cron="0 9 * * 1-5", timezone="Europe/Berlin"))
    begun: list[Node] = []
    three = asyncio.Event()

    async def work(one: Node) -> str:
        begun.append(one)
        if len(begun) < 3:
            return "done"
        three.set()
        await asyncio.Event().wait()
        return "never"

    chain(workflow, node(workflow, "work", work))
    _serve_until(workflow, three)
    executions = history.executions()
    assert sorted(one.status for one in executions) == ["error", "success", "success"]
    for execution in executions:
        assert execution.trigger is not None
        assert execution.trigger.type == "scheduledTask"
        assert plain(execution.trigger.data)["cron"] == "0 9 * * 1-5"
        assert plain(execution.trigger.data)["timezone"] == "Europe/Berlin"
    (error,) = [one.error for one in executions if one.error is not None]
    assert error.kind == "canceled"
    assert "server was stopped" in error.message
    assert not [one for one in caplog.records if one.name.startswith("apscheduler")]


def _serve_until(workflow: Workflow, event: asyncio.Event) -> None:
    with served(application([workflow])):
        until(event.is_set, "three runs")


@pytest.mark.parametrize(("prevent", "most"), [(True, 1), (False, schedule.MOST_AT_ONCE)])
def test_overlap_is_prevented_where_it_is_asked_for(
    history: History, monkeypatch: pytest.MonkeyPatch, *, prevent: bool, most: int
) -> None:
    """The scheduler gets the largest number of concurrent runs."""
    told: list[int] = []

    class Telling(AsyncIOScheduler):  # type: ignore[misc]  # the library has no types
        def add_job(self, function: Any, trigger: Any, **options: Any) -> None:
            told.append(options["max_instances"])

    monkeypatch.setattr(schedule, "AsyncIOScheduler", Telling)
    task = ScheduledTask(cron="* * * * *", prevent_overlap=prevent)
    workflow = history.workflow(trigger=task)
    with served(application([workflow])):
        assert told == [most]
