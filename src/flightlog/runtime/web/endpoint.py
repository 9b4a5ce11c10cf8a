"""One request: its run, its answer, and its end when the client goes away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from fastapi import Request, Response

from flightlog.runtime.execution import execute
from flightlog.runtime.web.answers import answer_of
from flightlog.runtime.web.clients import disconnected, outcome_of
from flightlog.runtime.web.request import start_of
from flightlog.runtime.web.stream import streamed

if TYPE_CHECKING:
    from flightlog.runtime.workflow import Workflow

_CLIENT_LEFT: Final = 499
_STOPPED: Final = 503


class Endpoint:
    """
    Where a workflow is called.

    Args:
        workflow: The workflow.
    """

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow

    async def answer(self, request: Request) -> Response:
        """Run the workflow once, and answer with its result."""
        workflow = self._workflow
        start = await start_of(request, workflow.trigger, workflow.inputs, workflow.secrets)
        gone = asyncio.create_task(disconnected(request))
        if workflow.output.get("type") == "stream":
            return await streamed(workflow, start, gone)
        run = asyncio.create_task(execute(workflow, start))
        try:
            outcome = await outcome_of(run, gone)
        except asyncio.CancelledError:
            # The server waits for nothing more than this answer.
            return Response(status_code=_STOPPED)
        finally:
            gone.cancel()
        if outcome is None:
            return Response(status_code=_CLIENT_LEFT)
        return answer_of(outcome, workflow.secrets)
