"""Batches that a destination refuses in part."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flightlog.delivery.destination import DeliveryResult, Destination, deliver
from flightlog.record.decoding import decode_execution, encode_execution
from support.recordings import value
from support.records import record


class _Choosy:
    """A destination that accepts a limited number of records and refuses some permanently."""

    def __init__(self, most: int, bad: Callable[[bytes], bool]) -> None:
        self.most = most
        self.bad = bad
        self.taken: list[bytes] = []

    def send(self, lines: object) -> DeliveryResult:
        """Accept records."""
        assert isinstance(lines, (list, tuple))
        if sum(map(len, lines)) > self.most:
            return DeliveryResult(outcome="too_large")
        if any(map(self.bad, lines)):
            return DeliveryResult(outcome="rejected")
        self.taken += lines
        return DeliveryResult(outcome="delivered")

    def report_process(self, process_id: str, *, last_number: int, ended: bool) -> bool:
        """Confirm."""
        return bool(process_id and last_number and ended)

    def close(self) -> None:
        """Do nothing."""


def nothing_aside(line: bytes) -> None:
    """Fail, because no record may be set aside."""
    pytest.fail(f"set aside: {line!r}")


def test_one_bad_record_does_not_hold_the_others_up() -> None:
    """Only the record that is refused permanently is set aside."""
    lines = [b"line %d" % number for number in range(100)]
    destination = _Choosy(10_000, lambda line: line == b"line 37")
    aside: list[bytes] = []
    assert deliver(destination, lines, aside.append).outcome == "delivered"
    assert aside == [b"line 37"]
    assert destination.taken == [line for line in lines if line != b"line 37"]


def test_what_is_too_large_goes_without_its_payloads() -> None:
    """A record over the receiver's limit arrives with placeholders for its payloads."""
    whole = encode_execution(record("run", trigger={"type": "http", "data": "x" * 100_000}))
    destination: Destination = _Choosy(70_000, lambda _: False)
    assert deliver(destination, [whole], nothing_aside).outcome == "delivered"
    assert isinstance(destination, _Choosy)
    (line,) = destination.taken
    bare = decode_execution(line)
    assert bare.trigger is not None
    assert value(bare.trigger.data)["$flightlog"] == "dropped"
    assert value(bare.trigger.data)["size"] == 100_002
    assert bare.node_executions[0].output is not None


def test_a_small_record_that_is_called_too_large_waits() -> None:
    """A refusal of a few bytes may be temporary, so nothing is dropped or set aside."""
    destination = _Choosy(3, lambda _: False)
    assert deliver(destination, [b"line"], nothing_aside).outcome == "later"
