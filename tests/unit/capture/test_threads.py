"""Nodes in the threads of pools, and in other threads."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import pickle
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flightlog.capture import Recorder, carry, scope
from flightlog.capture.settings import THREADS_VARIABLE, choose_threads
from flightlog.errors import InvalidSettingError
from flightlog.record.model import WorkflowExecution
from support.programs import run_program
from support.recordings import recording, value


def decorated(recorder: Recorder) -> Callable[[Any], Any]:
    """Return a node that returns its argument."""

    @recorder.node("step")
    def step(item: Any) -> Any:
        return item

    return step


def inputs(execution: WorkflowExecution) -> list[Any]:
    """Return the inputs of the runs of `step`, in any order."""
    return sorted(
        value(run.input)["item"] for run in execution.node_executions if run.node_id == "step"
    )


def test_map_and_submit_stay_in_their_execution(tmp_path: Path) -> None:
    """Nodes in a pool belong to the node that submitted them."""
    with recording(tmp_path) as made:
        step = decorated(made.recorder)
        with made.recorder.execution() as execution, execution.node("fan-out") as fan_out:
            with ThreadPoolExecutor(2) as pool:
                assert list(pool.map(step, range(5))) == [0, 1, 2, 3, 4]
                assert pool.submit(functools.partial(step, 5)).result() == 5
            parent = fan_out.sequence
        found = made.execution()
    assert inputs(found) == [0, 1, 2, 3, 4, 5]
    assert {run.parent_sequence for run in found.node_executions[1:]} == {parent}


def test_asynchronous_workflows_keep_their_threads(tmp_path: Path) -> None:
    """The default executor, a given executor and `to_thread` stay in the execution."""

    async def run(step: Callable[[Any], Any]) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, step, "default")
        with ThreadPoolExecutor(1) as pool:
            await loop.run_in_executor(pool, step, "given")
        await asyncio.to_thread(step, "to_thread")

    with recording(tmp_path) as made:
        made.recorder.workflow(lambda: asyncio.run(run(decorated(made.recorder))))()
        assert inputs(made.execution()) == ["default", "given", "to_thread"]


def test_pool_made_before_its_recorder_carries(tmp_path: Path) -> None:
    """A pool and its threads may be older than the first recorder of the process."""
    run_program("capture_after_a_pool", tmp_path)


def test_two_workflows_share_a_pool_without_mixing(tmp_path: Path) -> None:
    """Each task has the scope of its submitter, and a thread keeps no scope."""
    with recording(tmp_path) as made, ThreadPoolExecutor(2) as pool:
        step = decorated(made.recorder)
        both = threading.Barrier(2)

        def run(name: str) -> None:
            with made.recorder.execution(execution_id=name):
                both.wait(30)
                assert list(pool.map(step, [f"{name}{number}" for number in range(20)]))

        runs = [threading.Thread(target=run, args=(name,)) for name in "ab"]
        for thread in runs:
            thread.start()
        for thread in runs:
            thread.join()
        left = {pool.submit(lambda: made.recorder.current).result() for _ in range(4)}
        found = {execution.id: inputs(execution) for execution in made.executions()}
    assert left == {None}
    assert found == {name: sorted(f"{name}{number}" for number in range(20)) for name in "ab"}


def test_nested_pools_carry_the_inner_scope(tmp_path: Path) -> None:
    """A task that submits to another pool hands on its own node."""
    with (
        recording(tmp_path) as made,
        ThreadPoolExecutor(1) as outer,
        ThreadPoolExecutor(1) as inner,
    ):
        step = decorated(made.recorder)

        @made.recorder.node("middle")
        def middle() -> None:
            inner.submit(step, "deep").result()

        with made.recorder.execution():
            outer.submit(middle).result()
        found = made.execution()
    middle_run, step_run = found.node_executions
    assert (middle_run.node_id, step_run.parent_sequence) == ("middle", middle_run.sequence)


def test_generator_hands_on_its_node(tmp_path: Path) -> None:
    """Between two items of a decorated generator the scope is the reader's."""
    with recording(tmp_path) as made, ThreadPoolExecutor(1) as pool:
        step = decorated(made.recorder)

        @made.recorder.node("source")
        def source() -> Iterator[int]:
            yield pool.submit(step, "within").result()

        with made.recorder.execution():
            for _ in source():
                pool.submit(step, "between").result()
        found = made.execution()
    parents = {
        value(run.input)["item"]: run.parent_sequence
        for run in found.node_executions
        if run.node_id == "step"
    }
    assert parents == {"within": 0, "between": None}


