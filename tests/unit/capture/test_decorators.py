"""Decorated functions, and streams."""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import AsyncIterator, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from support.recordings import node, recording, value


def test_a_decorated_workflow_records_arguments_and_result(tmp_path: Path) -> None:
    """The arguments are the trigger's data and the first node's input, the result its output."""
    with recording(tmp_path) as made:

        @made.recorder.node("price", "Price", "editFields")
        def price(item: str, *, quantity: int = 1) -> int:
            return len(item) * quantity

        @made.recorder.workflow(trigger="scheduled")
        def order(item: str, *extras: str) -> int:
            """Return the price."""
            return price(item, quantity=3) + len(extras)

        assert order("chair", "a", "b") == 17
        assert order.__doc__ == "Return the price."
        execution = made.execution()
    assert execution.trigger is not None
    assert execution.trigger.type == "scheduled"
    assert value(execution.trigger.data) == {"item": "chair", "extras": ["a", "b"]}
    root, inner = execution.node_executions
    assert (root.node_id, root.node_name, root.node_type) == (
        "order-intake",
        "Order intake",
        "workflow",
    )
    assert value(root.output) == 17
    assert value(inner.input) == {"item": "chair", "quantity": 3}
    assert value(inner.output) == 15
    assert inner.parent_sequence == root.sequence


def test_a_decorated_coroutine_is_still_one(tmp_path: Path) -> None:
    """`inspect` reports a coroutine function, and the function's exception passes."""
    with recording(tmp_path) as made:

        @made.recorder.workflow
        async def order(number: int) -> int:
            await asyncio.sleep(0)
            raise LookupError(number)

        assert inspect.iscoroutinefunction(order)
        with pytest.raises(LookupError):
            asyncio.run(order(7))
        execution = made.execution()
    assert execution.status == "error"
    assert execution.error is not None
    assert execution.error.stack is not None
    assert "raise LookupError(number)" in execution.error.stack
    assert "flightlog/capture" not in execution.error.stack
    assert execution.error.node_id == "order-intake"


def test_a_node_outside_of_a_run_is_a_run_of_its_own(tmp_path: Path) -> None:
    """A direct call of a node is recorded."""
    with recording(tmp_path) as made:

        @made.recorder.node
        def double(number: int) -> int:
            return 2 * number

        assert double(4) == 8
        execution = made.execution()
    assert execution.trigger is not None
    assert execution.trigger.type == "direct"
    assert value(node(execution, "double").output) == 8


def test_a_method_is_recorded_without_its_object(tmp_path: Path) -> None:
    """`self` is not part of the input."""
    with recording(tmp_path) as made:

        class Shop:
            @made.recorder.node("sell")
            def sell(self, item: str) -> str:
                return item.upper()

        assert Shop().sell("lamp") == "LAMP"
        execution = made.execution()
    assert value(node(execution, "sell").input) == {"item": "lamp"}


def test_a_stream_passes_unchanged_and_is_recorded(tmp_path: Path) -> None:
    """A generator is read only as its reader reads; its items are the output, text joined."""
    read: list[int] = []

    def tokens() -> Iterator[str]:
        for number in range(3):
            read.append(number)
            yield f"t{number} "

    with recording(tmp_path) as made:
        with made.recorder.execution() as run, run.node("llm") as llm:
            stream = llm.stream(tokens())
            assert read == []
            assert next(stream) == "t0 "
            assert read == [0]
            assert list(stream) == ["t1 ", "t2 "]
        execution = made.execution()
    assert value(node(execution, "llm").output) == {
        "$flightlog": "stream",
        "count": 3,
        "complete": True,
        "value": "t0 t1 t2 ",
    }


