"""Recorders, executions and nodes as workflows use them."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from flightlog.capture import Recorder, RedactionRules, carry
from flightlog.capture.error_origins import ErrorOrigins
from flightlog.errors import InvalidSettingError
from flightlog.record.times import canonical_time
from support.recordings import NOBODY, lines_in, merged, node, recording, value


def test_a_run_is_recorded_with_its_nodes(tmp_path: Path) -> None:
    """Trigger, inputs, outputs, places, times and durations are recorded."""
    with recording(tmp_path) as made:
        trigger = {"type": "http", "data": {"orderId": 7}, "isSimulated": True}
        with made.recorder.execution(trigger=trigger, mode="test", tags={"team": "x"}) as run:
            with run.node("charge", "Charge card", "httpRequest", input={"amount": 5}) as charge:
                charge.output = {"ok": True}
            with run.node("mail"):
                pass
        execution = made.execution()
    assert execution.status == "success"
    assert execution.workflow_id == "order-intake"
    assert execution.execution_mode == "test"
    assert execution.tags == {"team": "x"}
    assert execution.trigger is not None
    assert execution.trigger.type == "http"
    assert execution.trigger.is_simulated
    assert value(execution.trigger.data) == {"orderId": 7}
    charge_run, mail = execution.node_executions
    assert (charge_run.node_id, charge_run.node_name, charge_run.node_type) == (
        "charge",
        "Charge card",
        "httpRequest",
    )
    assert value(charge_run.input) == {"amount": 5}
    assert value(charge_run.output) == {"ok": True}
    assert (charge_run.sequence, mail.sequence) == (0, 1)
    assert charge_run.attempt == 1
    assert charge_run.duration_ms is not None
    assert execution.started_at <= (charge_run.started_at or "") <= (mail.started_at or "")
    assert execution.completed_at is not None
    assert execution.completed_at >= (mail.completed_at or "")
    assert mail.input is UNSET
    assert mail.output is UNSET


def test_none_is_a_value_and_absence_is_none(tmp_path: Path) -> None:
    """A node with None as its input or output has null; a node without a value has nothing."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run, run.node("a", input=None) as a:
            a.output = None
        execution = made.execution()
    assert value(node(execution, "a").input) is None
    assert value(node(execution, "a").output) is None


def test_an_input_may_be_told_after_the_beginning(tmp_path: Path) -> None:
    """The input is in the record as soon as it is set, and replaces an earlier input."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run, run.node("a", input="first") as a:
            a.input = {"url": "http://127.0.0.1"}
            waiting = run.node("b")
            waiting.input = 1
            with waiting:
                waiting.output = 2
        execution = made.execution()
    assert value(node(execution, "a").input) == {"url": "http://127.0.0.1"}
    assert value(node(execution, "b").input) == 1
    assert node(execution, "b").status == "success"


def test_an_observer_gets_every_message_without_secrets(tmp_path: Path) -> None:
    """The observer gets the whole record; its faults are counted, and the workflow continues."""
    observed: list[bytes] = []

    def observe(message: bytes) -> None:
        observed.append(message)
        raise ValueError("observed")

    with recording(tmp_path, observer=observe) as made:
        with made.recorder.execution() as run, run.node("a", input={"password": "x1y2z3"}) as a:
            a.output = 1
        assert made.recorder.status().swallowed == len(observed)
        execution = made.execution()
    assert [one.node_executions for one in merged(observed)] == [execution.node_executions]
    assert not any(b"x1y2z3" in message for message in observed)


def fail_in_a_node(recorder: Recorder, fault: Exception) -> None:
    """Record a run whose inner node raises."""
    with recorder.execution() as run, run.node("outer"), run.node("charge"):
        raise fault


def test_an_exception_goes_on_and_is_recorded_with_its_node(tmp_path: Path) -> None:
    """The workflow gets its own exception, unchanged; the record has its type, place and stack."""
    fault = ValueError("card declined")
    with recording(tmp_path) as made:
        with pytest.raises(ValueError, match="card declined") as caught:
            fail_in_a_node(made.recorder, fault)
        assert caught.value is fault
        assert not hasattr(fault, "__notes__")
        execution = made.execution()
    error = execution.error
    assert error is not None
    assert (error.message, error.type, error.kind, error.node_id) == (
        "card declined",
        "ValueError",
        "exception",
        "charge",
    )
    assert error.stack is not None
    assert "raise fault" in error.stack
    charge, outer = node(execution, "charge").error, node(execution, "outer").error
    assert charge is not None
    assert charge.stack is not None
    assert outer is not None
    assert (outer.node_id, outer.stack) == ("charge", None)


def test_the_node_of_a_cause_is_found(tmp_path: Path) -> None:
    """An error that the workflow raises from a node's error still names that node."""
    with recording(tmp_path) as made:
        with suppress(RuntimeError), made.recorder.execution() as run:
            try:
                with run.node("fetch"):
                    raise KeyError("id")
            except KeyError as error:
                raise RuntimeError("no order") from error
        execution = made.execution()
    assert execution.error is not None
    assert execution.error.node_id == "fetch"


