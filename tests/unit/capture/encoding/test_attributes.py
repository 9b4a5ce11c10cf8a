"""Encoding runs no code of a value except the `__str__` of exceptions."""

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
import json
import pathlib
import types
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pydantic
import pytest

from flightlog.capture.encoding import encode_value
from support.watched import METHODS, PROPERTIES, SPECIAL, Calls, during, watched, watched_meta

LIMIT = 20_000


@dataclasses.dataclass
class Box:
    """A dataclass."""

    content: object


@dataclasses.dataclass
class Odd:
    """A dataclass with its own `__repr__`, and a property in the place of a field."""

    content: object

    def __repr__(self) -> str:
        """Print."""
        return pytest.fail("a dataclass was printed")


class Model(pydantic.BaseModel):
    """A model with code of its own."""

    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    content: Any

    @pydantic.computed_field  # type: ignore[prop-decorator]  # as pydantic documents it
    @property
    def doubled(self) -> int:
        """Compute."""
        return pytest.fail("a computed field was read")

    @pydantic.model_serializer
    def written(self) -> dict[str, Any]:
        """Serialize."""
        return pytest.fail("a serializer ran")


class Suit(enum.Enum):
    """An enum with a property."""

    CLUBS = "c"

    def __repr__(self) -> str:
        """Print."""
        return pytest.fail("an enum was printed")


class Plain:
    """An object of attributes."""

    def __init__(self, content: object) -> None:
        self.content = content


class Slotted:
    """An object of slots."""

    __slots__ = ("content",)

    def __init__(self, content: object) -> None:
        self.content = content


def _in_array(value: object) -> Any:
    made = np.empty(2, dtype=object)
    made[0] = value
    return made


PLACES: dict[str, Callable[[Any], object]] = {
    "alone": lambda value: value,
    "in a list": lambda value: [1, value],
    "in a list of many": lambda value: [*range(2_000), value, *range(2_000)],
    "in a tuple": lambda value: (value,),
    "in a dict": lambda value: {"a": value},
    "as a key": lambda value: {value: 1},
    "as a key of an OrderedDict": lambda value: collections.OrderedDict({value: 1}),
    "as a key of a proxy": lambda value: types.MappingProxyType({value: 1}),
    "as a key of a ChainMap": lambda value: collections.ChainMap({value: 1}, {"a": 2}),
    "as a key of a UserDict": lambda value: collections.UserDict({value: 1}),
    "in a defaultdict": lambda value: collections.defaultdict(list, {"a": value}),
    "in a Counter": lambda value: collections.Counter({value: 2}),
    "in a set": lambda value: {value, "a"},
    "in a frozenset": lambda value: frozenset({value}),
    "in tuples of a set": lambda value: {(1, value), (1, 2)},
    "in a view of keys": lambda value: {value: 1}.keys(),
    "in a view of values": lambda value: {"a": value}.values(),
    "in a view of items": lambda value: {value: value}.items(),
    "in a view of an OrderedDict": lambda value: collections.OrderedDict({value: 1}).items(),
    "in a deque": lambda value: collections.deque([value]),
    "in a UserList": lambda value: collections.UserList([value]),
    "in a dataclass": Box,
    "in a dataclass that prints itself": Odd,
    "in a model": lambda value: Model(content=value),
    "in an object": Plain,
    "in a slot": Slotted,
    "in a namespace": lambda value: types.SimpleNamespace(content=value),
    "in an exception": ValueError,
    "in an exception with several arguments": lambda value: KeyError(1, value),
    "in an array of objects": _in_array,
    "in a record of an array": lambda value: np.array(
        [(1, value)], dtype=[("a", "i4"), ("b", "O")]
    ),
    "in a scalar of numpy's": lambda value: np.array([(value,)], dtype=[("b", "O")])[0],
    "in a partial": lambda value: functools.partial(print, value),
    "in a slice": slice,
    "beside a set": lambda value: [value, {1}],
}


def encoded(value: object) -> Any:
    """Encode a value and read it back."""
    return json.loads(encode_value(value, LIMIT))


@pytest.fixture
def calls() -> Calls:
    """The list of calls."""
    return Calls()


@pytest.mark.parametrize("place", PLACES)
def test_no_method_of_an_object_runs_in_any_place(place: str, calls: Calls) -> None:
    """No method or property of an unknown object is called, wherever the object is."""
    holder = PLACES[place](watched(calls))
    json.loads(during(calls, lambda: encode_value(holder, LIMIT)))
    assert calls == []


@pytest.mark.parametrize("name", SPECIAL + PROPERTIES + METHODS)
def test_object_with_one_special_method_is_named_by_its_type(name: str, calls: Calls) -> None:
    """A single special method, which may make an object seem a proxy, isn't called."""
    value = watched(calls, only=(name,))
    found = during(calls, lambda: encoded([value, {"a": value}]))
    assert calls == []
    assert found[0]["type"] == "support.watched.Watched"


@pytest.mark.parametrize("place", PLACES)
def test_no_method_of_a_metaclass_runs(place: str, calls: Calls) -> None:
    """A class is neither hashed nor compared, and `__instancecheck__` isn't called."""
    holder = PLACES[place](watched_meta(calls))
    during(calls, lambda: encode_value(holder, LIMIT))
    assert calls == []


