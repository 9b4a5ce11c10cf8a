"""Starts workflows on their schedules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from flightlog.runtime.cron import make_cron_trigger
from flightlog.runtime.runner import Outcome, Start, WorkflowRunner
from flightlog.runtime.triggers import ScheduledTask
from flightlog.runtime.web.clients import STOPPED, end_run

MOST_AT_ONCE: Final = 100
"""How many runs of one workflow may overlap, if the trigger allows overlaps."""
_LATE_S: Final = 60


@asynccontextmanager
async def run_schedules(runners: Sequence[WorkflowRunner]) -> AsyncIterator[None]:
    """
    Start workflows on their schedules in the running event loop, and stop their runs at the end.

    Args:
        runners: The runners of workflows with a `ScheduledTask`.

    Yields:
        Nothing.
    """
    scheduler = AsyncIOScheduler(timezone="UTC")
    runs: set[asyncio.Task[Outcome]] = set()

    async def start(runner: WorkflowRunner, trigger: ScheduledTask) -> None:
        run = asyncio.create_task(run_scheduled(runner, trigger))
        runs.add(run)
        run.add_done_callback(runs.discard)
        # The scheduler cancels this wait at its shutdown. The run itself ends below, with a reason.
        with suppress(asyncio.CancelledError):
            await asyncio.wait((run,))

    for runner in runners:
        workflow = runner.definition
        trigger = workflow.trigger
        assert isinstance(trigger, ScheduledTask)
        scheduler.add_job(
            start,
            make_cron_trigger(trigger.cron, trigger.timezone),
            args=(runner, trigger),
            id=workflow.id,
            name=workflow.id,
            max_instances=1 if trigger.prevent_overlap else MOST_AT_ONCE,
            coalesce=True,
            misfire_grace_time=_LATE_S,
        )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
        await asyncio.gather(*(end_run(run, STOPPED) for run in runs))


async def run_scheduled(runner: WorkflowRunner, trigger: ScheduledTask) -> Outcome:
    """
    Run a scheduled workflow once.

    Args:
        runner: The workflow's runner.
        trigger: The workflow's trigger.

    Returns:
        How the execution ended.
    """
    data = {
        "cron": trigger.cron,
        "timezone": trigger.timezone or "UTC",
        "startedAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    return await runner.execute(Start(type=trigger.type, data=data, input={}))
