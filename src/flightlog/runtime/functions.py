"""The functions, filters and methods that expressions can call."""

from __future__ import annotations

import hashlib
import json
import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from flightlog.runtime.budget import ExpressionFault, spend, spend_copy, spend_visit
from flightlog.runtime.dates import format_moment, parse_moment
from flightlog.runtime.template_parts import shorten
from flightlog.runtime.texts import check_size, concatenate, to_json, to_text

_MAX_DIGITS: Final = 400
_STEPS_OF_A_TIME_PART: Final = 10
_ALGORITHMS: Final = ("md5", "sha1", "sha256", "sha384", "sha512")


def concat(*parts: Any) -> str:
    """
    Concatenate values as texts.

    Args:
        parts: Any values.

    Returns:
        One text.

    Raises:
        ExpressionFault: The text exceeds the limits.
    """
    return concatenate(map(to_text, parts))


def lowercase(text: Any) -> str:
    """
    Convert a text to lower case.

    Args:
        text: The text; any other value is written as text first.

    Returns:
        The text in lower case.
    """
    return to_text(text).lower()


def uppercase(text: Any) -> str:
    """
    Convert a text to upper case.

    Args:
        text: The text; any other value is written as text first.

    Returns:
        The text in upper case.
    """
    return to_text(text).upper()


def trim(text: Any) -> str:
    """
    Remove whitespace from both ends of a text.

    Args:
        text: The text; any other value is written as text first.

    Returns:
        The text without the whitespace.
    """
    return to_text(text).strip()


def truncate(text: Any, length: Any = 100) -> str:
    """
    Keep the first characters of a text.

    Args:
        text: The text; any other value is written as text first.
        length: How many characters to keep.

    Returns:
        The shortened text.

    Raises:
        ExpressionFault: The length is no whole number, or is negative.
    """
    if isinstance(length, bool) or not isinstance(length, int) or length < 0:
        raise ExpressionFault(
            f"truncates to {_name_value(length)}, which is no number of characters"
        )
    return to_text(text)[:length]


def now() -> str:
    """
    Write the current time.

    Returns:
        The time in ISO 8601, UTC, with milliseconds.
    """
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def format_value(value: Any, pattern: Any = "YYYY-MM-DD") -> str:
    """
    Write a time by a pattern such as `YYYY-MM-DD HH:mm`.

    Args:
        value: A time, in any form that `parse_moment` reads.
        pattern: The pattern.

    Returns:
        The formatted time.

    Raises:
        ExpressionFault: The value is no time, or can't be written.
    """
    text = to_text(pattern)
    # Each character may be a part of the time, and each part is written separately.
    spend(_STEPS_OF_A_TIME_PART * len(text))
    try:
        return format_moment(parse_moment(value), text)
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise ExpressionFault(f"can't write {_name_value(value)} as a time") from error


def uuid() -> str:
    """
    Make a random UUID.

    Returns:
        The UUID as text.
    """
    return str(uuids.uuid4())


def digest(value: Any, algorithm: Any = "sha256") -> str:
    """
    Compute the digest of a text.

    Args:
        value: The text; any other value is written as text first.
        algorithm: The name of the hash function.

    Returns:
        The digest, hexadecimal.

    Raises:
        ExpressionFault: The hash function is not supported.
    """
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
        known = ", ".join(_ALGORITHMS)
        raise ExpressionFault(f"knows no hash {_name_value(algorithm)}; there are {known}")
    data = to_text(value).encode("utf-8", "surrogatepass")
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def parse(text: Any) -> Any:
    """
    Read JSON.

    Args:
        text: The JSON; a value that is not a text is returned unchanged.

    Returns:
        The value.

    Raises:
        ExpressionFault: The text is no JSON.
    """
    if not isinstance(text, (str, bytes)):
        return text
    spend(len(text))
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExpressionFault(f"can't be read as JSON ({error})") from error


def length(value: Any) -> int:
    """
    Count characters, items or members.

    Args:
        value: A text, list or object, or None.

    Returns:
        The count; 0 for None.

    Raises:
        ExpressionFault: The value has no length.
    """
    if value is None:
        return 0
    if not hasattr(value, "__len__"):
        raise ExpressionFault(f"asks for the length of {type(value).__name__}, which has none")
    return len(value)


def first(value: Any) -> Any:
    """
    Take the first item.

    Args:
        value: A list, object or text, or None.

    Returns:
        The item; None when there is no item.

    Raises:
        ExpressionFault: The value has no items.
    """
    return _item(value, 0)


