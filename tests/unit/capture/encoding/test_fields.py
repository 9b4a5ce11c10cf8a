"""The declared fields of objects."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import attrs
import msgspec
import pydantic
import pytest

from flightlog.capture.encoding.fields import EncodedJson, read_fields


@dataclass
class Row:
    """A dataclass with what is no field, too."""

    kind: ClassVar[str] = "row"
    number: int
    _private: int = 2
    seed: InitVar[int] = 3
    tags: list[str] = field(default_factory=list)


@attrs.define
class Slotted:
    """An attrs class with slots."""

    number: int
    _private: int = 2


class Struct(msgspec.Struct):
    """A msgspec struct."""

    number: int


class Model(pydantic.BaseModel):
    """A pydantic model that takes further members."""

    model_config = pydantic.ConfigDict(extra="allow")
    number: int


class Plain:
    """A class without declared fields."""


class Pair(NamedTuple):
    """A named tuple is a tuple, and declares no fields here."""

    first: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Row(1), {"number": 1, "tags": []}),
        (Slotted(1), {"number": 1}),
        (Struct(1), {"number": 1}),
        (Model.model_validate({"number": 1, "more": 2}), {"number": 1, "more": 2}),
        (SimpleNamespace(a=1), {"a": 1}),
    ],
)
def test_fields_are_read_without_private_ones(value: object, expected: dict[str, Any]) -> None:
    """Class variables, parameters of `__init__` and private fields are left out."""
    found = read_fields(value, type(value), 10)
    assert found is not None
    assert dict(zip(*found, strict=True)) == expected


@pytest.mark.parametrize("value", [Plain(), 7, "text", Pair(1)])
def test_other_objects_declare_no_fields(value: object) -> None:
    """None is returned for them."""
    assert read_fields(value, type(value), 10) is None


def test_field_without_a_value_is_unset_and_one_of_code_is_unread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No descriptor runs."""

    class Lazy:
        def __get__(self, instance: object, owner: type) -> int:
            raise AssertionError

    row = Row(1)
    del row.number
    found = read_fields(row, Row, 10)
    assert found is not None
    unset = dict(zip(*found, strict=True))["number"]
    assert isinstance(unset, EncodedJson)
    assert unset.json == b'{"$flightlog":"unset"}'
    monkeypatch.setattr(Row, "number", Lazy(), raising=False)
    found = read_fields(row, Row, 10)
    assert found is not None
    unread = dict(zip(*found, strict=True))["number"]
    assert isinstance(unread, EncodedJson)
    assert unread.json == b'{"$flightlog":"unread"}'
