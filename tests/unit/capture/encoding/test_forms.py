"""Every kind of value that JSON can't hold has a readable placeholder."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import io
import ipaddress
import json
import math
import re
import types
import typing
import uuid
import zoneinfo
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import attrs
import msgspec
import numpy as np
import pydantic
import pytest

from flightlog.capture.encoding import encode_value

HERE = __name__


class Colour(enum.Enum):
    """An enum whose value has a form of its own."""

    RED = dt.date(2026, 11, 22)


class Level(enum.IntEnum):
    """An enum that is also a number."""

    HIGH = 3


class Text(str):
    """A text whose `__str__` returns another text."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return another text."""
        return "other"


@dataclasses.dataclass
class Order:
    """A dataclass."""

    id: int
    parent: object = None
    tax: typing.ClassVar[int] = 19
    rate: dataclasses.InitVar[int] = 1


@dataclasses.dataclass(slots=True)
class Slotted:
    """A dataclass without a dict."""

    id: int


@attrs.define
class Item:
    """An attrs class, with slots."""

    sku: str
    _hidden: int = 2


class Point(msgspec.Struct):
    """A struct."""

    x: float
    y: float = math.nan


class Customer(pydantic.BaseModel):
    """A pydantic model that keeps unknown fields."""

    model_config = pydantic.ConfigDict(extra="allow")
    name: str
    password: pydantic.SecretStr


class Pair(typing.NamedTuple):
    """A tuple with names."""

    left: int
    right: object


class Opaque:
    """An object without attributes."""


class Attributed:
    """An object with slots, a dict and a property."""

    __slots__ = ("__dict__", "_secret", "count", "empty")

    def __init__(self) -> None:
        self.count, self._secret, self.tags, self._cache = 3, 4, {"a"}, 5

    @property
    def total(self) -> int:
        """Compute."""
        return pytest.fail("a property was read")


class Nested:
    """An object within objects."""

    def __init__(self, inner: object) -> None:
        self.inner = inner


class Frame:
    """A class like a lazy data frame."""

    columns = ("a", "b")
    shape = (2, np.int64(3))

    def __init__(self) -> None:
        self.plan = ("scan", "filter")
        self._rows: list[int] = []

    def __repr__(self) -> str:
        """Compute a table."""
        return pytest.fail("the frame was computed")


def numbers() -> Iterator[int]:
    """Generate."""
    yield 1


def mark(kind: str, **members: object) -> dict[str, object]:
    """Write a placeholder."""
    return {"$flightlog": kind, **members}


def encoded(value: object) -> Any:
    """Encode a value and read it back."""
    return json.loads(encode_value(value, 100_000))


