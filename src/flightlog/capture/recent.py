"""
The last payloads, for values that are recorded again: one node's output is the next one's input.

To look at a value is what recording it costs most. One that was looked at a moment ago, and still
encodes to the same JSON, is as plain and as clean as it was.
"""

from __future__ import annotations

from typing import Final

import msgspec

from flightlog.interruptions import pass_on
from flightlog.marks import MARK

_KEPT: Final = 64
_LARGEST_BYTES: Final = 16 * 1024
# As a number, which is found five times as fast as the byte.
_MARKS_BEGIN: Final = ord(MARK[0])
_CONTAINERS: Final = frozenset({dict, list})
_encode: Final = msgspec.json.Encoder().encode


class RecentPayloads:
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
            value: Anything; nothing of its own runs.
        """
        known = self._known.get(id(value))
        # By its type and length first, since another value may have got its identity.
        if known is None or type(value) not in _CONTAINERS or len(value) != known[0]:  # type: ignore[arg-type]  # a dict or list
            return None
        try:
            json = _encode(value)
        except Exception as fault:  # noqa: BLE001 - whatever it is now, it is not what it was
            pass_on(fault)
            return None
        return json if json == known[1] else None

    def remember(self, value: object, json: bytes) -> None:
        """Remember a value in whose payload nothing was marked and nothing is secret."""
        if (
            self._enabled
            and type(value) in _CONTAINERS
            and len(json) <= _LARGEST_BYTES
            and _MARKS_BEGIN not in json
        ):
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[id(value)] = (len(value), json)  # type: ignore[arg-type]  # as above

    def forget(self) -> None:
        """Forget all: there is a new secret."""
        self._known.clear()
