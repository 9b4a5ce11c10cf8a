"""Payloads that are encoded again in the next node."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.capture.encoding import encode_value
from flightlog.capture.payloads import PayloadEncoder
from flightlog.redaction import RedactionRules, Redactor
from support.recordings import recording, value

LIMIT = 100_000
REDACTOR = Redactor(b"key" * 11, RedactionRules())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Spy:
    """An object that fails when anything of its own runs."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise AssertionError(protocol)

    def __buffer__(self, flags: int) -> memoryview:
        raise AssertionError(flags)


class SpyText(str):
    """A text whose own methods fail."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise AssertionError

    def __hash__(self) -> int:
        return 1

    def __len__(self) -> int:
        raise AssertionError

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise AssertionError(protocol)


def new_encoder() -> PayloadEncoder:
    """Make an encoder that caches."""
    return PayloadEncoder(REDACTOR, LIMIT, cached=True)


@given(JSON, JSON)
def test_payload_is_the_value_as_it_is_now(before: Any, after: Any) -> None:
    """The cache never returns an old payload for a value that was changed meanwhile."""
    encoder = new_encoder()
    for holder in ([before], {"it": before}, {"deep": [{"er": before}]}):
        changing: Any = holder
        for now in (before, before, after, after):
            if type(changing) is list:
                changing[0] = now
            elif "it" in changing:
                changing["it"] = now
            else:
                changing["deep"][0]["er"] = now
            expected = REDACTOR.payload(encode_value(changing, LIMIT), "output")
            assert encoder.encode(changing, "output") == expected


@pytest.mark.parametrize(
    "odd",
    [float("nan"), float("inf"), datetime.now(UTC), b"bytes", {1}, object(), "\ud800", True, 1.0],
    ids=lambda value: type(value).__name__,
)
def test_value_that_becomes_odd_is_encoded_anew(odd: object) -> None:
    """An equal or unusual item in the place of a remembered item shows in the payload."""
    for holder in ([1], {"n": 1}, [[1]], {"m": {"n": 1}}):
        encoder, changing = new_encoder(), holder
        encoder.encode(changing, "output")
        inner: Any = changing
        while True:
            key = 0 if type(inner) is list else next(iter(inner))
            if type(inner[key]) is int:
                break
            inner = inner[key]
        inner[key] = odd
        assert encoder.encode(changing, "input") == encode_value(changing, LIMIT)


def test_no_code_of_an_item_runs_in_a_remembered_value() -> None:
    """An object that came into the value is encoded as in any other value."""
    for odd in (Spy(), SpyText("x"), type("Kind", (), {"__module__": "m"})()):
        holders: list[Any] = [[[1]], {"m": {"n": 1}}]
        for changing in holders:
            encoder = new_encoder()
            encoder.encode(changing, "output")
            inner: Any = next(iter(changing)) if type(changing) is list else changing["m"]
            inner[0 if type(inner) is list else "n"] = odd
            assert encoder.encode(changing, "output") == encode_value(changing, LIMIT)
    keyed: dict[Any, Any] = {"m": {"n": 1}}
    encoder = new_encoder()
    encoder.encode(keyed, "output")
    keyed["m"] = {SpyText("n"): 1}
    assert encoder.encode(keyed, "output") == encode_value(keyed, LIMIT)


def test_registered_secret_is_removed_from_a_remembered_value() -> None:
    """A value that was clean before is redacted again."""
    redactor = Redactor(b"key" * 11, RedactionRules())
    encoder = PayloadEncoder(redactor, LIMIT, cached=True)
    order = {"note": "corr-horse-battery"}
    assert b"horse" in encoder.encode(order, "output")
    redactor.register_secret("corr-horse-battery")
    encoder.forget()
    assert b"horse" not in encoder.encode(order, "input")


def test_a_value_that_the_workflow_changes_between_nodes_is_recorded_as_it_is(
    tmp_path: Path,
) -> None:
    """If a dict is passed from node to node and changed in between, each state is recorded."""
    order: dict[str, Any] = {"id": 7, "total": 0}
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:
            for number in range(5):
                with run.node("add", input=order) as node:
                    order["total"] += number
                    node.output = order
        nodes = made.execution().node_executions
    assert [value(node.input)["total"] for node in nodes] == [0, 0, 1, 3, 6]
    assert [value(node.output)["total"] for node in nodes] == [0, 1, 3, 6, 10]