def test_a_decorated_generator_keeps_send_throw_and_return(tmp_path: Path) -> None:
    """`send`, `throw` and `return` work as without recording."""
    with recording(tmp_path) as made:

        @made.recorder.node
        def echo(first: int) -> Generator[object, object, str]:
            got: object = first
            while True:
                try:
                    got = yield got
                except KeyError:
                    got = "caught"
                if got == "end":
                    return "result"

        stream = echo(1)
        assert isinstance(stream, Iterator)
        assert next(stream) == 1
        assert stream.send("two") == "two"
        assert stream.throw(KeyError("x")) == "caught"
        with pytest.raises(StopIteration) as ended:
            stream.send("end")
        assert ended.value.value == "result"
        execution = made.execution()
    output = value(node(execution, "echo").output)
    assert (output["value"], output["complete"]) == ([1, "two", "caught"], True)


def test_a_generator_left_early_is_recorded_as_that(tmp_path: Path) -> None:
    """A stream that is closed or dropped is cancelled, with the items that had passed."""
    with recording(tmp_path) as made:

        @made.recorder.node
        def count() -> Iterator[int]:
            yield from range(100)

        closed = count()
        next(closed)
        closed.close()  # type: ignore[attr-defined]  # a generator
        dropped = count()
        next(dropped)
        next(dropped)
        del dropped
        gc.collect()
        untouched = count()
        del untouched
        gc.collect()
        executions = made.executions()
    assert len(executions) == 2
    for execution, passed in zip(executions, ([0], [0, 1]), strict=True):
        ended = node(execution, "count")
        assert ended.error is not None
        assert ended.error.kind == "canceled"
        assert value(ended.output)["value"] == passed
        assert value(ended.output)["complete"] is False


def test_the_reader_of_a_stream_is_not_within_its_node(tmp_path: Path) -> None:
    """A node that the reader runs between two items is no child of the stream's node."""
    with recording(tmp_path) as made:
        recorder = made.recorder

        @recorder.node
        def items() -> Iterator[int]:
            with recorder.current.node("inside"):  # type: ignore[union-attr]  # within a run
                pass
            yield 1
            yield 2

        with recorder.execution() as run:
            for item in items():
                with run.node(f"reader-{item}"):
                    pass
        execution = made.execution()
    assert node(execution, "inside").parent_sequence == node(execution, "items").sequence
    assert node(execution, "reader-1").parent_sequence is None
    assert node(execution, "reader-2").parent_sequence is None


def test_an_asynchronous_stream_is_recorded(tmp_path: Path) -> None:
    """Asynchronous generators pass and are recorded, also if their reader stops early."""

    async def main() -> None:
        @made.recorder.node
        async def tokens(count: int) -> AsyncIterator[dict[str, int]]:
            for number in range(count):
                await asyncio.sleep(0)
                yield {"n": number}

        assert [item async for item in tokens(2)] == [{"n": 0}, {"n": 1}]
        stream = tokens(9)
        assert await anext(stream) == {"n": 0}
        await stream.aclose()  # type: ignore[attr-defined]  # a generator

    with recording(tmp_path) as made:
        asyncio.run(main())
        whole, left = made.executions()
    assert value(node(whole, "tokens").output)["value"] == [{"n": 0}, {"n": 1}]
    error = node(left, "tokens").error
    assert error is not None
    assert error.kind == "canceled"


def test_an_exception_within_a_stream_passes_and_is_recorded(tmp_path: Path) -> None:
    """A stream that fails has the items that passed before, and its error."""
    with recording(tmp_path) as made:

        @made.recorder.node
        def items() -> Iterator[int]:
            yield 1
            raise OSError("gone")

        with pytest.raises(OSError, match="gone"):
            list(items())
        failed = node(made.execution(), "items")
    assert failed.error is not None
    assert failed.error.message == "gone"
    assert value(failed.output)["value"] == [1]


def test_a_secret_in_pieces_of_a_stream_is_removed(tmp_path: Path) -> None:
    """Text and bytes that pass in chunks are redacted, and kept, as a whole."""
    secret = "correct horse battery"
    with recording(tmp_path) as made:
        made.recorder.register_secret(secret)

        @made.recorder.node
        def answer(kind: str) -> Iterator[object]:
            text = f"say: {secret}!"
            yield from (letter if kind == "text" else letter.encode() for letter in text)

        with made.recorder.execution() as run, run.node("outer"):
            list(answer("text"))
            list(answer("bytes"))
        _, text, octets = made.execution().node_executions
    shown = value(text.output)["value"]
    assert shown.startswith("say: [REDACTED:")
    assert value(octets.output)["value"] == {"$flightlog": "bytes", "text": shown}


