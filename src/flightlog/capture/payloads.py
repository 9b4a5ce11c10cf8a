"""
Encodes the payloads of one recorder: JSON without secrets.

The last payloads are cached, because one node's output is often the next node's input. A value
whose JSON held no secret needs no second redaction as long as the value encodes to the same JSON.
`flightlog.capture.encoding` encodes any value, and `flightlog.redaction` removes secrets.
"""

from __future__ import annotations

from sys import get_int_max_str_digits
from typing import Any, Final, Literal

from flightlog.capture.encoding import encode_value
from flightlog.capture.encoding.plain import MOST_DIGITS
from flightlog.record.json_encoding import SLACK, encode_into
from flightlog.record.placeholders import MARK
from flightlog.redaction import Redactor
from flightlog.signal_handlers import reraise_from_signal_handler

_KEPT: Final = 64
_LARGEST_BYTES: Final = 16 * 1024
# Keep the byte as a number, because the search for a number is five times as fast.
_MARKS_BEGIN: Final = ord(MARK[0])


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
        self._max_bytes = max_bytes
        self._cache = EncodedCache(enabled=cached)

    def encode(self, value: object, root: Literal["trigger", "input", "output", "logs"]) -> bytes:
        """
        Encode a value as it is now and remove secrets.

        Args:
            value: Any value.
            root: The value's member in the record, for paths excepted from redaction.

        Returns:
            JSON.
        """
        known = self._cache.find(value)
        if known is not None:
            return known
        json = encode_value(value, self._max_bytes)
        redacted = self._redactor.payload(json, root)
        if redacted is json:
            self._cache.remember(value, json)
        return redacted

    def forget(self) -> None:
        """Clear the cache, because a new secret was registered."""
        self._cache.forget()


class EncodedCache:
    """
    Remembers values by their identity, without keeping the values alive.

    Args:
        enabled: Whether a payload without secrets is clean in every place of a record.
    """

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._known: dict[int, tuple[int, bytes]] = {}

    def find(self, value: object) -> bytes | None:
        """
        Return the payload of a remembered value.

        Args:
            value: Any value. None of its own code runs, and no more of the value is read than was
                remembered.

        Returns:
            The payload; None where the value was not remembered or has changed.
        """
        known = self._known.get(id(value))
        # Compare type and length first, because another value may have the same identity by now.
        kind = type(value)
        if known is None or (kind is not dict and kind is not list):
            return None
        container: Any = value
        size, json = known
        if len(container) != size:
            return None
        try:
            if not _is_plain(value, len(json)):
                return None
            # The value has no more items and characters than this JSON, which bounds the encoder's
            # work.
            written = bytearray(len(json) + SLACK)
            encode_into(value, written)
        except Exception as fault:  # noqa: BLE001 - whatever fails here, the value has changed
            reraise_from_signal_handler(fault)
            return None
        return json if written == json else None

    def remember(self, value: object, json: bytes) -> None:
        """
        Remember a value whose payload holds no placeholder and no secret.

        Args:
            value: The value.
            json: The value's payload.
        """
        kind = type(value)
        if (
            self._enabled
            and (kind is dict or kind is list)
            and len(json) <= _LARGEST_BYTES
            and _MARKS_BEGIN not in json
        ):
            if len(self._known) >= _KEPT:
                self._known.clear()
            container: Any = value
            self._known[id(value)] = (len(container), json)

    def forget(self) -> None:
        """Clear the cache, because a new secret was registered."""
        self._known.clear()


def _is_plain(value: object, room: int) -> bool:  # noqa: C901, PLR0912  # as in plain
    """
    Return whether a value holds only types that JSON has natively, and fits into `room` bytes.

    The encoder alone would also write dataclasses and other objects, and run their code, and would
    write NaN as null.
    """
    text, integer, number = str, int, float
    real = 0.0
    containers: list[Any] = [value]
    for container in containers:
        room -= len(container)
        if room < 0:
            return False
        if type(container) is dict:
            for key, item in container.items():
                if type(key) is not text:
                    return False
                kind = type(item)
                if kind is text:
                    room -= len(key) + len(item)
                    continue
                room -= len(key)
                if kind is integer:
                    continue
                if kind is number:
                    real += item
                elif kind is dict or kind is list or kind is tuple:
                    containers.append(item)
                elif kind is not bool and item is not None:
                    return False
        else:
            for item in container:
                kind = type(item)
                if kind is text:
                    room -= len(item)
                elif kind is integer:
                    continue
                elif kind is number:
                    real += item
                elif kind is dict or kind is list or kind is tuple:
                    containers.append(item)
                elif kind is not bool and item is not None:
                    return False
    # As in `plain`: the sum is undefined where one number is undefined, and long integers take
    # long.
    return room >= 0 and real - real == 0.0 and 0 < get_int_max_str_digits() <= MOST_DIGITS
