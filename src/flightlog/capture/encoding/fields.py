"""
Objects that declare their fields: dataclasses, attrs, msgspec, pydantic, named tuples.

It owns finding and reading the fields without running any code of the object: no property, no
validator, no serializer, no descriptor that would ask a database. No such library is imported.
"""

from __future__ import annotations

import sys
from types import GetSetDescriptorType, MemberDescriptorType, SimpleNamespace
from typing import Any, Final

import msgspec

from flightlog.capture.encoding.texts import bases_of, class_attribute


class Ready:
    """JSON that is ready to be written, in the place of a value."""

    __slots__ = ("json",)

    def __init__(self, json: bytes) -> None:
        self.json = json


_UNSET: Final = Ready(b'{"$flightlog":"unset"}')
_UNREAD: Final = Ready(b'{"$flightlog":"unread"}')
_MISSING: Final = object()
_PYDANTIC: Final = (
    ("__pydantic_fields__", "__pydantic_fields__"),
    ("model_fields", "__pydantic_validator__"),
    ("__fields__", "__validators__"),
)
"""Where pydantic keeps its fields since 2.10, since 2.0 and in 1, and what tells it from others."""


def fields_of(value: object, kind: type) -> list[tuple[str, object]] | None:
    """
    Read an object's fields.

    Args:
        value: Any object.
        kind: Its real type.

    Returns:
        Names and values. A field without a value reads `unset`; one that only the object's own
        code could answer reads `unread`. None when the object declares no fields.

    Raises:
        Exception: The declaration isn't what it seems to be.
    """
    names = _names(kind)
    if names is None:
        return _namespace(value) if SimpleNamespace in bases_of(kind) else None
    held = _held(value)
    pairs = [(name, _read(value, kind, held, name)) for name in names]
    extra = class_attribute(kind, "__pydantic_extra__")
    if type(extra) is MemberDescriptorType:
        added = _slot(value, extra)
        if type(added) is dict:
            pairs += added.items()
    return pairs


def _names(kind: type) -> list[str] | None:
    if msgspec.Struct in bases_of(kind):
        return list(kind.__struct_fields__)  # type: ignore[attr-defined]  # a Struct has them
    attributes = class_attribute(kind, "__attrs_attrs__")
    if isinstance(attributes, tuple):
        return [attribute.name for attribute in attributes]
    for declared, witness in _PYDANTIC:
        fields = class_attribute(kind, declared)
        if type(fields) is dict and class_attribute(kind, witness) is not None:
            return list(fields)
    if type(class_attribute(kind, "__dataclass_fields__")) is dict:
        return [field.name for field in sys.modules["dataclasses"].fields(kind)]
    return None


def _namespace(value: object) -> list[tuple[str, object]] | None:
    held = _held(value)
    return list(held.items()) if all(type(name) is str for name in held) else None


def _held(value: object) -> dict[str, Any]:
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return held if type(held) is dict else {}


def _read(value: object, kind: type, held: dict[str, Any], name: str) -> object:
    if name in held:
        return held[name]
    found = class_attribute(kind, name, _MISSING)
    if found is _MISSING:
        return _UNSET
    if type(found) is MemberDescriptorType or type(found) is GetSetDescriptorType:
        return _slot(value, found)
    # A default is stored in the class itself; anything that answers by itself is code.
    return _UNREAD if class_attribute(type(found), "__get__") is not None else found


def _slot(value: object, slot: MemberDescriptorType | GetSetDescriptorType) -> object:
    try:
        return slot.__get__(value)
    except AttributeError:
        return _UNSET
