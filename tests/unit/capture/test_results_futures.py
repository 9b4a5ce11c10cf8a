"""Futures and tasks that functions return: their nodes end with them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
from pathlib import Path

from support.recordings import node, recording, value


async def refused(number: int) -> None:
    """Fail after a turn of the event loop."""
    await asyncio.sleep(0)
    raise ConnectionError(number)


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
