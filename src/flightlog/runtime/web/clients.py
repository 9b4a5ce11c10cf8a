"""Clients that go away before they are answered: their runs are ended, and recorded so."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import Request

from flightlog.runtime.runner import Outcome

LEFT: Final = "The client went away before the answer was complete."
STOPPED: Final = "The server was stopped before the run had ended."


async def disconnected(request: Request) -> None:
    """Wait until the client of a request has gone; its body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def wait_for_run(run: asyncio.Task[Outcome], gone: asyncio.Task[Any]) -> Outcome | None:
    """
    Wait for a run, or end it when its client has gone.

    Args:
        run: The run.
        gone: Done when the client has gone.

    Returns:
        How it ended; None when the client has gone.

    Raises:
        CancelledError: The server is stopped; the run is ended too.
    """
    try:
        await asyncio.wait((run, gone), return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        await end_run(run, STOPPED)
        raise
    await end_run(run, LEFT)
    return None if run.cancelled() else run.result()


async def end_run(run: asyncio.Task[Outcome], why: str) -> None:
    """Cancel a run that still goes on, and wait until that is recorded."""
    if not run.done():
        # Once: another would interrupt what the first one began, and its reason would be lost.
        if not run.cancelling():
            run.cancel(why)
        # Unlike gather, this cancels nothing when the waiting itself is canceled.
        await asyncio.wait((run,))
