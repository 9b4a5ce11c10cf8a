"""
Reads records as Python's `json.dumps` prints them, which is not always JSON.

This module replaces `NaN` and `Infinity`, because JSON has no such values. Text that
`flightlog.record.model` accepts stays unchanged.
"""

from __future__ import annotations

import re
from typing import Final

from flightlog.errors import InvalidRecordError
from flightlog.record.decoding import decode_execution
from flightlog.record.model import WorkflowExecution

_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
_STRING_OR_NAN: Final = re.compile(_STRING + rb"|-?Infinity|NaN", re.DOTALL)
_STRING_OR_BRACKET: Final = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)


def decode_printed(body: bytes) -> WorkflowExecution:
    """
    Read one record that `json.dumps` may have printed.

    `NaN`, `Infinity` and `-Infinity` become the texts `"NaN"`, `"Infinity"` and `"-Infinity"`.
    Every other value stays as it is, including long integers and the spelling of numbers.

    Args:
        body: UTF-8 text of one object.

    Returns:
        The record.

    Raises:
        InvalidRecordError: The text is not a record, even after the replacement.
    """
    try:
        return decode_execution(body)
    except InvalidRecordError:
        mended = quote_not_numbers(body)
        if mended == body:
            raise
        return decode_execution(mended)


def quote_not_numbers(body: bytes) -> bytes:
    """
    Turn `NaN`, `Infinity` and `-Infinity` outside of strings into strings.

    Args:
        body: UTF-8 text like JSON.

    Returns:
        The text with the replacements.
    """
    return _STRING_OR_NAN.sub(
        lambda found: found[0] if found[0].startswith(b'"') else b'"%s"' % found[0], body
    )


def find_object_end(text: bytes, start: int, limit: int) -> int | None:
    """
    Find the end of a JSON object, whatever its strings contain.

    Args:
        text: Text that contains the object.
        start: The place of the object's opening brace.
        limit: The place where the search stops.

    Returns:
        The place after the object's closing brace; None when the object doesn't end before `limit`.
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
