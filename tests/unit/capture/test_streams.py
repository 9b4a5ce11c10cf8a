"""Iterators and generators that recorded functions return."""

from __future__ import annotations

import asyncio
import copy
import functools
import gc
import inspect
import itertools
import operator
from collections.abc import (
    AsyncIterator,
    Callable,
    Generator,
    Iterator,
)
from pathlib import Path
from typing import Any

import pytest

from support.recordings import node, recording, value


def plainly_wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate as many libraries do, with a plain function around a function of any kind."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


class Sequence:
    """Can be iterated over only by the old sequence protocol."""

    def __getitem__(self, index: int) -> int:
        if index > 2:
            raise IndexError
        return index

    def __len__(self) -> int:
        return 3


LAZY: list[Callable[[], Iterator[Any]]] = [
    lambda: (number for number in range(3)),
    lambda: map(abs, (0, -1, 2)),
    lambda: filter(lambda number: number < 3, range(9)),
    lambda: itertools.chain(range(2), (2,)),
    lambda: itertools.chain.from_iterable([range(3)]),
    lambda: itertools.islice(itertools.count(), 3),
    lambda: itertools.accumulate((0, 1, 1)),
    lambda: itertools.starmap(abs, ((0,), (1,), (2,))),
    lambda: itertools.takewhile(lambda number: number < 3, itertools.count()),
    lambda: itertools.tee(range(3))[0],
    lambda: iter(iter(range(9)).__next__, 3),
    lambda: iter(Sequence()),  # the old protocol
]


@pytest.mark.parametrize("function", LAZY)
def test_node_ends_when_the_returned_iterator_ends(
    tmp_path: Path, function: Callable[[], Iterator[Any]]
) -> None:
    """Generators and Python's own lazy iterators pass on their items, which are the output."""
    with recording(tmp_path) as made:
        plain = function()
        items = made.recorder.node("items")(function)()
        assert isinstance(items, type(plain))
        assert type(items).__name__ == type(plain).__name__
        assert hasattr(items, "send") is hasattr(plain, "send")
        assert inspect.isgenerator(items) is inspect.isgenerator(plain)
        assert list(items) == [0, 1, 2]
        assert list(items) == []
        ended = node(made.execution(), "items")
    assert ended.status == "success"
    output = value(ended.output)
    assert (output["value"], output["complete"]) == ([0, 1, 2], True)


@pytest.mark.parametrize("function", LAZY)
def test_returned_iterator_that_is_never_read_is_canceled(
    tmp_path: Path, function: Callable[[], Iterator[Any]]
) -> None:
    """A node whose code ran and whose iterator was never read doesn't stay open."""
    with recording(tmp_path) as made:
        made.recorder.node("items")(function)()
        gc.collect()
        execution = made.execution()
    error = node(execution, "items").error
    assert error is not None
    assert error.kind == "canceled"
    assert execution.status == "error"


