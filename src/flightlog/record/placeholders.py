"""
Placeholders: JSON objects that replace a value which a payload can't hold, and give the reason.

The first member of each placeholder is `$flightlog`, with the kind of placeholder.
`docs/reference/placeholders.md` lists the kinds. `capture.encoding`, `redaction` and `spool` write
placeholders.
"""

from __future__ import annotations

from typing import Final

from flightlog.record.json_encoding import encode_json

MARK: Final = "$flightlog"

START_MARKER: Final = b"__CATALYST_EXECUTION_START__"
"""Precedes the record in the output of an editor's test run."""
END_MARKER: Final = b"__CATALYST_EXECUTION_END__"
"""Follows the record."""


def write_placeholder(kind: str, **members: object) -> bytes:
    """
    Write a placeholder as JSON, e.g. `{"$flightlog":"dropped","reason":"…","size":812}`.

    Args:
        kind: The reason for the placeholder, or the type of the value.
        members: Plain values with more details.

    Returns:
        UTF-8 JSON.
    """
    return encode_json({MARK: kind, **members})
