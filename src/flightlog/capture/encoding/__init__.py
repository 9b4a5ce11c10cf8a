"""
Encodes a snapshot of any value as JSON; never raises, and neither consumes nor changes the value.

`docs/reference/placeholders.md` lists the placeholders for values that JSON can't hold.
`flightlog.redaction` removes secrets from the JSON.
"""

from flightlog.capture.encoding.encoder import LEAST_BYTES, encode_value
from flightlog.capture.encoding.readable import (
    is_safe_to_print,
    read_exception_text,
    write_readable,
)
from flightlog.capture.encoding.texts import LOOKAHEAD, FindCut, read_type_name

__all__ = [
    "LEAST_BYTES",
    "LOOKAHEAD",
    "FindCut",
    "encode_value",
    "is_safe_to_print",
    "read_exception_text",
    "read_type_name",
    "write_readable",
]
