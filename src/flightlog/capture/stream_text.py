"""
The joined text or bytes of a stream, within a limit.

Secrets may be split over several items of a stream, so the items are joined before secrets are
removed. `flightlog.capture.streams` passes the items on.
"""

from __future__ import annotations

from typing import Any, Final

from flightlog.capture.encoding import LOOKAHEAD, FindCut, encode_value

_PLACEHOLDER_BYTES: Final = 64


class StreamText:
    """
    The items of one stream that holds nothing but text, or nothing but bytes.

    Args:
        limit: How many characters or bytes are kept; an item takes at least one.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[Any] = []
        self._size = 0
        self._length = 0
        self.kept = 0
        """How many items are kept as a whole."""
        self.is_whole = True
        """Whether all items are kept as a whole."""

    def add(self, item: Any) -> bool:
        """
        Keep an item, or what fits of it.

        Args:
            item: The item.

        Returns:
            Whether the item may be joined with the items before it.
        """
        kind = type(item)
        if kind is not str and kind is not bytes:
            return False
        if self._pieces and type(self._pieces[0]) is not kind:
            return False
        size = max(len(item), 1)
        if self._size + size <= self._limit:
            self.kept += 1
            self._length += len(item)
        elif self.is_whole:
            self.is_whole = False
            self._length += max(self._limit - self._size, 0)
        # Beyond the limit, keep what shows whether the limit divides a secret.
        left = self._limit + LOOKAHEAD - self._size
        if left > 0:
            self._pieces.append(item[:left])
            self._size += size
        return True

    def encode(self, find_cut: FindCut | None) -> bytes:
        """
        Encode the kept items.

        Args:
            find_cut: Finds where the text can be cut.

        Returns:
            The JSON of the joined text or bytes.
        """
        if not self._pieces:
            return b'""'
        joined = type(self._pieces[0])().join(self._pieces)
        if not self.is_whole:
            joined = _cut(joined, self._length, find_cut)
        return encode_value(joined, self._limit + _PLACEHOLDER_BYTES, find_cut)


def _cut(joined: Any, end: int, find_cut: FindCut | None) -> Any:
    if find_cut is None:
        return joined[:end]
    if type(joined) is str:
        return joined[: find_cut(joined, end)]
    text = joined.decode("utf-8", "surrogateescape")
    end = find_cut(text, len(joined[:end].decode("utf-8", "surrogateescape")))
    return text[:end].encode("utf-8", "surrogateescape")
