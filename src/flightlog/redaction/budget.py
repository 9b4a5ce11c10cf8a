"""
The bound on the work for dense texts: where to stop, and what goes then.

A step of Python for each place costs little in texts as they are, because places are far apart. In
a text of nothing but trigger words the steps would cost a hundred times as much. So each step is
paid for with bytes of the text. Where a text is so dense that its bytes don't pay, the rest of it
is removed unread: that removes too much, and leaves no secret.
"""

from __future__ import annotations

import re
from typing import Final

from flightlog.redaction.jsontext import Strings, is_escaped, string_end
from flightlog.redaction.spans import Spans

PART: Final = 2
"""The price of reading a part of a list or an object, in bytes of text; about 0.5 µs."""
STEP: Final = 4
"""The price of a short step; about 2 µs."""
LOOK: Final = 10
"""
The further price of a close look at a place; up to 10 µs. It is low, so that lists of names and
values as programs write them are read to their end: keeping them matters more than the time.
"""
_BURST: Final = 1 << 17
"""So many bytes' worth of steps are free, so that a dense part of a text is read as any other."""
_LONG_STRING: Final = 128
_CONTINUATIONS: Final = frozenset(bytes([byte]) for byte in range(0x80, 0xC0))
"""The bytes of UTF-8 within a character."""
_NUMBER_BEFORE: Final = re.compile(rb"[0-9.eE+-]{1,1024}\Z")
_ESCAPE: Final = re.compile(rb"u[0-9a-fA-F]{4}|.", re.DOTALL)


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
