"""Objects and lists of JSON, and of languages that write them alike, under a secret's name."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final, overload

from flightlog.redaction.budget import PART, TooDenseError
from flightlog.redaction.names import Name, Secrecy, read_words, split_words
from flightlog.redaction.patterns import BLANK, pattern
from flightlog.redaction.reading import INSIDE, INSIDE_NUMBER, Value

_OPENING: Final = frozenset(b"{[(")
_FIRST_QUOTE: Final = pattern(rb"(\\{0,15})[\"']")
_NUMBER: Final = pattern(rb"-?[0-9][0-9.eE+-]*+")
_WIDTH: Final = 3
_MOST_PAID: Final = 1 << 17
"""So many parts may be short, in bytes: a container is read to its end before it is paid for."""
_MARK_KEY: Final = b"$flightlog"
_LONGEST_KEY: Final = 32
_FIRST_QUOTE_BYTES: Final = 256


def read(text: bytes, place: int, limit: int, name: Name) -> Sequence[Value]:
    """
    Find the values in an object or a list.

    Args:
        text: The text, its escapes not undone.
        place: Where the bracket stands.
        limit: Where the text, or the string of JSON around the place, ends.
        name: The name, judged.

    Returns:
        The values under members that don't only describe the secret, and an empty one at the end.
    """
    is_list = text[place : place + 1] == b"["
    if name.secrecy < Secrecy.WHOLE and not is_list and name.lower != b"tokens":
        return ()
    found = Values()
    depth, key, marked, end = 0, b"", False, limit
    tokens = _tokens(_level(text, place, limit)).finditer(text, place, limit)
    for parts, token in enumerate(tokens, 1):
        found.parts = parts
        if PART * parts > token.start() - place + _MOST_PAID:
            raise TooDenseError(token.start())
        kind = token.lastgroup or ""
        if kind == "bracket":
            opens = text[token.start()] in _OPENING
            depth += 1 if opens else -1
            key = key if opens else b""
        if kind == "end" or depth <= 0:
            end = token.end()
            break
        if kind.startswith("key"):
            key = token[kind]
            marked = marked or key == _MARK_KEY
        elif kind.startswith("text") and not _describes(key, name, marked=marked):
            found.append((*token.span(kind), INSIDE))
        elif (
            kind == "scalar"
            and not _describes(key, name, marked=marked)
            and _NUMBER.fullmatch(token[kind])
        ):
            found.append((*token.span(kind), INSIDE_NUMBER))
    found.append((end, end, INSIDE))
    return found


class Values(Sequence[Value]):
    """Values as flat numbers: a list of them would take many times the memory of the text."""

    def __init__(self) -> None:
        self._numbers = array("I")
        self.parts = 0
        """How many parts of the container were read."""

    def append(self, value: Value) -> None:
        """
        Add a value.

        Args:
            value: The value.
        """
        self._numbers.extend(value)

    def __len__(self) -> int:
        return len(self._numbers) // _WIDTH

    @overload
    def __getitem__(self, index: int) -> Value: ...
    @overload
    def __getitem__(self, index: slice) -> list[Value]: ...
    def __getitem__(self, index: int | slice) -> Value | list[Value]:
        numbers = self._numbers
        if isinstance(index, slice):
            return [self[at] for at in range(len(self))[index]]
        at = range(len(self))[index] * _WIDTH
        return numbers[at], numbers[at + 1], numbers[at + 2]


def _level(text: bytes, place: int, limit: int) -> int:
    first = _FIRST_QUOTE.search(text, place, min(limit, place + _FIRST_QUOTE_BYTES))
    return len(first[1]) if first else 0


@cache
def _tokens(level: int) -> re.Pattern[bytes]:
    even, odd = rb"(?:\\{%d})*+" % (2 * level + 2), rb"\\{%d}" % (2 * level + 1)
    texts = []
    for number, quote in enumerate((b'"', b"'"), 1):
        inner = rb"(?:[^%b\\]++|\\++(?![%b\\])|%b%b%b)*+%b" % (quote, quote, even, odd, quote, even)
        mark = rb"\\{%d}%b" % (level, quote)
        after = BLANK + rb"{0,64}(?::|=>)"
        texts.append(mark + rb"(?P<key%d>%b)" % (number, inner) + mark + after)
        texts.append(mark + rb"(?P<text%d>%b)" % (number, inner) + rb"(?:" + mark + rb"|\Z)")
    return re.compile(
        rb"|".join(texts) + rb"|(?P<bracket>[{}\[\]()])|(?P<end>[\"'])"
        rb"|(?P<key3>[\w$][\w$-]{0,63})[ \t]{0,8}[:=](?![:/=])"
        rb"|(?P<scalar>[^\s\"'{}\[\](),:\\]++)"
    )


def _describes(key: bytes, name: Name, *, marked: bool) -> bool:
    """Check whether a member describes the secret above it, as `status` and `minLength` do."""
    if marked:
        return key != b"text"
    if key in _pieces() and name.lower.endswith((b"token", b"tokens")):
        return True
    return 0 < len(key) <= _LONGEST_KEY and _describes_plainly(key)


@cache
def _pieces() -> frozenset[bytes]:
    return frozenset(word.encode() for word in read_words("harmless", "pieces"))


@lru_cache(maxsize=4096)
def _describes_plainly(key: bytes) -> bool:
    parts = split_words(key.decode(errors="replace"))
    return bool(parts) and parts[-1] in read_words("harmless", "members")
