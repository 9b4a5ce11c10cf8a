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
    attribute,
    behind,
    is_unaltered,
    public_attributes,
)
from flightlog.capture.encoding.containers import Branch
from flightlog.capture.encoding.fields import Ready, read_fields
from flightlog.capture.encoding.texts import (
    encode_as_json,
    encode_text_placeholder,
    find_class_attribute,
    read_bases,
    read_type_name,
)
from flightlog.record.placeholders import MARK, placeholder
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
        return _unrepresentable(kind, fault)
    try:
        return _foreign(value, kind, max_bytes, may_open=may_open)
    except BaseException as fault:  # noqa: BLE001  # the value's own code may raise anything
        reraise_from_signal_handler(fault)
        return _unrepresentable(kind, fault)


class Opened(Branch, kw_only=True):
    """An object that declares no fields, and its public attributes."""


def _unrepresentable(kind: type, fault: BaseException) -> bytes:
    try:
        reason = read_type_name(type(fault))
        return encode_as_json(
            {MARK: "unrepresentable", "type": read_type_name(kind), "reason": reason}
        )
    except Exception as short:  # noqa: BLE001  # the stack may be too short even for this
        reraise_from_signal_handler(short)
        return _UNREPRESENTABLE


def _foreign(  # noqa: PLR0911  # one question after the other
    value: object, kind: type, max_bytes: int, *, may_open: bool
) -> Form:
    shape = _BASES.get(id(kind))
    form = None if shape is None else shape(value, max_bytes)
    if form is not None:
        return form
    if issubclass(kind, Enum):
        return _enum(value, kind)
    if issubclass(kind, BaseException):
        return _exception(value, kind, max_bytes)
    fields = read_fields(value, kind, containers.most(max_bytes))
    if fields is not None:
        return containers.members(*fields, len(fields[0]))
    for base in read_bases(kind):
        shape = _BASES.get(id(base))
        form = None if shape is None else shape(value, max_bytes)
        if form is not None:
            return form
    form = libraries.library_form(value, kind, max_bytes)
    if form is not None:
        return form
    if leaves.printable(value, kind, max_bytes):
        return leaves.described("object", value, kind, max_bytes)
    return _object(value, kind, max_bytes, may_open=may_open)


def _object(value: object, kind: type, max_bytes: int, *, may_open: bool) -> Form:
    """Write an object of an unknown class: its type, and its public attributes."""
    # An object with `__getattr__` may stand for another object, so it may be no iterator.
    if find_class_attribute(kind, "__getattr__") is None:
        for method, name in (("__next__", "iterator"), ("__anext__", "async_iterator")):
            if find_class_attribute(kind, method) is not None:
                return encode_as_json({MARK: name, "type": read_type_name(kind)})
    head = placeholder("object", type=read_type_name(kind))
    if not may_open:
        return head
    pairs, total = public_attributes(value, containers.most(max_bytes))
    if not pairs:
        return head
    names, values = [name for name, _ in pairs], [content for _, content in pairs]
    inner = containers.members(names, values, total)
    return Opened(
        items=inner.items,
        total=inner.total,
        names=inner.names,
        opening=head[:-1] + b',"attributes":' + inner.opening,
        closing=inner.closing + b"}",
    )


def _enum(value: Any, kind: type) -> Branch:
    about = {MARK: "enum", "type": read_type_name(kind), "name": attribute(value, "_name_")}
    return containers.slot("value", attribute(value, "_value_"), **about)


def _exception(value: Any, kind: type, max_bytes: int) -> Form:
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
    return containers.slot("args", args, **{MARK: "exception", "type": read_type_name(kind)})


def _printed(kind: str, base: type) -> _Shape:
    """Make a shape that prints a value as its class in the standard library does."""

    def shape(value: Any, max_bytes: int) -> Form | None:
        return (
            leaves.printed(kind, value, base, max_bytes)
            if is_unaltered(type(value), base)
            else None
        )

    return shape


def _user_dict(value: Any, max_bytes: int) -> Form | None:
    data = attribute(value, "data")
    return containers.dict_members(data, max_bytes) if issubclass(type(data), dict) else None


def _user_list(value: Any, max_bytes: int) -> Form | None:
    data = attribute(value, "data")
    return containers.listed(data, max_bytes) if issubclass(type(data), list) else None


def _chain_map(value: Any, max_bytes: int) -> Form | None:
    maps = attribute(value, "maps")
    return containers.chained_members(maps, max_bytes) if type(maps) is list else None


def _proxy(value: Any, max_bytes: int) -> Form | None:
    shown = behind(value)
    return None if shown is MISSING else choose_form(shown, max_bytes)


def _partial(value: Any, max_bytes: int) -> Form:
    return choose_form(partial.__dict__["func"].__get__(value), max_bytes)


def _by_id(shapes: Mapping[type, _Shape]) -> dict[int, _Shape]:
    """Use identities as keys, because a metaclass may define a class's hash and equality."""
    return {id(kind): shape for kind, shape in shapes.items()}


_EXACT: Final = _by_id(
    {
        str: leaves.text,
        int: leaves.integer,
        float: leaves.number,
        bool: leaves.constant,
        type(None): leaves.constant,
        bytes: leaves.octets,
        list: containers.listed,
        tuple: containers.tuple_items,
        dict: containers.dict_members,
        OrderedDict: containers.dict_members,
        Ready: lambda value, _: value.json,
        libraries.Row: lambda value, max_bytes: libraries.rows(value.row, max_bytes),
    }
)
"""Types whose forms run only Flightlog's own code."""

_BASES: Final = _EXACT | _by_id(
    {
        MappingProxyType: _proxy,
        UserDict: _user_dict,
        UserList: _user_list,
        ChainMap: _chain_map,
        deque: containers.deque_items,
        set: containers.set_items,
        frozenset: containers.set_items,
        array: containers.array_items,
        type({}.keys()): containers.dict_view,
        type({}.values()): containers.dict_view,
        type({}.items()): containers.dict_view,
        bytearray: leaves.byte_array,
        memoryview: leaves.memory,
        datetime: leaves.moment,
        date: leaves.moment,
        time: leaves.moment,
        timedelta: leaves.duration,
        Decimal: leaves.decimal,
        complex: lambda value, max_bytes: encode_text_placeholder(
            "complex", complex.__repr__(value), max_bytes
        ),
        UUID: _printed("uuid", UUID),
        PurePath: _printed("path", PurePath),
        re.Pattern: leaves.regex,
        range: leaves.span,
        _IOBase: lambda value, max_bytes: leaves.file(value, type(value), max_bytes),
        FunctionType: lambda value, _: leaves.function(value),
        BuiltinFunctionType: lambda value, _: leaves.function(value),
        MethodType: lambda value, _: leaves.method(value),
        partial: _partial,
        GeneratorType: lambda value, _: leaves.suspended("generator", value),
        AsyncGeneratorType: lambda value, _: leaves.suspended("async_generator", value),
        CoroutineType: lambda value, _: leaves.suspended("coroutine", value),
        type: lambda value, _: leaves.class_name(value),
        ModuleType: leaves.module,
    }
)
"""Types whose subclasses have the same forms."""
