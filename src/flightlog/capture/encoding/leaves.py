"""
Writes the placeholders of single values: dates, numbers, bytes, functions, files and others.

This module owns their format. Each function takes the value and the number of bytes left for the
value, as `forms.choose_form` does. A placeholder may be longer than the space left, which `encoder`
checks. A value's own methods may raise, which `forms` handles.
"""

from __future__ import annotations

import codecs
import re
from _io import _IOBase
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from io import BufferedRandom, BufferedReader, BufferedWriter, FileIO, TextIOWrapper
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final

from flightlog.capture.encoding.attributes import (
    is_published,
    read_attribute,
    read_module_namespace,
)
from flightlog.capture.encoding.texts import (
    LOOKAHEAD,
    encode_as_json,
    encode_octets,
    encode_octets_placeholder,
    encode_text,
    encode_text_placeholder,
    join_qualified_name,
    read_qualified_name,
    read_type_name,
)
from flightlog.record.placeholders import MARK, write_placeholder
from flightlog.signal_handlers import reraise_from_signal_handler

_BITS: Final = 14_000
"""Python refuses to print and to read numbers of more than 4,300 digits."""
_GUARD_BITS: Final = 64
_ADDRESS: Final = re.compile(r" at 0x[0-9A-Fa-f]+")
_FILE_LAYERS: Final = 3
"""A text file, its buffer, and the raw file."""
_PANDAS: Final = (("pandas", "Timestamp"), ("pandas._libs.tslibs.nattype", "NaTType"))
_ZONES: Final = frozenset(
    ("bson", "dateutil", "pendulum", "psycopg2", "pydantic_core", "pytz", "zoneinfo")
)
"""Packages whose time zones compute offsets from their own tables."""
_PRINTED: Final = frozenset(map(id, (type(...), type(NotImplemented), slice, timezone, re.Match)))
_PRINTABLE: Final = (
    ("collections", "UserString"),
    ("fractions", "Fraction"),
    ("ipaddress", "IPv4Address"),
    ("ipaddress", "IPv4Interface"),
    ("ipaddress", "IPv4Network"),
    ("ipaddress", "IPv6Address"),
    ("ipaddress", "IPv6Interface"),
    ("ipaddress", "IPv6Network"),
    ("logging", "Logger"),
    ("logging", "RootLogger"),
    ("pydantic.types", "SecretBytes"),
    ("pydantic.types", "SecretStr"),
    ("zoneinfo", "ZoneInfo"),
)
"""Classes whose `repr` prints short plain values and calls no other object."""
_WHITE: Final = str.maketrans("", "", "\t\n\r")


def write_text(value: Any, max_bytes: int) -> bytes:
    """Write text without calling a subclass's methods; see `forms.choose_form`."""
    if type(value) is str:
        return encode_text(value, max_bytes)
    size = str.__len__(value)
    if size < max_bytes:
        return encode_text(str.__str__(value), max_bytes)
    beginning = str.__getitem__(value, slice(max(max_bytes, 0) + LOOKAHEAD))
    return encode_text_placeholder("truncated", beginning, max_bytes, size=size)