def test_task_without_execution_is_submitted_untouched(tmp_path: Path) -> None:
    """Outside of executions a subclass's `submit` gets the function unchanged."""
    given: list[Any] = []

    class Pool(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            given.append(fn)
            return super().submit(fn, *args, **kwargs)

    with recording(tmp_path) as made, Pool(1) as pool:
        assert pool.submit(max, 1, 2).result() == 2
        with made.recorder.execution() as execution:
            assert pool.submit(lambda: made.recorder.current).result() is execution
    assert given[0] is max
    assert len(given) == 2


def test_only_our_variable_is_carried(tmp_path: Path) -> None:
    """A thread keeps its own context variables, and the submitter's don't reach it."""
    theirs: contextvars.ContextVar[str] = contextvars.ContextVar("theirs", default="none")

    def initialize() -> None:
        theirs.set("the thread's")

    def change() -> str:
        before = theirs.get()
        theirs.set("changed")
        return before

    with recording(tmp_path) as made, ThreadPoolExecutor(1, initializer=initialize) as pool:
        theirs.set("the submitter's")
        with made.recorder.execution():
            assert pool.submit(change).result() == "the thread's"
            assert pool.submit(theirs.get).result() == "changed"


def test_results_exceptions_and_cancellation_pass(tmp_path: Path) -> None:
    """A future works as usual."""
    with recording(tmp_path) as made, made.recorder.execution():
        with ThreadPoolExecutor(1) as pool:
            entered, leave = threading.Event(), threading.Event()

            def wait() -> None:
                entered.set()
                leave.wait(30)

            running, waiting = pool.submit(wait), pool.submit(wait)
            assert entered.wait(30)
            assert waiting.cancel()
            leave.set()
            running.result()
            with pytest.raises(ZeroDivisionError):
                pool.submit(divmod, 1, 0).result()
            with pytest.raises(TypeError):
                pool.submit()  # type: ignore[call-arg]
        with pytest.raises(RuntimeError, match="after shutdown"):
            pool.submit(int)
        assert made.recorder.current is not None


def test_submit_looks_like_the_original(tmp_path: Path) -> None:
    """Inspection, wrapping and pickling work as before."""
    with recording(tmp_path):
        submit = ThreadPoolExecutor.submit
        assert submit.__name__ == "submit"
        assert [*inspect.signature(submit).parameters] == ["self", "fn", "args", "kwargs"]
        assert inspect.unwrap(submit).__module__ == "concurrent.futures.thread"
        assert pickle.loads(pickle.dumps(ThreadPoolExecutor)) is ThreadPoolExecutor


def test_second_recorder_replaces_nothing_again(tmp_path: Path) -> None:
    """A task is wrapped once, however many recorders there are."""
    with recording(tmp_path / "a"):
        submit, start = ThreadPoolExecutor.submit, threading.Thread.start
        with recording(tmp_path / "b"):
            assert ThreadPoolExecutor.submit is submit
            assert threading.Thread.start is start


def test_other_libraries_may_replace_submit_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrapper around the replacement works and can be removed; later recorders add nothing."""
    with recording(tmp_path / "a"):
        ours = ThreadPoolExecutor.submit
    seen: list[Any] = []

    def theirs(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        seen.append(fn)
        return ours(self, fn, *args, **kwargs)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", theirs)
    with recording(tmp_path / "b") as made, ThreadPoolExecutor(1) as pool:
        assert ThreadPoolExecutor.submit is theirs
        with made.recorder.execution() as execution:
            task = lambda: made.recorder.current  # noqa: E731 - compared below
            assert pool.submit(task).result() is execution
    assert seen == [task]


def test_wrappers_of_methods_from_before_are_kept(tmp_path: Path) -> None:
    """Other code may have wrapped `submit` and `start` before, by descriptors or only in timers."""
    run_program("capture_after_wrappers_of_threads", tmp_path)


def test_thread_class_that_inherits_its_start_is_taken(tmp_path: Path) -> None:
    """Gevent replaces `threading.Thread` by a subclass."""
    run_program("capture_with_another_thread_class", tmp_path)


def test_restored_original_is_replaced_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If other code restores the original method, the next recorder wraps the method again."""
    with recording(tmp_path / "a"):
        original = inspect.unwrap(ThreadPoolExecutor.submit)
    monkeypatch.setattr(ThreadPoolExecutor, "submit", original)
    with recording(tmp_path / "b") as made, ThreadPoolExecutor(1) as pool:
        with made.recorder.execution() as execution:
            assert pool.submit(lambda: made.recorder.current).result() is execution


def test_pools_of_processes_are_left_alone(tmp_path: Path) -> None:
    """A process can't get a scope, so its tasks are not wrapped."""
    with recording(tmp_path) as made, made.recorder.execution():
        assert inspect.unwrap(ProcessPoolExecutor.submit) is ProcessPoolExecutor.submit


def test_setting_none_leaves_pools_and_threads_alone(tmp_path: Path) -> None:
    """With this setting, each node in a thread is an execution of its own."""
    with recording(tmp_path, threads="none") as made, ThreadPoolExecutor(1) as pool:
        step = decorated(made.recorder)
        with made.recorder.execution():
            pool.submit(step, "pool").result()
            thread = threading.Thread(target=step, args=("thread",))
            thread.start()
            thread.join()
            pool.submit(carry(step), "carried").result()
        main, *others = made.executions()
    assert inputs(main) == ["carried"]
    assert [inputs(other) for other in others] == [["pool"], ["thread"]]
    assert {other.parent_execution_id for other in others} == {None}


@pytest.mark.parametrize(
    "kind", [threading.Thread, lambda **call: threading.Timer(0, call["target"], call["args"])]
)
def test_thread_is_linked_by_default(tmp_path: Path, kind: Callable[..., threading.Thread]) -> None:
    """A thread's nodes are executions of their own, which name their parent and their place."""
    with recording(tmp_path) as made:
        step = decorated(made.recorder)
        with made.recorder.execution() as execution:
            thread = kind(target=step, args=("thread",))
            thread.start()
            thread.join()
        main, other = made.executions()
    assert (main.id, other.parent_execution_id) == (execution.id, execution.id)
    assert inputs(other) == ["thread"]
    assert other.trigger is not None
    data = value(other.trigger.data)
    assert data["thread"] == thread.name
    assert "threading.py" in data["calledFrom"]


def test_thread_that_outlives_its_execution_is_linked(tmp_path: Path) -> None:
    """The link remains when the execution has ended, also through a pool and another thread."""
    with recording(tmp_path) as made, ThreadPoolExecutor(1) as pool:
        step = decorated(made.recorder)
        go = threading.Event()

        def later() -> None:
            go.wait(30)
            step("a")
            pool.submit(step, "b").result()
            inner = threading.Thread(target=step, args=("c",))
            inner.start()
            inner.join()

        with made.recorder.execution() as execution:
            thread = threading.Thread(target=later)
            thread.start()
        go.set()
        thread.join()
        step("unrelated")
        pool.submit(step, "unrelated, too").result()
        _, *others = made.executions()
    parents = {inputs(other)[0]: other.parent_execution_id for other in others}
    ours = execution.id
    assert parents == {"a": ours, "b": ours, "c": ours, "unrelated": None, "unrelated, too": None}


def test_setting_all_carries_into_threads(tmp_path: Path) -> None:
    """Threads, timers and subclasses with a `run` of their own stay in the execution."""
    with recording(tmp_path, threads="all") as made:
        step = decorated(made.recorder)

        class Own(threading.Thread):
            def run(self) -> None:
                step("own")

        with made.recorder.execution():
            started = [
                threading.Thread(target=step, args=("thread",)),
                threading.Timer(0, step, ("timer",)),
                Own(),
            ]
            for thread in started:
                thread.start()
            for thread in started:
                thread.join()
        assert inputs(made.execution()) == ["own", "thread", "timer"]
    assert all("run" not in vars(thread) for thread in started)


def test_threads_of_a_pool_inherit_nothing(tmp_path: Path) -> None:
    """If an execution makes a pool start a thread, later tasks of others don't belong to it."""
    with recording(tmp_path, threads="all") as made, ThreadPoolExecutor(1) as pool:
        step = decorated(made.recorder)
        with made.recorder.execution():
            pool.submit(step, "first").result()
        pool.submit(step, "second").result()
        first, second = made.executions()
    assert (inputs(first), inputs(second)) == (["first"], ["second"])
    assert second.parent_execution_id is None


def test_thread_that_cannot_start_is_as_it_was(tmp_path: Path) -> None:
    """A second start raises the usual exception, and changes nothing."""
    with recording(tmp_path) as made, made.recorder.execution():
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="only be started once"):
            thread.start()
        assert "run" not in vars(thread)


