"""Workflows that the clock starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from flightlog.runtime.cron import cron_trigger
from flightlog.runtime.execution import Start, execute
from flightlog.runtime.triggers import ScheduledTask

if TYPE_CHECKING:
    from flightlog.runtime.workflow import Workflow

MOST_AT_ONCE: Final = 100
"""How many runs of one workflow may overlap, where they may."""
_LATE_S: Final = 60


@contextmanager
def schedules(workflows: Sequence[Workflow]) -> Iterator[None]:
    """
    Start workflows when their time comes, on the running event loop; runs end with the context.

    Args:
        workflows: Those with a `ScheduledTask`.
    """
    scheduler = AsyncIOScheduler(timezone="UTC")
    for workflow in workflows:
        trigger = workflow.trigger
        assert isinstance(trigger, ScheduledTask)
        scheduler.add_job(
            run_scheduled,
            cron_trigger(trigger.cron, trigger.timezone),
            args=(workflow, trigger),
            id=workflow.id,
            max_instances=1 if trigger.prevent_overlap else MOST_AT_ONCE,
            coalesce=True,
            misfire_grace_time=_LATE_S,
        )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


async def run_scheduled(workflow: Workflow, trigger: ScheduledTask) -> None:
    """Run a workflow because its time has come."""
    data = {
        "cron": trigger.cron,
        "timezone": trigger.timezone or "UTC",
        "startedAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    await execute(workflow, Start(type=trigger.type, data=data, input={}))
