"""
Read a request's body into one piece of memory, and limit the memory of all bodies together.

The limit counts bytes that have arrived, not declared bytes. Clients that declare much and send
little therefore take no memory from others. `ingest` and `batching` interpret the bytes.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import Final

from flightlog.errors import BodyTooLargeError
from flightlog.receiver.asgi import Receive
from flightlog.receiver.decompression import Decompressor

MAX_CHOICE_BYTES: Final = 4 * 2**20
"""The largest body of a request that Litestar serves."""
SMALL_BODY_BYTES: Final = 1024 * 1024
SMALL_BODIES_BYTES: Final = 64 * 1024 * 1024
UNCLAIMED_COPY_BYTES: Final = 32 * 1024
"""A copy of a smaller body needs no claim: these copies are made one at a time."""
DECOMPRESSED_AT_ONCE_BYTES: Final = 256 * 1024
"""Between two pieces of this size, other requests get the event loop."""
LEAST_BYTES_PER_S: Final = 16 * 1024
"""The slowest average rate of a body, after the time for which the body may stall."""
MAX_BODY_S: Final = 600.0
"""The longest time for a body, seconds; waiting for other bodies doesn't count."""
PRESSURE_S: Final = 2.0
"""How long a body waits for others before slow bodies are canceled, seconds."""
LEAST_PRESSED_BYTES_PER_S: Final = 64 * 1024
"""The slowest rate of a body while other bodies wait for its memory."""


class ClientGoneError(Exception):
    """The client closed the connection before its whole body arrived; no answer is possible."""


class BodyStalledError(Exception):
    """The body stopped arriving before its end, or arrived too slowly."""


class Reservation:
    """
    The part of a budget that one body has reserved.

    Attributes:
        size: The number of claimed bytes.
        arrived: The number of bytes that have arrived.
        seen: The number of bytes that had arrived when other bodies began to wait.
        has_reserve: Whether the body holds the budget's reserve.
        timeout: Ends the reading of the body; None while the body waits.
    """

    __slots__ = ("arrived", "has_reserve", "seen", "size", "timeout")

    def __init__(self) -> None:
        self.size = 0
        self.arrived = 0
        self.seen = -math.inf
        self.has_reserve = False
        self.timeout: asyncio.Timeout | None = None


class BodyBudget:
    """
    The memory that all bodies may take together; bodies claim bytes as they arrive.

    The budget keeps a reserve for one body at a time, the body that has waited longest. This body
    can then arrive whole, so that partly arrived bodies never wait for each other forever. A budget
    belongs to one event loop and is not safe to use from several threads.

    Args:
        total_bytes: The limit for all bodies together, including the reserve, bytes.
        reserve_bytes: The size of the largest body, bytes.
    """

    def __init__(self, total_bytes: int, reserve_bytes: int) -> None:
        self._free = total_bytes - reserve_bytes
        self._reservations: set[Reservation] = set()
        self._waiting: deque[tuple[Reservation, int, asyncio.Future[None]]] = deque()
        self._reserve_is_free = True
        self._pressed: asyncio.TimerHandle | None = None

    async def claim(self, reservation: Reservation, size: int) -> None:
        """
        Claim further bytes for a body, and wait while none are free; `release` must follow.

        Args:
            reservation: The bytes that the body holds so far.
            size: The number of further bytes.
        """
        self._reservations.add(reservation)
        if reservation.has_reserve or (not self._waiting and size <= self._free):
            self._grant(reservation, size)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((reservation, size, turn))
        self._serve_waiting()
        try:
            await turn
        except asyncio.CancelledError:
            self._serve_waiting()
            raise

    def release(self, reservation: Reservation) -> None:
        """
        Release all bytes of a body.

        Args:
            reservation: The bytes that the body holds.
        """
        self._reservations.discard(reservation)
        if reservation.has_reserve:
            reservation.has_reserve = False
            self._reserve_is_free = True
        else:
            self._free += reservation.size
        reservation.size = 0
        self._serve_waiting()

    def _grant(self, reservation: Reservation, size: int) -> None:
        reservation.size += size
        if not reservation.has_reserve:
            self._free -= size

    def _serve_waiting(self) -> None:
        while self._waiting:
            reservation, size, turn = self._waiting[0]
            if not turn.done():
                if size > self._free and not self._reserve_is_free:
                    self._begin_pressure()
                    return
                if size > self._free:
                    self._free += reservation.size
                    reservation.has_reserve = True
                    self._reserve_is_free = False
                self._grant(reservation, size)
                turn.set_result(None)
            self._waiting.popleft()
        self._end_pressure()

    def _begin_pressure(self) -> None:
        if self._pressed is None:
            for reservation in self._reservations:
                reservation.seen = reservation.arrived
            loop = asyncio.get_running_loop()
            self._pressed = loop.call_later(PRESSURE_S, self._cut_slow)

    def _end_pressure(self) -> None:
        if self._pressed is not None:
            self._pressed.cancel()
            self._pressed = None

    def _cut_slow(self) -> None:
        self._pressed = None
        least = LEAST_PRESSED_BYTES_PER_S * PRESSURE_S
        for reservation in self._reservations:
            timeout = reservation.timeout
            is_slow = reservation.arrived - reservation.seen < least
            if is_slow and timeout is not None and not timeout.expired():
                timeout.reschedule(0)
        self._begin_pressure()


