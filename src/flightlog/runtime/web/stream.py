"""Sends answers piece by piece: as server-sent events, or as lines of JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from fastapi import Response
from fastapi.responses import StreamingResponse
from msgspec.structs import replace
from uuid_utils import uuid7

from flightlog.runtime.runner import Start, WorkflowRunner
from flightlog.runtime.web.answers import (
    EXECUTION_HEADER,
    encode_json,
    make_error_body,
    to_response,
)
from flightlog.runtime.web.clients import LEFT, STOPPED, end_run

_AHEAD: Final = 16
"""How many pieces a run may produce before its client has read them."""
_TYPES: Final = {"sse": "text/event-stream", "ndjson": "application/x-ndjson"}
_END: Final = object()


async def stream_run(runner: WorkflowRunner, start: Start, gone: asyncio.Task[Any]) -> Response:
    """
    Run a workflow, and answer with the pieces that its end node streams.

    Args:
        runner: Runs the workflow.
        start: The start of the execution.
        gone: Done when the client has disconnected; canceled at the stream's end.

    Returns:
        A stream. A run that failed before its first piece gives an ordinary error answer.
    """
    stream = _Stream(runner, start, gone)
    first = await stream.next()
    if first is _END and stream.failed:
        gone.cancel()
        return to_response(await stream.run, runner.secrets)
    form = "ndjson" if runner.definition.output.get("format") == "ndjson" else "sse"
    return StreamingResponse(
        stream.pieces(first, as_events=form == "sse"),
        media_type=_TYPES[form],
        headers={
            EXECUTION_HEADER: stream.execution_id,
            "Cache-Control": "no-cache",
            "X-Accel-Buffering": "no",
        },
    )


class _Stream:
    def __init__(self, runner: WorkflowRunner, start: Start, gone: asyncio.Task[Any]) -> None:
        self._secrets = runner.secrets
        self._gone = gone
        self._queue: asyncio.Queue[Any] = asyncio.Queue(_AHEAD)
        self.execution_id = str(uuid7())
        start = replace(start, execution_id=self.execution_id)
        self.run = asyncio.create_task(runner.execute(start, self._queue.put))

    @property
    def failed(self) -> bool:
        return self.run.done() and not self.run.cancelled() and self.run.result().error is not None

    async def next(self) -> Any:
        try:
            while self._queue.empty() and not self.run.done() and not self._gone.done():
                getter = asyncio.create_task(self._queue.get())
                await asyncio.wait(
                    (getter, self.run, self._gone), return_when=asyncio.FIRST_COMPLETED
                )
                if getter.done():
                    return getter.result()
                getter.cancel()
                # A piece that arrives during the cancellation stays in the queue.
                await asyncio.gather(getter, return_exceptions=True)
        except asyncio.CancelledError:
            await end_run(self.run, LEFT if self._gone.done() else STOPPED)
            raise
        if self._gone.done():
            await end_run(self.run, LEFT)
        return _END if self._queue.empty() else self._queue.get_nowait()

    async def pieces(self, first: Any, *, as_events: bool) -> AsyncIterator[bytes]:
        count, item = 0, first
        try:
            while item is not _END:
                count += 1
                yield _write_piece(encode_json(item), as_events=as_events)
                item = await self.next()
            if self.failed:
                error = msgspec.json.encode(make_error_body(self.run.result(), self._secrets))
                yield _write_piece(error, event="error", as_events=as_events)
            elif not count and not self.run.cancelled():
                yield _write_piece(encode_json(self.run.result().value), as_events=as_events)
        finally:
            self._gone.cancel()
            await end_run(self.run, LEFT)


def _write_piece(json: bytes, *, as_events: bool, event: str = "") -> bytes:
    if not as_events:
        return json + b"\n"
    named = f"event: {event}\n".encode() if event else b""
    return b"%bdata: %b\n\n" % (named, json)