def test_task_that_outlives_its_execution_is_linked(tmp_path: Path) -> None:
    """Executions that begin in a task of asyncio or of a pool that continues have a parent."""
    with recording(tmp_path) as made, ThreadPoolExecutor(1) as pool:
        step = decorated(made.recorder)

        async def run() -> None:
            go = asyncio.Event()

            async def later() -> None:
                await go.wait()
                step("task")
                await asyncio.get_running_loop().run_in_executor(pool, step, "pool")
                step("task, too")

            with made.recorder.execution():
                task = asyncio.create_task(later())
            step("unrelated")
            go.set()
            await task

        asyncio.run(run())
        main, *others = made.executions()
    parents = {inputs(other)[0]: other.parent_execution_id for other in others}
    assert parents == {
        "task": main.id,
        "pool": main.id,
        "task, too": main.id,
        "unrelated": None,
    }


def test_scope_left_behind_by_a_generator_is_no_parent(tmp_path: Path) -> None:
    """An execution that ended elsewhere isn't the parent of later code in its old context."""
    with recording(tmp_path) as made:
        step = decorated(made.recorder)

        def half() -> Generator[None]:
            with made.recorder.execution():
                yield

        left = half()
        next(left)
        closing = threading.Thread(target=left.close)
        closing.start()
        closing.join()
        step("first")
        step("second")
        _, *others = made.executions()
    assert [inputs(other) for other in others] == [["first"], ["second"]]
    assert {other.parent_execution_id for other in others} == {None}