def test_an_exception_is_not_taken_for_one_that_is_gone(tmp_path: Path) -> None:
    """Among many like exceptions, of which only one lives at a time, each has its own node."""
    with recording(tmp_path) as made:
        with suppress(ValueError), made.recorder.execution() as run:
            with run.node("all"):
                for number in range(20):
                    with suppress(ValueError), run.node(f"part-{number}"):
                        raise ValueError(number)
                raise ValueError("all")
        execution = made.execution()
    errors = [one.error for one in execution.node_executions]
    assert all(error is not None and error.stack and error.node_id is None for error in errors)
    assert execution.error is not None
    assert execution.error.node_id == "all"


def test_what_a_node_makes_of_an_error_before_it_is_its_own(tmp_path: Path) -> None:
    """A node that fails while an earlier node's error is handled keeps its own stack."""
    with recording(tmp_path) as made:
        with suppress(RuntimeError), made.recorder.execution() as run:
            try:
                with run.node("fetch"):
                    raise KeyError("id")
            except KeyError:
                with run.node("instead"):
                    raise RuntimeError("nor here")  # noqa: B904 - its context is the point
        execution = made.execution()
    instead = node(execution, "instead").error
    assert instead is not None
    assert instead.node_id is None
    assert instead.stack is not None
    assert execution.error is not None
    assert execution.error.node_id == "instead"


def test_the_stack_of_a_long_chain_of_causes_is_told(tmp_path: Path) -> None:
    """In a chain of retries, each raised from the previous one, the first and the last are kept."""
    error = ValueError("the first")
    for number in range(2000):
        outer = ValueError(f"try {number}")
        outer.__cause__ = error
        error = outer
    with recording(tmp_path) as made:
        with pytest.raises(ValueError, match="try 1999"), made.recorder.execution():
            raise error
        told = made.execution().error
    assert told is not None
    assert told.stack is not None
    assert "ValueError: the first" in told.stack
    assert "ValueError: try 1999" in told.stack


def test_the_node_of_a_long_chain_of_causes_is_found_at_once() -> None:
    """The time to find an exception's node doesn't double with each cause."""
    asked = 0

    class CountedError(ValueError):
        @property
        def __cause__(self) -> BaseException | None:  # type: ignore[override]  # on purpose
            nonlocal asked
            asked += 1
            raise RuntimeError("not yours to ask")

    error: BaseException = CountedError()
    for _ in range(60):
        outer = ValueError()
        outer.__cause__ = outer.__context__ = error
        error = outer
    origins = ErrorOrigins()
    assert origins.find(error) is None
    assert origins.note(error, "a", 0) == "a"
    assert asked == 0


@pytest.mark.parametrize("fault", [RuntimeError, SystemExit])
def test_an_exception_that_cannot_be_asked_goes_on(
    tmp_path: Path, fault: type[BaseException]
) -> None:
    """An exception whose own methods raise is recorded, and reaches the workflow unchanged."""

    class SilentError(Exception):
        def __str__(self) -> str:
            raise fault

        def __getattribute__(self, name: str) -> object:
            raise fault

    with recording(tmp_path) as made:
        passed = False
        try:
            with made.recorder.execution() as run, run.node("a"):
                raise SilentError
        except SilentError:
            passed = True
        execution = made.execution()
    assert passed
    error = node(execution, "a").error
    assert error is not None
    assert execution.error is not None
    assert execution.error.node_id == "a"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError("late"), "timeout"),
        (asyncio.CancelledError(), "canceled"),
        (SystemExit(3), "exit"),
        (KeyboardInterrupt(), "interrupted"),
        (OSError("disk"), "exception"),
    ],
)
def test_each_end_is_recorded_as_what_it_is(
    tmp_path: Path, error: BaseException, kind: str
) -> None:
    """Timeouts, cancellation, exit and interruption pass on, each with its own kind."""
    with recording(tmp_path) as made:
        with pytest.raises(type(error)), made.recorder.execution() as run, run.node("a"):
            raise error
        execution = made.execution()
    assert execution.status == "error"
    assert execution.error is not None
    assert execution.error.kind == kind
    assert execution.error.message
    assert node(execution, "a").error is not None


