"""
Texts as JSON that keeps to a limit, and the marks that carry one.

It owns lone surrogates, clipping, and the names of types; it never calls a value's own methods.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, Final

from flightlog.record.json_encoding import encode_json
from flightlog.record.placeholders import MARK

_NAME_LENGTH: Final = 200
_TAIL: Final = 2048
_BETWEEN_WORDS: Final = " \n\r\t\"',;&?<>(){}[]|"
_mro_of: Final = type.__dict__["__mro__"].__get__
_namespace_of: Final = type.__dict__["__dict__"].__get__
_module_of: Final = type.__dict__["__module__"].__get__
_qualname_of: Final = type.__dict__["__qualname__"].__get__


def as_json(value: object) -> bytes:
    r"""Encode plain JSON data; text with lone surrogates gets them as `\ud800` escapes."""
    try:
        return encode_json(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def text_json(text: str, room: int) -> bytes:
    """Encode text; a text that is too long for `room` becomes a mark with its beginning."""
    if len(text) < room:
        whole = as_json(text)
        if len(whole) <= room:
            return whole
    return text_mark("truncated", text, room, size=len(text))


def text_mark(
    kind: str,
    text: str,
    room: int,
    /,
    *,
    member: str = "value",
    size: int | None = None,
    **more: Any,
) -> bytes:
    """
    Write a mark with a text in it, which is clipped where it is too long.

    Args:
        kind: Of the mark.
        text: Goes into the mark.
        room: Bytes for all of it. The mark without its text is written even if that is longer.
        member: The text's name in the mark.
        size: Of the whole, when the text is just its beginning.
        more: Short members that go before the text.

    Returns:
        The mark; with a last member `size`, in characters by default, if a part is missing.
    """
    before = {MARK: kind, **more}
    if size is None and len(text) < room:
        whole = as_json({**before, member: text})
        if len(whole) <= room:
            return whole
    size = len(text) if size is None else size
    rest = len(as_json({**before, member: "", "size": size})) - 2
    return as_json({**before, member: _clip(text, room - rest), "size": size})


def _clip(text: str, room: int) -> str:
    """
    Take the longest beginning whose JSON fits, whole words only.

    A word cut in two could be the half of a secret, which nobody would recognise any more.
    """
    piece = text[: max(room - 2, 0)]
    for _ in range(8):
        length = len(as_json(piece))
        if length <= room:
            break
        piece = piece[: len(piece) * max(room - 2, 0) // length]
    else:
        # A character takes 12 bytes at most: two escapes.
        piece = piece[: max(room - 2, 0) // 12]
    if len(piece) == len(text):
        return piece
    tail = piece[-_TAIL:]
    end = max(map(tail.rfind, _BETWEEN_WORDS))
    return piece[: len(piece) - len(tail) + end + 1] if end >= 0 else piece


def class_bases(kind: type) -> tuple[type, ...]:
    """Answer a class's bases in order, whatever its metaclass would say."""
    bases: tuple[type, ...] = _mro_of(kind)
    return bases


def namespace_of(kind: type) -> MappingProxyType[str, Any]:
    """Return what a class itself defines, whatever its metaclass would say."""
    namespace: MappingProxyType[str, Any] = _namespace_of(kind)
    return namespace


def class_attribute(kind: type, name: str, default: Any = None) -> Any:
    """Answer what a class or a base of it defines under this name, untouched."""
    for base in class_bases(kind):
        namespace: MappingProxyType[str, Any] = _namespace_of(base)
        if name in namespace:
            return namespace[name]
    return default


def type_name(kind: type) -> str:
    """Name a class with its module, e.g. `decimal.Decimal`; builtins go without."""
    return qualified(_module_of(kind), _qualname_of(kind))


def module_name(kind: type) -> str:
    """Name the module that a class says it is from."""
    name = _module_of(kind)
    return name if type(name) is str else ""


def qualified_name(kind: type) -> str:
    """Name a class without its module."""
    name = _qualname_of(kind)
    return name if type(name) is str else ""


def qualified(module: object, name: object) -> str:
    """Join a module's and an object's name, either of which may be missing or no text at all."""
    given = [part for part in (module, name) if type(part) is str and part != "builtins"]
    return ".".join(given)[:_NAME_LENGTH]
