"""
Placeholders: JSON objects that stand where a payload can't hold the value itself, and say why.

Each is an object whose first member is `$flightlog`, with the kind of placeholder;
`docs/placeholders.md` lists the kinds. `capture.encoding`, `redaction` and `spool` write them.
"""

from __future__ import annotations

from typing import Final

from flightlog.record.json_encoding import encode_json

MARK: Final = "$flightlog"

START_MARKER: Final = b"__CATALYST_EXECUTION_START__"
"""Stands before the record in the output of an editor's test run."""
END_MARKER: Final = b"__CATALYST_EXECUTION_END__"
"""Stands after it."""


def placeholder(kind: str, **members: object) -> bytes:
    """
    Write a placeholder as JSON, e.g. `{"$flightlog":"dropped","reason":"…","size":812}`.

    Args:
        kind: What happened to the value, or what type it had.
        members: Plain values that say more.
    """
    return encode_json({MARK: kind, **members})
