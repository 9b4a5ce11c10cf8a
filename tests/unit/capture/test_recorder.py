"""Recorders, executions and nodes as workflows use them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec import UNSET

from flightlog.capture import Recorder, RedactionRules
from support.recordings import merged, node, recording, value


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
    assert [execution.node_executions for execution in merged(observed)] == [
        execution.node_executions
    ]
    assert not any(b"x1y2z3" in message for message in observed)


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
