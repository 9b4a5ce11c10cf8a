"""Copying and pickling of recorders, executions, nodes and decorated functions."""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import os
import pickle
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from flightlog.capture import Execution, NodeRun, Recorder, RecorderMiddleware, RedactionRules
from flightlog.capture.settings import RecorderSettings, strip_credentials
from support.children import HEAD
from support.recordings import NOBODY, lines_in, merged, node, recording, value

SECRET = "correct horse battery"
COPIES: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    lambda it: pickle.loads(pickle.dumps(it)),
    lambda it: pickle.loads(pickle.dumps(it, protocol=2)),
    lambda it: cloudpickle.loads(cloudpickle.dumps(it)),
]


def load_elsewhere(place: Path, pickled: bytes, script: str) -> str:
    """Unpickle `it` in a new process and run a script there; return the script's output."""
    file = place / "pickled"
    file.write_bytes(pickled)
    head = (
        "import pickle, sys, pathlib\nit = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
    )
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", head + textwrap.dedent(script), str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stdout


class Holder:
    """An object of the workflow with a recorder among its attributes."""

    def __init__(self, *held: object) -> None:
        self.held = held
        self.state = {"a": [1]}


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_is_the_very_object(tmp_path: Path, copied: Callable[[Any], Any]) -> None:
    """In its own process, a copied recorder, execution or node is the original."""
    with recording(tmp_path) as made, made.recorder.execution() as execution:
        with execution.node("a") as outer:
            held = (made.recorder, execution, outer)
            if copied is copy.copy:
                assert tuple(map(copied, held)) == held
            else:
                holder = copied(Holder(*held, {"of": [held]}))
                assert holder.held == (*held, {"of": [held]})
                assert holder.state == {"a": [1]}


def test_a_recorder_is_made_again_from_its_settings(tmp_path: Path) -> None:
    """In another process the recorder records to the same place, under the same rules."""
    recorder = Recorder(
        "w",
        "W",
        url=NOBODY,
        spool_dir=tmp_path / "spool",
        project_id="p",
        mode="test",
        redaction=RedactionRules(keys=("internal_ref",)),
        max_payload_bytes=5000,
    )
    load_elsewhere(
        tmp_path,
        pickle.dumps(recorder),
        """
        import copy
        assert pickle.loads(pickle.dumps(it)) is it is copy.deepcopy(it)
        with it.execution(trigger={"type": "far", "data": {"internal_ref": "X1"}}) as execution:
            with execution.node("n") as node:
                node.output = "x" * 10_000
        it.close(0)
        """,
    )
    (execution,) = merged(lines_in(tmp_path / "spool"))
    assert (execution.workflow_id, execution.workflow_name) == ("w", "W")
    assert (execution.project_id, execution.execution_mode) == ("p", "test")
    assert execution.trigger is not None
    assert value(execution.trigger.data)["internal_ref"].startswith("[REDACTED")
    assert value(node(execution, "n").output)["$flightlog"] == "truncated"


def test_every_setting_of_a_recorder_goes_with_it() -> None:
    """The pickle has every argument of the constructor except the observer."""
    taken = {*inspect.signature(Recorder).parameters} - {"observer"}
    assert taken == {*RecorderSettings.__struct_fields__} - {"key"}


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
def test_nothing_secret_is_pickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dumps: Callable[[Any], bytes]
) -> None:
    """No pickle contains a registered secret, key, password or payload."""
    monkeypatch.setenv("FLIGHTLOG_KEY", "installations-own-secret")
    monkeypatch.setenv("SERVICE_TOKEN", "environment-own-secret")
    recorder = Recorder(
        "w",
        url="http://127.0.0.1:9/a?token=query-own-value",
        spool_dir=tmp_path,
    )
    recorder.register_secret(SECRET)
    redactor = recorder.context.redactor
    with recorder.execution(trigger={"data": SECRET}, tags={"k": SECRET}) as execution:
        with execution.node("n", input=SECRET) as outer:
            outer.output = SECRET
            pickled = dumps((recorder, execution, outer, recorder.execution(trigger=SECRET)))
    recorder.close(0)
    for secret in (SECRET, SECRET.replace(" ", ""), "own-secret", "token", "query-own-value"):
        assert secret.encode() not in pickled
    assert redactor._key not in pickled


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://me:pw@host:3000/a", "http://host:3000/a"),
        ("https://me@host", "https://host"),
        ("http://host:3000/?token=x#y", "http://host:3000/"),
        ("sqlite:/a/b?c@d.db", "sqlite:/a/b?c@d.db"),
    ],
)
def test_credentials_are_left_out_of_a_url(url: str, expected: str) -> None:
    """User name, password, query and fragment of an address aren't pickled."""
    assert strip_credentials(url) == expected