def test_nodes_within_nodes_know_their_parent(tmp_path: Path) -> None:
    """A node begun within another node is its child; a node begun after it is not."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:
            with run.node("outer"), run.node("inner"):
                pass
            with run.node("after"):
                pass
        execution = made.execution()
    assert node(execution, "inner").parent_sequence == node(execution, "outer").sequence
    assert node(execution, "after").parent_sequence is None


def test_a_loop_is_many_runs_and_a_retry_is_an_attempt(tmp_path: Path) -> None:
    """Runs after a success begin at attempt 1 again; runs after a failure count on."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:
            for fails in (True, True, False, False):
                try:
                    with run.node("fetch"):
                        if fails:
                            raise ConnectionError("away")
                except ConnectionError:
                    continue
            with run.node("fetch", attempt=9):
                pass
        execution = made.execution()
    assert [one.attempt for one in execution.node_executions] == [1, 2, 3, 1, 9]
    assert [one.sequence for one in execution.node_executions] == [0, 1, 2, 3, 4]
    assert execution.status == "success"


def test_a_node_that_is_entered_again_is_another_run(tmp_path: Path) -> None:
    """Each turn of a loop runs a node that was made before, without data of the turn before."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:
            fetch = run.node("fetch", input=1)
            for turn in range(3):
                with suppress(ConnectionError), fetch:
                    if turn == 1:
                        raise ConnectionError("away")
                    if turn == 0:
                        fetch.output = "first"
        first, second, third = made.execution().node_executions
    assert [one.status for one in (first, second, third)] == ["success", "error", "success"]
    assert [one.sequence for one in (first, second, third)] == [0, 1, 2]
    assert [one.attempt for one in (first, second, third)] == [1, 1, 2]
    assert (value(first.input), value(first.output)) == (1, "first")
    assert (second.output, third.output, third.error) == (UNSET, UNSET, None)


def test_what_does_not_run_can_be_marked(tmp_path: Path) -> None:
    """A node of a branch that isn't taken is skipped; a node can fail without an exception."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:
            run.skip("else", "Otherwise", "condition")
            with run.node("check") as check:
                check.fail("not enough stock", kind="stock")
        execution = made.execution()
    assert node(execution, "else").status == "skipped"
    checked = node(execution, "check")
    assert checked.status == "error"
    assert checked.error is not None
    assert (checked.error.message, checked.error.kind) == ("not enough stock", "stock")
    assert execution.status == "success"