class BodyLimits:
    """
    The limits that all bodies of one receiver share.

    Args:
        max_body_bytes: The largest accepted body, bytes; large bodies together may take twice this.
        stall_timeout_s: How long a body may stop arriving, and how long it may arrive more slowly
            than the slowest rate, seconds.
    """

    def __init__(self, max_body_bytes: int, stall_timeout_s: float) -> None:
        self.max_body_bytes = max_body_bytes
        self.stall_timeout_s = stall_timeout_s
        self.small = BodyBudget(SMALL_BODIES_BYTES, SMALL_BODY_BYTES)
        self.large = BodyBudget(2 * max_body_bytes, max_body_bytes)


class IncomingBody:
    """
    The body of one request, from its first byte until the request is answered.

    Args:
        limits: The limits that all bodies share.
        declared_bytes: The request's Content-Length; None without this header.
        encoding: How the body is compressed, one of `ENCODINGS`; None for an uncompressed body.
    """

    __slots__ = ("_budget", "_declared_bytes", "_decompressor", "_limits", "_reservation")

    def __init__(
        self, limits: BodyLimits, declared_bytes: int | None, encoding: str | None = None
    ) -> None:
        self._limits = limits
        self._decompressor = None if encoding is None else Decompressor(encoding)
        self._declared_bytes = declared_bytes
        self._budget: BodyBudget | None = None
        self._reservation: Reservation | None = None

    async def read(self, receive: Receive) -> bytes | bytearray:
        """
        Wait for the whole body.

        Args:
            receive: The request's ASGI channel.

        Returns:
            The whole body, decompressed; it must not be used after `release`.

        Raises:
            BodyTooLargeError: The body, or its declared size, is larger than the limit.
            InvalidRecordError: The body can't be decompressed.
            BodyStalledError: The body stopped arriving, or arrived too slowly.
            ClientGoneError: The client closed the connection first.
        """
        limits = self._limits
        if self._declared_bytes is not None and self._declared_bytes > limits.max_body_bytes:
            raise BodyTooLargeError(limits.max_body_bytes)
        try:
            # Use one timer for the whole body and move it with each part, because a timer costs
            # much compared with a small body, which arrives in one part.
            async with asyncio.timeout(limits.stall_timeout_s) as stall:
                part, more = await _receive_part(receive)
                self._check_size(len(part))
                if not more and self._decompressor is None:
                    return part
                return await self._read_all(receive, part, stall, more=more)
        except TimeoutError as error:
            raise BodyStalledError from error

    async def claim_copy(self, body: bytes | bytearray) -> None:
        """
        Claim the memory of a copy of the body, and wait while none is free.

        Args:
            body: The whole body.
        """
        if len(body) > UNCLAIMED_COPY_BYTES:
            await self._claim(2 * len(body))

    def release(self) -> None:
        """Release the body's bytes; the body must not be used afterwards."""
        if self._budget is not None and self._reservation is not None:
            self._budget.release(self._reservation)
        self._budget = self._reservation = None

    async def _read_all(
        self, receive: Receive, part: bytes, stall: asyncio.Timeout, *, more: bool
    ) -> bytearray:
        now = asyncio.get_running_loop().time
        body = bytearray()
        began = now()
        await self._append(body, part, stall)
        while more:
            # Pause the timeout, because waiting for other bodies is not the client's fault.
            stall.reschedule(None)
            waits = now()
            await self._claim(len(body))
            assert self._reservation is not None
            began += now() - waits
            stall.reschedule(
                min(now() + self._limits.stall_timeout_s, began + self._compute_deadline(body))
            )
            self._reservation.timeout = stall
            part, more = await _receive_part(receive)
            self._reservation.timeout = None
            await self._append(body, part, stall)
        if self._decompressor is not None:
            self._decompressor.check_end()
        return body

    async def _append(self, body: bytearray, part: bytes, stall: asyncio.Timeout) -> None:
        if self._decompressor is None:
            self._check_size(len(body) + len(part))
            body += part
            return
        stall.reschedule(None)
        let_others = len(body) + DECOMPRESSED_AT_ONCE_BYTES
        for piece in self._decompressor.feed(part):
            self._check_size(len(body) + len(piece))
            self._decompressor.check_growth(len(body) + len(piece))
            body += piece
            if len(body) > let_others:
                await self._claim(len(body))
                await asyncio.sleep(0)
                let_others = len(body) + DECOMPRESSED_AT_ONCE_BYTES

    def _compute_deadline(self, body: bytearray) -> float:
        allowed_s = self._limits.stall_timeout_s + len(body) / LEAST_BYTES_PER_S
        return min(allowed_s, MAX_BODY_S)

    def _check_size(self, size: int) -> None:
        if size > self._limits.max_body_bytes:
            raise BodyTooLargeError(self._limits.max_body_bytes)

    async def _claim(self, arrived_bytes: int) -> None:
        budget = self._limits.large if arrived_bytes > SMALL_BODY_BYTES else self._limits.small
        if budget is not self._budget:
            reservation = Reservation()
            try:
                await budget.claim(reservation, arrived_bytes)
            except BaseException:
                budget.release(reservation)
                raise
            self.release()
            self._budget, self._reservation = budget, reservation
        assert self._reservation is not None
        reservation = self._reservation
        if arrived_bytes > reservation.size:
            await budget.claim(reservation, arrived_bytes - reservation.size)
        reservation.arrived = arrived_bytes


async def _receive_part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    return message.get("body", b""), message.get("more_body", False)
