"""
Chooses the form of each kind of value: a leaf of JSON, or a container with its items.

`leaves` writes the placeholders of single values. `containers`, `fields` and `libraries` open
values that hold others, and `encoder` writes the items. Only the `__str__` of exceptions runs code
of the workflow here, and `choose_form` catches every exception of that code.
"""

from __future__ import annotations

import re
from _io import _IOBase
from array import array
from collections import ChainMap, OrderedDict, UserDict, UserList, deque
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from pathlib import PurePath
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MappingProxyType,
    MethodType,
    ModuleType,
)
from typing import Any, Final, TypeAlias
from uuid import UUID

from flightlog.capture.encoding import containers, leaves, libraries
from flightlog.capture.encoding.attributes import (
    MISSING,
    find_dict_behind,
    is_unaltered,
    read_attribute,
    read_public_attributes,
)
from flightlog.capture.encoding.containers import Branch
from flightlog.capture.encoding.fields import EncodedJson, read_fields
from flightlog.capture.encoding.texts import (
    encode_as_json,
    encode_text_placeholder,
    find_class_attribute,
    read_bases,
    read_type_name,
)
from flightlog.record.placeholders import MARK, write_placeholder
from flightlog.signal_handlers import reraise_from_signal_handler

Form: TypeAlias = bytes | Branch
_Shape: TypeAlias = Callable[[Any, int], Form | None]

_UNREPRESENTABLE: Final = b'{"$flightlog":"unrepresentable"}'


def choose_form(value: object, max_bytes: int, *, may_open: bool = True) -> Form:
    """
    Choose a value's form.

    Args:
        value: Any value.
        max_bytes: How many bytes are left for the value; no larger part of it is read. A form may
            be longer.
        may_open: Whether the attributes of an object without declared fields are read.

    Returns:
        The JSON of a leaf, or a container.
    """
    kind = type(value)
    try:
        shape = _EXACT.get(id(kind))
        form = None if shape is None else shape(value, max_bytes)
        if form is not None:
            return form
    except Exception as fault:  # noqa: BLE001  # no stack, no memory, or changed by another thread
        reraise_from_signal_handler(fault)
        return _write_unrepresentable(kind, fault)
    try:
        return _write_foreign(value, kind, max_bytes, may_open=may_open)
    except BaseException as fault:  # noqa: BLE001  # the value's own code may raise anything
        reraise_from_signal_handler(fault)
        return _write_unrepresentable(kind, fault)


class ForeignObject(Branch, kw_only=True):
    """An object that declares no fields, and its public attributes."""


def _write_unrepresentable(kind: type, fault: BaseException) -> bytes:
    try:
        reason = read_type_name(type(fault))
        return encode_as_json(
            {MARK: "unrepresentable", "type": read_type_name(kind), "reason": reason}
        )
    except Exception as short:  # noqa: BLE001  # the stack may be too short even for this
        reraise_from_signal_handler(short)
        return _UNREPRESENTABLE


def _write_foreign(  # noqa: PLR0911  # one question after the other
    value: object, kind: type, max_bytes: int, *, may_open: bool
) -> Form:
    shape = _BASES.get(id(kind))
    form = None if shape is None else shape(value, max_bytes)
    if form is not None:
        return form
    if issubclass(kind, Enum):
        return _open_enum(value, kind)
    if issubclass(kind, BaseException):
        return _write_exception(value, kind, max_bytes)
    fields = read_fields(value, kind, containers.limit_items(max_bytes))
    if fields is not None:
        return containers.make_object(*fields, len(fields[0]))
    for base in read_bases(kind):
        shape = _BASES.get(id(base))
        form = None if shape is None else shape(value, max_bytes)
        if form is not None:
            return form
    form = libraries.write_library_value(value, kind, max_bytes)
    if form is not None:
        return form
    if leaves.is_cheap_to_print(value, kind, max_bytes):
        return leaves.write_repr("object", value, kind, max_bytes)
    return _write_object(value, kind, max_bytes, may_open=may_open)


def _write_object(value: object, kind: type, max_bytes: int, *, may_open: bool) -> Form:
    """Write an object of an unknown class: its type, and its public attributes."""
    # An object with `__getattr__` may stand for another object, so it may be no iterator.
    if find_class_attribute(kind, "__getattr__") is None:
        for method, name in (("__next__", "iterator"), ("__anext__", "async_iterator")):
            if find_class_attribute(kind, method) is not None:
                return encode_as_json({MARK: name, "type": read_type_name(kind)})
    head = write_placeholder("object", type=read_type_name(kind))
    if not may_open:
        return head
    pairs, total = read_public_attributes(value, containers.limit_items(max_bytes))
    if not pairs:
        return head
    names, values = [name for name, _ in pairs], [content for _, content in pairs]
    inner = containers.make_object(names, values, total)
    return ForeignObject(
        items=inner.items,
        total=inner.total,
        names=inner.names,
        opening=head[:-1] + b',"attributes":' + inner.opening,
        closing=inner.closing + b"}",
    )