def test_a_sub_workflow_names_its_parent(tmp_path: Path) -> None:
    """An execution begun within another execution is its sub-workflow."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as outer, outer.node("call"), made.recorder.execution():
            pass
        first, second = made.executions()
    assert second.parent_execution_id == first.id
    assert first.parent_execution_id is None


def test_an_id_given_twice_and_a_run_entered_twice_end_as_they_should(tmp_path: Path) -> None:
    """The process counts as busy only as long as one of the two runs."""
    with recording(tmp_path) as made:
        first, second = (made.recorder.execution(execution_id="same") for _ in range(2))
        first.begin()
        second.begin()
        first.end()
        made.recorder.close(0)
        assert made.recorder.status().process_id is not None
        second.end()
        with second:
            pass
        made.recorder.close(0)
        assert made.recorder.status().process_id is None


def test_branches_of_asyncio_have_the_right_parents(tmp_path: Path) -> None:
    """Nodes in tasks of gather and TaskGroup belong to the node that started them."""

    async def branch(made: Recorder, name: str) -> None:
        execution = made.current
        assert execution is not None
        async with execution.node(name):
            await asyncio.sleep(0)
            async with execution.node(f"{name}-child"):
                await asyncio.sleep(0)

    async def main(made: Recorder) -> None:
        async with made.execution() as run, run.node("parallel"):
            await asyncio.gather(branch(made, "a"), branch(made, "b"))
            async with asyncio.TaskGroup() as group:
                group.create_task(branch(made, "c"))

    with recording(tmp_path) as made:
        asyncio.run(main(made.recorder))
        execution = made.execution()
    place = {one.node_id: one.sequence for one in execution.node_executions}
    parents = {one.node_id: one.parent_sequence for one in execution.node_executions}
    for name in "abc":
        assert parents[name] == place["parallel"]
        assert parents[f"{name}-child"] == place[name]


def test_a_cancelled_task_is_recorded(tmp_path: Path) -> None:
    """A node whose task is cancelled or times out ends so; the execution names the kind."""

    async def main(made: Recorder) -> None:
        async with made.execution() as run, asyncio.timeout(0.01):
            async with run.node("wait"):
                await asyncio.sleep(60)

    with recording(tmp_path) as made:
        with pytest.raises(TimeoutError):
            asyncio.run(main(made.recorder))
        execution = made.execution()
    waited = node(execution, "wait").error
    assert waited is not None
    assert waited.kind == "canceled"
    assert execution.error is not None
    assert (execution.error.kind, execution.error.node_id) == ("timeout", "wait")


def test_threads_carry_the_scope(tmp_path: Path) -> None:
    """`carry` and `asyncio.to_thread` hand the scope to threads; decorated nodes find the scope."""
    with recording(tmp_path) as made:
        recorder = made.recorder

        @recorder.node
        def work(number: int) -> int:
            return number * 2

        with recorder.execution() as run, run.node("map"), ThreadPoolExecutor(4) as pool:
            assert list(pool.map(carry(work), range(20))) == [2 * number for number in range(20)]
        execution = made.execution()
    runs = [one for one in execution.node_executions if one.node_id == "work"]
    assert sorted(value(one.output) for one in runs) == [2 * number for number in range(20)]
    assert {one.parent_sequence for one in runs} == {0}
    assert len({one.sequence for one in runs}) == 20


def test_threads_may_use_one_execution(tmp_path: Path) -> None:
    """An execution can be handed to threads; each of its nodes is recorded once."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:

            def work() -> None:
                for _ in range(50):
                    with run.node("n"):
                        pass

            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        execution = made.execution()
    assert sorted(one.sequence or 0 for one in execution.node_executions) == list(range(400))


def test_a_value_is_recorded_as_it_was(tmp_path: Path) -> None:
    """Later changes of a value don't change the record."""
    order = {"items": [1]}
    with recording(tmp_path) as made:
        with made.recorder.execution() as run, run.node("a", input=order) as a:
            order["items"].append(2)
            a.output = order
            order.clear()
        execution = made.execution()
    assert value(node(execution, "a").input) == {"items": [1]}
    assert value(node(execution, "a").output) == {"items": [1, 2]}


def test_secrets_are_removed_before_anything_is_written(tmp_path: Path) -> None:
    """Keys, messages, stacks, tags and registered values are redacted in the spool itself."""
    with recording(tmp_path) as made:
        made.recorder.register_secret("correct horse battery")
        trigger = {"type": "http", "data": {"password": "hunter2-hunter2"}}
        tags = {"note": "correct horse battery"}
        with suppress(RuntimeError), made.recorder.execution(trigger=trigger, tags=tags) as run:
            with run.node("a", input="it is correct horse battery") as a:
                a.output = {"apiKey": "k-123456789"}
                raise RuntimeError("correct horse battery")
        written = b"".join(made.lines())
    for secret in (b"hunter2", b"horse", b"k-123456789"):
        assert secret not in written
    assert b"[REDACTED:" in written


def test_a_secret_that_becomes_known_is_removed_from_then_on(tmp_path: Path) -> None:
    """A value that was recorded before it was registered is redacted in the next record."""
    given = {"note": "abracadabra"}
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:
            with run.node("before", input=given) as before:
                before.output = given
            made.recorder.register_secret("abracadabra")
            with run.node("after", input=given):
                pass
        execution = made.execution()
    assert value(node(execution, "before").output) == given
    assert value(node(execution, "after").input)["note"].startswith("[REDACTED:")