def write_integer(value: Any, max_bytes: int) -> bytes:
    """Write an integer, in hexadecimal if Python couldn't read it back; see `forms.choose_form`."""
    bits = int.bit_length(value)
    if bits <= _BITS and bits * 3 // 10 <= max_bytes:
        try:
            return b"%d" % int.__int__(value)
        except ValueError as fault:
            # The process has set a lower limit than Python's default.
            reraise_from_signal_handler(fault)
    digits = -(-bits // 4)
    shown = max(max_bytes - 80, 0)
    is_negative = int.__lt__(value, 0)
    first = hex(_take_first_bits(value, 4 * max(digits - shown, 0), is_negative=is_negative))
    more = {"digits": digits} if digits > shown else {}
    return write_placeholder("int", hex="-" * is_negative + first, **more)


def _take_first_bits(value: Any, without: int, *, is_negative: bool) -> int:
    """Drop a number's last bits and its sign, without copying a number that may be huge."""
    if not is_negative:
        return int.__rshift__(value, without)
    if without < _GUARD_BITS:
        return -int.__int__(value) >> without
    # A shift rounds down, so a negative number moves away from zero by up to 1 in the last guard
    # bit.
    rest = -int.__rshift__(value, without - _GUARD_BITS)
    return (rest if rest & ((1 << _GUARD_BITS) - 1) == 0 else rest - 1) >> _GUARD_BITS


def write_float(value: Any, max_bytes: int) -> bytes:  # noqa: ARG001  # every leaf has this signature
    """Write a float, or a placeholder for NaN and infinities; see `forms.choose_form`."""
    real = float.__float__(value)
    if real - real == 0.0:  # true only for finite numbers
        return encode_as_json(real)
    return write_placeholder(
        "float", value={"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[repr(real)]
    )


def write_constant(value: Any, max_bytes: int) -> bytes:  # noqa: ARG001  # every leaf has this signature
    """Write None, True or False; see `forms.choose_form`."""
    return encode_as_json(value)


def write_bytes(value: Any, max_bytes: int) -> bytes:
    """Write bytes as text if they are printable UTF-8, else in base64; see `forms.choose_form`."""
    shown = bytes.__getitem__(value, slice(max(max_bytes, 0) + LOOKAHEAD))
    return _write_octets("bytes", shown, bytes.__len__(value), max_bytes)


def write_bytearray(value: Any, max_bytes: int) -> bytes:
    """Write a bytearray as `write_bytes` does; see `forms.choose_form`."""
    shown = bytes(bytearray.__getitem__(value, slice(max(max_bytes, 0) + LOOKAHEAD)))
    return _write_octets("bytearray", shown, bytearray.__len__(value), max_bytes)


def write_memoryview(value: Any, max_bytes: int) -> bytes:
    """
    Write the bytes of a memoryview as `write_bytes` does; see `forms.choose_form`.

    The view may have several dimensions, or gaps.
    """
    size = value.nbytes
    most = max(max_bytes, 0) + LOOKAHEAD
    if value.c_contiguous and value.ndim and size:
        shown = bytes(value.cast("B")[:most])
    elif value.ndim == 1:
        shown = value[: 1 + most // value.itemsize].tobytes()
    elif size <= most:
        shown = value.tobytes()
    else:
        # No part of a view with several dimensions and gaps can be copied.
        shown = b""
    return _write_octets("memoryview", shown[:most], size, max_bytes)


def _write_octets(kind: str, shown: bytes, size: int, max_bytes: int) -> bytes:
    whole = len(shown) == size
    try:
        decoded = codecs.getincrementaldecoder("utf-8")().decode(shown, final=whole)
    except UnicodeDecodeError:
        decoded = None
    if decoded is not None and decoded.translate(_WHITE).isprintable():
        known = None if whole else size
        return encode_text_placeholder(kind, decoded, max_bytes, member="text", size=known)
    if whole:
        coded = write_placeholder(kind, base64=encode_octets(shown))
        if len(coded) <= max_bytes:
            return coded
    return encode_octets_placeholder(kind, shown, size, max_bytes)


def write_time(value: Any, max_bytes: int) -> bytes:
    """Write a date or time in ISO 8601, with nanoseconds for pandas; see `forms.choose_form`."""
    kind = type(value)
    base: Any = next(known for known in (datetime, date, time) if issubclass(kind, known))
    more: dict[str, Any] = {}
    if any(is_published(kind, module, name) for module, name in _PANDAS):
        shown = str.__str__(value.isoformat())
    else:
        zone = None if base is date else base.tzinfo.__get__(value)
        if zone is not None and not _is_known_zone(type(zone)):
            # Leave the offset out, because code of the workflow would compute it.
            value = base.replace(value, tzinfo=None)
            more["tzinfo"] = read_type_name(type(zone))
        shown = base.isoformat(value)
    return encode_text_placeholder(base.__name__, shown, max_bytes, **more)


def _is_known_zone(kind: type) -> bool:
    return kind is timezone or read_type_name(kind).partition(".")[0] in _ZONES


def write_duration(value: Any, max_bytes: int) -> bytes:
    """Write a duration as Python prints it; see `forms.choose_form`."""
    return encode_text_placeholder("timedelta", timedelta.__str__(value), max_bytes)


def write_decimal(value: Any, max_bytes: int) -> bytes:
    """Write a decimal with all digits, or rounded if it is very long; see `forms.choose_form`."""
    if Decimal.__sizeof__(value) > 8 * max(max_bytes, 0) + 1024:
        return write_placeholder("decimal", value=Decimal.__format__(value, ".20e"), rounded=True)
    return encode_text_placeholder("decimal", Decimal.__str__(value), max_bytes)


def write_printed(kind: str, value: Any, base: Any, max_bytes: int) -> bytes:
    """
    Write the text of a standard type, even if a subclass prints itself otherwise.

    Args:
        kind: The placeholder's kind.
        value: The value.
        base: The class of the standard library.
        max_bytes: How many bytes are left for the value.

    Returns:
        The placeholder.
    """
    return encode_text_placeholder(kind, str.__str__(base.__str__(value)), max_bytes)


def write_pattern(value: Any, max_bytes: int) -> bytes:
    """Write a pattern's source and flags; see `forms.choose_form`."""
    source = value.pattern
    if isinstance(source, bytes):
        source = source.decode("latin-1")
    return encode_text_placeholder("regex", source, max_bytes, flags=value.flags)


def write_range(value: Any, max_bytes: int) -> bytes:  # noqa: ARG001  # every leaf has this signature
    """Write a range by its bounds; see `forms.choose_form`."""
    return write_placeholder("range", start=value.start, stop=value.stop, step=value.step)


def write_function(value: Any) -> bytes:
    """Write a Python function or a builtin function by its name; see `forms.choose_form`."""
    if type(value) is FunctionType:
        return _write_named("function", value.__module__, value.__qualname__)
    owner = value.__self__
    if owner is None or type(owner) is ModuleType:
        return _write_named("function", value.__module__, value.__name__)
    # Name the class directly, because a builtin method would ask its object's class for the name.
    kind = owner if issubclass(type(owner), type) else type(owner)
    return _write_named(
        "function", value.__module__, f"{read_qualified_name(kind)}.{value.__name__}"
    )


def write_method(value: Any) -> bytes:
    """Write a method by the name of its function; see `forms.choose_form`."""
    called = MethodType.__dict__["__func__"].__get__(value)
    if type(called) is FunctionType:
        return _write_named("method", called.__module__, called.__qualname__)
    return encode_as_json({MARK: "method", "name": read_type_name(type(called))})


def write_suspended(kind: str, value: Any) -> bytes:
    """
    Write a generator or a coroutine by the name of its function.

    Args:
        kind: The placeholder's kind.
        value: The generator or coroutine.

    Returns:
        The placeholder.
    """
    return _write_named(kind, None, value.__qualname__)


def _write_named(kind: str, module: object, name: object) -> bytes:
    return encode_as_json({MARK: kind, "name": join_qualified_name(module, name)})


def write_class(value: type) -> bytes:
    """Write a class by its name; see `forms.choose_form`."""
    return encode_as_json({MARK: "class", "name": read_type_name(value)})


def write_module(value: Any, max_bytes: int) -> bytes:
    """Write a module by its name; a lazy module stays unloaded; see `forms.choose_form`."""
    name = str.__str__(read_module_namespace(value)["__name__"])
    return encode_text_placeholder("module", name, max_bytes, member="name")


def write_file(value: Any, kind: type, max_bytes: int) -> bytes:
    """
    Write an open file by its name and mode, without its contents.

    Args:
        value: The file.
        kind: The file's real type.
        max_bytes: How many bytes are left for the value.

    Returns:
        The placeholder.
    """
    name, mode = _read_name_and_mode(value, kind)
    more: dict[str, Any] = {"mode": mode} if type(mode) is str else {}
    if type(name) is bytes:
        name = name.decode(errors="backslashreplace")
    shown = str(name) if type(name) is str or type(name) is int else ""
    return encode_text_placeholder(
        "file", shown, max_bytes, member="name", type=read_type_name(kind), **more
    )


def _read_name_and_mode(value: Any, kind: type) -> tuple[Any, Any]:
    """Find the name and the mode that `open` set; other file classes are not read."""
    mode = None
    for _ in range(_FILE_LAYERS):
        names = _IOBase.__dict__["__dict__"].__get__(value)
        mode = mode or names.get("mode")
        if kind is FileIO:
            return names.get("name"), mode or FileIO.mode.__get__(value)  # type: ignore[attr-defined]  # a C descriptor
        try:
            if kind is TextIOWrapper:
                value = TextIOWrapper.buffer.__get__(value)
            elif kind is BufferedReader or kind is BufferedWriter or kind is BufferedRandom:
                value = kind.__dict__["raw"].__get__(value)
            else:
                return names.get("name"), mode
        except (AttributeError, ValueError) as fault:
            reraise_from_signal_handler(fault)  # the file was detached
            break
        kind = type(value)
        if not issubclass(kind, _IOBase):
            break
    return None, mode


def write_repr(kind: str, value: object, of: type, max_bytes: int) -> bytes:
    """
    Write an object's `repr` without addresses, because addresses mean nothing later.

    Args:
        kind: The placeholder's kind.
        value: The object.
        of: The object's real type.
        max_bytes: How many bytes are left for the value.

    Returns:
        The placeholder.
    """
    shown = _ADDRESS.sub("", str.__str__(repr(value)))
    return encode_text_placeholder(kind, shown, max_bytes, type=read_type_name(of))


def is_cheap_to_print(value: Any, kind: type, max_bytes: int) -> bool:
    """
    Return whether printing an object is cheap and runs only the standard library's code.

    Args:
        value: The object.
        kind: The object's real type.
        max_bytes: How many bytes are left for the value.

    Returns:
        True where the object may print itself.
    """
    if kind is slice:
        return all(
            part is None or (type(part) is int and int.bit_length(part) <= _BITS)
            for part in (value.start, value.stop, value.step)
        )
    if kind is re.Match:
        start, end = value.span()
        return bool(end - start <= max(max_bytes, 0))
    if read_type_name(kind) == "fractions.Fraction":
        parts = (read_attribute(value, "_numerator"), read_attribute(value, "_denominator"))
        if not all(type(part) is int and int.bit_length(part) <= _BITS for part in parts):
            return False
    return id(kind) in _PRINTED or any(is_published(kind, *place) for place in _PRINTABLE)
