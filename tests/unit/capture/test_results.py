"""Results that still work when a function returns: coroutines, streams and futures."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import types
import warnings
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
)
from pathlib import Path
from typing import Any

import pytest

from support.programs import run_program
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
    names = {node_run.sequence: node_run.node_id for node_run in execution.node_executions}
    found = [
        (node_run.node_id, names.get(node_run.parent_sequence))
        for node_run in sorted(
            execution.node_executions, key=lambda node_run: node_run.sequence or 0
        )
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
    assert [node_run.node_id for node_run in run_of_workflow.node_executions] == ["order-intake"]
    assert value(run_of_workflow.node_executions[0].output) == {"rows": 3}
    assert [node_run.node_id for node_run in aside.node_executions] == ["aside"]


def test_coroutine_that_is_never_awaited_warns_once_and_is_canceled(tmp_path: Path) -> None:
    """Python warns once, with the coroutine's name, and the node ends."""
    with recording(tmp_path) as made:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made.recorder.node("fetch")(plainly_wrapped(rows))(3)
            gc.collect()
        messages = [str(item.message) for item in caught]
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


def test_execution_stays_open_until_its_coroutine_ends(tmp_path: Path) -> None:
    """A run whose process dies while the coroutine waits has not succeeded."""
    run_program("capture_dies_in_a_coroutine", tmp_path, expected_code=7)
    (execution,) = merged(lines_in(tmp_path))
    assert execution.status == "running"
    assert [node_run.status for node_run in execution.node_executions] == ["running"]


def test_recorded_coroutine_dropped_at_the_end_of_the_program_is_kept(tmp_path: Path) -> None:
    """A coroutine that the interpreter's end drops is canceled, without a traceback."""
    run_program("capture_drops_results_at_the_end", tmp_path)
    kinds = [execution.error.kind for execution in merged(lines_in(tmp_path)) if execution.error]
    assert kinds == ["canceled", "canceled"]


def test_results_are_followed_or_passed_at_every_depth_of_the_stack(tmp_path: Path) -> None:
    """Without stack, a RecursionError belongs to the workflow, and no node stays open."""
    run_program("capture_follows_results_at_every_depth", tmp_path, measured=False)
    (execution,) = merged(lines_in(tmp_path))
    assert execution.status == "success"