UTC_TIME = dt.datetime(2026, 11, 22, 19, 4, 11, tzinfo=dt.UTC)
ARRAY = {"dtype": "int64", "shape": [2, 2]}
KINDS: list[tuple[object, object]] = [
    (UTC_TIME, mark("datetime", value="2026-11-22T19:04:11+00:00")),
    (dt.date(2026, 11, 22), mark("date", value="2026-11-22")),
    (dt.time(19, 4), mark("time", value="19:04:00")),
    (dt.timedelta(days=1, seconds=1.5), mark("timedelta", value="1 day, 0:00:01.500000")),
    (decimal.Decimal("1.10"), mark("decimal", value="1.10")),
    (decimal.Decimal("NaN"), mark("decimal", value="NaN")),
    (uuid.UUID(int=5), mark("uuid", value="00000000-0000-0000-0000-000000000005")),
    (math.nan, mark("float", value="NaN")),
    (math.inf, mark("float", value="Infinity")),
    ([1.5, -math.inf], [1.5, mark("float", value="-Infinity")]),
    (1 + 2j, mark("complex", value="(1+2j)")),
    (b"caf\xc3\xa9\n", mark("bytes", text="café\n")),
    (b"\xff\x00", mark("bytes", base64="/wA=")),
    (b"\x1b[0m", mark("bytes", base64="G1swbQ==")),
    (bytearray(b"abc"), mark("bytearray", text="abc")),
    (memoryview(b"abcdef")[::2], mark("memoryview", text="ace")),
    ({3, 1, 2}, mark("set", items=[1, 2, 3])),
    (frozenset({"b", "a"}), mark("frozenset", items=["a", "b"])),
    ({"a", 1, None}, mark("set", items=[None, 1, "a"])),
    (Colour.RED, mark("enum", type=f"{HERE}.Colour", name="RED", value=encoded(Colour.RED.value))),
    (Level.HIGH, mark("enum", type=f"{HERE}.Level", name="HIGH", value=3)),
    (PurePosixPath("/tmp/a"), mark("path", value="/tmp/a")),
    (re.compile("a+", re.DOTALL), mark("regex", flags=48, value="a+")),
    (range(1, 9, 2), mark("range", start=1, stop=9, step=2)),
    (ValueError("no"), mark("exception", type="ValueError", message="no")),
    (KeyError("k"), mark("exception", type="KeyError", message="k")),
    (OSError(2, "no"), mark("exception", type="FileNotFoundError", message="[Errno 2] no")),
    (ValueError(1, {2}), mark("exception", type="ValueError", args=[1, mark("set", items=[2])])),
    (10**5_000, mark("int", hex=hex(10**5_000))),
    (-(10**5_000), mark("int", hex=hex(-(10**5_000)))),
    (np.float64(1.5), 1.5),
    (np.int8(-3), -3),
    (np.bool_(True), True),
    (np.float32(np.nan), mark("float", value="NaN")),
    (np.datetime64("2026-11-22"), mark(
        "numpy", type="numpy.datetime64", dtype="datetime64[D]", value="2026-11-22")),
    (np.array([[1, 2], [3, 4]]), mark("ndarray", **ARRAY, values=[[1, 2], [3, 4]])),
    (np.array(5), mark("ndarray", dtype="int64", shape=[], value=5)),
    (array.array("d", [1.0]), mark("array", type="d", items=[1.0])),
    (Frame(), mark("object", type=f"{HERE}.Frame", attributes={"plan": ["scan", "filter"]})),
    (numbers, mark("function", name=f"{HERE}.numbers")),
    (functools.partial(numbers), mark("function", name=f"{HERE}.numbers")),
    (len, mark("function", name="len")),
    (UTC_TIME.isoformat, mark("function", name="datetime.isoformat")),
    (Text("a").__str__, mark("method", name=f"{HERE}.Text.__str__")),
    (Opaque, mark("class", name=f"{HERE}.Opaque")),
    (Colour, mark("class", name=f"{HERE}.Colour")),
    (json, mark("module", name="json")),
    (Opaque(), mark("object", type=f"{HERE}.Opaque")),
    (Attributed(), mark("object", type=f"{HERE}.Attributed", attributes={
        "count": 3, "tags": mark("set", items=["a"])})),
    (Nested(Nested(Nested(Nested(1)))), mark("object", type=f"{HERE}.Nested", attributes={
        "inner": mark("object", type=f"{HERE}.Nested", attributes={
            "inner": mark("object", type=f"{HERE}.Nested", attributes={
                "inner": mark("object", type=f"{HERE}.Nested")})})})),
    (fractions.Fraction(1, 3), mark("object", type="fractions.Fraction", value="Fraction(1, 3)")),
    (ipaddress.ip_address("::1"), mark(
        "object", type="ipaddress.IPv6Address", value="IPv6Address('::1')")),
    (slice(1, None), mark("object", type="slice", value="slice(1, None, None)")),
    (..., mark("object", type="ellipsis", value="Ellipsis")),
    (zoneinfo.ZoneInfo("UTC"), mark(
        "object", type="zoneinfo.ZoneInfo", value="zoneinfo.ZoneInfo(key='UTC')")),
    (collections.UserString("a"), mark("object", type="collections.UserString", value="'a'")),
    (iter([1]), mark("iterator", type="list_iterator")),
    ({"a": 1}.keys(), mark("dict_keys", items=["a"])),
    (Order(1, {2}), {"id": 1, "parent": mark("set", items=[2])}),
    (Slotted(1), {"id": 1}),
    (Item("A"), {"sku": "A"}),
    (Point(1.0), {"x": 1.0, "y": mark("float", value="NaN")}),
    (Pair(1, b"x"), {"left": 1, "right": mark("bytes", text="x")}),
    (types.SimpleNamespace(a=1), {"a": 1}),
    (collections.OrderedDict(a=1), {"a": 1}),
    (collections.defaultdict(list, a=[1]), {"a": [1]}),
    (collections.UserDict(a=1), {"a": 1}),
    (collections.UserList([1]), [1]),
    (collections.ChainMap({"a": 1}), {"a": 1}),
    (types.MappingProxyType({"a": 1}), {"a": 1}),
    (collections.deque([1], 3), [1]),
    (Text("mine"), "mine"),
    ({Text("key"): {Text("mine")}}, {"key": mark("set", items=["mine"])}),
    (io.BytesIO(b"x"), mark("file", type="_io.BytesIO", name="")),
]  # fmt: skip


@pytest.mark.parametrize(("value", "form"), KINDS, ids=[type(value).__name__ for value, _ in KINDS])
def test_kind_has_its_form(value: object, form: object) -> None:
    """A value alone, and a value within a container among plain values, have the same form."""
    assert encoded(value) == form
    assert encoded({"plain": [1, {"a": "b"}], "odd": [value]})["odd"] == [form]


def test_mark_begins_with_its_kind() -> None:
    """A reader of a placeholder finds `$flightlog` first."""
    for value, form in KINDS:
        if isinstance(form, dict) and "$flightlog" in form:
            assert encode_value(value, 100_000).startswith(b'{"$flightlog":"')


def test_pydantic_model_is_its_fields_and_secrets_stay_masked() -> None:
    """Secrets stay masked, and extra fields are included."""
    customer = Customer.model_validate({"name": "Anna", "password": "hunter2", "vip": True})
    found = encoded(customer)
    assert (found["name"], found["vip"]) == ("Anna", True)
    assert found["password"]["value"] == "SecretStr('**********')"


def test_pydantic_1_model_is_its_fields() -> None:
    """Models of pydantic 1 are recognized by the attributes of their classes."""
    kind = type("Old", (), {"__fields__": {"a": 1}, "__validators__": {}})
    value = kind()
    value.a = {1}
    assert encoded(value) == {"a": mark("set", items=[1])}


def test_field_without_a_value_is_unset() -> None:
    """A field without a value differs from a field that holds None."""
    order, point = Order(1), Point(1.0)
    del order.id, point.x
    assert encoded(order) == {"id": mark("unset"), "parent": None}
    assert encoded(point)["x"] == mark("unset")


def test_subclass_of_a_date_is_read_as_its_base() -> None:
    """The subclass's own text is not computed."""

    class Stamp(dt.datetime):
        def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
            return pytest.fail("the subclass was asked")

    assert encoded(Stamp(2026, 1, 1)) == mark("datetime", value="2026-01-01T00:00:00")
