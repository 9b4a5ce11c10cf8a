"""
Write the terms of the search index as numbers, which the postings hold.

Two terms with one number only make more candidates, and the test of the query decides.
"""

from __future__ import annotations

import sys
from array import array
from typing import Final, Literal
from zlib import crc32

from flightlog.store.index_content import Content
from flightlog.store.index_terms import PART_CHARACTERS

TERM_BITS: Final = 24
"""The size of a number."""
_MASK: Final = 2**TERM_BITS - 1
_SPREAD: Final = 0x9E37B1
"""An odd number; multiplication by it spreads the numbers of parts, and keeps them distinct."""
_CHARACTER_BITS: Final = 7
_MOST_REMEMBERED: Final = 50_000

# SQLite's tokenizer `ascii` splits texts between other characters than these, and folds A to Z.
_WORDS: Final = bytes(
    byte if not chr(byte).isascii() or chr(byte).isalnum() else ord(" ")
    for byte in bytes(range(256)).lower()
)


class _Words(dict[bytes, int]):
    """The numbers of words; those of frequent words are remembered."""

    def __missing__(self, word: bytes) -> int:
        number = crc32(word, _WORD_START) & _MASK
        if len(self) < _MOST_REMEMBERED:
            self[word] = number
        return number


_WORD_START: Final = crc32(b"words")
_PART_START: Final = crc32(b"parts")
_words: Final = _Words()


def number_term(kind: Literal["words", "parts"], term: str) -> int:
    """
    Return the number of a term.

    Args:
        kind: The kind of the term.
        term: The term.

    Returns:
        The number, 0 to 2^24 - 1.
    """
    if kind == "words":
        return _words[term.encode("utf-8", "replace")]
    if term.isascii():
        code = sum(ord(each) << _CHARACTER_BITS * at for at, each in enumerate(term))
        return code * _SPREAD & _MASK
    return crc32(term.encode("utf-8", "replace"), _PART_START) & _MASK


def number_content(content: Content) -> array[int]:
    """
    List the numbers of an execution's terms.

    Args:
        content: The texts of the terms.

    Returns:
        The distinct numbers in ascending order.
    """
    words = content.words.encode("utf-8", "replace").translate(_WORDS).split()
    numbers = set(map(_words.__getitem__, set(words)))
    if content.parts.isascii():
        numbers.update([code * _SPREAD & _MASK for code in _list_codes(content.parts)])
    else:
        text = content.parts
        size = len(text) - PART_CHARACTERS + 1
        parts = {text[start : start + PART_CHARACTERS] for start in range(size)}
        numbers.update(number_term("parts", part) for part in parts)
    return array("I", sorted(numbers))


def _list_codes(text: str) -> set[int]:
    """List the parts of a text of ASCII as numbers."""
    count = len(text) - PART_CHARACTERS + 1
    if count <= 0:
        return set()
    # One operation on a large number does all parts at once: each character has 32 bits of it.
    letters = int.from_bytes(text.encode("utf-32-le"), "little")
    codes = letters
    for at in range(1, PART_CHARACTERS):
        codes |= letters >> 32 * at << _CHARACTER_BITS * at
    made = array("I", codes.to_bytes(4 * len(text), "little")[: 4 * count])
    if sys.byteorder == "big":
        made.byteswap()
    return set(made)
