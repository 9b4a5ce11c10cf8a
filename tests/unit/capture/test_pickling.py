"""Copying and pickling of recorders, executions, nodes and decorated functions."""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from flightlog.capture import Recorder, RecorderMiddleware, RedactionRules
from flightlog.capture.settings import RecorderSettings, strip_credentials
from support.programs import run_program
from support.recordings import NOBODY, lines_in, merged, node, recording, value

SECRET = "correct horse battery"
COPIES: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    lambda it: pickle.loads(pickle.dumps(it)),
    lambda it: pickle.loads(pickle.dumps(it, protocol=2)),
    lambda it: cloudpickle.loads(cloudpickle.dumps(it)),
]


def load_elsewhere(place: Path, pickled: bytes, program: str, *arguments: object) -> str:
    """Run a program that unpickles an object in a new process; return the program's output."""
    file = place / "pickled"
    file.write_bytes(pickled)
    return run_program(program, file, *arguments, options=("-W", "error"))


class Holder:
    """An object of the workflow with a recorder among its attributes."""

    def __init__(self, *nested: object) -> None:
        self.nested = nested
        self.state = {"a": [1]}


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_is_the_very_object(tmp_path: Path, copied: Callable[[Any], Any]) -> None:
    """In its own process, a copied recorder, execution or node is the original."""
    with recording(tmp_path) as made, made.recorder.execution() as execution:
        with execution.node("a") as outer:
            nested = (made.recorder, execution, outer)
            if copied is copy.copy:
                assert tuple(map(copied, nested)) == nested
            else:
                holder = copied(Holder(*nested, {"of": [nested]}))
                assert holder.nested == (*nested, {"of": [nested]})
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
        "copies_use_a_recorder",
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
    program = "copies_show_an_address"
    assert load_elsewhere(tmp_path, pickled, program) == "http://127.0.0.1:9\n"
    monkeypatch.setenv("FLIGHTLOG_URL", url)
    assert load_elsewhere(tmp_path, pickled, program) == f"{url}\n"


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
        "copies_call_functions",
    )
    executions = merged(lines_in(tmp_path / "spool"))
    names = [[node_run.node_id for node_run in run.node_executions] for run in executions]
    assert names == [["order-intake", "inc"], ["later", "inc"], ["inc"]]
    assert {run.status for run in executions} == {"success"}


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_pools_of_processes_take_decorated_functions_and_recorders(
    tmp_path: Path, method: str
) -> None:
    """Functions are pickled by name; methods, partials and recorders with the objects they hold."""
    run_program("copies_pool", tmp_path, method)
    found = merged(lines_in(tmp_path))
    names = ("by-hand", "method", "part", "square", "static")
    assert sorted(execution.node_executions[0].node_id for execution in found) == sorted(names * 3)
    assert (
        sorted(value(execution.node_executions[0].output) for execution in found)
        == [0] * 5 + [1] * 5 + [4] * 5
    )


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
        recorded = [execution.node_executions[0] for execution in made.executions()]
    assert [(execution.node_id, value(execution.output)) for execution in recorded] == [
        ("part", 6),
        ("later", 6),
    ]


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
        names = [execution.node_executions[0].node_id for execution in made.executions()]
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
