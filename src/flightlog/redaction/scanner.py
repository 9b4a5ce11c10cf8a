r"""
The first pass: where in a text something stands that may be a secret, or part of its name.

One Aho-Corasick automaton looks for all needles at once, in text whose case and digits are folded,
and most text holds none. A needle found means little (`token` stands in `max_tokens`), so
`suspects` looks at what stands around each and passes what can't be secret. It may suspect too
much, never too little: what it passes is not looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from json import dumps
from operator import attrgetter
from typing import Final, TypeAlias

from ahocorasick_rs import BytesAhoCorasick, Implementation
from msgspec import Struct

from flightlog.redaction import cards, commands, formats
from flightlog.redaction.assignments import may_assign, name_around
from flightlog.redaction.keys import Names
from flightlog.redaction.known import Spelling
from flightlog.redaction.places import may_have_credentials
from flightlog.redaction.tokens import TokenRules

_FOLDED: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789", b"abcdefghijklmnopqrstuvwxyz000000000"
)
_NEVER_ESCAPED: Final = re.compile(rb"[^\x00-\x1f\"\\/\x7f-\xff&<>'+]+")
_SHORTEST_CORE: Final = 3
_CAPITALS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_IN_WORDS: Final = _CAPITALS | frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")
_BACKSLASH: Final = ord("\\")
_LONGEST_ESCAPE: Final = len(rb"\u0070")
_ESCAPED_ASCII: Final = re.compile(rb"\\u00(?:[0-7][0-9a-fA-F]|[aA]0)")


_PERCENT: Final = ord("%")

# What a needle stands for; plain numbers, since they are compared for every needle found.
NAME: Final = 0
FORMAT: Final = 1
DIGITS: Final = 2
URL: Final = 3
PEM: Final = 4
COMMAND: Final = 5
QUERY: Final = 6
ENCODED_URL: Final = 7
KNOWN: Final = 8
CORE: Final = 9
CAPITAL: Final = 10
NULL: Final = 11
BEGINNING: Final = 12
TOKEN: Final = 13
_FORMATS: Final = frozenset({FORMAT, BEGINNING, CAPITAL})


Found: TypeAlias = list[tuple[int, int, int]]
"""Needles found: which, where it starts, where it ends."""


class Hit(Struct, frozen=True, gc=False):
    """A needle found."""

    start: int
    end: int
    kind: int
    needle: int


_NEEDLES: Final[dict[int, Iterable[bytes]]] = {
    FORMAT: [needle for needle, begins in formats.needles().items() if not begins],
    BEGINNING: [needle for needle, begins in formats.needles().items() if begins],
    NULL: (b"\0",),
    DIGITS: cards.NEEDLES,
    URL: (b"://", rb":\/\/"),
    ENCODED_URL: (b"%0a%0f%0f", b"%000a%000f%000f"),
    PEM: (b"-----begin", b"private-lines: "),
    COMMAND: [needle.encode() for needle in commands.NEEDLES],
    QUERY: (b"?key=", b"&key=", b"?code=", b"&code="),
}


_UNRESERVED_BYTES: Final = 4096
_PIECE_BYTES: Final = 16 * 1024
_RESERVED_PER_BYTE: Final = 96
"""What the automaton takes at most: a few needles begin at each byte, each is three numbers."""

_start: Final = attrgetter("start")


class Scanner:
    """
    Looks for needles.

    Args:
        names: Which names hold secrets.
        known: How known secrets are written.
        tokens: The rules of tokens.
    """

    def __init__(self, names: Names, known: Sequence[Spelling], tokens: TokenRules) -> None:
        self._names = names
        self._tokens = tokens
        needles = [(needle, kind) for kind, some in _NEEDLES.items() for needle in some]
        self._first_token = len(needles)
        needles += [(keyword, TOKEN) for keyword, _ in tokens.beginnings]
        needles += [(needle, NAME) for needle in _escaped_too(names.needles())]
        folded: dict[bytes, list[Spelling]] = {}
        for spelling in known:
            folded.setdefault(spelling.text.translate(_FOLDED), []).append(spelling)
        self._spellings = dict(enumerate(folded.values(), len(needles)))
        needles += [(needle, KNOWN) for needle in folded]
        # JSON may escape a spelling in more ways than can be listed; what it never escapes tells
        # where to undo its escapes.
        cores = {core for spelling in known if (core := _core(spelling.text.translate(_FOLDED)))}
        needles += [(core, CORE) for core in cores - folded.keys()]
        self._kinds = [kind for _, kind in needles]
        self._longest_needle = max(len(needle) for needle, _ in needles)
        self._automaton = BytesAhoCorasick(
            [needle for needle, _ in needles], implementation=Implementation.DFA
        )

    def find(self, text: bytes) -> Found:
        """
        All needles in a text, in no order that is of use.

        Raises:
            MemoryError: There is too little memory for the search.
        """
        folded = text.translate(_FOLDED)
        if len(folded) <= _UNRESERVED_BYTES:
            return self._search(folded)
        # Piece by piece, since the automaton aborts the process where it can't get memory for what
        # it finds.
        found: Found = []
        for start in range(0, len(folded), _PIECE_BYTES):
            bytes(_RESERVED_PER_BYTE * _PIECE_BYTES)
            piece = folded[start : start + _PIECE_BYTES + self._longest_needle]
            found += [
                (needle, start + first, start + last)
                for needle, first, last in self._search(piece)
                if first < _PIECE_BYTES
            ]
        return found

    def _search(self, folded: bytes) -> Found:
        try:
            return self._automaton.find_matches_as_indexes(folded, overlapping=True)
        except BaseException as fault:
            # Rust panics when Python can't make a list, and that is no `Exception`.
            if type(fault).__module__ == "pyo3_runtime":
                raise MemoryError from fault
            raise

    def hits(self, text: bytes, found: Found | None = None) -> list[Hit]:
        """
        All needles in a text, by their start.

        Args:
            text: The text.
            found: What `find` found in it, where it was asked already.
        """
        kinds = self._kinds
        found = self.find(text) if found is None else found
        hits = []
        digits_end = -1
        for needle, start, end in found:
            kind = kinds[needle]
            if kind == DIGITS:
                # A long number is full of them, and one is enough.
                overlaps, digits_end = start < digits_end, end
                if overlaps:
                    continue
            hits.append(Hit(start, end, kind, needle))
        hits.sort(key=_start)
        return hits

    def known_at(self, text: bytes, hit: Hit) -> Spelling | None:
        """The known secret that stands where its needle was found."""
        for spelling in self._spellings[hit.needle]:
            if spelling.stands_at(text, hit.start, hit.end):
                return spelling
        return None

    def suspects(self, json: bytes, found: Found) -> bool:  # noqa: C901, PLR0912 - a call a needle costs
        """
        Whether a text has to be looked at.

        Args:
            json: The text, or JSON whose escapes aren't undone.
            found: What `find` found in it.
        """
        kinds, names = self._kinds, self._names
        formats_to_try = False
        tokens_to_try = self._tokens.runs_always
        has_percent = b"%" in json
        digits_end = -1
        for needle, first, last in found:
            kind = kinds[needle]
            if kind == NAME:
                start, end = name_around(json, first, last)
                plain = not names.secrecy(json[start:end])
                if plain and _BACKSLASH not in json[max(0, start - 1) : end]:
                    continue
                if may_assign(json, start, end, names):
                    return True
            elif kind == TOKEN:
                tokens_to_try = tokens_to_try or self._tokens.may_begin(
                    json, first, needle - self._first_token
                )
            elif kind in _FORMATS:
                formats_to_try = formats_to_try or may_begin(json, first, kind)
            elif kind == DIGITS:
                # A long number is full of them, and an embedding is made of long numbers.
                overlaps, digits_end = first < digits_end, last
                if overlaps and not (has_percent and _PERCENT in json[max(0, first - 3) : first]):
                    continue
                if not cards.is_within_number(json, first) and cards.may_start(json, first):
                    return True
            elif kind == ENCODED_URL:
                if b"%40" in json or b"%2540" in json:
                    return True
            elif (kind != URL or may_have_credentials(json, last)) and (
                kind != COMMAND or commands.may_take_password(json, first)
            ):
                return True
        if formats_to_try and (rb"\/" in json or formats.may_hold(json)):
            return True
        return tokens_to_try and bool(self._tokens.find(json))


def may_begin(text: bytes, place: int, kind: int) -> bool:
    """
    Whether a format may begin where a needle was found; within a word most don't.

    Args:
        text: The text, or JSON whose escapes aren't undone.
        place: Where the needle starts.
        kind: Of the needle.
    """
    if kind not in _FORMATS or kind == FORMAT:
        return kind == FORMAT
    if kind == CAPITAL and text[place] not in _CAPITALS:
        return False
    # What stands before it may belong to an escape: `\\nsk-…`, `\\u00absk-…`, `%20sk-…`.
    before = text[max(0, place - _LONGEST_ESCAPE) : place]
    return not before or before[-1] not in _IN_WORDS or b"\\" in before or b"%" in before


def hides_ascii(json: bytes) -> bool:
    r"""Whether a JSON text writes plain characters as `\u0070`, where no needle finds them."""
    # The number of a byte is found five times as fast as the byte.
    return _BACKSLASH in json and rb"\u00" in json and _ESCAPED_ASCII.search(json) is not None


def _core(text: bytes) -> bytes:
    core = max(_NEVER_ESCAPED.findall(text), key=len, default=b"")
    return core if len(core) >= _SHORTEST_CORE else b""


def _escaped_too(needles: Iterable[bytes]) -> Iterable[bytes]:
    for needle in needles:
        yield needle.translate(_FOLDED)
        if not needle.isascii():
            escaped = dumps(needle.decode())[1:-1].encode().translate(_FOLDED)
            yield from (escaped.replace(b"\\", b"\\" * times) for times in (1, 2, 4))
