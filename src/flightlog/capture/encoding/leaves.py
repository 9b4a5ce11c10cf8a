"""
The marks of single values: dates, numbers, bytes, functions, files, objects that print themselves.

It owns their spelling. A mark may come out longer than the room it is given, and a value's own
methods may raise here: `encoder` sees to the one, `forms` to the other.
"""

from __future__ import annotations

import binascii
import codecs
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from flightlog.capture.encoding.texts import (
    as_json,
    class_attribute,
    qualified,
    text_json,
    text_mark,
    type_name,
)
from flightlog.interruptions import pass_on
from flightlog.marks import MARK, mark

_BITS: Final = 14_000
"""Python refuses to print, and to read, numbers of more than 4,300 digits."""
_ADDRESS: Final = re.compile(r" at 0x[0-9A-Fa-f]+")
_WHITE: Final = str.maketrans("", "", "\t\n\r")


def text(value: Any, room: int) -> bytes:
    """Text, with a subclass's own idea of itself left out."""
    return text_json(str.__str__(value), room)


def integer(value: Any, room: int) -> bytes:
    """Write a number; one that Python wouldn't read back is written in hexadecimal digits."""
    number = int.__int__(value)
    bits = number.bit_length()
    if bits <= _BITS and bits * 3 // 10 <= room:
        try:
            return b"%d" % number
        except ValueError as fault:
            # Else the process has set a lower limit than Python's own.
            pass_on(fault)
    digits = -(-bits // 4)
    shown = max(room - 80, 0)
    first = hex(abs(number) >> 4 * max(digits - shown, 0))
    more = {"digits": digits} if digits > shown else {}
    return mark("int", hex="-" * (number < 0) + first, **more)


def number(value: Any, room: int) -> bytes:  # noqa: ARG001  # as every leaf is called
    """Write a float; JSON knows no NaN and no infinity."""
    real = float.__float__(value)
    if real - real == 0.0:  # only finite numbers do that
        return as_json(real)
    return mark("float", value={"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[repr(real)])


def constant(value: Any, room: int) -> bytes:  # noqa: ARG001  # as every leaf is called
    """Write None, True or False."""
    return as_json(value)


def octets(value: Any, room: int) -> bytes:
    """Write bytes as text if they are printable UTF-8, else in base64."""
    return _octets("bytes", value[: max(room, 0)], len(value), room)


def byte_array(value: Any, room: int) -> bytes:
    """Write a bytearray as bytes are written."""
    return _octets("bytearray", bytes(value[: max(room, 0)]), len(value), room)


def memory(value: Any, room: int) -> bytes:
    """Write what a view shows as bytes are written; it may have several dimensions, or gaps."""
    held = value.nbytes
    # Of a view of several dimensions a part is a view again, so that its rows are counted.
    rows = 1 + max(room, 0) * len(value) // held if value.ndim and held else 1
    shown = value[:rows].tobytes() if value.ndim else value.tobytes()
    return _octets("memoryview", shown[: max(room, 0)], held, room)


def _octets(kind: str, shown: bytes, size: int, room: int) -> bytes:
    whole = len(shown) == size
    try:
        decoded = codecs.getincrementaldecoder("utf-8")().decode(shown, final=whole)
    except UnicodeDecodeError:
        decoded = None
    if decoded is not None and decoded.translate(_WHITE).isprintable():
        known = None if whole else size
        return text_mark(kind, decoded, room, member="text", size=known)
    if whole:
        coded = mark(kind, base64=_base64(shown))
        if len(coded) <= room:
            return coded
    fits = max(room - len(mark(kind, base64="", size=size)), 0) // 4 * 3
    return mark(kind, base64=_base64(shown[:fits]), size=size)


def _base64(octets: bytes) -> str:
    return binascii.b2a_base64(octets, newline=False).decode()


def moment(value: Any, room: int) -> bytes:
    """Write a date or time in ISO 8601; a subclass may know more than microseconds."""
    kinds = (datetime, date, time)
    base = next(kind for kind in kinds if issubclass(type(value), kind))
    return text_mark(base.__name__, str.__str__(value.isoformat()), room)


def duration(value: Any, room: int) -> bytes:
    """Write a duration as Python prints it."""
    return text_mark("timedelta", timedelta.__str__(value), room)


def decimal(value: Any, room: int) -> bytes:
    """Write a decimal number with all its digits, or the beginning of very many."""
    if Decimal.__sizeof__(value) > 8 * max(room, 0) + 1024:
        return mark("decimal", value=format(value, ".20e"), rounded=True)
    return text_mark("decimal", Decimal.__str__(value), room)


def printed(kind: str, value: Any, base: Any, room: int) -> bytes:
    """Write what a standard type prints, whatever a subclass of it would."""
    return text_mark(kind, str.__str__(base.__str__(value)), room)


def regex(value: Any, room: int) -> bytes:
    """Write a pattern's source and flags."""
    source = value.pattern
    if isinstance(source, bytes):
        source = source.decode("latin-1")
    return text_mark("regex", source, room, flags=value.flags)


def span(value: Any, room: int) -> bytes:  # noqa: ARG001  # as every leaf is called
    """Write a range by its bounds."""
    return mark("range", start=value.start, stop=value.stop, step=value.step)


def named(kind: str, value: Any) -> bytes:
    """Write a function, class or generator by its name."""
    return as_json({MARK: kind, "name": qualified(_asked(value, "__module__"), value.__qualname__)})


def class_name(value: type) -> bytes:
    """Write a class by its name."""
    return as_json({MARK: "class", "name": type_name(value)})


def module(value: Any, room: int) -> bytes:
    """Write a module by its name; a lazy one stays unloaded."""
    held = object.__getattribute__(value, "__dict__")
    return text_mark("module", str.__str__(held["__name__"]), room, member="name")


def file(value: Any, kind: type, room: int) -> bytes:
    """Write an open file by its name and mode, and nothing of what is in it."""
    name = _asked(value, "name")
    mode = _asked(value, "mode")
    more: dict[str, Any] = {"mode": mode} if type(mode) is str else {}
    if isinstance(name, bytes):
        name = name.decode(errors="backslashreplace")
    shown = str(name) if type(name) in {str, int} else ""
    return text_mark("file", shown, room, member="name", type=type_name(kind), **more)


def _asked(value: Any, name: str) -> Any:
    try:
        return getattr(value, name)
    except Exception as fault:  # noqa: BLE001  # a closed or half-made file has no name: an answer
        pass_on(fault)
        return None


def described(kind: str, value: object, of: type, room: int, **more: Any) -> bytes:
    """Write an object as it prints itself, without addresses: they say nothing a day later."""
    shown = _ADDRESS.sub("", str.__str__(repr(value)))
    return text_mark(kind, shown, room, type=type_name(of), **more)


def numpy_scalar(value: Any, kind: type, room: int) -> bytes:
    """Write a scalar of numpy's as the Python value it stands for, if there is one."""
    plain = value.item()
    for plain_kind, leaf in ((bool, constant), (int, integer), (float, number)):
        if type(plain) is plain_kind:
            return leaf(plain, room)
    return text_mark("numpy", str(value), room, type=type_name(kind), dtype=str(value.dtype))


def other(value: object, kind: type, room: int) -> bytes:
    """Write an object that has no form of its own."""
    for method, name in (("__next__", "iterator"), ("__anext__", "async_iterator")):
        if class_attribute(kind, method) is not None:
            return as_json({MARK: name, "type": type_name(kind)})
    if class_attribute(kind, "__repr__") is object.__repr__:
        return as_json({MARK: "object", "type": type_name(kind)})
    return described("object", value, kind, room)