def test_a_stream_outlives_the_block_of_its_node(tmp_path: Path) -> None:
    """A node whose stream is passed on, e.g. to a web framework, ends when the stream ends."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run, run.node("llm") as llm:
            stream = llm.stream(["a", "b"])
        assert list(stream) == ["a", "b"]
        ended = node(made.execution(), "llm")
    assert ended.status == "success"
    assert value(ended.output)["value"] == "ab"


def test_a_long_stream_is_counted_and_kept_to_the_limit(tmp_path: Path) -> None:
    """Items beyond the limit pass and are counted, not kept."""
    with recording(tmp_path, max_payload_bytes=1000) as made:
        with made.recorder.execution() as run, run.node("n") as node_run:
            assert sum(1 for _ in node_run.stream(range(10_000))) == 10_000
        output = value(node(made.execution(), "n").output)
    assert output["count"] == 10_000
    assert output["complete"] is True
    assert 0 < output["kept"] < 1000
    assert output["value"][:3] == [0, 1, 2]


def test_whatever_can_be_called_can_be_decorated(tmp_path: Path) -> None:
    """Methods of any kind, partial functions, callable objects and builtins work as before."""

    class Later:
        async def __call__(self, number: int) -> int:
            await asyncio.sleep(0)
            return number

    with recording(tmp_path) as made:
        node_of = made.recorder.node

        class Shop:
            @node_of
            @staticmethod
            def static(number: int) -> int:
                return number

            @node_of
            @classmethod
            def of_class(cls, number: int) -> int:
                return number

            @staticmethod
            @node_of("inside")
            def within(number: int) -> int:
                return number

        for owner in (Shop, Shop()):
            assert owner.static(1) == owner.of_class(1) == owner.within(1) == 1
        assert node_of(partial(max, 2))(1) == 2
        assert node_of(max)(1, 3) == 3
        assert node_of(dict)(a=1) == {"a": 1}
        assert asyncio.run(node_of(Later())(4)) == 4
        executions = made.executions()
    runs = [execution.node_executions[0] for execution in executions]
    names = ["static", "of_class", "inside", "static", "of_class", "inside"]
    assert [run.node_id for run in runs] == [*names, "max", "max", "dict", "Later"]
    assert value(runs[0].input) == value(runs[1].input) == {"number": 1}
    assert value(runs[-1].output) == 4


def test_a_decorator_in_a_with_statement_says_how_to_record_a_block(tmp_path: Path) -> None:
    """The message has the statement that records a block, in synchronous and asynchronous code."""
    with recording(tmp_path) as made:
        node_maker: Any = made.recorder.node("first")
        with (
            pytest.raises(TypeError, match=r"with execution\.node\('first'\) as node:"),
            node_maker,
        ):
            pass
        workflow_maker: Any = made.recorder.workflow(name="Week 48")

        async def run() -> None:
            async with workflow_maker:
                pass

        with pytest.raises(TypeError, match=r"with recorder\.execution\(\) as execution:"):
            asyncio.run(run())


def test_an_argument_in_the_wrong_place_says_what_to_write(tmp_path: Path) -> None:
    """A text or a function where neither belongs is refused with the right form."""
    with recording(tmp_path) as made:
        recorder: Any = made.recorder
        for wrong in ("http", test_an_argument_in_the_wrong_place_says_what_to_write):
            with pytest.raises(TypeError, match=r"execution\(trigger='http'.*@recorder\.workflow"):
                recorder.execution(wrong)
        with pytest.raises(TypeError, match=r"@recorder\.workflow\(name='Weekly'\)"):
            recorder.workflow("Weekly")
        for decorate in (recorder.node, recorder.workflow):
            with pytest.raises(TypeError, match="not 7"):
                decorate(7)
