"""Handles one request: its run, its answer, and the run's end when the client disconnects."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import Request, Response

from flightlog.runtime.runner import WorkflowRunner
from flightlog.runtime.web.answers import to_editor_response, to_response
from flightlog.runtime.web.clients import wait_for_disconnect, wait_for_run
from flightlog.runtime.web.request import read_request
from flightlog.runtime.web.stream import stream_run

_CLIENT_LEFT: Final = 499
_STOPPED: Final = 503


class Endpoint:
    """
    The route of one workflow.

    Args:
        runner: Runs the workflow.
        as_editor: Whether the answer has the form of the editor's own workflows, in one piece.
    """

    def __init__(self, runner: WorkflowRunner, *, as_editor: bool = False) -> None:
        self._runner = runner
        self._as_editor = as_editor

    async def answer(self, request: Request) -> Response:
        """
        Run the workflow once, and answer with its result.

        Args:
            request: The request.

        Returns:
            The answer.
        """
        runner, workflow = self._runner, self._runner.definition
        start = await read_request(request, workflow.trigger, workflow.inputs, runner.secrets)
        gone = asyncio.create_task(wait_for_disconnect(request))
        if workflow.output.get("type") == "stream" and not self._as_editor:
            return await stream_run(runner, start, gone)
        run = asyncio.create_task(runner.execute(start))
        try:
            outcome = await wait_for_run(run, gone)
        except asyncio.CancelledError:
            # The server waits only for this answer before it stops.
            return Response(status_code=_STOPPED)
        finally:
            gone.cancel()
        if outcome is None:
            return Response(status_code=_CLIENT_LEFT)
        if self._as_editor:
            return to_editor_response(outcome, runner.secrets, workflow.name)
        return to_response(outcome, runner.secrets)
