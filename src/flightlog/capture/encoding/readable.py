"""
Makes readable text of values that should have been text: names, tags, messages of errors.

This module decides which values may print themselves. Other values are named by their types,
because the `__str__` of an unknown object may send a query or evaluate a lazy value. `texts`
encodes the text.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Final
from uuid import UUID

from flightlog.capture.encoding.attributes import is_standard
from flightlog.capture.encoding.native import encode_native
from flightlog.capture.encoding.texts import (
    find_class_attribute,
    read_bases,
    read_namespace,
    read_qualified_name,
)
from flightlog.signal_handlers import reraise_from_signal_handler

MAX_CHARACTERS: Final = 64 * 1024
"""How many characters of a value that isn't text are printed."""

_MOST_ARGUMENTS: Final = 100
_BITS: Final = 14_000
_PRINTED: Final = frozenset(
    map(id, (bool, complex, date, Decimal, float, int, time, timedelta, type(None), UUID))
)


def write_readable(value: object) -> str:
    """
    Make a text of any value.

    Args:
        value: A text, mostly.

    Returns:
        A text unchanged; the printed form of a number, a path, a plain container, an enum's member
        or an exception; the type's name for any other value.
    """
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]  # `kind` proves the type
    try:
        if issubclass(kind, Enum):
            return str.__str__(str(value)) if _prints_by_standard(kind) else _short_name(kind)
        if issubclass(kind, str):
            return str.__str__(value)
        if issubclass(kind, BaseException):
            return read_exception_text(value)  # type: ignore[arg-type]  # `kind` proves the type
        if _is_printed(value):
            return str(value)
    except Exception as fault:  # noqa: BLE001  # an exception's __str__ may raise anything
        reraise_from_signal_handler(fault)
    return _short_name(kind)


def read_exception_text(error: BaseException) -> str:
    """
    Return an exception's message.

    An exception's own `__str__` is called where its class defines one. Other exceptions print their
    arguments, which may be objects of any type and size, so each argument is converted separately.

    Args:
        error: The exception.

    Returns:
        The message; empty where there is none.

    Raises:
        BaseException: The exception's own `__str__` raised it.
    """
    if is_safe_to_print(error):
        return str.__str__(str(error))
    args: tuple[object, ...] = BaseException.__dict__["args"].__get__(error)
    texts = [write_readable(argument) for argument in args[:_MOST_ARGUMENTS]]
    more = ", …" if len(args) > _MOST_ARGUMENTS else ""
    return texts[0] if len(args) == 1 else f"({', '.join(texts)}{more})"


def is_safe_to_print(error: BaseException) -> bool:
    """
    Return whether printing an exception calls no other objects and is bounded.

    Args:
        error: The exception.

    Returns:
        True where `str(error)` may be called.
    """
    printing = find_class_attribute(type(error), "__str__")
    if printing is not BaseException.__str__ and printing is not KeyError.__str__:
        return True
    args: tuple[object, ...] = BaseException.__dict__["args"].__get__(error)
    if len(args) == 1 and type(args[0]) is str:
        return True
    return len(args) <= _MOST_ARGUMENTS and all(map(_is_printed, args))


def _is_printed(value: object) -> bool:
    kind = type(value)
    if kind is int:
        return int.bit_length(value) <= _BITS  # type: ignore[arg-type]  # `kind` proves the type
    if kind is str or kind is bytes:
        return len(value) <= MAX_CHARACTERS  # type: ignore[arg-type]  # both types have a length
    if kind is dict or kind is list or kind is tuple:
        try:
            return type(encode_native(value, MAX_CHARACTERS)) is bytes
        except Exception as fault:  # noqa: BLE001  # as in `encoder`
            reraise_from_signal_handler(fault)
            return False
    if kind is Decimal:
        return Decimal.__sizeof__(value) <= MAX_CHARACTERS
    return id(kind) in _PRINTED or (issubclass(kind, PurePath) and is_standard(kind))


def _prints_by_standard(kind: type) -> bool:
    """Return whether the standard library defines the `__str__` that an enum has."""
    for base in read_bases(kind):
        if "__str__" in read_namespace(base):
            return is_standard(base)
    return False


def _short_name(kind: type) -> str:
    return read_qualified_name(kind).rpartition(".")[2]