def test_what_is_excepted_in_one_place_is_not_in_another(tmp_path: Path) -> None:
    """A payload that passed as an input is redacted again as an output."""
    rules = RedactionRules(except_paths=("input.token",))
    given = {"token": "kept-as-it-is-1"}
    with recording(tmp_path, redaction=rules) as made:
        with made.recorder.execution() as run, run.node("a", input=given) as a:
            a.output = given
        found = node(made.execution(), "a")
    assert value(found.input) == given
    assert value(found.output)["token"].startswith("[REDACTED:")


def test_a_paths_exception_is_kept(tmp_path: Path) -> None:
    """The recorder's rules except a path and add a key."""
    rules = RedactionRules(keys=("shoeSize",), except_paths=("input.token",))
    with recording(tmp_path, redaction=rules) as made:
        given = {"token": "kept-as-it-is-1", "shoe_size": "42 and a half"}
        with made.recorder.execution() as run, run.node("a", input=given):
            pass
        found = value(node(made.execution(), "a").input)
    assert found["token"] == "kept-as-it-is-1"
    assert found["shoe_size"].startswith("[REDACTED:")


def test_the_messages_of_a_process_are_numbered_without_gaps(tmp_path: Path) -> None:
    """Every message has its process, its number from 1 on, and its execution's revision."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run, run.node("a"):
            pass
        lines = [value(line) for line in made.lines()]
    assert [line["message"]["number"] for line in lines] == [1, 2, 3, 4]
    assert [line["revision"] for line in lines] == [1, 2, 3, 4]
    assert {line["processId"] for line in lines} == {lines[0]["message"]["processId"]}


def test_a_clock_that_steps_back_turns_no_time_around(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within an execution all times follow the monotonic clock."""
    import time  # noqa: PLC0415

    now = time.time_ns()
    with recording(tmp_path) as made:
        with made.recorder.execution() as run, run.node("a"):
            monkeypatch.setattr(time, "time_ns", lambda: now - 3600 * 10**9)
        execution = made.execution()
    one = node(execution, "a")
    assert one.started_at is not None
    assert one.completed_at is not None
    assert execution.started_at <= one.started_at <= one.completed_at
    assert execution.completed_at is not None
    assert one.completed_at <= execution.completed_at
    assert canonical_time(execution.started_at) == execution.started_at


def test_settings_that_cannot_be_used_are_told_at_once(tmp_path: Path) -> None:
    """An invalid argument raises an error that says what to do; an invalid environment doesn't."""
    with pytest.raises(InvalidSettingError, match="localhost:3000"):
        Recorder("w", url="no url", spool_dir=tmp_path)
    with pytest.raises(InvalidSettingError, match="2 GiB"):
        Recorder("w", spool_dir=tmp_path, max_spool_bytes=-1)


@pytest.mark.parametrize(
    ("url", "key"), [("nonsense", "short"), ("sqlite:~nobody-of-this-name/h.db", "\udcff" * 32)]
)
def test_a_wrong_environment_costs_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, key: str
) -> None:
    """An invalid environment is reported, and records wait in the spool."""
    monkeypatch.setenv("FLIGHTLOG_URL", url)
    monkeypatch.setenv("FLIGHTLOG_KEY", key)
    recorder = Recorder("w", spool_dir=tmp_path)
    with recorder.execution():
        pass
    assert not recorder.flush(5)
    assert recorder.status().trouble is not None
    assert recorder.status().appended == 2
    recorder.close(0)


def test_without_a_home_the_temporary_directory_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user without a home can record; an argument that names a missing home is refused."""
    monkeypatch.setenv("FLIGHTLOG_SPOOL_DIR", "~nobody-of-this-name/spool")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    recorder = Recorder("w", url=NOBODY)
    with recorder.execution():
        pass
    recorder.close(0)
    (place,) = tmp_path.iterdir()
    assert len(merged(lines_in(place))) == 1
    with pytest.raises(InvalidSettingError, match="nobody-of-this-name"):
        Recorder("w", url=NOBODY, spool_dir="~nobody-of-this-name/spool")
    with pytest.raises(InvalidSettingError, match="nobody-of-this-name"):
        Recorder("w", url="sqlite:~nobody-of-this-name/h.db", spool_dir=tmp_path)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "http://localhost:3000"),
        ({"CATALYST_EDITOR_URL": "http://editor:3000/"}, "http://editor:3000"),
        ({"CATALYST_EDITOR_URL": "http://editor", "FLIGHTLOG_URL": "http://log"}, "http://log"),
    ],
)
def test_where_records_go(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FLIGHTLOG_URL comes before CATALYST_EDITOR_URL, and both before the default."""
    from flightlog.capture.settings import choose_url  # noqa: PLC0415

    assert choose_url(None, environment) == expected
    assert choose_url(NOBODY, environment) == NOBODY


