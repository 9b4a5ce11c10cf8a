"""
Records as Python's `json.dumps` prints them, which is not always JSON.

It replaces `NaN` and `Infinity`, which JSON doesn't know. Text that `flightlog.record.model`
accepts is left untouched.
"""

from __future__ import annotations

import re
from typing import Final

from flightlog.errors import InvalidRecordError
from flightlog.record.model import WorkflowExecution, decode_execution

_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
_STRING_OR_NAN: Final = re.compile(_STRING + rb"|-?Infinity|NaN", re.DOTALL)
_STRING_OR_BRACKET: Final = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)


def decode_printed(body: bytes) -> WorkflowExecution:
    """
    Read one record that `json.dumps` may have printed.

    `NaN`, `Infinity` and `-Infinity` become the texts `"NaN"`, `"Infinity"` and `"-Infinity"`. All
    else, long integers and the spelling of numbers too, comes out as it went in.

    Args:
        body: UTF-8 text of one object.

    Raises:
        InvalidRecordError: Even so it is no record.
    """
    try:
        return decode_execution(body)
    except InvalidRecordError:
        mended = quote_not_numbers(body)
        if mended == body:
            raise
        return decode_execution(mended)


def quote_not_numbers(body: bytes) -> bytes:
    """Turn `NaN`, `Infinity` and `-Infinity` outside of strings into strings."""
    return _STRING_OR_NAN.sub(
        lambda found: found[0] if found[0].startswith(b'"') else b'"%s"' % found[0], body
    )


def end_of_object(text: bytes, start: int, limit: int) -> int | None:
    """
    Find where a JSON object ends, whatever its strings contain.

    Args:
        text: Text that holds the object among other things.
        start: Where the object's brace is.
        limit: Don't look further than here.

    Returns:
        The place after its last brace; None when it doesn't end before `limit`.
    """
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text, start, limit):
        if found[0] in b"{[":
            depth += 1
        elif found[0] in b"}]":
            depth -= 1
            if depth == 0:
                return found.end()
    return None