def last(value: Any) -> Any:
    """
    Take the last item.

    Args:
        value: A list, object or text, or None.

    Returns:
        The item; None when there is no item.

    Raises:
        ExpressionFault: The value has no items.
    """
    return _item(value, -1)


def _item(value: Any, place: int) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        spend_copy(value)
        value = list(value.values())
    if not isinstance(value, Sequence):
        raise ExpressionFault(f"asks for an item of {type(value).__name__}, which has none")
    return value[place] if value else None


def pluck(items: Any, key: Any) -> list[Any]:
    """
    Take one member of each object in a list.

    Args:
        items: The list.
        key: The member's name.

    Returns:
        The members in order; None where an object lacks the member.

    Raises:
        ExpressionFault: The value is no list.
    """
    if not isinstance(items, (list, tuple)):
        raise ExpressionFault(f"plucks from {type(items).__name__}, which is no list")
    spend_copy(items)
    spend_visit(key)
    return [item.get(key) if isinstance(item, Mapping) else None for item in items]


def join(items: Any, separator: Any = "") -> str:
    """
    Concatenate the items of a list.

    Args:
        items: The list.
        separator: The text between two items.

    Returns:
        One text.

    Raises:
        ExpressionFault: The value is no list, or the text exceeds the limits.
    """
    if isinstance(items, (str, Mapping)) or not hasattr(items, "__iter__"):
        raise ExpressionFault(f"joins {type(items).__name__}, which is no list")
    spend_copy(items)
    between = to_text(separator)
    texts = [to_text(item) for item in items]
    check_size(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


def replace(text: Any, old: Any, new: Any) -> str:
    """
    Replace each occurrence of a text.

    Args:
        text: The text to search.
        old: The text to replace.
        new: The replacement.

    Returns:
        The changed text.

    Raises:
        ExpressionFault: The result exceeds the limits.
    """
    whole, out, into = to_text(text), to_text(old), to_text(new)
    spend(len(whole))
    check_size(len(whole) + whole.count(out) * len(into))
    return whole.replace(out, into)


def rounded(value: Any, digits: Any = 0) -> Any:
    """
    Round a number.

    Args:
        value: The number.
        digits: How many digits after the decimal point to keep.

    Returns:
        The rounded number; a whole number when `digits` is 0.

    Raises:
        ExpressionFault: The number of digits is no whole number, or exceeds 400.
    """
    if not isinstance(digits, int) or abs(digits) > _MAX_DIGITS:
        raise ExpressionFault(f"rounds to more than {_MAX_DIGITS} digits")
    return round(value, digits) if digits else round(value)


def whole_number(value: Any) -> int:
    """
    Convert a number or a text to a whole number.

    Args:
        value: The number or text.

    Returns:
        The whole number; digits after the decimal point are dropped.

    Raises:
        ValueError: The text is no number.
    """
    return int(float(value)) if isinstance(value, str) else int(value)


def _name_value(value: Any) -> str:
    # Write only plain values into a message, because writing a large value takes long.
    is_scalar = value is None or isinstance(value, (str, bool, int, float))
    return shorten(repr(value)) if is_scalar else f"a value of the type {type(value).__name__}"


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "concat": concat,
    "lowercase": lowercase,
    "uppercase": uppercase,
    "trim": trim,
    "truncate": truncate,
    "now": now,
    "format": format_value,
    "uuid": uuid,
    "hash": digest,
    "json": to_json,
    "parse": parse,
    "length": length,
    "first": first,
    "last": last,
    "pluck": pluck,
}
"""The functions by the name that expressions call."""

FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    **{name: made for name, made in FUNCTIONS.items() if name not in {"now", "uuid"}},
    "join": join,
    "replace": replace,
    "int": whole_number,
    "float": float,
    "round": rounded,
    "abs": abs,
    "string": to_text,
}
"""
The filters by their name after `|`. `default` is handled elsewhere because it accepts undefined
values.
"""

METHODS: Final[Mapping[type, frozenset[str]]] = {
    str: frozenset(
        {
            "capitalize",
            "count",
            "endswith",
            "find",
            "isalpha",
            "isdigit",
            "lower",
            "lstrip",
            "rstrip",
            "split",
            "startswith",
            "strip",
            "title",
            "upper",
        }
    ),
    dict: frozenset({"get", "keys", "values", "items"}),
    list: frozenset({"index", "count"}),
    tuple: frozenset({"index", "count"}),
}
"""
The methods of plain values that expressions may call. Each method leaves its value unchanged and
makes no result of unlimited size.
"""
