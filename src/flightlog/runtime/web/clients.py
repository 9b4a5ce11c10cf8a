"""Detects clients that disconnect before their answer, ends their runs, and records the reason."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import Request

from flightlog.runtime.runner import Outcome

LEFT: Final = "The client went away before the answer was complete."
STOPPED: Final = "The server was stopped before the run had ended."


async def wait_for_disconnect(request: Request) -> None:
    """
    Wait until the client of a request has disconnected.

    Args:
        request: The request, whose body has been read.
    """
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def wait_for_run(run: asyncio.Task[Outcome], gone: asyncio.Task[Any]) -> Outcome | None:
    """
    Wait for a run, or end the run when its client has disconnected.

    Args:
        run: The run.
        gone: Done when the client has disconnected.

    Returns:
        The outcome; None when the client has disconnected.

    Raises:
        CancelledError: The server stops; the run is ended too.
    """
    try:
        await asyncio.wait((run, gone), return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        await end_run(run, STOPPED)
        raise
    await end_run(run, LEFT)
    return None if run.cancelled() else run.result()


async def end_run(run: asyncio.Task[Outcome], why: str) -> None:
    """
    Cancel a run that is still active, and wait until the cancellation is recorded.

    Args:
        run: The run.
        why: The reason, for the record.
    """
    if not run.done():
        # Cancel only once, because a second cancellation would replace the first reason.
        if not run.cancelling():
            run.cancel(why)
        # Unlike `gather`, `wait` doesn't cancel the run when this coroutine is canceled.
        await asyncio.wait((run,))
