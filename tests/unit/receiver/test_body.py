"""How bodies arrive: limits, stalls, disconnects, and their shared memory budget."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from flightlog.errors import BodyTooLargeError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver import body as body_module
from flightlog.receiver.asgi import Message, Receive
from flightlog.receiver.body import (
    SMALL_BODY_BYTES,
    BodyBudget,
    BodyLimits,
    BodyStalledError,
    ClientGoneError,
    IncomingBody,
    Reservation,
)

MakeRecord = Callable[..., dict[str, Any]]
RawExchange = Callable[..., bytes]

HEAD = b"POST /api/executions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def arriving(*parts: bytes, end: Message | None = None) -> Receive:
    """Receive these parts and then `end`; without `end` the last part completes the body."""
    messages: list[Message] = [
        {"type": "http.request", "body": part, "more_body": True} for part in parts
    ]
    if end is None:
        messages[-1]["more_body"] = False
    else:
        messages.append(end)
    iterator = iter(messages)

    async def receive() -> Message:
        return next(iterator)

    return receive


def test_a_declared_body_over_the_limit_is_refused_unread(
    receiver: Receiver, exchange: RawExchange
) -> None:
    """
    A declared body over the limit gets 413 before the body is sent.

    The answer has the common error shape and ends the connection.
    """
    answer = exchange(receiver, HEAD + b"Content-Length: 99999999999\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "body_too_large"


def test_a_client_that_sends_all_first_still_reads_413(
    client: httpx.Client, logger: ExecutionLogger
) -> None:
    """
    A client that sends its whole body before it reads still receives the 413.

    httpx is such a client.
    """
    before = logger.get_stats().total
    response = client.post(
        "/api/executions",
        content=b" " * (17 * 1024 * 1024),
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 413
    assert "16,777,216 bytes" in response.json()["detail"]
    assert logger.get_stats().total == before


def test_chunks_over_the_limit_are_refused_while_they_come(client: httpx.Client) -> None:
    """A body of unknown length is refused once the body exceeds the limit."""
    response = client.post(
        "/api/executions",
        content=(b" " * 1024 * 1024 for _ in range(20)),
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 413


def test_the_largest_body_is_taken(own_logger: ExecutionLogger, make_record: MakeRecord) -> None:
    """A body of exactly the limit is accepted; one more byte is refused."""
    body = json.dumps(make_record()).encode()
    settings = ReceiverSettings(port=0, max_body_bytes=len(body))
    headers = {"content-type": "application/json"}
    with Receiver(own_logger, settings).running() as receiver:
        url = f"{receiver.url}/api/executions"
        assert httpx.post(url, content=body, headers=headers).status_code == 200
        assert httpx.post(url, content=body + b" ", headers=headers).status_code == 413


def test_a_body_that_stalls_gets_408(
    own_logger: ExecutionLogger, exchange: RawExchange, make_record: MakeRecord
) -> None:
    """A body that stalls gets 408, and nothing of the body is stored."""
    body = json.dumps(make_record()).encode()
    head = HEAD + b"Content-Length: %d\r\n\r\n" % len(body)
    settings = ReceiverSettings(port=0, stall_timeout_s=0.05)
    with Receiver(own_logger, settings).running() as receiver:
        for sent in (b"", body[:-1]):
            answer = exchange(receiver, head + sent)
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["retryable"] is True
    assert own_logger.get_stats().total == 0


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_a_client_that_hangs_up_after_its_body_has_delivered(
    size: int, own_logger: ExecutionLogger, exchange: RawExchange, make_record: MakeRecord
) -> None:
    """A record is stored although its client disconnects before the answer."""
    record = make_record(trigger={"type": "http", "data": "x" * size})
    body = json.dumps(record).encode()
    with Receiver(own_logger, ReceiverSettings(port=0)).running() as receiver:
        head = HEAD + b"Content-Length: %d\r\n\r\n" % len(body)
        exchange(receiver, head + body, hang_up=True)
        # The receiver serves the next connection normally, and stopping finishes the accepted work.
        assert httpx.get(f"{receiver.url}/health").status_code == 200
    assert own_logger.get_execution(record["id"]) is not None


def test_a_client_that_hangs_up_within_its_body_leaves_nothing(
    own_logger: ExecutionLogger, exchange: RawExchange, make_record: MakeRecord
) -> None:
    """Half a record leaves no trace."""
    body = json.dumps(make_record()).encode()
    with Receiver(own_logger, ReceiverSettings(port=0)).running() as receiver:
        head = HEAD + b"Content-Length: %d\r\n\r\n" % len(body)
        exchange(receiver, head + body[:-1], hang_up=True)
        assert httpx.get(f"{receiver.url}/health").status_code == 200
    assert own_logger.get_stats().total == 0


def test_expect_continue_is_answered(receiver: Receiver, make_record: MakeRecord) -> None:
    """A client that sends `Expect: 100-continue` gets 100, as curl needs for large bodies."""
    body = json.dumps(make_record()).encode()
    head = HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=30) as connection:
        connection.sendall(head)
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert connection.recv(1024).startswith(b"HTTP/1.1 200 ")


def claims(budget: BodyBudget, *sizes: int) -> list[tuple[Reservation, asyncio.Task[None]]]:
    """Claim a size for each of these bodies, in this order."""
    holds = [Reservation() for _ in sizes]
    return [
        (hold, asyncio.create_task(budget.claim(hold, size)))
        for hold, size in zip(holds, sizes, strict=True)
    ]


def test_bodies_wait_for_the_budget_in_order_of_arrival() -> None:
    """
    Bodies get at most the budget, in order of arrival.

    A body that gives up lets the next body continue.
    """

    async def scenario() -> None:
        budget = BodyBudget(20, 10)
        first, reserve, second, given_up, third = claims(budget, 8, 6, 6, 1, 2)
        await asyncio.sleep(0)
        await asyncio.gather(first[1], reserve[1])
        assert reserve[0].has_reserve
        assert not any(task.done() for _, task in (second, given_up, third))
        given_up[1].cancel()
        budget.release(first[0])
        await asyncio.gather(second[1], third[1])
        assert given_up[1].cancelled()
        for hold, _ in (reserve, second, given_up, third):
            budget.release(hold)
        whole = Reservation()
        await budget.claim(whole, 10)
        assert not whole.has_reserve

    asyncio.run(scenario())


def test_bodies_that_have_arrived_in_part_do_not_wait_for_each_other_forever() -> None:
    """Ten bodies of the maximum size that begin together all arrive."""

    async def scenario() -> None:
        limits = BodyLimits(max_body_bytes=4 * SMALL_BODY_BYTES, stall_timeout_s=30)
        part = b" " * (SMALL_BODY_BYTES // 2)

        async def take() -> int:
            body = IncomingBody(limits, None)
            content = await body.read(slowly(*[part] * 8))
            body.release()
            return len(content)

        sizes = await asyncio.wait_for(asyncio.gather(*(take() for _ in range(10))), 60)
        assert sizes == [4 * SMALL_BODY_BYTES] * 10
        whole = Reservation()
        await limits.large.claim(whole, 4 * SMALL_BODY_BYTES)
        assert not whole.has_reserve

    def slowly(*parts: bytes) -> Receive:
        receive = arriving(*parts)

        async def one_by_one() -> Message:
            await asyncio.sleep(0)
            return await receive()

        return one_by_one

    asyncio.run(scenario())


def test_what_is_declared_takes_nothing_from_others() -> None:
    """Bodies that declare the limit and send one byte leave the budget to an honest body."""

    async def scenario() -> None:
        limits = BodyLimits(max_body_bytes=4 * SMALL_BODY_BYTES, stall_timeout_s=30)

        def one_byte() -> Receive:
            first: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]

            async def receive() -> Message:
                if first:
                    return first.pop()
                await asyncio.Event().wait()
                raise AssertionError

            return receive

        slow = [
            asyncio.create_task(IncomingBody(limits, limits.max_body_bytes).read(one_byte()))
            for _ in range(50)
        ]
        await asyncio.sleep(0)
        part = b" " * SMALL_BODY_BYTES
        honest = IncomingBody(limits, 3 * SMALL_BODY_BYTES)
        assert len(await honest.read(arriving(part, part, part))) == 3 * SMALL_BODY_BYTES
        for task in slow:
            task.cancel()

    asyncio.run(scenario())


def test_a_body_that_trickles_is_cut_although_it_never_stalls() -> None:
    """A body that trickles without a stall is cut at the time limit for its bytes."""

    async def scenario() -> None:
        limits = BodyLimits(max_body_bytes=SMALL_BODY_BYTES, stall_timeout_s=0.2)

        async def trickle() -> Message:
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b" ", "more_body": True}

        with pytest.raises(BodyStalledError):
            await asyncio.wait_for(IncomingBody(limits, None).read(trickle), 60)

    asyncio.run(scenario())


def test_bodies_that_hold_memory_and_hardly_arrive_give_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A body that holds memory and hardly arrives is cut while another body waits for memory."""
    monkeypatch.setattr(body_module, "PRESSURE_S", 0.05)

    async def scenario() -> None:
        limits = BodyLimits(max_body_bytes=4 * SMALL_BODY_BYTES, stall_timeout_s=30)
        part = b" " * (2 * SMALL_BODY_BYTES)

        def then_nothing() -> Receive:
            first: list[Message] = [{"type": "http.request", "body": part, "more_body": True}]

            async def receive() -> Message:
                if first:
                    return first.pop()
                await asyncio.Event().wait()
                raise AssertionError

            return receive

        async def hold() -> None:
            body = IncomingBody(limits, None)
            try:
                await body.read(then_nothing())
            finally:
                body.release()

        holding = [asyncio.create_task(hold()) for _ in range(8)]
        await asyncio.sleep(0)
        honest = IncomingBody(limits, None)
        content = await asyncio.wait_for(honest.read(arriving(part, part)), 60)
        assert len(content) == 4 * SMALL_BODY_BYTES
        cut = await asyncio.gather(*holding, return_exceptions=True)
        assert [type(error) for error in cut] == [BodyStalledError] * 8

    asyncio.run(scenario())


