"""
Text for people from values that should have been text: names, tags, messages of errors.

It owns which values may print themselves. The others are named by their types, because the
`__str__` of an unknown object may send a query or evaluate a lazy value.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Final
from uuid import UUID

from flightlog.capture.encoding.attributes import is_standard
from flightlog.capture.encoding.plain import plain_json
from flightlog.capture.encoding.texts import (
    class_attribute,
    class_bases,
    namespace_of,
    qualified_name,
)
from flightlog.signal_handlers import reraise_from_signal_handler

MAX_CHARACTERS: Final = 64 * 1024
"""Of a value that isn't text, how much is printed."""

_MOST_ARGUMENTS: Final = 100
_BITS: Final = 14_000
_PRINTED: Final = frozenset(
    map(id, (bool, complex, date, Decimal, float, int, time, timedelta, type(None), UUID))
)


def readable_text(value: object) -> str:
    """
    Make a text of any value.

    Args:
        value: Text, mostly.

    Returns:
        A text as it is. What a number, a path, a plain container, an enum's member or an exception
        prints. The name of the type of any other value.
    """
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]  # it is one
    try:
        if issubclass(kind, Enum):
            return str.__str__(str(value)) if _prints_by_standard(kind) else _short_name(kind)
        if issubclass(kind, str):
            return str.__str__(value)
        if issubclass(kind, BaseException):
            return exception_text(value)  # type: ignore[arg-type]  # it is one
        if _is_printed(value):
            return str(value)
    except Exception as fault:  # noqa: BLE001  # an exception's __str__ may raise anything
        reraise_from_signal_handler(fault)
    return _short_name(kind)


def exception_text(error: BaseException) -> str:
    """
    Return what an exception says.

    An exception with a `__str__` of its own is asked for it. What others print are their
    arguments, which may be any objects of any size.

    Args:
        error: The exception.

    Returns:
        The message; empty when there is none.

    Raises:
        BaseException: The exception's own `__str__` raised it.
    """
    if prints_itself(error):
        return str.__str__(str(error))
    args: tuple[object, ...] = BaseException.__dict__["args"].__get__(error)
    texts = [readable_text(argument) for argument in args[:_MOST_ARGUMENTS]]
    more = ", …" if len(args) > _MOST_ARGUMENTS else ""
    return texts[0] if len(args) == 1 else f"({', '.join(texts)}{more})"


def prints_itself(error: BaseException) -> bool:
    """Tell whether printing an exception asks no objects but itself, and is bounded."""
    printing = class_attribute(type(error), "__str__")
    if printing is not BaseException.__str__ and printing is not KeyError.__str__:
        return True
    args: tuple[object, ...] = BaseException.__dict__["args"].__get__(error)
    if len(args) == 1 and type(args[0]) is str:
        return True
    return len(args) <= _MOST_ARGUMENTS and all(map(_is_printed, args))


def _is_printed(value: object) -> bool:
    kind = type(value)
    if kind is int:
        return int.bit_length(value) <= _BITS  # type: ignore[arg-type]  # it is one
    if kind is str or kind is bytes:
        return len(value) <= MAX_CHARACTERS  # type: ignore[arg-type]  # they have one
    if kind is dict or kind is list or kind is tuple:
        try:
            return type(plain_json(value, MAX_CHARACTERS)) is bytes
        except Exception as fault:  # noqa: BLE001  # as in `encoder`
            reraise_from_signal_handler(fault)
            return False
    if kind is Decimal:
        return Decimal.__sizeof__(value) <= MAX_CHARACTERS
    return id(kind) in _PRINTED or (issubclass(kind, PurePath) and is_standard(kind))


def _prints_by_standard(kind: type) -> bool:
    """Tell whether the `__str__` that an enum has was written in the standard library."""
    for base in class_bases(kind):
        if "__str__" in namespace_of(base):
            return is_standard(base)
    return False


def _short_name(kind: type) -> str:
    return qualified_name(kind).rpartition(".")[2]