def test_credentials_come_from_the_environment_of_the_other_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the other process's environment names the same address with credentials, they are used."""
    url = "http://127.0.0.1:9?token=t"
    pickled = pickle.dumps(Recorder("w", url=url, spool_dir=tmp_path))
    script = "print(it.context.pipeline._settings.url)"
    assert load_elsewhere(tmp_path, pickled, script) == "http://127.0.0.1:9\n"
    monkeypatch.setenv("FLIGHTLOG_URL", url)
    assert load_elsewhere(tmp_path, pickled, script) == f"{url}\n"


def test_decorated_functions_are_pickled_by_value_with_cloudpickle(tmp_path: Path) -> None:
    """Lambdas, closures and functions over decorated functions run, and are recorded, elsewhere."""
    with recording(tmp_path / "spool") as made:
        add = 10

        @made.recorder.node("inc")
        def inc(number: int) -> int:
            return number + add

        @made.recorder.workflow
        def flow(number: int) -> int:
            return inc(number)

        @made.recorder.node
        async def later(number: int) -> int:
            return inc(number)

        pickled = cloudpickle.dumps(
            [lambda number: -flow(number), later, functools.partial(inc, 1)]
        )
    load_elsewhere(
        tmp_path,
        pickled,
        """
        import asyncio
        flow, later, part = it
        assert -flow(1) == asyncio.run(later(1)) == part() == 11
        """,
    )
    executions = merged(lines_in(tmp_path / "spool"))
    names = [[one.node_id for one in run.node_executions] for run in executions]
    assert names == [["order-intake", "inc"], ["later", "inc"], ["inc"]]
    assert {run.status for run in executions} == {"success"}


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_pools_of_processes_take_decorated_functions_and_recorders(
    tmp_path: Path, method: str
) -> None:
    """Functions are pickled by name; methods, partials and recorders with the objects they hold."""
    script = tmp_path / "pool.py"
    script.write_text(
        HEAD
        + textwrap.dedent(f"""
        import functools, multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        @recorder.node("square")
        def square(number):
            return number * number

        class Shop:
            def __init__(self):
                self.recorder = recorder
            @recorder.node("method")
            def square(self, number):
                return number * number
            @recorder.node("static")
            @staticmethod
            def static(number):
                return number * number

        def raw(number, power):
            return number ** power

        part = recorder.node("part")(functools.partial(raw, power=2))

        def by_hand(given):
            recorder, number = given
            with recorder.execution() as execution, execution.node("by-hand") as node:
                node.output = number * number
            return number * number

        if __name__ == "__main__":
            context = multiprocessing.get_context("{method}")
            with ProcessPoolExecutor(2, mp_context=context) as pool:
                for function in (square, Shop().square, Shop.static, part):
                    assert list(pool.map(function, range(3))) == [0, 1, 4]
                assert list(pool.map(by_hand, [(recorder, n) for n in range(3)])) == [0, 1, 4]
        """)
    )
    place = tmp_path / "spool"
    subprocess.run([sys.executable, str(script), str(place)], check=True, timeout=60)
    found = merged(lines_in(place))
    names = ("by-hand", "method", "part", "square", "static")
    assert sorted(one.node_executions[0].node_id for one in found) == sorted(names * 3)
    assert (
        sorted(value(one.node_executions[0].output) for one in found) == [0] * 5 + [1] * 5 + [4] * 5
    )


