"""
One HTTP connection of the receiver: uvicorn's protocol, with limits on time and size.

uvicorn waits without limit for a request's headers, and for a client to read an answer. Here each
connection has a deadline. `Sweep` compares the deadlines with the clock once a second, because this
costs less than a timer per request. `body` limits the time for a body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from flightlog.receiver.guard import SECURITY_HEADERS
from flightlog.receiver.problems import (
    BAD_REQUEST,
    HEADERS_STALLED,
    HEADERS_TOO_LARGE,
    Refusal,
    make_problem_answer,
)

HEADERS_S: Final = 10.0
"""The longest time for a request's line and headers, seconds."""
IDLE_S: Final = 75.0
"""How long a connection may wait for its next request, seconds."""
UNREAD_S: Final = 30.0
"""How long a client may leave an answer unread, seconds."""
MAX_HEADER_BYTES: Final = 64 * 1024
"""
The largest size of a request without its body: line, headers, chunk framing and trailers, bytes.
"""

_SWEEP_S: Final = 1.0
_LEAST_READ_BYTES: Final = 1024
_MARKS_PER_BYTE: Final = 16
_VERSIONS: Final = frozenset({"1.0", "1.1"})
_FAILED: Final = "Failed to answer the request"


class Connection(HttpToolsProtocol):
    """
    A connection that ends when its client is too slow or sends too many headers.

    Attributes:
        deadline: The event loop's time at which the connection ends unless its request continues;
            None while the application handles the request.
    """

    deadline: float | None = None
    _extra_bytes = 0
    _in_message = False
    _in_headers = False
    _refusal: Refusal = BAD_REQUEST
    _unread: tuple[float, int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """
        Start the deadline for the first request's headers.

        Args:
            transport: The connection's transport.
        """
        super().connection_made(transport)  # type: ignore[arg-type]  # always a stream transport
        self.deadline = self.loop.time() + HEADERS_S
        # Addresses hold queries, which may hold a customer's data. The setting of uvicorn's
        # `Config` is one for the whole process, and another server may have changed it.
        self.access_log = False

    def _unsupported_upgrade_warning(self) -> None:
        # A request to upgrade gets an ordinary answer; uvicorn would suggest installing libraries.
        pass

    def data_received(self, data: bytes) -> None:
        """
        Parse received bytes, and count the bytes that are not part of a body.

        Args:
            data: The received bytes.
        """
        self._extra_bytes += len(data)
        super().data_received(data)
        if self._extra_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
            self._refuse(HEADERS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a request, and start the deadline for its headers."""
        super().on_message_begin()
        self._in_message = self._in_headers = True
        self.deadline = self.loop.time() + HEADERS_S

    def on_header(self, name: bytes, value: bytes) -> None:
        """
        Keep a header; drop a trailer, because nothing reads trailers.

        Args:
            name: The header's name.
            value: The header's value.
        """
        if self._in_headers:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """
        Pass the request to the application, which limits the time for the body itself.

        Raises:
            ValueError: The headers are too large, or the framing is ambiguous.
        """
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > MAX_HEADER_BYTES:
            self._refusal = HEADERS_TOO_LARGE
            raise ValueError("the headers are too large")
        self._check_framing()
        self._in_headers = False
        self.deadline = None
        super().on_headers_complete()

    def _check_framing(self) -> None:
        # Another program on the way could read such a request as two, or end it elsewhere.
        encodings = [value for name, value in self.headers if name == b"transfer-encoding"]
        if encodings and [value.strip().lower() for value in encodings] != [b"chunked"]:
            raise ValueError("the transfer encoding is unknown")
        version = self.parser.get_http_version()
        if version not in _VERSIONS:
            raise ValueError("the version is missing")
        if encodings and version == "1.0":
            raise ValueError("HTTP/1.0 has no transfer encodings")

    def on_body(self, body: bytes) -> None:
        """
        Take a part of a body, and allow for some bytes of chunk framing.

        Args:
            body: The part.
        """
        self._extra_bytes = max(0, self._extra_bytes - _MARKS_PER_BYTE * len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._in_message = False
        self._extra_bytes = 0
        super().on_message_complete()
        if self.cycle.response_complete:
            self.deadline = self.loop.time() + IDLE_S

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of a body that was answered early."""
        super().on_response_complete()
        if self.cycle.response_complete:
            self.deadline = self.loop.time() + (HEADERS_S if self._in_message else IDLE_S)

    def resume_writing(self) -> None:
        """Continue writing, because the client has read."""
        self._unread = None
        super().resume_writing()

    def send_400_response(self, _msg: str) -> None:
        """
        Answer a request that can't be parsed.

        Args:
            _msg: uvicorn's message, which is not used.
        """
        self._refuse(self._refusal)

    def sweep(self, now: float) -> None:
        """
        End the connection if its client is too slow.

        Args:
            now: The event loop's time, seconds.
        """
        late = self.deadline is not None and now > self.deadline
        if late and not self.transport.is_closing():
            if self._in_headers and self._in_message:
                self._refuse(HEADERS_STALLED)
            else:
                self.transport.close()
        self._check_reading(now)

    def _check_reading(self, now: float) -> None:
        size = self.transport.get_write_buffer_size()
        if size == 0:
            self._unread = None
        elif self._unread is None or size > self._unread[1]:
            since = now if self._unread is None else self._unread[0]
            self._unread = (since, size)
        elif size <= self._unread[1] - _LEAST_READ_BYTES:
            self._unread = (now, size)
        if self._unread is not None and now > self._unread[0] + UNREAD_S:
            self._unread = None
            self.transport.abort()

    def _refuse(self, refusal: Refusal) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # Close without an answer, because this answer must not mix with another answer on its
            # way.
            self.transport.close()
            return
        answer = make_problem_answer(refusal, failed=_FAILED)
        headers = [*answer.headers, *SECURITY_HEADERS, (b"connection", b"close")]
        lines = [b"%b: %b\r\n" % header for header in headers]
        self.transport.write(b"".join((STATUS_LINE[answer.status], *lines, b"\r\n", answer.body)))
        self.transport.close()


class Sweep:
    """Checks all connections of a server once a second."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, connections: Iterable[Any]) -> None:
        """
        Check the connections if a second has passed; uvicorn calls this more often.

        Args:
            connections: The server's connections.
        """
        now = asyncio.get_running_loop().time()
        if now < self._next:
            return
        self._next = now + _SWEEP_S
        for connection in list(connections):
            if isinstance(connection, Connection):
                connection.sweep(now)
