"""What expressions can call, as functions and as filters, and the bounds of what they may make."""

from __future__ import annotations

import hashlib
import json
import uuid as uuids
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from flightlog.capture.encoding import encode_value
from flightlog.runtime.budget import ExpressionFault, spend, spend_copy, spend_visit
from flightlog.runtime.dates import as_moment, format_moment
from flightlog.runtime.template_parts import shown

MAX_CHARACTERS: Final = 10_000_000
"""How long a text that an expression makes may be."""
_WHOLE: Final = 1 << 40
_MAX_POWER_BITS: Final = 4_096
_MAX_DIGITS: Final = 400
_STEPS_OF_A_TIME_PART: Final = 10
_ALGORITHMS: Final = ("md5", "sha1", "sha256", "sha384", "sha512")


def within_bounds(size: float) -> None:
    """
    Refuse to make what is too large.

    Args:
        size: How many characters, items or bits it would have.
    """
    if size > MAX_CHARACTERS:
        raise ExpressionFault(f"would make something of more than {MAX_CHARACTERS:,} characters")


def as_text(value: Any) -> str:
    """
    Write a value as part of a text.

    Text stands as it is, nothing for None, `true` and `false`, and JSON for lists and objects.
    """
    if isinstance(value, str):
        spend_copy(value)
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return to_json(value)


def to_json(value: Any) -> str:
    """Write any value as JSON, in the form in which it is recorded where JSON can't hold it."""
    spend_visit(value)
    written = encode_value(value, _WHOLE)
    within_bounds(len(written))
    return written.decode("utf-8", "replace")


def concat(*parts: Any) -> str:
    """Put texts together."""
    return joined(map(as_text, parts))


def joined(texts: Iterable[str]) -> str:
    """Put texts together as they are made, and stop where they grow out of bounds."""
    taken, size = [], 0
    for text in texts:
        taken.append(text)
        size += len(text)
        within_bounds(size)
    return "".join(taken)


def lowercase(text: Any) -> str:
    """Write in small letters."""
    return as_text(text).lower()


def uppercase(text: Any) -> str:
    """Write in capitals."""
    return as_text(text).upper()


def trim(text: Any) -> str:
    """Leave out the space around a text."""
    return as_text(text).strip()


def truncate(text: Any, length: Any = 100) -> str:
    """Keep the first characters of a text."""
    if isinstance(length, bool) or not isinstance(length, int) or length < 0:
        raise ExpressionFault(f"truncates to {_named(length)}, which is no number of characters")
    return as_text(text)[:length]


def now() -> str:
    """The time, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def format_value(value: Any, pattern: Any = "YYYY-MM-DD") -> str:
    """Write a time by a pattern such as `YYYY-MM-DD HH:mm`."""
    text = as_text(pattern)
    # Each character may be a part of the time, which is written by itself.
    spend(_STEPS_OF_A_TIME_PART * len(text))
    try:
        return format_moment(as_moment(value), text)
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise ExpressionFault(f"can't write {_named(value)} as a time") from error


def uuid() -> str:
    """Make a random UUID."""
    return str(uuids.uuid4())


def digest(value: Any, algorithm: Any = "sha256") -> str:
    """The digest of a text, in hexadecimal digits."""
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
        known = ", ".join(_ALGORITHMS)
        raise ExpressionFault(f"knows no hash {_named(algorithm)}; there are {known}")
    data = as_text(value).encode("utf-8", "surrogatepass")
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def parse(text: Any) -> Any:
    """Read JSON; what is no text comes back as it is."""
    if not isinstance(text, (str, bytes)):
        return text
    spend(len(text))
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExpressionFault(f"can't be read as JSON ({error})") from error


def length(value: Any) -> int:
    """How many characters, items or members."""
    if value is None:
        return 0
    if not hasattr(value, "__len__"):
        raise ExpressionFault(f"asks for the length of {type(value).__name__}, which has none")
    return len(value)


def first(value: Any) -> Any:
    """The first item; None of an empty list."""
    return _item(value, 0)


def last(value: Any) -> Any:
    """The last item; None of an empty list."""
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
    """One member of each object in a list; None where it is missing."""
    if not isinstance(items, (list, tuple)):
        raise ExpressionFault(f"plucks from {type(items).__name__}, which is no list")
    spend_copy(items)
    spend_visit(key)
    return [item.get(key) if isinstance(item, Mapping) else None for item in items]


def join(items: Any, separator: Any = "") -> str:
    """Put the items of a list together."""
    if isinstance(items, (str, Mapping)) or not hasattr(items, "__iter__"):
        raise ExpressionFault(f"joins {type(items).__name__}, which is no list")
    spend_copy(items)
    between = as_text(separator)
    texts = [as_text(item) for item in items]
    within_bounds(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


def replace(text: Any, old: Any, new: Any) -> str:
    """Replace each occurrence of a text."""
    whole, out, into = as_text(text), as_text(old), as_text(new)
    spend(len(whole))
    within_bounds(len(whole) + whole.count(out) * len(into))
    return whole.replace(out, into)


def power(base: Any, exponent: Any) -> Any:
    """Raise to a power, within bounds."""
    if isinstance(base, int) and isinstance(exponent, int) and exponent > 1:
        bits = abs(base).bit_length() * exponent
        if bits > _MAX_POWER_BITS:
            raise ExpressionFault("would make too large a number")
    return base**exponent


def multiply(left: Any, right: Any) -> Any:
    """Multiply, or repeat a text or list within bounds."""
    for sized, times in ((left, right), (right, left)):
        if hasattr(sized, "__len__") and isinstance(times, int):
            within_bounds(len(sized) * max(times, 0))
            spend_copy(sized)
            if not isinstance(sized, str):
                spend(len(sized) * max(times, 0))
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() + right.bit_length()
        if bits > _MAX_POWER_BITS * 2:
            raise ExpressionFault("would make too large a number")
    return left * right


def add(left: Any, right: Any) -> Any:
    """Add, or put texts or lists together within bounds."""
    if hasattr(left, "__len__") and hasattr(right, "__len__"):
        within_bounds(len(left) + len(right))
        spend_copy(left)
        spend_copy(right)
    return left + right


def modulo(left: Any, right: Any) -> Any:
    """The rest of a division; not the formatting of a text."""
    if isinstance(left, (str, bytes)):
        raise ExpressionFault("formats a text with `%`; use concat()")
    return left % right


def rounded(value: Any, digits: Any = 0) -> Any:
    """Round to so many digits after the point, within bounds."""
    if not isinstance(digits, int) or abs(digits) > _MAX_DIGITS:
        raise ExpressionFault(f"rounds to more than {_MAX_DIGITS} digits")
    return round(value, digits) if digits else round(value)


def whole_number(value: Any) -> int:
    """Make a whole number of a number or a text."""
    return int(float(value)) if isinstance(value, str) else int(value)


def _named(value: Any) -> str:
    # Only plain values are written into a message: writing others takes as long as they are large.
    plain = value is None or isinstance(value, (str, bool, int, float))
    return shown(repr(value)) if plain else f"a value of the type {type(value).__name__}"


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
"""By the name that expressions call."""

FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    **{name: made for name, made in FUNCTIONS.items() if name not in {"now", "uuid"}},
    "join": join,
    "replace": replace,
    "int": whole_number,
    "float": float,
    "round": rounded,
    "abs": abs,
    "string": as_text,
}
"""By the name that stands after `|`; `default` is told apart, since it takes what is missing."""

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
"""Which methods of plain values expressions may call: none changes or blows up anything."""
