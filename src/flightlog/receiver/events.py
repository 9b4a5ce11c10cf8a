"""
`GET /api/events`: send the ids of changed executions as server-sent events.

This is plain ASGI, because a stream waits for changes, for its client's end and for the receiver's
end at the same time. A slow reader does not delay others. The ring (`changes`) keeps the changes
that a reader missed. If the ring has lost some of these changes, the stream asks the reader to
start again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs

import msgspec

from flightlog.errors import FlightlogError, StoreMigratingError
from flightlog.receiver.asgi import Receive, Scope, Send, send_answer
from flightlog.receiver.changes import ChangeRing, Entry
from flightlog.receiver.confinement import list_own
from flightlog.receiver.histories import HistoryProvider
from flightlog.receiver.parameters import Parameter
from flightlog.receiver.problems import RECEIVER_ENDING, describe_failure, make_problem_answer
from flightlog.receiver.rights import find_project

EVENTS_PATH: Final = "/api/events"
EVENTS_PARAMETERS: Final = MappingProxyType({"since": Parameter()})
"""The parameters of the route."""
MAX_STREAMS: Final = 128
PAUSE_S: Final = 0.25
"""
The pause between two events of a stream, seconds, so that a stream sends at most four a second.
"""
PING_S: Final = 15.0
"""How often an idle stream sends a ping, seconds."""
LOOK_S: Final = 1.0
"""How often to check for other processes' changes while a stream is open, seconds."""

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),
]
_PING: Final = b": still here\n\n"
_encode: Final = msgspec.json.Encoder().encode
_log: Final = logging.getLogger(__name__)


