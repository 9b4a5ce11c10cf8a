"""Results that still work when a function returns: coroutines, streams and futures."""

from __future__ import annotations

import asyncio
import concurrent.futures
import copy
import csv
import functools
import gc
import inspect
import io
import itertools
import operator
import types
import warnings
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterator,
)
from pathlib import Path
from typing import Any

import pytest

from flightlog.capture.results import choose_follow
from support.children import run
from support.recordings import lines_in, merged, node, recording, value


def plainly_wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate as many libraries do, with a plain function around a function of any kind."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


async def rows(number: int) -> dict[str, int]:
    """Take two turns of the event loop."""
    for _ in range(2):
        await asyncio.sleep(0)
    return {"rows": number}


async def row_stream(number: int) -> AsyncGenerator[dict[str, int], None]:
    """Yield once."""
    yield await rows(number)


async def refused(number: int) -> None:
    """Fail after a turn of the event loop."""
    await asyncio.sleep(0)
    raise ConnectionError(number)


class Client:
    """Has methods that return coroutines without being coroutine functions."""

    def fetch(self, number: int) -> Awaitable[dict[str, int]]:
        """Return a coroutine."""
        return rows(number)

    @classmethod
    def fetch_by_class(cls, number: int) -> Awaitable[dict[str, int]]:
        """Return a coroutine."""
        return rows(number)

    @staticmethod
    def fetch_alone(number: int) -> Awaitable[dict[str, int]]:
        """Return a coroutine."""
        return rows(number)

    def __call__(self, number: int) -> Awaitable[dict[str, int]]:
        """Return a coroutine."""
        return rows(number)


@types.coroutine
def rows_by_generator(number: int) -> Generator[Any, Any, dict[str, int]]:
    """Be awaitable as a generator."""
    yield from asyncio.sleep(0).__await__()
    return (yield from rows(number).__await__())


@pytest.mark.parametrize(
    "function",
    [
        plainly_wrapped(rows),
        plainly_wrapped(plainly_wrapped(rows)),
        functools.partial(plainly_wrapped(rows)),
        functools.partial(rows, 3),
        Client().fetch,
        Client.fetch_by_class,
        Client.fetch_alone,
        Client(),
        rows,
        rows_by_generator,
        plainly_wrapped(rows_by_generator),
        lambda number: asyncio.ensure_future(rows(number)),
        lambda number: asyncio.gather(rows(number)),
        lambda number: asyncio.shield(rows(number)),
        lambda number: asyncio.wait_for(rows(number), 60),
        lambda number: anext(row_stream(number)),
        lambda number: row_stream(number).asend(None),
        lambda number: anext(row_stream(number), None),
    ],
)
def test_node_ends_when_the_returned_awaitable_ends(
    tmp_path: Path, function: Callable[..., Any]
) -> None:
    """A node has the awaited result of any function that returns an awaitable."""

    async def main() -> object:
        with made.recorder.execution():
            arguments = () if getattr(function, "args", ()) else (3,)
            return await made.recorder.node("fetch")(function)(*arguments)

    with recording(tmp_path) as made:
        result = asyncio.run(main())
        fetched = node(made.execution(), "fetch")
    assert result in ({"rows": 3}, [{"rows": 3}])
    assert value(fetched.output) == result
    assert fetched.status == "success"


@pytest.mark.parametrize(
    "function",
    [
        plainly_wrapped(refused),
        lambda number: asyncio.ensure_future(refused(number)),
        lambda number: asyncio.gather(rows(1), refused(number)),
    ],
)
def test_node_and_run_fail_when_the_returned_awaitable_fails(
    tmp_path: Path, function: Callable[..., Any]
) -> None:
    """A call that fails later is no success, and the workflow gets the very same exception."""

    async def main() -> None:
        await made.recorder.workflow(made.recorder.node("fetch")(function))(3)

    with recording(tmp_path) as made:
        with pytest.raises(ConnectionError):
            asyncio.run(main())
        execution = made.execution()
    assert execution.status == "error"
    assert execution.error is not None
    assert execution.error.node_id == "fetch"
    for recorded in execution.node_executions:
        assert recorded.error is not None
        assert recorded.error.type == "ConnectionError"