def test_lazy_iterator_fails_where_its_function_fails(tmp_path: Path) -> None:
    """`map` runs its function while it is read, within the node, which gets the error."""
    with recording(tmp_path) as made:
        ratio = made.recorder.node("ratio")(lambda number: 1 // number)

        @made.recorder.node
        def ratios() -> Iterator[int]:
            return map(ratio, (1, 0))

        with made.recorder.execution() as execution, execution.node("reader"):
            items = ratios()
            assert next(items) == 1
            with pytest.raises(ZeroDivisionError):
                next(items)
        recorded = made.execution()
    failed = node(recorded, "ratios")
    assert failed.error is not None
    assert failed.error.type == "ZeroDivisionError"
    assert value(failed.output)["value"] == [1]
    children = [node_run for node_run in recorded.node_executions if node_run.node_id == "ratio"]
    assert {node_run.parent_sequence for node_run in children} == {failed.sequence}


def test_passed_iterators_are_copied_and_measured_as_before(tmp_path: Path) -> None:
    """Python's own iterators keep their other abilities."""
    with recording(tmp_path) as made:
        reverse = made.recorder.node("reverse")(lambda: reversed((1, 2, 3)))()
        assert operator.length_hint(reverse) == 3
        assert repr(reverse).startswith("<reversed object")
        assert list(copy.copy(reverse)) == [3, 2, 1]
        first, second = itertools.tee(reverse)
        assert list(first) == list(second) == [3, 2, 1]


def test_generator_from_a_plain_function_keeps_send_throw_close_and_return(tmp_path: Path) -> None:
    """`send`, `throw`, `close` and `return` work as without recording."""

    def body() -> Generator[object, object, str]:
        got: object = "first"
        while got != "end":
            try:
                got = yield got
            except KeyError as error:
                got = error.args[0]
        return "result"

    with recording(tmp_path) as made:
        echo: Callable[[], Any] = made.recorder.node("echo")(plainly_wrapped(body))
        stream = echo()
        assert (stream.__name__, stream.__qualname__) == (body.__name__, body.__qualname__)
        assert next(stream) == "first"
        assert stream.send(2) == 2
        assert stream.throw(KeyError("caught")) == "caught"
        with pytest.raises(StopIteration) as ended:
            stream.send("end")
        assert ended.value.value == "result"
        closed = echo()
        next(closed)
        closed.close()
        assert list(closed) == []
        whole, left = made.executions()
    assert value(node(whole, "echo").output)["value"] == ["first", 2, "caught"]
    error = node(left, "echo").error
    assert error is not None
    assert error.kind == "canceled"


async def numbers(count: int) -> AsyncIterator[int]:
    """Yield numbers, and take a turn of the event loop before each and at the end."""
    try:
        for number in range(count):
            await asyncio.sleep(0)
            yield number
    finally:
        await asyncio.sleep(0)


async def numbers_later(count: int) -> AsyncIterator[int]:
    """Be a coroutine that returns an asynchronous generator."""
    await asyncio.sleep(0)
    return numbers(count)


def test_node_ends_when_the_returned_async_generator_ends(tmp_path: Path) -> None:
    """A generator returned by a plain function or by a coroutine passes and is the output."""

    async def main() -> None:
        plain = made.recorder.node("plain")(plainly_wrapped(numbers))
        later = made.recorder.node("later")(numbers_later)
        with made.recorder.execution():
            stream = plain(3)
            assert inspect.isasyncgen(stream)
            assert stream.__name__ == "numbers"
            assert [number async for number in stream] == [0, 1, 2]
            assert [number async for number in await later(2)] == [0, 1]
            wrapped = made.recorder.node("wrapped")(plainly_wrapped(numbers_later))
            assert [number async for number in await wrapped(2)] == [0, 1]

    with recording(tmp_path) as made:
        asyncio.run(main())
        execution = made.execution()
    outputs = {
        node_run.node_id: value(node_run.output)["value"] for node_run in execution.node_executions
    }
    assert outputs == {"plain": [0, 1, 2], "later": [0, 1], "wrapped": [0, 1]}
    assert {node_run.status for node_run in execution.node_executions} == {"success"}


def test_async_generator_keeps_asend_athrow_and_aclose(tmp_path: Path) -> None:
    """`asend`, `athrow` and `aclose` work as without recording."""

    async def body() -> Any:
        got: object = "first"
        while True:
            try:
                got = yield got
            except KeyError as error:
                got = error.args[0]

    async def main() -> None:
        stream = made.recorder.node("echo")(plainly_wrapped(body))()
        assert await anext(stream) == "first"
        assert await stream.asend(2) == 2
        assert await stream.athrow(KeyError("caught")) == "caught"
        await stream.aclose()
        assert [item async for item in stream] == []

    with recording(tmp_path) as made:
        asyncio.run(main())
        echo = node(made.execution(), "echo")
    assert value(echo.output)["value"] == ["first", 2, "caught"]
    assert echo.error is not None
    assert echo.error.kind == "canceled"


def test_async_generators_left_open_are_closed_quietly_with_the_loop(tmp_path: Path) -> None:
    """The loop closes each stream once, although its `finally` awaits, and nothing is logged."""
    faults: list[dict[str, Any]] = []
    kept: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        stream = made.recorder.node("stream")
        with made.recorder.execution():
            for function in (numbers, plainly_wrapped(numbers)):
                kept.append(stream(function)(9))
                assert await anext(kept[-1]) == 0
            async for _ in stream(numbers)(9):
                break

    with recording(tmp_path) as made:
        asyncio.run(main())
        assert faults == []
        execution = made.execution()
    kinds = [node_run.error.kind for node_run in execution.node_executions if node_run.error]
    assert kinds == ["canceled"] * 3