class EventsApplication:
    """
    The ASGI application behind `GET /api/events`.

    Args:
        histories: The histories whose changes are sent.
    """

    def __init__(self, histories: HistoryProvider) -> None:
        self._histories = histories
        self._ring = ChangeRing()
        self._unsubscribe = histories.subscribe(self._ring.note)
        # The streams, in the order in which they began.
        self._streams: dict[_Stream, None] = {}
        self._looking: asyncio.Task[None] | None = None
        self._ended = False

    def end(self) -> None:
        """End all streams and refuse new ones; call this in the streams' event loop."""
        self._ended = True
        self._wake_all()

    def close(self) -> None:
        """Stop receiving changes."""
        self._unsubscribe()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Serve one stream.

        Args:
            scope: The request's ASGI scope.
            receive: The request's ASGI channel.
            send: Sends the answer.
        """
        if self._ended:
            failed = describe_failure("GET", EVENTS_PATH)
            await send_answer(send, make_problem_answer(RECEIVER_ENDING, failed=failed))
            return
        if len(self._streams) >= MAX_STREAMS:
            self._choose_stream_to_end().end()
        stream = _Stream(scope)
        self._streams[stream] = None
        if self._looking is None:
            self._looking = asyncio.create_task(self._poll())
        self._listen()
        gone = asyncio.create_task(_wait_for_disconnect(receive))
        telling = asyncio.create_task(self._send_changes(scope, send, stream))
        try:
            ended, _ = await asyncio.wait(
                {gone, telling, stream.ending}, return_when=asyncio.FIRST_COMPLETED
            )
            for task in ended:
                task.result()
        finally:
            self._streams.pop(stream, None)
            for task in (gone, telling):
                task.cancel()
            await asyncio.gather(gone, telling, return_exceptions=True)
            if not self._streams and self._looking is not None:
                self._looking.cancel()
                self._looking = None
        if ended == {stream.ending}:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _choose_stream_to_end(self) -> _Stream:
        # End the oldest stream of the address with most streams, so that a new client always gets a
        # stream and no address can take the streams of another.
        streams_of = Counter(stream.peer for stream in self._streams)
        busiest, _ = streams_of.most_common(1)[0]
        oldest = next(stream for stream in self._streams if stream.peer == busiest)
        del self._streams[oldest]
        return oldest

    async def _send_changes(self, scope: Scope, send: Send, stream: _Stream) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS]})
        number = self._read_last_id(scope)
        if number is None:
            number = self._ring.find_newest()
            await _send(send, self._reset(number))
        else:
            # Send the position at once, so that the client knows it whatever happens next.
            await _send(send, b"retry: 1000\nid: %b\n: listening\n\n" % self._format_id(number))
        while not self._ended:
            stream.news.clear()
            entries = self._ring.list_after(number)
            if entries is None or any(entry.ids is None for entry in entries):
                number = self._ring.find_newest()
                await _send(send, self._reset(number))
            elif entries:
                number = await self._send_first(send, entries, find_project(scope))
            else:
                try:
                    await asyncio.wait_for(stream.news.wait(), PING_S)
                except TimeoutError:
                    await _send(send, _PING)
                continue
            await asyncio.sleep(PAUSE_S)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_first(
        self, send: Send, entries: Iterable[Entry], project_id: str | None
    ) -> int:
        entry = next(iter(entries))
        ids = entry.ids or ()
        if project_id is not None:
            try:
                ids = await asyncio.to_thread(self._choose_own, ids, project_id)
            except FlightlogError as error:
                _log.warning("Can't read the projects of changed executions: %s", error)
                await _send(send, self._reset(entry.number))
                return entry.number
            if not ids:
                return entry.number
        data = _encode({"ids": ids})
        await _send(
            send, b"id: %b\nevent: changed\ndata: %b\n\n" % (self._format_id(entry.number), data)
        )
        return entry.number

    def _choose_own(self, ids: tuple[str, ...], project_id: str) -> tuple[str, ...]:
        # A deleted execution has no project any more, so no client with a project gets its id.
        with self._histories.get_current().lend() as logger:
            own = list_own(logger, project_id, ids)
        return tuple(each for each in ids if each in own)

    def _reset(self, number: int) -> bytes:
        return b"retry: 1000\nid: %b\nevent: reset\ndata: {}\n\n" % self._format_id(number)

    def _format_id(self, number: int) -> bytes:
        return f"{self._ring.epoch}-{number}".encode()

    def _read_last_id(self, scope: Scope) -> int | None:
        # A client that connects for the first time has no position and has missed nothing.
        given = [
            value.decode("latin-1") for name, value in scope["headers"] if name == b"last-event-id"
        ] or parse_qs(scope.get("query_string", b"").decode("latin-1")).get("since", [])
        if not given:
            return self._ring.find_newest()
        epoch, _, number = given[0].partition("-")
        if epoch != self._ring.epoch or not number.isascii() or not number.isdigit():
            return None
        return int(number[:18]) if self._ring.list_after(int(number[:18])) is not None else None

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()

        def wake() -> None:
            # The committing thread may outlive the event loop.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._wake_all)

        self._ring.wake_once(wake)

    def _wake_all(self) -> None:
        for stream in self._streams:
            stream.news.set()
        if self._streams and not self._ended:
            asyncio.get_running_loop().call_later(PAUSE_S, self._listen)

    async def _poll(self) -> None:
        known = await self._foreign_changes()
        while True:
            await asyncio.sleep(LOOK_S)
            found = await self._foreign_changes()
            if found != known:
                self._ring.note_unknown()
                known = found

    async def _foreign_changes(self) -> int | None:
        try:
            return await asyncio.to_thread(self._current_changes)
        except StoreMigratingError:
            # The end of the migration counts as a change.
            return None
        except FlightlogError as error:
            _log.warning("Can't check for changes by other processes: %s", error)
            return None

    def _current_changes(self) -> int:
        with self._histories.get_current().lend() as logger:
            # A switch to another project's history counts as a change.
            return hash((logger.path, logger.reader.foreign_changes()))


class _Stream:
    def __init__(self, scope: Scope) -> None:
        client = scope.get("client")
        self.peer = client[0] if client else None
        self.news = asyncio.Event()
        self.ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(self) -> None:
        if not self.ending.done():
            self.ending.set_result(None)


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, part: bytes) -> None:
    await send({"type": "http.response.body", "body": part, "more_body": True})
