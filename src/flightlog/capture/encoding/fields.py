"""
Reads objects that declare their fields: dataclasses, attrs, msgspec, pydantic, named tuples.

This module finds and reads the fields without running code of the object: no property, validator,
serializer, or descriptor that could query a database. It imports none of these libraries.
`attributes` reads the objects' storage.
"""

from __future__ import annotations

from types import GetSetDescriptorType, MemberDescriptorType, SimpleNamespace
from typing import Any, Final
from weakref import ref

import msgspec

from flightlog.capture.encoding.attributes import (
    MISSING,
    has_base,
    read_attribute,
    read_instance_dict,
    read_pairs,
    read_slot,
)
from flightlog.capture.encoding.texts import find_class_attribute, read_qualified_name


class EncodedJson:
    """JSON that is ready to be written in the place of a value."""

    __slots__ = ("json",)

    def __init__(self, json: bytes) -> None:
        self.json = json


_UNSET: Final = EncodedJson(b'{"$flightlog":"unset"}')
_UNREAD: Final = EncodedJson(b'{"$flightlog":"unread"}')
_MOST_KNOWN: Final = 1024
_known: Final[dict[int, tuple[ref[type], tuple[Any, ...] | None]]] = {}
_struct_fields: Final[Any] = type(msgspec.Struct).__dict__["__struct_fields__"].__get__
_PYDANTIC: Final = (
    ("__pydantic_fields__", "__pydantic_fields__"),
    ("model_fields", "__pydantic_validator__"),
    ("__fields__", "__validators__"),
)
"""
Where pydantic keeps its fields since 2.10, since 2.0 and in version 1, and the attribute that
identifies each version.
"""


def read_fields(value: object, kind: type, most: int) -> tuple[list[Any], list[Any]] | None:
    """
    Read an object's fields, without private ones: those whose names begin with an underscore.

    Args:
        value: Any object.
        kind: The object's real type.
        most: How many undeclared fields to read.

    Returns:
        Names and values. A field without a value is `unset`; a field that only the object's own
        code can compute is `unread`. None where the object declares no fields.

    Raises:
        Exception: The declaration has an unexpected form.
    """
    names = _names(kind)
    if names is None:
        return _namespace(value, most) if has_base(kind, SimpleNamespace) else None
    content = read_instance_dict(value)
    values = [_read(value, kind, content, name) for name in names]
    extra = find_class_attribute(kind, "__pydantic_extra__")
    if type(extra) is MemberDescriptorType:
        added = read_slot(value, extra)
        if type(added) is dict:
            pairs = read_pairs(added, most)
            names += pairs[::2]
            values += pairs[1::2]
    return names, values


def _names(kind: type) -> list[Any] | None:
    """Find the names of a class's fields, once for each class."""
    known = _known.get(id(kind))
    # Another class may have the identity of a deleted class.
    if known is None or known[0]() is not kind:
        names = _declared_names(kind)
        if names is not None:
            # A leading underscore marks a field as private to the class.
            names = [name for name in names if not name.startswith("_")]
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        known = _known[id(kind)] = (ref(kind), None if names is None else tuple(names))
    return None if known[1] is None else [*known[1]]


def _declared_names(kind: type) -> list[Any] | None:
    if has_base(kind, msgspec.Struct):
        declared: tuple[str, ...] = _struct_fields(kind)
        return [*declared]
    attributes = find_class_attribute(kind, "__attrs_attrs__")
    if issubclass(type(attributes), tuple):
        return _texts([read_attribute(declared, "name") for declared in tuple.__iter__(attributes)])
    for declared_in, witness in _PYDANTIC:
        fields = find_class_attribute(kind, declared_in)
        if type(fields) is dict and find_class_attribute(kind, witness) is not None:
            return _texts([*fields])
    fields = find_class_attribute(kind, "__dataclass_fields__")
    if type(fields) is dict:
        # Leave out class variables and parameters that only `__init__` takes.
        kinds = {name: read_attribute(field, "_field_type") for name, field in fields.items()}
        return _texts([name for name, field in kinds.items() if _is_field(field)])
    return None


def _is_field(kind: object) -> bool:
    return (
        read_qualified_name(type(kind)) == "_FIELD_BASE"
        and read_attribute(kind, "name") == "_FIELD"
    )


def _texts(names: list[Any]) -> list[Any]:
    if not all(type(name) is str for name in names):
        raise TypeError
    return names


def _namespace(value: object, most: int) -> tuple[list[Any], list[Any]]:
    pairs = read_pairs(read_instance_dict(value), most)
    return pairs[::2], pairs[1::2]


def _read(value: object, kind: type, content: dict[str, Any], name: str) -> object:
    if name in content:
        return content[name]
    found = find_class_attribute(kind, name, MISSING)
    if found is MISSING:
        return _UNSET
    if type(found) is MemberDescriptorType or type(found) is GetSetDescriptorType:
        read = read_slot(value, found)
        return _UNSET if read is MISSING else read
    # A default is stored in the class itself; a descriptor is code.
    return _UNREAD if find_class_attribute(type(found), "__get__") is not None else found
