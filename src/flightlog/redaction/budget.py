"""
The bound on the work for dense texts: where to stop, and what goes then.

A step of Python for each place costs little in texts as they are, because places are far apart. In
a text of nothing but trigger words the steps would cost a hundred times as much. So each step is
paid for with bytes of the text. Where a text is so dense that its bytes don't pay, the rest of it
is removed unread: that removes too much, and leaves no secret.

A long list whose items differ in short numbers alone costs nothing: where some items held no
secret, the others are passed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from flightlog.redaction.jsontext import Strings, is_escaped, string_end
from flightlog.redaction.spans import Spans

PART: Final = 2
"""The price of reading a part of a list or an object, in bytes of text; about 0.5 µs."""
STEP: Final = 4
"""The price of a short step; about 2 µs."""
LOOK: Final = 28
"""The further price of a close look at a place; up to 14 µs."""
_BURST: Final = 1 << 17
"""So many bytes' worth of steps are free, so that a dense part of a text is read as any other."""
_LONG_STRING: Final = 128
_CONTINUATIONS: Final = frozenset(bytes([byte]) for byte in range(0x80, 0xC0))
"""The bytes of UTF-8 within a character."""
_NUMBER_BEFORE: Final = re.compile(rb"[0-9.eE+-]{1,1024}\Z")
_ESCAPE: Final = re.compile(rb"u[0-9a-fA-F]{4}|.", re.DOTALL)


REGULAR_BYTES: Final = 4096
"""So much of a regular part is read, before and behind what is passed."""
_LONGEST_ITEM: Final = 128
_SHOWN_BYTES: Final = 24
_DIGITS_AS_ZERO: Final = bytes.maketrans(b"123456789", b"000000000")
_COUNT: Final = re.compile(
    rb"(?:(?<=\":)|(?<=\": ))[0-9]{1,6}(?=[,}\]])|(?<=[A-Za-z ])[0-9]{1,6}(?=\": ?[0-9]{1,6}[,}\]])"
)
"""A short number of JSON, and one at the end of its name: no secret has such a form."""


class TooDenseError(Exception):
    """
    A text isn't worth the steps that reading it takes.

    Args:
        place: What stands before this place was judged.
    """

    def __init__(self, place: int) -> None:
        super().__init__("the text is too dense to be read")
        self.place = place


class Budget:
    """
    What may be spent on one text, and on what is encoded in it.

    Args:
        credit: In bytes, besides those of the text that are read meanwhile.
    """

    __slots__ = ("credit", "reached", "spent")

    def __init__(self, credit: int = _BURST) -> None:
        self.credit = credit
        self.spent = 0
        """The sum that was spent on the text that is being read."""
        self.reached = 0
        """How far the text was read, since a table is read ahead of the search for places."""

    def pay(self, price: int, place: int) -> None:
        """
        Pay for steps.

        Args:
            price: In bytes.
            place: How far the text is read.

        Raises:
            TooDenseError: The text can't pay.
        """
        self.spent += price
        self.reached = max(self.reached, place)
        if self.spent > self.reached + self.credit:
            raise TooDenseError(place)

    def settle(self, size: int) -> None:
        """
        Keep what is left for the next text, when one was read.

        Args:
            size: The length of the text that was read.
        """
        self.credit = max(0, self.credit + size - self.spent)
        self.spent = self.reached = 0


def regular_end(text: bytes, place: int) -> int:
    """
    Find the end of a part that repeats one item, in which at most short numbers differ.

    Args:
        text: The text.
        place: A place within an item. The part must hold no secret for `REGULAR_BYTES` before.

    Returns:
        The same place within an item that has `REGULAR_BYTES` of the part behind it; `place` if the
        part is too short, or not regular.
    """
    if place < REGULAR_BYTES:
        return place
    around = text[place - REGULAR_BYTES : place + REGULAR_BYTES].translate(_DIGITS_AS_ZERO)
    again = around.find(around[REGULAR_BYTES:][:_SHOWN_BYTES], REGULAR_BYTES + 1)
    size = again - REGULAR_BYTES
    if not 0 < size <= _LONGEST_ITEM or around[size:] != around[:-size]:
        return place
    item = _without_counts(text[place : place + size])
    if item != _without_counts(text[place + size : place + 2 * size]):
        return place
    found = _items(item).match(text, place)
    passed = (found.end() - place - REGULAR_BYTES) // size if found else 0
    return place + max(0, passed) * size


def _without_counts(item: bytes) -> bytes:
    """Write NUL for the digits in which items may differ."""
    return _COUNT.sub(lambda found: bytes(len(found[0])), item)


@lru_cache(maxsize=32)
def _items(item: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?:" + re.escape(item).replace(b"\0", rb"[0-9]") + rb")*+")


def run_end(text: bytes, place: int, kept: int) -> int:
    """
    Find where to go on in a run of one byte, at each of which a known secret may begin.

    Args:
        text: The text.
        place: Where the run starts.
        kept: How many bytes of the run are read again.

    Returns:
        A later place.
    """
    run = text[place : place + REGULAR_BYTES]
    return place + max(1, len(run) - len(run.lstrip(run[:1])) - kept)


def remove_rest(text: bytes, place: int, spans: Spans, strings: Strings | None) -> int:
    """
    Remove the rest of a text that is too dense, or of the long string of JSON around a place.

    Args:
        text: The text.
        place: What stands before was judged.
        spans: Collects what is removed.
        strings: The strings of the text, if it is JSON.

    Returns:
        Where to go on.
    """
    while text[place : place + 1] in _CONTINUATIONS:
        place += 1
    if strings is None:
        spans.add(place, len(text), "dense")
        return len(text)
    if strings.hold(place):
        while is_escaped(text, place) and (escape := _ESCAPE.match(text, place)):
            place = escape.end()
        end = string_end(text, place, len(text))
        if end - place >= _LONG_STRING:
            spans.add(place, end, "dense")
            return end
        place = text.rfind(b'"', 0, place)
        while is_escaped(text, place):
            place = text.rfind(b'"', 0, place)
    elif number := _NUMBER_BEFORE.search(text, max(0, place - 1024), place):
        place = number.start()
    spans.drop_rest(place)
    return len(text)
