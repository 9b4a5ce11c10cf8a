"""
Write the terms of the search index as numbers, of which PostgreSQL keeps an index.

Two terms with one number only make more candidates, and the test of the query decides. 24 bits keep
the numbers of rare terms few, because each number costs the index more than each place.
"""

from __future__ import annotations

import re
from typing import Final, Literal
from zlib import crc32

from flightlog.store.index_content import Content
from flightlog.store.index_terms import PART_CHARACTERS

_MASK: Final = 2**24 - 1
_WORD: Final = re.compile(r"[0-9A-Za-z\x80-\U0010ffff]+")
"""A word as SQLite's tokenizer `ascii` splits texts; other characters are between words."""
_MOST_REMEMBERED: Final = 50_000


class _Numbers(dict[str, int]):
    """The numbers of terms of one kind; those of frequent terms are remembered."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._start = crc32(kind.encode())

    def __missing__(self, term: str) -> int:
        number = crc32(term.encode("utf-8", "replace"), self._start) & _MASK
        if len(self) < _MOST_REMEMBERED:
            self[term] = number
        return number


_words: Final = _Numbers("words")
_parts: Final = _Numbers("parts")


def number_term(kind: Literal["words", "parts"], term: str) -> int:
    """
    Return the number of a term.

    Args:
        kind: The kind of the term.
        term: The term.

    Returns:
        The number, 0 to 2^24 - 1.
    """
    return (_words if kind == "words" else _parts)[term]


def number_content(content: Content) -> list[int]:
    """
    List the numbers of an execution's terms.

    Args:
        content: The texts of the terms.

    Returns:
        The distinct numbers in ascending order.
    """
    words = {word.lower() if word.isascii() else word for word in _WORD.findall(content.words)}
    text = content.parts
    size = len(text) - PART_CHARACTERS + 1
    parts = {text[start : start + PART_CHARACTERS] for start in range(size)}
    return sorted({*map(_words.__getitem__, words), *map(_parts.__getitem__, parts)})