@pytest.mark.parametrize("how", ["run", "await", "task", "gather", "wait_for", "group"])
def test_returned_coroutine_is_a_coroutine_to_asyncio(tmp_path: Path, how: str) -> None:
    """A function that takes a coroutine accepts the recorded coroutine."""

    async def use(coroutine: Coroutine[Any, Any, Any]) -> object:
        if how == "await":
            return await coroutine
        if how == "task":
            return await asyncio.create_task(coroutine, name="mine")
        if how == "gather":
            return (await asyncio.gather(coroutine, rows(1)))[0]
        if how == "wait_for":
            return await asyncio.wait_for(coroutine, 60)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(coroutine)
        return task.result()

    with recording(tmp_path) as made:
        coroutine = made.recorder.node("fetch")(plainly_wrapped(rows))(3)
        assert inspect.iscoroutine(coroutine)
        assert inspect.isawaitable(coroutine)
        assert (coroutine.__name__, coroutine.__qualname__) == ("rows", "rows")
        assert asyncio.run(coroutine if how == "run" else use(coroutine)) == {"rows": 3}
        execution = made.execution()
    assert value(node(execution, "fetch").output) == {"rows": 3}
    assert execution.status == "success"


def test_nodes_within_a_returned_coroutine_are_its_children(tmp_path: Path) -> None:
    """The node is the scope only while its coroutine runs."""

    async def main() -> None:
        recorder = made.recorder
        inner = recorder.node("inner")(lambda: None)

        async def outer_body() -> None:
            inner()
            await asyncio.sleep(0)
            inner()

        outer = recorder.node("outer")(plainly_wrapped(outer_body))
        with recorder.execution() as run:
            coroutine = outer()
            with run.node("between"):
                pass
            with run.node("awaiting"):
                await coroutine
                inner()
            await asyncio.gather(outer(), outer())
            inner()

    with recording(tmp_path) as made:
        asyncio.run(main())
        execution = made.execution()
    names = {one.sequence: one.node_id for one in execution.node_executions}
    found = [
        (one.node_id, names.get(one.parent_sequence))
        for one in sorted(execution.node_executions, key=lambda one: one.sequence or 0)
    ]
    assert found[:6] == [
        ("outer", None),
        ("between", None),
        ("awaiting", None),
        ("inner", "outer"),
        ("inner", "outer"),
        ("inner", "awaiting"),
    ]
    assert Counter(found[6:]) == {("inner", None): 1, ("inner", "outer"): 4, ("outer", None): 2}


def test_scope_is_restored_after_a_workflow_that_returns_a_coroutine(tmp_path: Path) -> None:
    """A node called between the call and the `await` is not part of the run."""

    async def main() -> None:
        recorder = made.recorder
        coroutine = recorder.workflow(lambda: rows(3))()
        assert recorder.current is None
        recorder.node("aside")(lambda: None)()
        await coroutine
        assert recorder.current is None

    with recording(tmp_path) as made:
        asyncio.run(main())
        run_of_workflow, aside = made.executions()
    assert [one.node_id for one in run_of_workflow.node_executions] == ["order-intake"]
    assert value(run_of_workflow.node_executions[0].output) == {"rows": 3}
    assert [one.node_id for one in aside.node_executions] == ["aside"]


def test_coroutine_that_is_never_awaited_warns_once_and_is_canceled(tmp_path: Path) -> None:
    """Python warns once, with the coroutine's name, and the node ends."""
    with recording(tmp_path) as made:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made.recorder.node("fetch")(plainly_wrapped(rows))(3)
            gc.collect()
        messages = [str(one.message) for one in caught]
        # A caught warning keeps its coroutine.
        caught.clear()
        execution = made.execution()
    assert messages == ["coroutine 'rows' was never awaited"]
    fetched = node(execution, "fetch")
    assert fetched.error is not None
    assert (fetched.error.kind, fetched.error.message) == (
        "canceled",
        "The coroutine was never awaited.",
    )
    assert execution.status == "error"


@pytest.mark.parametrize("how", ["cancel", "close", "drop"])
def test_coroutine_that_is_left_midway_is_canceled(tmp_path: Path, how: str) -> None:
    """If a coroutine is cancelled, closed or dropped, its `finally` runs, and the node ends."""
    cleaned: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(how)

    async def main() -> None:
        coroutine: Any = made.recorder.node("wait")(plainly_wrapped(forever))()
        if how == "cancel":
            task = asyncio.create_task(coroutine)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return
        coroutine.send(None)
        if how == "close":
            coroutine.close()
        del coroutine
        gc.collect()

    with recording(tmp_path) as made:
        asyncio.run(main())
        ended = node(made.execution(), "wait")
    assert cleaned == [how]
    assert ended.error is not None
    assert ended.error.kind == "canceled"