def test_an_execution_goes_on_in_another_process(tmp_path: Path) -> None:
    """Nodes recorded there belong to the same run, in other places; only the owner ends the run."""
    with recording(tmp_path / "spool") as made:
        with made.recorder.execution(tags={"a": "b"}) as execution:
            with execution.node("outer") as outer:
                for number in range(2):
                    load_elsewhere(
                        tmp_path,
                        pickle.dumps((made.recorder, execution, outer)),
                        f"""
                        recorder, execution, outer = it
                        again = pickle.loads(pickle.dumps(execution))
                        assert again.id == execution.id
                        with execution:
                            recorder.node("decorated")(lambda: None)()
                            with outer:
                                recorder.node("child")(lambda: None)()
                            outer.output, outer.input = "not", "these"
                            outer.fail("no")
                            assert list(outer.stream([1])) == [1]
                        with again.node("by-hand", input={number}) as node:
                            node.output = {number}
                        execution.fail("no")
                        execution.end()
                        assert recorder.current is None
                        recorder.close(0)
                        """,
                    )
                outer.output = "own"
        found = made.executions()
    (run,) = found
    assert run.status == "success"
    assert run.error is None
    assert {one.status for one in run.node_executions} == {"success"}
    names = Counter(one.node_id for one in run.node_executions)
    assert names == {"by-hand": 2, "child": 2, "decorated": 2, "outer": 1}
    assert len({one.sequence for one in run.node_executions}) == 7
    assert value(node(run, "outer").output) == "own"
    parents = {(one.node_id, one.parent_sequence) for one in run.node_executions}
    assert parents == {
        ("outer", None),
        ("by-hand", None),
        ("decorated", None),
        ("child", node(run, "outer").sequence),
    }


def test_what_comes_back_from_another_process_is_the_original(tmp_path: Path) -> None:
    """A result that holds the execution holds the original execution."""
    back = tmp_path / "back"
    with recording(tmp_path / "spool") as made, made.recorder.execution() as execution:
        with execution.node("n") as outer:
            held = (made.recorder, execution, outer)
            script = f"pathlib.Path({str(back)!r}).write_bytes(pickle.dumps(it))"
            load_elsewhere(tmp_path, pickle.dumps(held), script)
            assert pickle.loads(back.read_bytes()) == held


def test_an_execution_that_has_not_begun_begins_where_it_is_used(tmp_path: Path) -> None:
    """The execution has its id and its other details, without the trigger's data."""
    with recording(tmp_path / "spool") as made:
        waiting = made.recorder.execution(
            execution_id="job-7", trigger={"type": "queue", "data": SECRET}, retry_of="job-6"
        )
        load_elsewhere(
            tmp_path,
            pickle.dumps(waiting),
            """
            with it:
                with it.node("n"):
                    pass
            """,
        )
        (run,) = merged(lines_in(tmp_path / "spool"))
    assert (run.id, run.status, run.retry_of) == ("job-7", "success", "job-6")
    assert run.trigger is not None
    assert run.trigger.type == "queue"


class Later:
    """A callable object whose call is a coroutine."""

    def __init__(self, number: int) -> None:
        self.number = number

    async def __call__(self, factor: int) -> int:
        """Multiply."""
        await asyncio.sleep(0)
        return self.number * factor


def plain(number: int, *, by: int = 1) -> int:
    """Multiply."""
    return number * by


