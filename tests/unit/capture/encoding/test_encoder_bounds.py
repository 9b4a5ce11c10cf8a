"""The limit bounds work and memory, whatever the value's size."""

from __future__ import annotations

import array
import collections
import dataclasses
import json
import sys
import tracemalloc
import types
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightlog.capture.encoding import encode_value, encoder
from flightlog.redaction import Redactor
from support.examples import examples

LIMIT = 8 * 1024
FEW = 20_000
MANY = 10 * FEW
REDACTOR = Redactor(b"k" * 32)


@dataclasses.dataclass
class Row:
    """A dataclass."""

    rows: object


class Plain:
    """An object of attributes."""

    def __init__(self, count: int) -> None:
        self.rows = [*range(count)]


def with_attributes(count: int) -> object:
    """Make an object of many attributes."""
    made = Plain(1)
    made.__dict__.update({f"k{number}": number for number in range(count)})
    return made


def nested(count: int) -> object:
    """Make lists within lists."""
    return [[[number] * 10 for number in range(100)] for _ in range(count // 1000)]


def _cycle(count: int) -> object:
    outer: list[object] = []
    outer.extend([[outer]] * count)
    return outer


def _unfolding(count: int) -> object:
    value: list[Any] = [1]
    while count:
        value, count = [value, value, {2}], count // 2
    return value


LARGE: dict[str, Callable[[int], object]] = {
    "list": lambda count: [*range(count)],
    "tuple": lambda count: tuple(range(count)),
    "list of texts": lambda count: [f"text {number}" for number in range(count)],
    "list of dicts": lambda count: [{"a": number} for number in range(count)],
    "list of lists": nested,
    "list of sets": lambda count: [{number} for number in range(count)],
    "list of bytes": lambda count: [b"%d" % number for number in range(count)],
    "list of dataclasses": lambda count: [Row(number) for number in range(count)],
    "list of objects": lambda count: [Plain(1) for _ in range(count)],
    "list of large dataclasses": lambda count: [Row([*range(count // 10)]) for _ in range(10)],
    "list with something odd at its end": lambda count: [*range(count), {1}],
    "list with lone surrogates": lambda count: ["\ud800"] * count,
    "list of large integers": lambda count: [1 << 40_000] * (count // 10),
    "dict": lambda count: {f"k{number}": number for number in range(count)},
    "dict of dicts": lambda count: {f"k{number}": {"a": [number]} for number in range(count)},
    "dict of sets": lambda count: {f"k{number}": {number} for number in range(count)},
    "dict with keys that are numbers": lambda count: {number: number for number in range(count)},
    "dict with large keys": lambda count: {"k" * 10_000 + str(i): i for i in range(count // 500)},
    "dict with a large key": lambda count: {"k" * count: 1, "a": {2}},
    "ordered dict": lambda count: collections.OrderedDict.fromkeys(map(str, range(count)), 1),
    "default dict": lambda count: collections.defaultdict(int, {str(i): i for i in range(count)}),
    "counter": lambda count: collections.Counter(range(count)),
    "user dict": lambda count: collections.UserDict({str(i): i for i in range(count)}),
    "chain map": lambda count: collections.ChainMap({str(i): i for i in range(count)}, {"a": 1}),
    "proxy": lambda count: types.MappingProxyType({str(i): i for i in range(count)}),
    "keys": lambda count: {str(i): i for i in range(count)}.keys(),
    "values": lambda count: {str(i): i for i in range(count)}.values(),
    "items": lambda count: {str(i): i for i in range(count)}.items(),
    "set": lambda count: set(range(count)),
    "set of texts": lambda count: {f"text {number}" for number in range(count)},
    "set of tuples": lambda count: {(number, "a") for number in range(count)},
    "set of several types": lambda count: {*range(count), "a", None},
    "frozenset": lambda count: frozenset(range(count)),
    "set of long texts": lambda count: {"x" * 5_000 + str(i) for i in range(count // 200)},
    "deque": lambda count: collections.deque(range(count)),
    "array": lambda count: array.array("q", range(count)),
    "numpy": np.arange,
    "numpy of two dimensions": lambda count: np.zeros((count // 100, 100)),
    "numpy of wide rows": lambda count: np.zeros((4, count)),
    "numpy of texts": lambda count: np.full(count // 100, "x" * 500),
    "numpy of objects": lambda count: np.array([{"a": 1}] * count, dtype=object),
    "object": Plain,
    "object of many attributes": with_attributes,
    "namespace": lambda count: types.SimpleNamespace(**{f"k{i}": i for i in range(count)}),
    "exception": lambda count: ValueError([*range(count)]),
    "text": lambda count: "word " * count * 10,
    "text that isn't ASCII": lambda count: "é " * count * 10,
    "text with secrets": lambda count: "password=hunter22 " * count,
    "text in a dict": lambda count: {"a": "é" * count * 10},
    "text of a subclass": lambda count: type("Text", (str,), {})("x" * count * 10),
    "bytes": lambda count: b"\xff" * count * 10,
    "bytearray": lambda count: bytearray(count * 10),
    "memoryview": lambda count: memoryview(bytearray(count * 10)),
    "memoryview of wide rows": lambda n: memoryview(bytearray(n * 10)).cast("B", [2, n * 5]),
    "integer": lambda count: 1 << (count * 50),
    "negative integer": lambda count: -(1 << (count * 50)),
    "references to one list": lambda count: [[*range(100)]] * count,
    "references to a cycle": _cycle,
    "references that unfold": _unfolding,
}  # fmt: skip


class Counter:
    """Counts the lines of Python that run."""

    def __init__(self) -> None:
        self.lines = 0

    def __call__(self, frame: FrameType, event: str, arg: object) -> Counter:
        """Count."""
        self.lines += event == "line"
        return self


def lines_run(act: Callable[[], object]) -> int:
    """Count the lines of Python that a call runs."""
    counter, before = Counter(), sys.gettrace()
    sys.settrace(counter)
    try:
        act()
    finally:
        sys.settrace(before)
    return counter.lines


def recorded(value: object) -> bytes:
    """Encode and redact a value."""
    return REDACTOR.payload(encode_value(value, LIMIT), "input")


@pytest.mark.parametrize("kind", LARGE)
def test_ten_times_the_value_takes_the_same_work(kind: str) -> None:
    """The work for a value over the limit doesn't grow with the value, redaction included."""
    recorded({1})
    few, many = LARGE[kind](FEW), LARGE[kind](MANY)
    of_few, of_many = lines_run(lambda: recorded(few)), lines_run(lambda: recorded(many))
    assert of_many <= 1.5 * of_few + 2 * LIMIT
    assert of_many <= 100 * LIMIT


@pytest.mark.parametrize("kind", LARGE)
def test_memory_is_bounded_by_the_limit(kind: str) -> None:
    """The memory for a value is a small multiple of the limit."""
    recorded({1})
    value = LARGE[kind](MANY)
    tracemalloc.start()
    try:
        answer = encode_value(value, LIMIT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    json.loads(answer)
    assert len(answer) <= LIMIT
    # A slice of an array may take one megabyte, whatever the limit.
    assert peak <= 24 * LIMIT + (1 << 20)


@pytest.mark.parametrize("kind", ["text", "integer", "list of large integers"])
def test_limits_of_the_interpreter_may_be_lifted(kind: str) -> None:
    """Integers of any length are recorded quickly, even if the process lets Python print them."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        answer = encode_value({"a": LARGE[kind](MANY), "b": 10**4_000}, 64 * 1024)
    finally:
        sys.set_int_max_str_digits(before)
    assert json.loads(answer)["b"] == 10**4_000


plain_or_odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60) | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.dictionaries(st.text(max_size=8), inner, max_size=30)
        | st.dictionaries(st.integers(), inner, max_size=5)
        | st.lists(st.integers(), max_size=60)
    ),
    max_leaves=60,
)


@settings(max_examples=examples(200))
@given(plain_or_odd, st.integers(128, 3_000))
def test_batches_write_what_single_items_would(value: object, limit: int) -> None:
    """Items that are written at once are truncated as if they were written one by one."""
    at_once = encode_value([value, {1}], limit)
    least = encoder._LEAST_BATCH
    encoder._LEAST_BATCH = 1 << 40  # type: ignore[misc]  # no batch is so large
    try:
        assert encode_value([value, {1}], limit) == at_once
    finally:
        encoder._LEAST_BATCH = least  # type: ignore[misc]  # as before
