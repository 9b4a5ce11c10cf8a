r"""
Lone surrogates: `"\ud800"` is JSON, but no Unicode text, and strict decoders refuse it.

Python's `json.dumps` writes them. So that such a record isn't lost, its lone escapes are masked as
escapes of private-use characters, it is decoded, and its payloads get their own escapes back. In
names and messages, which have to be text, a lone surrogate becomes U+FFFD.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

from msgspec import Raw, Struct
from msgspec.structs import replace

_SURROGATES: Final = 0xD800
_MASKS: Final = 0x10F800
_COUNT: Final = 0x800

_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|u([dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_MASKED: Final = re.compile(rb"\\u(dbf[ef])\\u(d[cdef][0-9a-f]{2})")
_TO_REPLACEMENT: Final = dict.fromkeys(range(_MASKS, _MASKS + _COUNT), "\N{REPLACEMENT CHARACTER}")

Record = TypeVar("Record", bound=Struct)


def mask(body: bytes | bytearray | memoryview) -> bytes | None:
    """The JSON text with every lone surrogate's escape masked; None when it has none."""
    masked = _ESCAPE.sub(_mask_escape, body)
    return masked if len(masked) != len(body) else None


def _mask_escape(escape: re.Match[bytes]) -> bytes:
    lone = escape[1]
    if lone is None:
        return escape[0]
    offset = _MASKS + int(lone, 16) - _SURROGATES - 0x10000
    return b"\\u%04x\\u%04x" % (0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF))


def unmask(record: Record) -> Record:
    """The record that was decoded from masked JSON, with its payloads as they came."""
    return replace(
        record, **{name: _unmasked(getattr(record, name)) for name in record.__struct_fields__}
    )


def _unmasked(value: Any) -> Any:
    if isinstance(value, Raw):
        return Raw(_MASKED.sub(_unmask_escape, value))
    if isinstance(value, str):
        return value.translate(_TO_REPLACEMENT)
    if isinstance(value, Struct):
        return unmask(value)
    if isinstance(value, tuple):
        return tuple(_unmasked(item) for item in value)
    if isinstance(value, dict):
        return {_unmasked(key): _unmasked(item) for key, item in value.items()}
    return value


def _unmask_escape(escape: re.Match[bytes]) -> bytes:
    high, low = int(escape[1], 16), int(escape[2], 16)
    code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
    return b"\\u%04x" % (_SURROGATES + code - _MASKS) if code >= _MASKS else escape[0]