def test_direct_call_says_where_it_came_from(tmp_path: Path) -> None:
    """A node outside of any execution names the calling line, past decorators and event loops."""
    with recording(tmp_path) as made:
        step = decorated(made.recorder)

        @made.recorder.node
        async def ask() -> None:
            pass

        async def caller() -> None:
            await ask()

        step("x")
        asyncio.run(caller())
        direct, awaited = (
            value(execution.trigger.data) for execution in made.executions() if execution.trigger
        )
    place = f"{__file__}:"
    assert direct["calledFrom"].startswith(place)
    assert direct["calledFrom"].endswith(" in test_direct_call_says_where_it_came_from")
    assert direct["thread"] == threading.current_thread().name
    assert awaited["calledFrom"].endswith(" in caller")


def test_setting_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The argument wins; an invalid argument raises, an invalid variable is reported."""
    assert choose_threads(None, {}) == ("pools", None)
    assert choose_threads(None, {THREADS_VARIABLE: " ALL "}) == ("all", None)
    assert choose_threads("none", {THREADS_VARIABLE: "all"}) == ("none", None)
    with pytest.raises(InvalidSettingError):
        Recorder("w", threads="some", spool_dir=tmp_path)  # type: ignore[arg-type]
    monkeypatch.setenv(THREADS_VARIABLE, "some")
    with recording(tmp_path) as made:
        assert "FLIGHTLOG_THREADS is 'some'" in str(made.recorder.status().trouble)


def test_fault_in_handing_on_is_counted_and_the_task_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No fault of recording prevents a task or thread from starting."""

    def broken() -> None:
        raise LookupError("broken")

    with recording(tmp_path) as made, made.recorder.execution(), ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(scope, "find_origin", broken)
        assert pool.submit(int).result() == 0
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        monkeypatch.undo()
        assert made.recorder.status().swallowed > 0