@pytest.mark.parametrize("copied", COPIES)
def test_decorated_callables_are_copied_with_what_they_call(
    tmp_path: Path, copied: Callable[[Any], Any]
) -> None:
    """Partial functions and callable objects need no importable name."""
    with recording(tmp_path) as made:
        part = copied(made.recorder.node("part")(functools.partial(plain, by=3)))
        later = copied(made.recorder.node("later")(Later(3)))
        assert part(2) == 6
        assert asyncio.run(later(2)) == 6
        assert later.number == 3
        recorded = [one.node_executions[0] for one in made.executions()]
    assert [(one.node_id, value(one.output)) for one in recorded] == [("part", 6), ("later", 6)]


def test_decorated_functions_look_as_before(tmp_path: Path) -> None:
    """Name, module, signature and kind are the function's, for frameworks that read them."""
    with recording(tmp_path) as made:
        decorate = made.recorder.node("n")
        for function in (
            plain,
            later_function := Later(1).__call__,
            functools.partial(plain, by=2),
        ):
            decorated: Any = decorate(function)
            assert inspect.signature(decorated) == inspect.signature(function)
            assert decorated.__wrapped__ is function or decorated.__wrapped__ == function
            assert inspect.iscoroutinefunction(decorated) is inspect.iscoroutinefunction(function)
        assert inspect.iscoroutinefunction(decorate(later_function))
        assert inspect.iscoroutinefunction(decorate(functools.partial(later_function, 2)))
        assert decorate(plain).__annotations__ == plain.__annotations__
        assert (decorate(plain).__module__, decorate(plain).__qualname__) == (__name__, "plain")


def test_a_decorated_cache_and_class_stay_what_they_are(tmp_path: Path) -> None:
    """A method with `lru_cache` binds and keeps its functions; a class keeps its instances."""
    with recording(tmp_path) as made:

        class Shop:
            @made.recorder.node("price")
            @functools.lru_cache  # noqa: B019 - the class lives as long as the test
            def price(self, item: str) -> int:
                return len(item)

        @made.recorder.node
        class Step:
            kind = "step"

            def __init__(self, number: int) -> None:
                self.number = number

        shop: Any = Shop()
        assert (shop.price("lamp"), shop.price("lamp")) == (4, 4)
        assert Shop.price.cache_info().hits == 1  # type: ignore[attr-defined]  # of the cache
        step = Step(3)
        assert isinstance(step, Step)
        assert (Step.kind, step.number) == ("step", 3)

        class Special(Step):
            pass

        assert issubclass(Special, Step)
        assert isinstance(Special(4), Step)
        names = [one.node_executions[0].node_id for one in made.executions()]
    assert names == ["price", "price", "Step"]


def test_what_holds_a_recorder_for_a_web_application_can_be_copied(tmp_path: Path) -> None:
    """The middleware is copied with its application, for the same recorder."""
    with recording(tmp_path) as made:
        middleware = RecorderMiddleware(application, made.recorder)
        for copied in COPIES:
            assert copied(middleware)._recorder is made.recorder


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Do nothing."""


def test_a_pickle_in_a_forked_child_is_still_the_same(tmp_path: Path) -> None:
    """Pools that fork get the recorder of the parent, with the secrets registered in the parent."""
    with recording(tmp_path) as made:
        made.recorder.register_secret(SECRET)
        pickled = pickle.dumps(made.recorder)
        child = os.fork()
        if child == 0:
            os._exit(0 if pickle.loads(pickled) is made.recorder else 1)
        assert os.waitpid(child, 0)[1] == 0


def test_types_of_the_public_names_are_kept(tmp_path: Path) -> None:
    """Unpickled objects in another process are an `Execution` and a `NodeRun`, too."""
    with recording(tmp_path) as made, made.recorder.execution() as execution:
        with execution.node("n") as outer:
            script = "from flightlog.capture import Execution, NodeRun\n"
            script += "assert isinstance(it[0], Execution) and isinstance(it[1], NodeRun)"
            load_elsewhere(tmp_path, pickle.dumps((execution, outer)), script)
            assert isinstance(execution, Execution)
            assert isinstance(outer, NodeRun)