def test_reading_says_what_went_wrong() -> None:
    """Reading distinguishes bodies that are too large, stalled or disconnected."""

    async def scenario() -> None:
        limits = BodyLimits(max_body_bytes=10, stall_timeout_s=0.01)
        with pytest.raises(BodyTooLargeError):
            await IncomingBody(limits, None).read(arriving(b"x" * 11))
        with pytest.raises(ClientGoneError):
            await IncomingBody(limits, 10).read(arriving(b"x", end={"type": "http.disconnect"}))

        async def never() -> Message:
            await asyncio.Event().wait()
            return {}

        with pytest.raises(BodyStalledError):
            await IncomingBody(limits, 10).read(never)

    asyncio.run(scenario())


def test_a_copy_counts_towards_the_memory_of_all_bodies() -> None:
    """A body's copy waits while other bodies hold the memory; a small copy needs no claim."""

    async def scenario() -> None:
        limits = BodyLimits(4 * SMALL_BODY_BYTES, 30)
        content = b" " * (2 * SMALL_BODY_BYTES)
        bodies = [IncomingBody(limits, None) for _ in range(3)]
        for body in bodies[:2]:
            await body.claim_copy(content)
        waiting = asyncio.create_task(bodies[2].claim_copy(content))
        await asyncio.sleep(0)
        assert not waiting.done()
        await IncomingBody(limits, None).claim_copy(b" " * 1000)
        bodies[0].release()
        await asyncio.wait_for(waiting, 30)

    asyncio.run(scenario())