BUILT_IN: list[tuple[Any, Any]] = [
    ((dict, {"a": 1}), {"a": 1}),
    ((collections.OrderedDict, {"a": 1}), {"a": 1}),
    ((collections.Counter, {"a": 1}), {"a": 1}),
    ((collections.UserDict, {"a": 1}), {"a": 1}),
    ((collections.UserList, [1]), [1]),
    ((list, [1]), [1]),
    ((tuple, [1]), [1]),
    ((str, "a"), "a"),
    ((int, 5), 5),
    ((float, 0.5), 0.5),
    ((bytes, b"a"), {"$flightlog": "bytes", "text": "a"}),
    ((bytearray, b"a"), {"$flightlog": "bytearray", "text": "a"}),
    ((set, {1}), {"$flightlog": "set", "items": [1]}),
    ((frozenset, {1}), {"$flightlog": "frozenset", "items": [1]}),
    ((collections.deque, [1]), [1]),
    ((array.array, "b", [1]), {"$flightlog": "array", "type": "b", "items": [1]}),
    ((complex, 1), {"$flightlog": "complex", "value": "(1+0j)"}),
    ((decimal.Decimal, "1.5"), {"$flightlog": "decimal", "value": "1.5"}),
    ((dt.date, 2026, 1, 2), {"$flightlog": "date", "value": "2026-01-02"}),
    ((dt.datetime, 2026, 1, 2), {"$flightlog": "datetime", "value": "2026-01-02T00:00:00"}),
    ((dt.time, 1), {"$flightlog": "time", "value": "01:00:00"}),
    ((dt.timedelta, 1), {"$flightlog": "timedelta", "value": "1 day, 0:00:00"}),
    ((io.StringIO, "a"), {"$flightlog": "file", "type": "support.watched.Watched", "name": ""}),
]


@pytest.mark.parametrize(
    ("made_of", "form"),
    BUILT_IN,
    ids=[made_of[0].__name__ for made_of, _ in BUILT_IN],
)
def test_subclass_is_read_as_its_base(made_of: Any, form: Any, calls: Calls) -> None:
    """A subclass's overrides aren't called; the subclass has the form of its base."""
    kind, *args = made_of
    # Two of the classes are written in Python, so their content is in their `__dict__`.
    spared = {"__dict__", "data"} if kind.__module__ == "collections" else set()
    only = tuple(name for name in SPECIAL + PROPERTIES + METHODS if name not in spared)
    value = watched(calls, (kind,), *args, only=only)
    found = during(calls, lambda: encoded(value))
    assert calls == []
    assert found == form


@pytest.mark.parametrize(
    "made_of",
    [
        (uuid.UUID, "00000000-0000-0000-0000-000000000005"),
        (pathlib.PurePosixPath, "/tmp"),
        (fractions.Fraction, 1, 3),
        (np.ndarray, (2, 2)),
        (np.float64, 1.5),
        (collections.ChainMap, {"a": 1}),
        (collections.UserString, "a"),
        (types.SimpleNamespace,),
        (functools.partial, print),
    ],
    ids=lambda made_of: made_of[0].__name__,
)
def test_no_method_of_a_subclass_of_the_standard_library_runs(made_of: Any, calls: Calls) -> None:
    """The types of the standard library and of numpy are written in Python or computed."""
    kind, *args = made_of
    value = watched(calls, (kind,), *args)
    during(calls, lambda: encode_value([value, {1}], LIMIT))
    assert calls == []


def test_time_zone_of_the_workflows_is_not_asked(calls: Calls) -> None:
    """A time keeps its digits, and its placeholder names the class of its zone."""
    zone = watched(calls, (dt.tzinfo,), only=("utcoffset", "tzname", "dst", "__repr__", "__str__"))
    for value in (dt.datetime(2026, 1, 2, tzinfo=zone), dt.time(1, tzinfo=zone)):
        found = during(calls, lambda value=value: encoded([value]))  # type: ignore[misc]  # bound here
        assert found[0]["tzinfo"] == "support.watched.Watched"
    assert calls == []


def test_attributes_are_read_without_descriptors() -> None:
    """Properties and class attributes are not read; the object's own attributes are shown."""

    class Lazy:
        limit = 5

        def __init__(self) -> None:
            self.loaded, self._hidden = 1, 2

        @functools.cached_property
        def rows(self) -> list[int]:
            return pytest.fail("a cached property was computed")

    found = encoded(Lazy())
    assert found["attributes"] == {"loaded": 1}
    assert found["type"].endswith("Lazy")


def test_object_that_lies_about_its_dict_shows_its_type_alone() -> None:
    """A `__dict__` that is a property, like a proxy's, isn't read."""

    class Proxy:
        __dict__ = property(lambda _: pytest.fail("the proxy was evaluated"))
        __class__ = property(lambda _: pytest.fail("the proxy was evaluated"))

    assert set(encoded(Proxy())) == {"$flightlog", "type"}


def test_objects_within_objects_are_shown_three_deep() -> None:
    """A graph of objects isn't followed to its end."""
    value: object = 1
    for _ in range(6):
        value = Plain(value)
    found = encoded(value)
    for _ in range(3):
        found = found["attributes"]["content"]
    assert found == {"$flightlog": "object", "type": f"{__name__}.Plain"}


def test_message_of_an_exception_may_be_asked_for() -> None:
    """An exception's own `__str__` is called and may fail."""

    class TeapotError(Exception):
        def __str__(self) -> str:
            return "short and stout"

    assert encoded(TeapotError())["message"] == "short and stout"


def test_order_of_an_ordered_dict_is_its_own() -> None:
    """The order after `move_to_end` is kept if no key has its own hash."""
    ordered = collections.OrderedDict(a=1, b=2)
    ordered.move_to_end("a")
    assert list(encoded(ordered)) == ["b", "a"]
    assert encoded(ordered.keys())["items"] == ["b", "a"]
    assert encoded(ordered.values())["items"] == [2, 1]
    assert encoded(ordered.items())["items"] == [["b", 2], ["a", 1]]
