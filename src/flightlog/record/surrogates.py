r"""
Lone surrogates: `"\ud800"` is JSON, but is not Unicode text, and strict decoders refuse it.

Python's `json.dumps` writes lone surrogates. To keep such a record, this module replaces its lone
escapes by a marker that occurs in no text, and decodes the record. The payloads then get their
escapes back. In names and messages, which must be text, a lone surrogate becomes U+FFFD.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec import Raw, Struct
from msgspec.structs import replace

_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|u(?P<lone>[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)

Record = TypeVar("Record", bound=Struct)


def decode_around(
    body: bytes | bytearray | memoryview, decode: Callable[[bytes], Record]
) -> Record | None:
    """
    Decode JSON that may hold lone surrogates.

    Args:
        body: The JSON text.
        decode: A strict decoder.

    Returns:
        The record; None when the text holds no lone surrogate.

    Raises:
        msgspec.MsgspecError: From `decode`, which refuses the text for another reason.
    """
    if not has_lone_surrogates(body):
        # Most unreadable records have no such escape, and a copy of them takes memory.
        return None
    stand_in = f"lone-{os.urandom(8).hex()}-"

    def mask(escape: re.Match[bytes]) -> bytes:
        return escape[0] if escape["lone"] is None else stand_in.encode() + escape["lone"]

    unmasked: Record = _unmask(decode(_ESCAPE.sub(mask, body)), stand_in)
    return unmasked


def has_lone_surrogates(body: bytes | bytearray | memoryview) -> bool:
    """
    Check whether JSON holds lone surrogates.

    Args:
        body: The JSON text.

    Returns:
        Whether it does.
    """
    return any(escape["lone"] is not None for escape in _ESCAPE.finditer(body))


def _unmask(value: Any, stand_in: str) -> Any:
    if isinstance(value, Raw):
        return Raw(re.sub(stand_in.encode(), rb"\\u", value))
    if isinstance(value, str):
        return re.sub(stand_in + "....", "\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, Struct):
        names = value.__struct_fields__
        return replace(value, **{name: _unmask(getattr(value, name), stand_in) for name in names})
    if isinstance(value, tuple):
        return tuple(_unmask(item, stand_in) for item in value)
    if isinstance(value, dict):
        return {_unmask(key, stand_in): _unmask(value[key], stand_in) for key in value}
    return value
