"""
One level of a JSON text: the members of an object, or the items of a list.

A level is split into pieces of a quarter of a megabyte. Each piece is decoded, one level deep, only
when it is needed, and the level keeps only the positions of the pieces. So even a list of millions
needs little memory for any number of pages. A piece ends at a comma between two items. Finding such
a comma for certain would need a scan from the start. Instead, the level tries likely commas,
because a piece with a wrong end doesn't decode.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Raw

from flightlog.payload.values import Value, find_value, skip_space

PIECE_BYTES: Final = 256 * 1024

_TRIES: Final = 3
_TRAILING: Final = re.compile(r"trailing characters \(byte (\d+)\)")
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_LIKELY_ENDS: Final = {ord("{"): b"},", ord("["): b"],", ord('"'): b'",'}
_decode_list: Final = msgspec.json.Decoder(list[Raw]).decode
_decode_object: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_value: Final = msgspec.json.Decoder(Raw).decode
_decode_text: Final = msgspec.json.Decoder(str).decode

Key: TypeAlias = str | int
Item: TypeAlias = tuple[Key, Value]


class _Piece(NamedTuple):
    start: int
    end: int
    first: int
    alone: Item | None
    """The item of a piece that holds a single large item, with its place in the text."""


class Level:
    """
    The parts of one container.

    Args:
        container: An object or a list.

    Attributes:
        is_object: Whether the parts have names.
        count: The number of parts.
    """

    def __init__(self, container: Value) -> None:
        self._text = container.text
        self.is_object = self._text[container.start] == ord("{")
        self.count = 0
        self._pieces: list[_Piece] = []
        closing = b"}" if self.is_object else b"]"
        end = self._text.rindex(closing, container.start, container.end)
        position = skip_space(self._text, container.start + 1)
        while position < end:
            position = self._cut(position, end)
        self._firsts = [piece.first for piece in self._pieces]

    def read_items(self, offset: int, limit: int) -> list[Item]:
        """
        Read some parts in order.

        Args:
            offset: The number of parts before the first one returned.
            limit: The largest number of parts.

        Returns:
            The parts with their keys.
        """
        found: list[Item] = []
        place = bisect_right(self._firsts, offset) - 1
        while 0 <= place < len(self._pieces) and len(found) < limit:
            skipped = max(offset - self._firsts[place], 0)
            found += self.list_items(place, skipped, skipped + limit - len(found))
            place += 1
        return found

    def find(self, key: Key) -> Value | None:
        """
        Find a part.

        Args:
            key: The part's name, or its place in a list.

        Returns:
            The part; None when there is no such part.
        """
        if isinstance(key, int):
            found = self.read_items(key, 1) if 0 <= key < self.count else []
            return found[0][1] if found else None
        # Of several members with the same name, the last counts, as in most JSON readers.
        for place in range(len(self._pieces) - 1, -1, -1):
            for name, value in reversed(self.list_items(place)):
                if name == key:
                    return value
        return None

    def list_places(self) -> Iterator[tuple[int, int, int]]:
        """
        List the pieces.

        Yields:
            The number of each piece, its first position, and the position after it.
        """
        for place, piece in enumerate(self._pieces):
            yield place, piece.start, piece.end

    def list_items(self, place: int, start: int = 0, stop: int | None = None) -> list[Item]:
        """
        Read the parts of a piece.

        Args:
            place: The piece's number.
            start: The number of parts to skip at the piece's beginning.
            stop: The number of the part before which to stop; None reads to the piece's end.

        Returns:
            The parts with their keys.
        """
        piece = self._pieces[place]
        if piece.alone is not None:
            return [piece.alone][start:stop]
        text = self._text[piece.start : piece.end]
        if self.is_object:
            members = _decode_object(b"{%b}" % text)
            some = islice(members.items(), start, stop)
            return [(name, find_value(bytes(value))) for name, value in some]
        items = _decode_list(b"[%b]" % text)[start:stop]
        first = piece.first + start
        return [(first + at, find_value(bytes(value))) for at, value in enumerate(items)]

    def _cut(self, start: int, end: int) -> int:
        stop = min(start + PIECE_BYTES, end)
        for cut in self._find_likely_cuts(start, stop, end):
            count = self._count_between(start, cut)
            if count is not None:
                self._add(_Piece(start, cut, self.count, None), count)
                return skip_space(self._text, cut + 1)
        return self._step(start, stop, end)

    def _find_likely_cuts(self, start: int, stop: int, end: int) -> Iterator[int]:
        if stop == end:
            yield end
        likely = b',"' if self.is_object else _LIKELY_ENDS.get(self._text[start], b",")
        comma = 0 if self.is_object else len(likely) - 1
        before = stop
        for _ in range(_TRIES):
            found = self._text.rfind(likely, start, before)
            if found < 0:
                return
            yield found + comma
            before = found

    def _count_between(self, start: int, end: int) -> int | None:
        text = self._text[start:end]
        try:
            if self.is_object:
                return len(_decode_object(b"{%b}" % text))
            return len(_decode_list(b"[%b]" % text))
        except msgspec.MsgspecError:
            return None

    def _step(self, start: int, stop: int, end: int) -> int:
        # Add items until the piece is full; a large item becomes its own piece.
        position, count = start, 0
        while position < stop:
            item = self._read_item(position, self.count + count)
            value = item[1]
            if value.end - position > PIECE_BYTES:
                if count:
                    break
                self._add(_Piece(position, value.end, self.count, item), 1)
                return skip_space(self._text, skip_space(self._text, value.end) + 1)
            position, count = value.end, count + 1
            ended = position
            position = skip_space(self._text, position)
            position = skip_space(self._text, position + 1) if position < end else end
        else:
            ended = min(ended, end)
        self._add(_Piece(start, ended, self.count, None), count)
        return position

    def _read_item(self, position: int, place: int) -> Item:
        key: Key = place
        if self.is_object:
            name = _STRING.match(self._text, position)
            assert name is not None, "a stored payload is JSON"
            key = _decode_text(name[0])
            position = skip_space(self._text, skip_space(self._text, name.end()) + 1)
        return key, Value(self._text, position, self._find_end(position))

    def _find_end(self, position: int) -> int:
        # The decoder's error for trailing characters contains the position after the first value.
        try:
            _decode_value(memoryview(self._text)[position:])
        except msgspec.MsgspecError as error:
            trailing = _TRAILING.search(str(error))
            if trailing is None:
                raise
            return position + int(trailing[1]) - 1
        return len(self._text)

    def _add(self, piece: _Piece, count: int) -> None:
        self._pieces.append(piece)
        self.count += count
