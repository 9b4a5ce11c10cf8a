"""Encoding returns JSON and raises nothing, whatever a value's own methods do."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, NoReturn

import pytest

from flightlog.capture.encoding import encode_value

LIMIT = 20_000
FAULTS: list[type[BaseException]] = [
    ValueError,
    RecursionError,
    MemoryError,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
    type("Own", (BaseException,), {}),
]


def trap(fault: type[BaseException]) -> Callable[..., NoReturn]:
    """Make a method that raises."""

    def spring(*_: object, **__: object) -> NoReturn:
        raise fault

    return spring


METHODS = [
    "__repr__", "__str__", "__format__", "__len__", "__iter__", "__next__", "__getitem__",
    "__contains__", "__getattr__", "__getattribute__", "__eq__", "__ne__", "__lt__", "__bool__",
    "__int__", "__float__", "__index__", "__bytes__", "__reduce__", "__reduce_ex__", "__sizeof__",
    "__dir__", "__length_hint__", "__fspath__", "__instancecheck__", "__array__", "items", "keys",
    "values", "encode", "isoformat", "item", "tolist", "name", "mode", "__reversed__",
    "__buffer__", "__subclasscheck__", "mro", "get",
]  # fmt: skip
BASES: list[tuple[type, ...]] = [
    (), (dict,), (list,), (tuple,), (str,), (int,), (float,), (bytes,), (set,), (frozenset,),
    (ValueError,), (collections.UserDict,), (collections.deque,), (Mapping,), (bytearray,), (type,),
    (complex,), (collections.OrderedDict,), (collections.UserList,),
]  # fmt: skip


def hostile(base: tuple[type, ...], fault: type[BaseException]) -> object:
    """Make an object each of whose methods raises."""
    spring = trap(fault)
    body: dict[str, Any] = dict.fromkeys(METHODS, spring)
    body["__hash__"] = object.__hash__
    kind = type("Hostile", base, {"__class__": property(spring), "__dict__": property(spring)})
    make: Any = kind.__new__
    made: object = make(kind, "Made", (), {}) if base == (type,) else make(kind)
    for name, method in body.items():
        setattr(kind, name, method)
    return made


def no_abstract_methods(base: tuple[type, ...]) -> tuple[type, ...]:
    """Let a Mapping be made without its methods."""
    if base != (Mapping,):
        return base
    return (type("Open", (Mapping,), dict.fromkeys(["__getitem__", "__iter__", "__len__"], len)),)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("base", BASES, ids=lambda base: base[0].__name__ if base else "object")
def test_methods_that_raise_are_survived(
    base: tuple[type, ...], fault: type[BaseException]
) -> None:
    """No exception of a value leaves the encoder, not even a KeyboardInterrupt."""
    value = hostile(no_abstract_methods(base), fault)
    for place in (value, [value, {1}], {"a": [value], "b": 1}, {"s": {1}, "t": (value,)}):
        json.loads(encode_value(place, LIMIT))


def test_failing_object_spares_its_neighbours() -> None:
    """Only the object that fails is lost, and its placeholder names its type and the fault."""
    bad = type("Bad", (Exception,), {"__str__": trap(OSError)})()
    found = json.loads(encode_value({"ok": 1, "bad": bad, "too": [2]}, LIMIT))
    assert (found["ok"], found["too"]) == (1, [2])
    assert found["bad"] == {
        "$flightlog": "unrepresentable",
        "type": f"{__name__}.Bad",
        "reason": "OSError",
    }


def test_builtin_subclasses_are_read_in_spite_of_their_methods() -> None:
    """A dict, list, text or number keeps its content, whatever its class overrides."""
    spring = trap(KeyboardInterrupt)
    for base, content in ((dict, {"a": 1}), (list, [1]), (str, "a"), (int, 5), (float, 0.5)):
        kind = type("Hostile", (base,), {})
        value = kind(content)
        for name in METHODS:
            setattr(kind, name, spring)
        assert json.loads(encode_value([value], LIMIT)) == [content]


def test_metaclass_that_raises_is_survived() -> None:
    """A class with an unusual metaclass is named, too."""
    spring = trap(KeyboardInterrupt)
    names = ("__hash__", "__eq__", "__repr__", "__getattribute__", "__instancecheck__",
             "__subclasscheck__", "__iter__", "__len__", "__call__")  # fmt: skip
    meta = type("Meta", (type,), {})
    kind: Any = meta("Odd", (), {})
    value, key = kind(), kind()
    places: list[object] = [value, [value], {"a": value}, {key: 1}, [{key: value}], kind]
    for name in names:
        setattr(meta, name, spring)
    for place in places:
        json.loads(encode_value(place, LIMIT))
    assert json.loads(encode_value([value], LIMIT))[0]["type"].endswith("Odd")


def test_lies_are_not_believed() -> None:
    """False lengths, classes and texts give valid JSON of bounded length."""

    class Endless(Mapping[str, int]):
        def __getitem__(self, key: str) -> int:
            return 1

        def __iter__(self) -> Iterator[str]:
            return map(str, itertools.count())

        def __len__(self) -> int:
            return 2

    class Liar(dict[str, int]):
        __class__ = property(lambda _: int)

        def __len__(self) -> int:
            return 2

    class NoText:
        def __repr__(self) -> str:
            return 5  # type: ignore[return-value]  # a false type

    class Anything:
        def __getattr__(self, name: str) -> Anything:
            return Anything()

    assert len(encode_value(Endless(), LIMIT)) <= LIMIT
    assert json.loads(encode_value(Endless(), 300)) == {
        "$flightlog": "object",
        "type": f"{__name__}.test_lies_are_not_believed.<locals>.Endless",
    }
    assert json.loads(encode_value(Liar(a=1), LIMIT)) == {"a": 1}
    assert json.loads(encode_value(NoText(), LIMIT))["$flightlog"] == "object"
    assert json.loads(encode_value(Anything(), LIMIT))["$flightlog"] == "object"


def test_endless_message_fails_alone() -> None:
    """An exception whose message calls itself is unrepresentable."""

    class MirrorError(Exception):
        def __str__(self) -> str:
            return f"{self}"

    found = json.loads(encode_value([1, MirrorError()], LIMIT))
    assert (found[0], found[1]["reason"]) == (1, "RecursionError")


def test_forged_declarations_are_survived() -> None:
    """Classes that only seem to declare fields are described like any other object."""
    for name in (
        "__attrs_attrs__", "__dataclass_fields__", "__pydantic_fields__", "model_fields",
        "__fields__", "__struct_fields__", "_fields", "__pydantic_extra__", "shape", "dtype",
    ):  # fmt: skip
        for forged in (5, None, {"a": 1}, {1: 2}, ("a",), (object(),), trap(SystemExit)):
            value = type("Forged", (), {name: forged, "columns": forged})()
            json.loads(encode_value(value, LIMIT))
            json.loads(encode_value(type("Forged", (tuple,), {name: forged})([1]), LIMIT))


def test_descriptors_of_fields_are_not_run() -> None:
    """A property in the place of a dataclass field is not called."""

    class Odd:
        a: int
        b: ClassVar[int] = 1

        def __getattribute__(self, name: str) -> NoReturn:
            raise SystemExit

    dataclasses.dataclass(init=False)(Odd)
    Odd.a = property(trap(SystemExit))  # type: ignore[assignment]  # as an ORM would
    assert json.loads(encode_value(Odd(), LIMIT)) == {"a": {"$flightlog": "unread"}}


def test_fault_of_our_own_gives_a_mark() -> None:
    """If even the placeholder can't be made, a constant replaces the value."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert json.loads(encode_value([10**1_000, {1}], LIMIT))[0]["$flightlog"] == "int"
        found = json.loads(encode_value([range(10**1_000), 1], LIMIT))
    finally:
        sys.set_int_max_str_digits(limit)
    assert found[0]["$flightlog"] == "unrepresentable"
    assert found[1] == 1
