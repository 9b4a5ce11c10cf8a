"""
Reads a request's body into one piece of memory, and bounds what all bodies take together.

What the bytes mean is `ingest`'s and `batching`'s business.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from flightlog.errors import BodyTooLargeError
from flightlog.receiver.asgi import Receive

SMALL_BODY_BYTES: Final = 1024 * 1024
SMALL_BODIES_BYTES: Final = 64 * 1024 * 1024


class ClientGoneError(Exception):
    """The client hung up before its whole body had arrived; there is nobody to answer."""


class BodyStalledError(Exception):
    """The body stopped arriving before its end, for longer than the limit."""


class BodyBudget:
    """
    Bytes that bodies may take together; who finds none left waits, first come, first served.

    Of one event loop: not safe to use from several threads.
    """

    def __init__(self, total_bytes: int) -> None:
        self._free = total_bytes
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def reserve(self, size: int) -> None:
        """Take `size` bytes, when there are so many; `release` must follow."""
        if not self._waiting and size <= self._free:
            self._free -= size
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release(size)
            raise

    def release(self, size: int) -> None:
        """Give `size` bytes back."""
        self._free += size
        while self._waiting:
            wanted, turn = self._waiting[0]
            if not turn.cancelled():
                if wanted > self._free:
                    return
                self._free -= wanted
                turn.set_result(None)
            self._waiting.popleft()


class BodyLimits:
    """
    The limits that all bodies of one receiver share.

    Args:
        max_body_bytes: The largest body taken; twice this is what large bodies take together.
        stall_timeout_s: How long a body may stop arriving.
    """

    def __init__(self, max_body_bytes: int, stall_timeout_s: float) -> None:
        self.max_body_bytes = max_body_bytes
        self.stall_timeout_s = stall_timeout_s
        self.small = BodyBudget(SMALL_BODIES_BYTES)
        self.large = BodyBudget(2 * max_body_bytes)


class IncomingBody:
    """
    One request's body, while it arrives and until it is answered.

    Args:
        limits: What all bodies share.
        declared_bytes: The request's Content-Length; None when it has none.
    """

    __slots__ = ("_declared_bytes", "_limits", "_reserved")

    def __init__(self, limits: BodyLimits, declared_bytes: int | None) -> None:
        self._limits = limits
        self._declared_bytes = declared_bytes
        self._reserved: list[tuple[BodyBudget, int]] = []

    async def read(self, receive: Receive) -> bytes | bytearray:
        """
        Wait for the whole body.

        Args:
            receive: The request's.

        Raises:
            BodyTooLargeError: It is, or says that it is, larger than the limit.
            BodyStalledError: It stopped arriving.
            ClientGoneError: The client hung up first.
        """
        limits = self._limits
        if self._declared_bytes is not None and self._declared_bytes > limits.max_body_bytes:
            raise BodyTooLargeError(limits.max_body_bytes)
        try:
            # One timer for the whole body, moved on with each part: a timer is dear beside a
            # small body, which arrives in one part.
            async with asyncio.timeout(limits.stall_timeout_s) as stall:
                part, more = await _part(receive)
                self._check_size(len(part))
                return await self._rest(receive, part, stall) if more else part
        except TimeoutError as error:
            raise BodyStalledError from error

    def release(self) -> None:
        """Give back what the body held of the budgets; it must not be used any more."""
        for budget, size in self._reserved:
            budget.release(size)
        self._reserved.clear()

    async def _rest(
        self, receive: Receive, part: bytes, stall: asyncio.Timeout
    ) -> bytes | bytearray:
        now = asyncio.get_running_loop().time
        body = bytearray(part)
        more = True
        while more:
            # Waiting for a place among the others is not the client's fault.
            stall.reschedule(None)
            await self._reserve_for(len(body))
            stall.reschedule(now() + self._limits.stall_timeout_s)
            part, more = await _part(receive)
            self._check_size(len(body) + len(part))
            body += part
        return body

    def _check_size(self, size: int) -> None:
        if size > self._limits.max_body_bytes:
            raise BodyTooLargeError(self._limits.max_body_bytes)

    async def _reserve_for(self, arrived_bytes: int) -> None:
        expected = self._declared_bytes
        if expected is None:
            large = arrived_bytes >= SMALL_BODY_BYTES
            expected = self._limits.max_body_bytes if large else SMALL_BODY_BYTES
        else:
            large = expected > SMALL_BODY_BYTES
        budget = self._limits.large if large else self._limits.small
        if all(held is not budget for held, _ in self._reserved):
            await budget.reserve(expected)
            self._reserved.append((budget, expected))


async def _part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    return message.get("body", b""), message.get("more_body", False)
