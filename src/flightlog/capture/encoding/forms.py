"""
What each kind of value becomes: a leaf of JSON, or a container and its items.

It owns the choice. `leaves` writes the marks of single values, `containers` and
`fields` look into those that hold others, `encoder` writes what they hold.
A value's own methods run in `form_of` alone, and nothing they raise leaves it.
"""

from __future__ import annotations

import re
import sys
from _io import _IOBase
from collections import OrderedDict, UserList, deque
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

from flightlog.capture.encoding import containers, leaves
from flightlog.capture.encoding.containers import Branch
from flightlog.capture.encoding.fields import Ready, fields_of
from flightlog.capture.encoding.texts import (
    as_json,
    bases_of,
    class_attribute,
    text_mark,
    type_name,
)
from flightlog.interruptions import pass_on
from flightlog.marks import MARK

Form: TypeAlias = bytes | Branch
_Shape: TypeAlias = Callable[[Any, int], Form]

_UNREPRESENTABLE: Final = b'{"$flightlog":"unrepresentable"}'


def form_of(value: object, room: int) -> Form:
    """
    Choose a value's form.

    Args:
        value: Any value.
        room: How many bytes are left for it: no more of it than that is looked at. A form may
            come out longer.
    """
    kind = type(value)
    try:
        shape = _EXACT.get(id(kind))
        if shape is not None:
            return shape(value, room)
    except Exception as fault:  # noqa: BLE001  # no stack, no memory, or changed under our hands
        pass_on(fault)
        return _unrepresentable(kind, fault)
    try:
        return _foreign(value, kind, room)
    except BaseException as fault:  # noqa: BLE001  # whatever it raises is the value's own fault
        pass_on(fault)
        return _unrepresentable(kind, fault)


def _unrepresentable(kind: type, fault: BaseException) -> bytes:
    try:
        reason = type_name(type(fault))
        return as_json({MARK: "unrepresentable", "type": type_name(kind), "reason": reason})
    except Exception as short:  # noqa: BLE001  # the stack may be too short even for this
        pass_on(short)
        return _UNREPRESENTABLE


def _foreign(value: object, kind: type, room: int) -> Form:
    shape = _BASES.get(id(kind))
    if shape is not None:
        return shape(value, room)
    if issubclass(kind, Enum):
        return _enum(value, kind)
    if issubclass(kind, BaseException):
        return _exception(value, kind, room)
    pairs = fields_of(value, kind)
    if pairs is not None:
        return containers.members(pairs, len(pairs))
    for base in bases_of(kind):
        shape = _BASES.get(id(base))
        if shape is not None:
            return shape(value, room)
    return _by_behaviour(value, kind, room)


def _by_behaviour(value: Any, kind: type, room: int) -> Form:
    numpy = sys.modules.get("numpy")
    if numpy is not None and issubclass(kind, numpy.generic):
        return leaves.numpy_scalar(value, kind, room)
    if numpy is not None and kind is numpy.ndarray:
        return containers.ndarray(value, room)
    if type_name(kind) == "array.array":
        return containers.marked(
            "array", value[: containers.most(room)].tolist(), len(value), type=value.typecode
        )
    if issubclass(kind, Mapping):
        return containers.mapping_members(value, room)
    if class_attribute(kind, "shape") is not None and any(
        class_attribute(kind, name) is not None for name in ("dtype", "dtypes", "columns")
    ):
        shape = [*map(int, value.shape)]
        return leaves.described("shaped", value, kind, room, shape=shape)
    return leaves.other(value, kind, room)


def _enum(value: Any, kind: type) -> Branch:
    held = object.__getattribute__(value, "__dict__")
    about = {MARK: "enum", "type": type_name(kind), "name": held["_name_"]}
    return containers.slot("value", held["_value_"], **about)


def _exception(value: Any, kind: type, room: int) -> Form:
    """Write a message only if it is bounded: `ValueError(rows)` would print all the rows."""
    args: tuple[object, ...] = BaseException.__dict__["args"].__get__(value)
    prints_args = class_attribute(kind, "__str__") in {BaseException.__str__, KeyError.__str__}
    if not prints_args or not args or (len(args) == 1 and type(args[0]) is str):
        message = args[0] if prints_args and args else str(value)
        text = str.__str__(message)
        return text_mark("exception", text, room, member="message", type=type_name(kind))
    return containers.slot("args", args, **{MARK: "exception", "type": type_name(kind)})


def _by_id(shapes: Mapping[type, _Shape]) -> dict[int, _Shape]:
    """Key by identity: a class's metaclass may define what its hash and equality do."""
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
        containers.Row: lambda value, room: containers.rows(value.row, room),
    }
)
"""Types whose forms run no code but ours."""

_BASES: Final = _EXACT | _by_id(
    {
        MappingProxyType: containers.mapping_members,
        UserList: lambda value, room: containers.listed(value.data, room),
        deque: containers.deque_items,
        set: containers.set_items,
        frozenset: containers.set_items,
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
        complex: lambda value, room: leaves.printed("complex", value, complex, room),
        UUID: lambda value, room: leaves.printed("uuid", value, UUID, room),
        PurePath: lambda value, room: leaves.printed("path", value, PurePath, room),
        re.Pattern: leaves.regex,
        range: leaves.span,
        _IOBase: lambda value, room: leaves.file(value, type(value), room),
        FunctionType: lambda value, _: leaves.named("function", value),
        BuiltinFunctionType: lambda value, _: leaves.named("function", value),
        MethodType: lambda value, _: leaves.named("method", value),
        partial: lambda value, room: form_of(value.func, room),
        GeneratorType: lambda value, _: leaves.named("generator", value),
        AsyncGeneratorType: lambda value, _: leaves.named("async_generator", value),
        CoroutineType: lambda value, _: leaves.named("coroutine", value),
        type: lambda value, _: leaves.class_name(value),
        ModuleType: leaves.module,
    }
)
"""Types whose subclasses take their forms too."""
