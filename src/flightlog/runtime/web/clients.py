"""Clients that go away before they are answered: their runs are ended, and recorded so."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import Request

from flightlog.runtime.execution import Outcome

LEFT: Final = "The client went away before the answer was complete."


async def disconnected(request: Request) -> None:
    """Wait until the client of a request has gone; its body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def outcome_of(run: asyncio.Task[Outcome], gone: asyncio.Task[Any]) -> Outcome | None:
    """
    Wait for a run, or end it when its client has gone.

    Args:
        run: The run.
        gone: Done when the client has gone.

    Returns:
        How it ended; None when the client has gone.
    """
    try:
        await asyncio.wait((run, gone), return_when=asyncio.FIRST_COMPLETED)
        if run.done() and not run.cancelled():
            return run.result()
    finally:
        if not run.done():
            run.cancel(LEFT)
            await asyncio.gather(run, return_exceptions=True)
    return None