def test_odd_arguments_are_recorded_as_well_as_can_be(tmp_path: Path) -> None:
    """No argument makes recording raise; the closest valid value replaces an invalid one."""
    with recording(tmp_path) as made:
        with made.recorder.execution(trigger=42, tags={"a": object()}):  # type: ignore[arg-type, dict-item]  # on purpose
            pass
        with made.recorder.execution(trigger="scheduled") as run:
            with run.node(object()) as one:  # type: ignore[arg-type]  # on purpose
                one.output = object()
        executions = made.executions()
    assert [one.status for one in executions] == ["success", "success"]
    assert executions[0].trigger is not None
    assert value(executions[0].trigger.data) == 42


def test_odd_names_cost_no_record(tmp_path: Path) -> None:
    """Every message is acceptable to a receiver: names become text, modes and ids become valid."""

    class Mute:
        def __str__(self) -> str:
            raise RuntimeError

    recorder: Any = Recorder(7, Mute(), url=NOBODY, spool_dir=tmp_path, project_id=8)  # type: ignore[arg-type]  # on purpose
    for wrong in ("x" * 200, "two\nlines", "\ud800", 9):
        details = {"execution_id": wrong, "retry_of": wrong, "parent_execution_id": wrong}
        trigger = {"type": Mute(), "data": 1}
        tags = {Mute(): Mute()}
        with recorder.execution(**details, trigger=trigger, mode="odd", tags=tags) as run:
            with run.node(5, ["\ud800"], {"a": 1}, attempt="first"):
                run.fail(Mute(), kind=6)
    assert recorder.status().swallowed == 0
    recorder.close(0)
    executions = merged(lines_in(tmp_path))
    assert len(executions) == 4
    for one in executions:
        assert (one.workflow_id, one.workflow_name, one.project_id) == ("7", "Mute", "8")
        assert one.id == one.retry_of == one.parent_execution_id
        assert one.trigger is not None
        assert (one.status, one.trigger.type, one.tags) == ("error", "Mute", {"Mute": "Mute"})
        assert [(run.node_id, run.status, run.attempt) for run in one.node_executions] == [
            ("5", "success", 1)
        ]


def test_a_message_may_hold_lone_surrogates(tmp_path: Path) -> None:
    """An error whose message is not valid Unicode is recorded, too."""
    with recording(tmp_path) as made:
        with suppress(ValueError), made.recorder.execution() as run, run.node("a"):
            raise ValueError("from \udcff bytes")
        execution = made.execution()
        assert made.recorder.status().swallowed == 0
    assert execution.error is not None
    assert execution.error.message == "from \ufffd bytes"
    assert node(execution, "a").status == "error"


def test_secrets_in_names_are_removed_before_anything_is_written(tmp_path: Path) -> None:
    """Names of workflows and nodes, types, tags and kinds of errors are redacted, too."""
    secret = "correct horse battery"
    named = f"call {secret}"
    with recording(tmp_path) as made:
        made.recorder.register_secret("another one")
        with made.recorder.execution() as run, run.node("a", named):
            pass
        made.recorder.register_secret(secret)
        mark = len(b"".join(path.read_bytes() for path in tmp_path.rglob("*.segment")))
        tags = {"password": "hunter2", "note": named}
        with made.recorder.execution(trigger={"type": named}, tags=tags) as run:
            with run.node("a", named, named) as one:
                one.fail("no", kind=named)
        other = Recorder("w", named, url=NOBODY, spool_dir=tmp_path)
        other.register_secret(secret)
        with other.execution():
            pass
        written = b"".join(path.read_bytes() for path in tmp_path.rglob("*.segment"))[mark:]
        other.close(0)
    assert b"call [REDACTED:" in written
    assert secret.encode() not in written
    assert b"hunter2" not in written