def test_send_and_throw_reach_a_returned_coroutine(tmp_path: Path) -> None:
    """A custom driver, like another event loop, sees no difference."""

    @types.coroutine
    def ask(question: object) -> Generator[object, object, object]:
        return (yield question)

    async def body() -> object:
        try:
            await ask("first")
        except KeyError:
            return await ask("second")
        return None

    with recording(tmp_path) as made:
        coroutine: Any = made.recorder.node("n")(plainly_wrapped(body))()
        assert coroutine.send(None) == "first"
        assert coroutine.throw(KeyError("x")) == "second"
        with pytest.raises(StopIteration) as ended:
            coroutine.send("answer")
        assert ended.value.value == "answer"
        assert value(node(made.execution(), "n").output) == "answer"


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
    children = [one for one in recorded.node_executions if one.node_id == "ratio"]
    assert {one.parent_sequence for one in children} == {failed.sequence}


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
    outputs = {one.node_id: value(one.output)["value"] for one in execution.node_executions}
    assert outputs == {"plain": [0, 1, 2], "later": [0, 1], "wrapped": [0, 1]}
    assert {one.status for one in execution.node_executions} == {"success"}


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
    kinds = [one.error.kind for one in execution.node_executions if one.error]
    assert kinds == ["canceled"] * 3


class Cursor:
    """An iterator with further methods, like a database's cursor."""

    def __init__(self) -> None:
        self.left = [1, 2, 3]

    def __iter__(self) -> Cursor:
        return self

    def __next__(self) -> int:
        if not self.left:
            raise StopIteration
        return self.left.pop(0)

    def fetchall(self) -> list[int]:
        """Return all that is left."""
        left, self.left = self.left, []
        return left


class Session:
    """An awaitable object that `async with` can enter, like an HTTP client's request."""

    def __await__(self) -> Generator[Any, Any, str]:
        yield from asyncio.sleep(0).__await__()
        return "awaited"

    async def __aenter__(self) -> str:
        return "entered"

    async def __aexit__(self, *error: object) -> None:
        pass


def test_objects_with_more_than_a_protocol_are_returned_as_they_are(tmp_path: Path) -> None:
    """Such objects are neither read nor wrapped; their node ends when the function returns."""
    text = io.StringIO("a,b\n")
    for made_by in (
        lambda: (tmp_path / "file").open("w+"),
        lambda: csv.reader(text),
        Cursor,
        Session,
        lambda: iter([1, 2]),
        lambda: iter({1: 2}),
        lambda: iter(range(2)),
        lambda: itertools.product("ab", repeat=2),
        itertools.count,
        lambda: aiter(Session.__new__(AsyncCursor)),
    ):
        result = made_by()
        with recording(tmp_path / "spool") as made:
            assert made.recorder.node("n")(lambda result=result: result)() is result
            assert node(made.executions()[-1], "n").status == "success"
        if hasattr(result, "close"):
            result.close()


class Meta(type):
    """Gives its classes a hash and attributes that fail."""

    def __hash__(cls) -> int:
        raise RuntimeError

    def __eq__(cls, other: object) -> bool:
        raise RuntimeError

    def __getattribute__(cls, name: str) -> Any:
        raise RuntimeError(name)


def test_type_of_a_result_is_found_out_without_its_own_code() -> None:
    """A class whose metaclass always raises is handled without calling the metaclass."""
    strange: Any = Meta("Strange", (), {})
    assert choose_follow(object.__new__(strange)) is None


class AsyncCursor:
    """An asynchronous iterator with further methods."""

    def __aiter__(self) -> AsyncCursor:
        return self

    async def __anext__(self) -> int:
        raise StopAsyncIteration

    async def fetchall(self) -> list[int]:
        """Return all that is left."""
        return []


def test_awaitable_context_managers_keep_both_ways(tmp_path: Path) -> None:
    """The object can still be awaited or entered, and recording awaits nothing."""

    async def main() -> None:
        request = made.recorder.node("request")(Session)
        assert await request() == "awaited"
        async with request() as entered:
            assert entered == "entered"

    with recording(tmp_path) as made:
        asyncio.run(main())
        assert [one.status for one in made.executions()] == ["success", "success"]


def test_future_of_a_thread_pool_ends_its_node(tmp_path: Path) -> None:
    """The very future is returned; its result, error or cancellation is the node's."""
    with recording(tmp_path) as made:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            submit = made.recorder.node("submit")(pool.submit)
            with made.recorder.execution():
                good, bad = submit(divmod, 7, 2), submit(divmod, 7, 0)
            assert type(good) is concurrent.futures.Future
            assert good.result() == (3, 1)
            assert isinstance(bad.exception(), ZeroDivisionError)
        never: concurrent.futures.Future[None] = concurrent.futures.Future()
        assert made.recorder.node("cancel")(lambda: never)() is never
        never.cancel()
        submitted, canceled = made.executions()
    good_node, bad_node = submitted.node_executions
    assert value(good_node.output) == [3, 1]
    assert bad_node.error is not None
    assert bad_node.error.type == "ZeroDivisionError"
    error = node(canceled, "cancel").error
    assert error is not None
    assert error.kind == "canceled"


