"""
Encodes a snapshot of any value as JSON; never raises, and neither consumes nor changes the value.

`docs/placeholders.md` lists the placeholders for values that JSON can't hold. `flightlog.redaction`
removes secrets from the JSON.
"""

from flightlog.capture.encoding.encoder import LEAST_BYTES, encode_value
from flightlog.capture.encoding.readable import exception_text, prints_itself, readable_text
from flightlog.capture.encoding.texts import type_name

__all__ = [
    "LEAST_BYTES",
    "encode_value",
    "exception_text",
    "prints_itself",
    "readable_text",
    "type_name",
]
