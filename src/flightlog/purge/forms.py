"""
Find a value in the forms in which texts and payloads contain it, and replace the value.

The forms are UTF-8, JSON escapes at any depth (JSON in a string of JSON), percent-encoding, HTML
entities, base64 and hexadecimal digits. One linear-time pattern finds all of them.
"""

from __future__ import annotations

import base64
import re
from typing import Final

import msgspec
from msgspec import Raw

from flightlog.errors import InvalidSettingError
from flightlog.record.placeholders import write_placeholder
from flightlog.redaction.patterns import Pattern

MIN_BYTES: Final = 6
"""Shorter values are in any large file by chance, so that a search of raw bytes proves nothing."""
MAX_BYTES: Final = 16 * 1024
FORMS: Final = "UTF-8, JSON escapes, percent-encoding, HTML entities, base64 and hexadecimal digits"
"""The forms that are searched for, for messages."""

_MARKERS: Final = ("[purged]", "[***]")
_MAX_MEMORY: Final = 1 << 30
_MIN_BASE64: Final = 10
"""The fewest base64 characters that are not found by chance."""
_MOST_ROUNDS: Final = 10
_GROUP_BYTES: Final = 3
_GROUP_BITS: Final = 6
_SHORT_ESCAPES: Final = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_ENTITIES: Final = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*', re.DOTALL)
_REASON: Final = "a value in it was purged"


class ValueForms:
    """
    A value in all its forms.

    Args:
        value: The value.

    Raises:
        InvalidSettingError: The value is too short or too long.
    """

    def __init__(self, value: str) -> None:
        size = len(value.encode(errors="surrogateescape"))
        if size < MIN_BYTES:
            raise InvalidSettingError(
                "--value",
                f"has {size} bytes, fewer than {MIN_BYTES}",
                hint="Such a value is in many files by chance. Erase the executions that have it "
                "with `flightlog purge --query`.",
            )
        if size > MAX_BYTES:
            raise InvalidSettingError(
                "--value",
                f"has {size:,} bytes, more than {MAX_BYTES:,}",
                hint="Give a part of the value that occurs nowhere else.",
            )
        self._bytes = value.encode(errors="surrogateescape")
        written = b"".join(map(_write_character, value))
        encoded = _write_encoded(self._bytes)
        self._pattern = Pattern(b"|".join((written, *encoded)), max_memory=_MAX_MEMORY)
        # For replacing: what precedes within the same escape or the same encoded text goes, too.
        wide = (b"[0-9A-Za-z+/_=-]*" + each + b"[0-9A-Za-z+/_=-]*" for each in encoded)
        self._whole = Pattern(b"|".join((written, *wide)), max_memory=_MAX_MEMORY)
        self._escaped = Pattern(rb"\\*(?:" + written + b")", max_memory=_MAX_MEMORY)
        self.marker: str = next(
            marker for marker in _MARKERS if not self._pattern.is_in(marker.encode())
        )
        """The text that takes the value's place."""
        self.longest: int = 32 * len(self._bytes) + 256
        """More bytes than any form takes, except for JSON within JSON at great depth."""

    def is_in(self, data: bytes) -> bool:
        """
        Check whether bytes contain the value.

        Args:
            data: The bytes.

        Returns:
            Whether the bytes contain any form of the value.
        """
        return self._pattern.is_in(data)

    def is_partly_in(self, data: bytes) -> bool:
        """
        Check whether bytes contain the value or a large part of it.

        Args:
            data: The bytes.

        Returns:
            Whether any half of the value is there.
        """
        size = max(MIN_BYTES, len(self._bytes) // 2)
        parts = (self._bytes[start : start + size] for start in range(len(self._bytes) - size + 1))
        return self.is_in(data) or any(part in data for part in parts)

    def clean_text(self, text: str) -> str:
        """
        Replace the value in a text.

        Args:
            text: The text.

        Returns:
            The text without the value.
        """
        data = self._replace_all(self._whole, text.encode(errors="surrogateescape"))
        return self.marker if self.is_in(data) else data.decode(errors="surrogateescape")

    def clean_json(self, text: bytes) -> bytes:
        """
        Replace the value in JSON, so that the result is JSON.

        The value is replaced within strings. A number that contains the value becomes a string. If
        the value goes beyond one string, a placeholder replaces the whole JSON.

        Args:
            text: The JSON.

        Returns:
            JSON without the value.
        """
        if not self.is_in(text):
            return text
        cleaned = _TOKEN.sub(lambda found: self._clean_token(found[0]), text)
        if self.is_in(cleaned) or not _is_json(cleaned):
            cleaned = write_placeholder("dropped", reason=_REASON)
        return cleaned

    def _clean_token(self, token: bytes) -> bytes:
        whole = f'"{self.marker}"'.encode()
        if not self.is_in(token):
            return token
        if not token.startswith(b'"'):
            return whole
        # A value that begins in the middle of an escape would leave half of the escape.
        for pattern in (self._whole, self._escaped):
            cleaned = b'"' + self._replace_all(pattern, token[1:-1]) + b'"'
            if not self.is_in(cleaned) and _is_json(cleaned):
                return cleaned
        return whole

    def _replace_all(self, pattern: Pattern, data: bytes) -> bytes:
        # The end of a marker and the text behind it can be the value again.
        for _ in range(_MOST_ROUNDS):
            if not pattern.is_in(data):
                break
            data = self._replace(pattern, data)
        return data

    def _replace(self, pattern: Pattern, data: bytes) -> bytes:
        parts, end = [], 0
        for found in pattern.find_all(data):
            parts += [data[end : found.start()], self.marker.encode()]
            end = found.end()
        return b"".join((*parts, data[end:]))


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=Raw)
        text.decode()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return True


def _write_character(character: str) -> bytes:
    """Write a pattern of all forms of one character."""
    raw = character.encode(errors="surrogateescape")
    escaped = re.escape(raw)
    if character == "\\":
        escaped = rb"\\+"
    elif character in '"/':
        escaped = rb"\\*" + escaped
    units = character.encode("utf-16-be", errors="surrogatepass")
    escapes = (
        rb"\\+u" + _ignore_case(units[place : place + 2].hex()) for place in range(0, len(units), 2)
    )
    percent = (b"%(?:25)*" + _ignore_case(f"{byte:02x}") for byte in raw)
    forms = [escaped, b"".join(escapes), b"".join(percent)]
    if character in _SHORT_ESCAPES:
        forms.append(rb"\\+" + _SHORT_ESCAPES[character].encode())
    if character in _ENTITIES:
        entity = f"&(?:amp;)*(?:{_ENTITIES[character]}|#0*{ord(character)});"
        forms.append(entity.encode())
        forms.append(f"&#[xX]0*{ord(character):x};".encode())
    if character == " ":
        forms.append(rb"\+")
    return b"(?:" + b"|".join(forms) + b")"


def _ignore_case(digits: str) -> bytes:
    return "".join(
        f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits
    ).encode()


def _write_encoded(value: bytes) -> list[bytes]:
    """Write the patterns of the whole value in base64, at each alignment, and in hexadecimal."""
    found = [_ignore_case(value.hex())]
    for offset in range(_GROUP_BYTES):
        encoded = base64.b64encode(bytes(offset) + value).decode().rstrip("=")
        # The first and the last character also hold bits of the bytes around the value.
        first = -(-8 * offset // _GROUP_BITS)
        last = 8 * (offset + len(value)) // _GROUP_BITS
        part = encoded[first:last]
        if len(part) >= _MIN_BASE64:
            found.append(part.replace("/", r"(?:\\*/|_)").replace("+", "[+-]").encode())
    return found