def _open_enum(value: Any, kind: type) -> Branch:
    about = {MARK: "enum", "type": read_type_name(kind), "name": read_attribute(value, "_name_")}
    return containers.make_value_placeholder("value", read_attribute(value, "_value_"), **about)


def _write_exception(value: Any, kind: type, max_bytes: int) -> Form:
    """Write a message only if it is bounded; `ValueError(rows)` would print all the rows."""
    args: tuple[object, ...] = BaseException.__dict__["args"].__get__(value)
    printing = find_class_attribute(kind, "__str__")
    prints_args = printing is BaseException.__str__ or printing is KeyError.__str__
    if not prints_args or not args or (len(args) == 1 and type(args[0]) is str):
        message = args[0] if prints_args and args else str(value)
        text = str.__str__(message)
        return encode_text_placeholder(
            "exception", text, max_bytes, member="message", type=read_type_name(kind)
        )
    return containers.make_value_placeholder(
        "args", args, **{MARK: "exception", "type": read_type_name(kind)}
    )


def _make_printing_shape(kind: str, base: type) -> _Shape:
    """Make a shape that prints a value as its class in the standard library does."""

    def shape(value: Any, max_bytes: int) -> Form | None:
        return (
            leaves.write_printed(kind, value, base, max_bytes)
            if is_unaltered(type(value), base)
            else None
        )

    return shape


def _open_user_dict(value: Any, max_bytes: int) -> Form | None:
    data = read_attribute(value, "data")
    return containers.open_dict(data, max_bytes) if issubclass(type(data), dict) else None


def _open_user_list(value: Any, max_bytes: int) -> Form | None:
    data = read_attribute(value, "data")
    return containers.open_list(data, max_bytes) if issubclass(type(data), list) else None


def _open_chain_map(value: Any, max_bytes: int) -> Form | None:
    maps = read_attribute(value, "maps")
    return containers.open_chain_map(maps, max_bytes) if type(maps) is list else None


def _open_proxy(value: Any, max_bytes: int) -> Form | None:
    shown = find_dict_behind(value)
    return None if shown is MISSING else choose_form(shown, max_bytes)


def _open_partial(value: Any, max_bytes: int) -> Form:
    return choose_form(partial.__dict__["func"].__get__(value), max_bytes)


def _index_by_id(shapes: Mapping[type, _Shape]) -> dict[int, _Shape]:
    """Use identities as keys, because a metaclass may define a class's hash and equality."""
    return {id(kind): shape for kind, shape in shapes.items()}


_EXACT: Final = _index_by_id(
    {
        str: leaves.write_text,
        int: leaves.write_integer,
        float: leaves.write_float,
        bool: leaves.write_constant,
        type(None): leaves.write_constant,
        bytes: leaves.write_bytes,
        list: containers.open_list,
        tuple: containers.open_tuple,
        dict: containers.open_dict,
        OrderedDict: containers.open_dict,
        EncodedJson: lambda value, _: value.json,
        libraries.Row: lambda value, max_bytes: libraries.open_rows(value.row, max_bytes),
    }
)
"""Types whose forms run only Flightlog's own code."""

_BASES: Final = _EXACT | _index_by_id(
    {
        MappingProxyType: _open_proxy,
        UserDict: _open_user_dict,
        UserList: _open_user_list,
        ChainMap: _open_chain_map,
        deque: containers.open_deque,
        set: containers.open_set,
        frozenset: containers.open_set,
        array: containers.open_array,
        type({}.keys()): containers.open_dict_view,
        type({}.values()): containers.open_dict_view,
        type({}.items()): containers.open_dict_view,
        bytearray: leaves.write_bytearray,
        memoryview: leaves.write_memoryview,
        datetime: leaves.write_time,
        date: leaves.write_time,
        time: leaves.write_time,
        timedelta: leaves.write_duration,
        Decimal: leaves.write_decimal,
        complex: lambda value, max_bytes: encode_text_placeholder(
            "complex", complex.__repr__(value), max_bytes
        ),
        UUID: _make_printing_shape("uuid", UUID),
        PurePath: _make_printing_shape("path", PurePath),
        re.Pattern: leaves.write_pattern,
        range: leaves.write_range,
        _IOBase: lambda value, max_bytes: leaves.write_file(value, type(value), max_bytes),
        FunctionType: lambda value, _: leaves.write_function(value),
        BuiltinFunctionType: lambda value, _: leaves.write_function(value),
        MethodType: lambda value, _: leaves.write_method(value),
        partial: _open_partial,
        GeneratorType: lambda value, _: leaves.write_suspended("generator", value),
        AsyncGeneratorType: lambda value, _: leaves.write_suspended("async_generator", value),
        CoroutineType: lambda value, _: leaves.write_suspended("coroutine", value),
        type: lambda value, _: leaves.write_class(value),
        ModuleType: leaves.write_module,
    }
)
"""Types whose subclasses have the same forms."""
