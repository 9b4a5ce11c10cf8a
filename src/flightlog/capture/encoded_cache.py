"""
The last payloads, for values that are recorded again: one node's output is the next one's input.

A value whose JSON was clean a moment ago needs no second redaction while it encodes to the same
JSON.
"""

from __future__ import annotations

from sys import get_int_max_str_digits
from typing import Any, Final

from flightlog.capture.encoding.plain import MOST_DIGITS
from flightlog.record.json_encoding import SLACK, encode_into
from flightlog.record.placeholders import MARK
from flightlog.signal_handlers import reraise_from_signal_handler

_KEPT: Final = 64
_LARGEST_BYTES: Final = 16 * 1024
# As a number, which is found five times as fast as the byte.
_MARKS_BEGIN: Final = ord(MARK[0])


class EncodedCache:
    """
    Remembers values by their identity, without keeping them alive.

    Args:
        enabled: Whether what is clean in one place of a record is clean in every other.
    """

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._known: dict[int, tuple[int, bytes]] = {}

    def again(self, value: object) -> bytes | None:
        """
        The payload of a value that was remembered and has not changed; None of any other.

        Args:
            value: Anything; nothing of its own runs, and no more of it is looked at than there
                was before.
        """
        known = self._known.get(id(value))
        # By its type and length first, since another value may have got its identity.
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
            # It has no more items and characters than this JSON, so the encoder's work is bounded.
            written = bytearray(len(json) + SLACK)
            encode_into(value, written)
        except Exception as fault:  # noqa: BLE001 - whatever it is now, it is not what it was
            reraise_from_signal_handler(fault)
            return None
        return json if written == json else None

    def remember(self, value: object, json: bytes) -> None:
        """Remember a value in whose payload nothing was marked and nothing is secret."""
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
        """Forget all: there is a new secret."""
        self._known.clear()


def _is_plain(value: object, room: int) -> bool:  # noqa: C901, PLR0912  # as in plain
    """
    Whether a value holds only what JSON holds natively, and no more of it than fits into `room`.

    The encoder by itself would write dataclasses and other objects, and run their code for it, and
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
    # As in plain: the sum is no number where one of them is none, and long integers take long.
    return room >= 0 and real - real == 0.0 and 0 < get_int_max_str_digits() <= MOST_DIGITS
