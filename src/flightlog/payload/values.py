"""Values within a JSON text: their kind, their preview in one line, and their content."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, NamedTuple

import msgspec

Kind = Literal["object", "array", "string", "number", "boolean", "null", "mark"]

PREVIEW_CHARACTERS: Final = 80

_SPACE: Final = re.compile(rb"[ \t\r\n]*")
_MARK: Final = re.compile(rb'\{[ \t\r\n]*"\$flightlog"[ \t\r\n]*:[ \t\r\n]*"')
_KINDS: Final[dict[int, Kind]] = {
    ord("{"): "object",
    ord("["): "array",
    ord('"'): "string",
    ord("t"): "boolean",
    ord("f"): "boolean",
    ord("n"): "null",
}
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\.")
_BLANKS: Final = re.compile(r"\s+")
_LOOKED_AT_BYTES: Final = 1_000
_LONGEST_ESCAPE: Final = 12
_decode_text: Final = msgspec.json.Decoder(str).decode
_encode: Final = msgspec.json.Encoder().encode


class Value(NamedTuple):
    """A value as a part of a JSON text."""

    text: bytes
    """The text that contains the value."""
    start: int
    """The value's first position, after any space."""
    end: int
    """The position after the value; spaces may stand before this position."""

    @property
    def kind(self) -> Kind:
        """The kind of the value."""
        kind = _KINDS.get(self.text[self.start], "number")
        return "mark" if kind == "object" and _MARK.match(self.text, self.start) else kind

    @property
    def is_container(self) -> bool:
        """Whether the value is an object or a list."""
        return self.text[self.start] in b"{["

    @property
    def size_bytes(self) -> int:
        """The length of the value's JSON, bytes."""
        return self.end - self.start

    def json(self) -> bytes:
        """
        Extract the value's JSON.

        Returns:
            The JSON.
        """
        return self.text[self.start : self.end].rstrip()


def find_value(text: bytes, start: int = 0, end: int | None = None) -> Value:
    """
    Find the value in a part of a text, without the spaces around the value.

    Args:
        text: The JSON text.
        start: The first position of the part.
        end: The position after the part; None means the text's end.

    Returns:
        The value.
    """
    end = len(text) if end is None else end
    return Value(text, skip_space(text, start), end)


def skip_space(text: bytes, position: int) -> int:
    """
    Skip spaces.

    Args:
        text: The JSON text.
        position: The first position to check.

    Returns:
        The first position that is no space.
    """
    found = _SPACE.match(text, position)
    assert found is not None
    return found.end()


def decode_string(value: Value) -> str:
    """
    Decode a string.

    Args:
        value: A value of the kind `string`.

    Returns:
        The decoded text.
    """
    return _decode_text(value.json())


def shorten(value: Value) -> str:
    """
    Preview a value.

    Args:
        value: The value.

    Returns:
        The value's JSON with readable characters, cut to `PREVIEW_CHARACTERS`.
    """
    if value.kind == "string":
        return _cut(_preview_string(value))
    text = value.text[value.start : min(value.end, value.start + _LOOKED_AT_BYTES)]
    return _cut(_BLANKS.sub(" ", _ESCAPE.sub(_unescape, text.decode("utf-8", "ignore"))).strip())


def preview_text(text: str) -> str:
    """
    Preview a text.

    Args:
        text: The text.

    Returns:
        The text's JSON, cut to `PREVIEW_CHARACTERS`.
    """
    return _cut(_encode(text[: PREVIEW_CHARACTERS + 1]).decode())


def _preview_string(value: Value) -> str:
    if value.size_bytes <= _LOOKED_AT_BYTES:
        return _encode(decode_string(value)).decode()
    # Find a cut that splits no escape and no character.
    text = value.text[value.start : value.start + _LOOKED_AT_BYTES]
    for shorter in range(_LONGEST_ESCAPE + 1):
        try:
            return _encode(_decode_text(text[: len(text) - shorter] + b'"')).decode()
        except msgspec.MsgspecError:
            continue
    return text.decode("utf-8", "ignore")


def _cut(text: str) -> str:
    return text if len(text) <= PREVIEW_CHARACTERS else f"{text[: PREVIEW_CHARACTERS - 1]}…"


def _unescape(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[0]
    character = chr(int(escape[1], 16))
    return character if character.isprintable() and character not in '"\\' else escape[0]


def encode(value: Any) -> bytes:
    """
    Write a plain value as JSON.

    Args:
        value: The value.

    Returns:
        The JSON.
    """
    return _encode(value)
