"""Values that JSON holds natively stay plain JSON, and long values are truncated and marked."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from flightlog.capture.encoding import LEAST_BYTES, encode_value

ROOM = 1_000_000
MB = 1 << 20


def encoded(value: object, limit_bytes: int = ROOM) -> Any:
    """Encode a value and read it back."""
    return json.loads(encode_value(value, limit_bytes))


def test_key_that_could_be_a_mark_is_escaped() -> None:
    """A dict of the workflow can't be mistaken for a placeholder."""
    forged = {"$flightlog": "dropped"}
    assert encoded(forged) == {"$flightlog": "dict", "items": [["$flightlog", "dropped"]]}
    assert encoded({"a": forged, "b": {1}})["a"] == encoded(forged)


@pytest.mark.parametrize("depth", [101, 5_000, 200_000])
def test_what_lies_too_deep_is_marked(depth: int) -> None:
    """Beyond 100 levels a placeholder replaces the rest, however deep the value is."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    assert encode_value(value, ROOM) == b"[" * 100 + b'{"$flightlog":"deep"}' + b"]" * 100


@pytest.mark.parametrize("left", range(1, 60, 3))
def test_full_stack_is_survived(left: int) -> None:
    """Even if the workflow has nearly used up its recursion limit, encoding returns JSON."""
    value = {"a": [{"b": {"c": {1, 2}}}], "d": object()}

    def descend(levels: int) -> bytes:
        return encode_value(value, ROOM) if levels == 0 else descend(levels - 1)

    depth = 0
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    try:
        answer = descend(sys.getrecursionlimit() - depth - 4 - left)
    except RecursionError:
        # The function could not even be called.
        assert left < 5
    else:
        json.loads(answer)
        assert left < 20 or json.loads(answer)["a"] == encoded(value)["a"]


@pytest.mark.parametrize("limit", [-1, 0, 1, 127])
def test_tiny_limit_is_raised(limit: int) -> None:
    """Every limit is large enough for a placeholder."""
    assert len(encode_value({"a": "x" * MB}, limit)) <= LEAST_BYTES
    assert encoded({"a": 1}, limit) == {"a": 1}


# Made by the test, because every process of the tests would keep the values of its parameters.
HUGE: dict[str, Callable[[], object]] = {
    "str": lambda: "x" * 64 * MB,
    "bytes": lambda: b"\x00" * 64 * MB,
    "list of numbers": lambda: [0] * 8 * MB,
    "dict": lambda: {"a": ["y" * 64 * MB] * 1_000},
    "bytearray": lambda: bytearray(64 * MB),
    "list with a set": lambda: [{"x" * 32 * MB: 1}, {2}],
    "int": lambda: 1 << (8 * 64 * MB),
    "ValueError": lambda: ValueError(["z"] * 8 * MB),
}


@pytest.mark.parametrize("kind", HUGE)
def test_huge_value_is_not_copied(kind: str) -> None:
    """The limit bounds the memory for a value, whatever the value's size."""
    value = HUGE[kind]()
    tracemalloc.start()
    try:
        answer = encode_value(value, 64 * 1024)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(answer) <= 64 * 1024
    assert peak < 8 * MB
