"""
JSON of any value, as it is at that moment: never raises, consumes nothing, changes nothing.

`docs/placeholders.md` says what stands for what JSON can't hold.
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
