"""Cron expressions, and workflows that run on a schedule."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from flightlog.errors import InvalidWorkflowError
from flightlog.runtime import Node, ScheduledTask, Workflow, application, schedule
from support.servers import served
from support.waiting import until
from support.workflows import History, chain, node, plain


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("", None),
        ("* * * *", None),
        ("61 * * * *", None),
        ("* * * * 8", None),
        ("* * * * mo", None),
        ("* * * * 1/0", None),
        ("@noon", None),
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

    async def work(node: Node) -> str:
        begun.append(node)
        if len(begun) < 3:
            return "done"
        three.set()
        await asyncio.Event().wait()
        return "never"

    chain(workflow, node(workflow, "work", work))
    _serve_until(workflow, three)
    executions = history.executions()
    assert sorted(execution.status for execution in executions) == ["error", "success", "success"]
    for execution in executions:
        assert execution.trigger is not None
        assert execution.trigger.type == "scheduledTask"
        assert plain(execution.trigger.data)["cron"] == "0 9 * * 1-5"
        assert plain(execution.trigger.data)["timezone"] == "Europe/Berlin"
    (error,) = [execution.error for execution in executions if execution.error is not None]
    assert error.kind == "canceled"
    assert "server was stopped" in error.message
    assert not [record for record in caplog.records if record.name.startswith("apscheduler")]


def _serve_until(workflow: Workflow, event: asyncio.Event) -> None:
    with served(application([workflow])):
        until(event.is_set, "three runs")


@pytest.mark.parametrize(("prevent", "most"), [(True, 1), (False, schedule.MOST_AT_ONCE)])
def test_overlap_is_prevented_where_it_is_asked_for(
    history: History, monkeypatch: pytest.MonkeyPatch, *, prevent: bool, most: int
) -> None:
    """The scheduler gets the largest number of concurrent runs."""
    received: list[int] = []

    class Telling(AsyncIOScheduler):  # type: ignore[misc]  # the library has no types
        def add_job(self, function: Any, trigger: Any, **options: Any) -> None:
            received.append(options["max_instances"])

    monkeypatch.setattr(schedule, "AsyncIOScheduler", Telling)
    task = ScheduledTask(cron="* * * * *", prevent_overlap=prevent)
    workflow = history.workflow(trigger=task)
    with served(application([workflow])):
        assert received == [most]
