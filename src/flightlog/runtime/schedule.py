"""Workflows that the clock starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from flightlog.runtime.cron import cron_trigger
from flightlog.runtime.runner import Outcome, Start, WorkflowRunner
from flightlog.runtime.triggers import ScheduledTask
from flightlog.runtime.web.clients import STOPPED, end_run

MOST_AT_ONCE: Final = 100
"""How many runs of one workflow may overlap, where they may."""
_LATE_S: Final = 60


@asynccontextmanager
async def schedules(runners: Sequence[WorkflowRunner]) -> AsyncIterator[None]:
    """
    Start workflows when their time comes, on the running event loop; runs end with the context.

    Args:
        runners: Those of workflows with a `ScheduledTask`.
    """
    scheduler = AsyncIOScheduler(timezone="UTC")
    runs: set[asyncio.Task[Outcome]] = set()

    async def start(runner: WorkflowRunner, trigger: ScheduledTask) -> None:
        run = asyncio.create_task(run_scheduled(runner, trigger))
        runs.add(run)
        run.add_done_callback(runs.discard)
        # The scheduler cancels what it waits for; the run itself is ended below, with the reason.
        with suppress(asyncio.CancelledError):
            await asyncio.wait((run,))

    for runner in runners:
        workflow = runner.definition
        trigger = workflow.trigger
        assert isinstance(trigger, ScheduledTask)
        scheduler.add_job(
            start,
            cron_trigger(trigger.cron, trigger.timezone),
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
    """Run a workflow because its time has come."""
    data = {
        "cron": trigger.cron,
        "timezone": trigger.timezone or "UTC",
        "startedAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    return await runner.execute(Start(type=trigger.type, data=data, input={}))