def test_task_is_the_same_object_and_ends_its_node(tmp_path: Path) -> None:
    """The node ends with its task, whether cancelled, done before or dropped, and runs its code."""

    async def main() -> None:
        recorder = made.recorder
        inner = recorder.node("inner")(lambda: None)

        async def work() -> str:
            await asyncio.sleep(0)
            inner()
            return "done"

        def start() -> asyncio.Task[str]:
            tasks.append(asyncio.create_task(work()))
            return tasks[-1]

        tasks: list[asyncio.Task[str]] = []
        with recorder.execution():
            assert recorder.node("start")(start)() is tasks[0]
            assert await tasks[0] == "done"
            canceled = recorder.node("canceled")(start)()
            canceled.cancel()
            await asyncio.wait([canceled])
            assert recorder.node("early")(lambda: tasks[0])() is tasks[0]
            recorder.node("dropped")(lambda: asyncio.get_running_loop().create_future())()
            gc.collect()

    with recording(tmp_path) as made:
        asyncio.run(main())
        execution = made.execution()
    start = node(execution, "start")
    assert value(start.output) == value(node(execution, "early").output) == "done"
    assert node(execution, "inner").parent_sequence == start.sequence
    for name in ("canceled", "dropped"):
        error = node(execution, name).error
        assert error is not None
        assert error.kind == "canceled"


def test_failure_of_a_forgotten_task_is_still_logged(tmp_path: Path) -> None:
    """The callback doesn't count as retrieving the exception."""
    faults: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, fault: faults.append(fault["message"]))
        start = made.recorder.node("start")(lambda: asyncio.create_task(refused(1)))
        await asyncio.wait([start()])
        gc.collect()

    with recording(tmp_path) as made:
        asyncio.run(main())
        error = node(made.execution(), "start").error
    assert error is not None
    assert error.type == "ConnectionError"
    assert faults == ["Task exception was never retrieved"]


def test_execution_stays_open_until_its_coroutine_ends(tmp_path: Path) -> None:
    """A run whose process dies while the coroutine waits has not succeeded."""
    run(
        tmp_path,
        """
        import asyncio
        async def body():
            os._exit(7)
        @recorder.workflow
        def flow():
            return body()
        asyncio.run(flow())
        """,
        expected_code=7,
    )
    (execution,) = merged(lines_in(tmp_path))
    assert execution.status == "running"
    assert [one.status for one in execution.node_executions] == ["running"]


def test_recorded_coroutine_dropped_at_the_end_of_the_program_is_kept(tmp_path: Path) -> None:
    """A coroutine that the interpreter's end drops is canceled, without a traceback."""
    run(
        tmp_path,
        """
        async def body():
            pass
        @recorder.node
        def fetch():
            return body()
        @recorder.node
        def rows():
            return map(str, [1])
        kept = [fetch(), rows()]
        """,
    )
    kinds = [one.error.kind for one in merged(lines_in(tmp_path)) if one.error]
    assert kinds == ["canceled", "canceled"]


def test_results_are_followed_or_passed_at_every_depth_of_the_stack(tmp_path: Path) -> None:
    """Without stack, a RecursionError belongs to the workflow, and no node stays open."""
    run(
        tmp_path,
        """
        import gc, sys, warnings
        warnings.simplefilter("ignore")
        async def body():
            return 3
        @recorder.node
        def fetch():
            return body()
        @recorder.node
        def rows():
            return (number for number in range(3))
        @recorder.node
        def texts():
            return map(str, range(3))
        def awaited():
            try:
                fetch().send(None)
            except StopIteration as ended:
                return ended.value
        def at(depth, function):
            return at(depth - 1, function) if depth else function()
        def numbers():
            return list(rows())
        def names():
            return list(texts())
        expected = {awaited: 3, numbers: [0, 1, 2], names: ["0", "1", "2"]}
        passed = 0
        with recorder.execution():
            for left in range(1, 81):
                for function, result in expected.items():
                    try:
                        assert at(sys.getrecursionlimit() - left, function) == result
                        passed += 1
                    except RecursionError:
                        pass
        gc.collect()
        assert passed > 150
        assert not recorder.context.pipeline.running
        """,
        measured=False,
    )
    (execution,) = merged(lines_in(tmp_path))
    assert execution.status == "success"
