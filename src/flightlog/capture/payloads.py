"""
Encodes the payloads of one recorder: JSON without secrets.

One node's output is often the next node's input. So the last payloads are remembered, and a value
that encodes to the same JSON again is not redacted again. `flightlog.capture.encoding` encodes any
value, and `flightlog.redaction` removes secrets, and finds where a long text can be cut.
"""

from __future__ import annotations

from typing import Final, Literal

from flightlog.capture.encoding import encode_value
from flightlog.redaction import Redactor

_KEPT: Final = 64
_LARGEST_BYTES: Final = 16 * 1024


class PayloadEncoder:
    """
    Encodes the payloads of one recorder.

    Args:
        redactor: Removes secrets.
        max_bytes: The size from which a value is truncated.
        cached: Whether a payload without secrets is clean in every place of a record.
    """

    def __init__(self, redactor: Redactor, max_bytes: int, *, cached: bool) -> None:
        self._redactor = redactor
        self._find_cut = redactor.find_cut
        self._max_bytes = max_bytes
        self._cached = cached
        self._clean: dict[int, bytes] = {}
        """Payloads without secrets, by the identities of their values."""

    def encode(self, value: object, root: Literal["trigger", "input", "output", "logs"]) -> bytes:
        """
        Encode a value as it is now and remove secrets.

        Args:
            value: Any value.
            root: The value's member in the record, for paths excepted from redaction.

        Returns:
            JSON.
        """
        json = encode_value(value, self._max_bytes, self._find_cut)
        # An identity only finds the JSON to compare with: another value may have the same identity
        # by now, and the value may have changed.
        clean = self._clean.get(id(value))
        if clean == json:
            return clean
        redacted = self._redactor.payload(json, root)
        if redacted is json and self._cached and len(json) <= _LARGEST_BYTES:
            if len(self._clean) >= _KEPT:
                self._clean.clear()
            self._clean[id(value)] = json
        return redacted

    def forget(self) -> None:
        """Forget the remembered payloads, because a new secret was registered."""
        self._clean.clear()
