"""
Encodes texts as JSON within a limit, and writes placeholders that hold a text.

This module handles lone surrogates, truncation and the names of types. It never calls a value's own
methods.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from flightlog.record.json_encoding import encode_json
from flightlog.record.placeholders import MARK

FindCut: TypeAlias = Callable[[str, int], int]
"""Finds the last place, at or before a given place, at which a text can be cut."""

LOOKAHEAD: Final = 4 * 1024
"""How much of a text is read beyond its limit, to find what a cut would divide."""
_NAME_LENGTH: Final = 200
_TAIL: Final = 2048
_BETWEEN_WORDS: Final = " \n\r\t\"',;&?<>(){}[]|"
_read_mro: Final = type.__dict__["__mro__"].__get__
_read_namespace: Final = type.__dict__["__dict__"].__get__
_read_module: Final = type.__dict__["__module__"].__get__
_read_qualname: Final = type.__dict__["__qualname__"].__get__


def encode_as_json(value: object) -> bytes:
    r"""
    Encode plain JSON data; lone surrogates in texts become `\ud800` escapes.

    Args:
        value: The data.

    Returns:
        JSON.
    """
    try:
        return encode_json(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def encode_text(text: str, max_bytes: int) -> bytes:
    """
    Encode text; a text that doesn't fit becomes a placeholder with the text's beginning.

    Args:
        text: The text.
        max_bytes: The maximum number of bytes.

    Returns:
        JSON.
    """
    if len(text) < max_bytes:
        whole = encode_as_json(text)
        if len(whole) <= max_bytes:
            return whole
    return encode_text_placeholder("truncated", text, max_bytes, size=len(text))


class CutText(bytes):
    """The JSON of a placeholder with the beginning of a text; the text may be cut again."""

    head: dict[str, Any]
    """The members before the text."""
    member: str
    """The text's name."""
    text: str
    """The text, as far as it was read."""
    size: int
    """The size of the whole."""
    end: int
    """Where the text is cut."""

    def cut_again(self, find_cut: FindCut) -> bytes:
        """
        Cut the text where nothing is divided that belongs together.

        Args:
            find_cut: Finds the place.

        Returns:
            The JSON of the placeholder; it is at most as long as before.
        """
        end = find_cut(self.text, self.end)
        return self if end == self.end else self._encode(end)

    def _encode(self, end: int) -> bytes:
        return encode_as_json({**self.head, self.member: self.text[:end], "size": self.size})


class CutOctets(CutText):
    """The JSON of a placeholder with the beginning of bytes, in base64."""

    def _encode(self, end: int) -> bytes:
        octets = encode_octets(self.text[:end].encode("utf-8", "surrogateescape"))
        return encode_as_json({**self.head, self.member: octets, "size": self.size})


def encode_text_placeholder(
    kind: str,
    text: str,
    max_bytes: int,
    /,
    *,
    member: str = "value",
    size: int | None = None,
    **more: Any,
) -> bytes:
    """
    Write a placeholder with a text, truncated where the text doesn't fit.

    Args:
        kind: The placeholder's kind.
        text: The text.
        max_bytes: The maximum number of bytes. The placeholder without its text is written even if
            the placeholder is longer.
        member: The text's name in the placeholder.
        size: The size of the whole, where the text is only its beginning. The beginning should be
            `LOOKAHEAD` longer than what fits.
        more: Short members before the text.

    Returns:
        The placeholder. If a part of the text is missing, the last member is `size`, by default in
        characters, and the placeholder is a `CutText`.
    """
    head = {MARK: kind, **more}
    if size is None and len(text) < max_bytes:
        whole = encode_as_json({**head, member: text})
        if len(whole) <= max_bytes:
            return whole
    size = len(text) if size is None else size
    rest = len(encode_as_json({**head, member: "", "size": size})) - 2
    shown = _clip(text, max_bytes - rest)
    placeholder = CutText(encode_as_json({**head, member: shown, "size": size}))
    return _describe_cut(placeholder, head, member, text, size, len(shown))


