"""
JSON of any value, as it is at that moment: never raises, consumes nothing, changes nothing.

`docs/marks.md` says what stands for what JSON can't hold.
"""

from flightlog.capture.encoding.encoder import LEAST_BYTES, encode_value

__all__ = ["LEAST_BYTES", "encode_value"]