def encode_octets_placeholder(kind: str, octets: bytes, size: int, max_bytes: int) -> bytes:
    """
    Write a placeholder with the beginning of bytes, in base64.

    Args:
        kind: The placeholder's kind.
        octets: The bytes, `LOOKAHEAD` more than fit.
        size: The number of all bytes.
        max_bytes: The maximum number of bytes of the placeholder.

    Returns:
        The placeholder, a `CutOctets`.
    """
    head = {MARK: kind}
    rest = len(encode_as_json({**head, "base64": "", "size": size}))
    shown = octets[: max(max_bytes - rest, 0) // 4 * 3]
    json = encode_as_json({**head, "base64": encode_octets(shown), "size": size})
    text = octets.decode("utf-8", "surrogateescape")
    end = len(shown.decode("utf-8", "surrogateescape"))
    return _describe_cut(CutOctets(json), head, "base64", text, size, end)


def encode_octets(octets: bytes) -> str:
    """
    Write bytes in base64.

    Args:
        octets: The bytes.

    Returns:
        The text.
    """
    return binascii.b2a_base64(octets, newline=False).decode()


def _describe_cut(  # noqa: PLR0917  # what the placeholder consists of
    cut: CutText, head: dict[str, Any], member: str, text: str, size: int, end: int
) -> CutText:
    cut.head, cut.member, cut.text, cut.size, cut.end = head, member, text, size, end
    return cut


def _clip(text: str, max_bytes: int) -> str:
    """Take the longest beginning whose JSON fits, whole words only."""
    piece = text[: max(max_bytes - 2, 0)]
    for _ in range(8):
        length = len(encode_as_json(piece))
        if length <= max_bytes:
            break
        piece = piece[: len(piece) * max(max_bytes - 2, 0) // length]
    else:
        # A character takes 12 bytes at most, as two escapes.
        piece = piece[: max(max_bytes - 2, 0) // 12]
    if len(piece) == len(text):
        return piece
    tail = piece[-_TAIL:]
    end = max(map(tail.rfind, _BETWEEN_WORDS))
    return piece[: len(piece) - len(tail) + end + 1] if end >= 0 else piece


def read_bases(kind: type) -> tuple[type, ...]:
    """
    Return a class's bases in order, without calling its metaclass.

    Args:
        kind: The class.

    Returns:
        The class itself, and its bases.
    """
    bases: tuple[type, ...] = _read_mro(kind)
    return bases


def read_namespace(kind: type) -> MappingProxyType[str, Any]:
    """
    Return the attributes that a class itself defines, without calling its metaclass.

    Args:
        kind: The class.

    Returns:
        The class's namespace.
    """
    namespace: MappingProxyType[str, Any] = _read_namespace(kind)
    return namespace


def find_class_attribute(kind: type, name: str, default: Any = None) -> Any:
    """
    Return an attribute of a class or its bases, without binding it.

    Args:
        kind: The class.
        name: The attribute's name.
        default: The result where no class defines the attribute.

    Returns:
        The attribute, or the default.
    """
    for base in read_bases(kind):
        namespace: MappingProxyType[str, Any] = _read_namespace(base)
        if name in namespace:
            return namespace[name]
    return default


def read_type_name(kind: type) -> str:
    """
    Return a class's name with its module, e.g. `decimal.Decimal`; builtins have no module.

    Args:
        kind: The class.

    Returns:
        The name.
    """
    return join_qualified_name(_read_module(kind), _read_qualname(kind))


def read_module_name(kind: type) -> str:
    """
    Return the module that a class names as its own.

    Args:
        kind: The class.

    Returns:
        The module's name; empty where it is no text.
    """
    name = _read_module(kind)
    return name if type(name) is str else ""


def read_qualified_name(kind: type) -> str:
    """
    Return a class's name without its module.

    Args:
        kind: The class.

    Returns:
        The name; empty where it is no text.
    """
    name = _read_qualname(kind)
    return name if type(name) is str else ""


def join_qualified_name(module: object, name: object) -> str:
    """
    Join the name of a module and of an object; either may be missing or no text.

    Args:
        module: The module's name.
        name: The object's name.

    Returns:
        The joined name, of 200 characters at most.
    """
    given = [part for part in (module, name) if type(part) is str and part != "builtins"]
    return ".".join(given)[:_NAME_LENGTH]
