"""
Terms of the search index: what an execution is found by.

A term only chooses candidates, and the test of the query decides. Everything that a test accepts
must therefore have the terms that `index_lookup` asks for, and other executions may have them, too.

There are three kinds of terms. Words are the runs of letters and digits in names and values, in
folded case. Hashes stand for whole values, and for values with the name before them; they are
stored as words, and begin with two letters that no ASCII word has. Parts are three letters in a row
in names and identifiers; SQLite splits these texts.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Collection
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zlib import crc32

VERSION: Final = 2
"""Another version's terms are different, and then the index is built anew."""
ALWAYS: Final = "\u0080\u0080\u0080"
"""The term of the executions that are always candidates."""
PAIRED_CHARACTERS: Final = 16
"""The longest text whose pair is indexed. The value of a longer text is rare enough by itself."""
PART_CHARACTERS: Final = 3
"""The length of a part."""

_WORD: Final = re.compile(r"[\u2e80-\U0010ffff]|[^\W_\u2e80-\U0010ffff]+")
"""A word; scripts that don't separate words by blanks have words of one character."""
_IDENTIFIER: Final = re.compile(r"[\d@/_]|\w[.:-]\w")
"""Makes a text without blanks an identifier; a text that contains an identifier is one, too."""
_RARE_WORD: Final = re.compile(r"[0-9][a-z]*(?:[0-9][a-z]*){4}")
"""A word with five digits. Its text needs no hash, because few executions have the word."""
_RARE_DIGITS: Final = 5
EXACT_NUMBER: Final = 2**53
"""Below this, whole numbers have floats of their own."""
LITERALS: Final = MappingProxyType({True: "true", False: "false", None: "null"})
"""The texts of true, false and null."""

# Three characters make a hash, 23 bits: two letters of two bytes in UTF-8, and one of p to w.
# A number of 64 bits holds these letters and a blank, as units of UTF-16.
_TWO_LETTERS: Final = 0x03FF_03FF
_THIRD_LETTER: Final = 0x1C00
_LETTERS: Final = 0x0020_0070_0400_0400


def split_words(text: str) -> list[str]:
    """
    Split a text into its words.

    Args:
        text: The text, in folded case.

    Returns:
        The words in their order.
    """
    return _WORD.findall(text)


def find_words(text: str) -> list[tuple[int, int]]:
    """
    Find the words of a text.

    Args:
        text: The text, in folded case.

    Returns:
        The start and the end of each word, in their order.
    """
    return [match.span() for match in _WORD.finditer(text)]


def is_identifier(text: str) -> bool:
    """
    Check whether the parts of a text are indexed wherever it occurs.

    Args:
        text: A text without blanks, in folded case.

    Returns:
        True for e-mail addresses, URLs, numbers, and letters mixed with digits or signs.
    """
    return _IDENTIFIER.search(text) is not None


def is_word(text: str) -> bool:
    """
    Check whether a text is one word, which needs no hash.

    Args:
        text: The text, in folded case.

    Returns:
        True for a single word and nothing else.
    """
    return text.isalnum() if text.isascii() else split_words(text) == [text]


def has_rare_word(text: str) -> bool:
    """
    Check whether a text has a word with five digits, so that its words find it without a hash.

    Args:
        text: The text, in folded case.

    Returns:
        True for most ids; false for times of the day and for versions.
    """
    return _RARE_WORD.search(text) is not None


def hash_text(text: str) -> int:
    """
    Make the hash of a whole text.

    Args:
        text: The text, in folded case.

    Returns:
        The hash.
    """
    return _hash(text, VALUE)


def hash_pair(name: str, text: str) -> int:
    """
    Make the hash of a name and a whole text after it.

    Args:
        name: The name.
        text: The text, in folded case.

    Returns:
        The hash.
    """
    return _hash(text, start_pair(name))


def describe_number(name: str | None, number: str | int) -> tuple[str, tuple[int, ...]]:
    """
    Make the terms of a number: of its value, and of the name and its value.

    Args:
        name: The name before the number, if there is one.
        number: The number, or its JSON.

    Returns:
        The word of a whole number, otherwise an empty text; and hashes, the last of which is that
        of the pair, unless a large number makes it unnecessary. Equal numbers have the same terms.
    """
    rounded = float(str(number))
    word, text = "", str(rounded)
    hashes: tuple[int, ...] = ()
    if rounded.is_integer() and abs(rounded) < EXACT_NUMBER:
        text = str(int(rounded))
        word = text.lstrip("-")
    else:
        hashes = (_hash(text, _NUMBER),)
    if name is not None and len(word) < _RARE_DIGITS:
        hashes = (*hashes, _hash(text, start_pair(name, "q")))
    return word, hashes


def list_text_terms(name: str | None, text: str) -> list[str]:
    """
    List the terms of every payload that has a whole text, or true, false or null.

    Args:
        name: The name before the value; None if any name may be before it.
        text: The text, in folded case.

    Returns:
        The terms.
    """
    if has_rare_word(text):
        return split_words(text)
    if name is not None and len(text) <= PAIRED_CHARACTERS:
        return [write_hashes([hash_pair(name, text)])]
    return [text] if is_word(text) else [write_hashes([hash_text(text)])]


def list_number_terms(name: str | None, number: str) -> list[str]:
    """
    List the terms of every payload that has a number.

    Args:
        name: The name before the number; None if any name may be before it.
        number: The number as it is written.

    Returns:
        The terms, the same for equal numbers.
    """
    word, hashes = describe_number(name, number)
    return [write_hashes(hashes[-1:])] if hashes else [word]


def write_hashes(hashes: Collection[int]) -> str:
    """
    Write hashes as words.

    Args:
        hashes: The hashes.

    Returns:
        Words of three letters, with blanks between them.
    """
    count = len(hashes)
    # One operation on a large number does all hashes at once. Their order does not matter.
    bits = int.from_bytes(array("Q", hashes).tobytes(), sys.byteorder)
    two_letters, third_letter, letters = _repeat_masks(count)
    written = bits & two_letters | (bits & third_letter) << 22 | letters
    return written.to_bytes(8 * count, "little").decode("utf-16-le").rstrip()


def select_identifiers(text: str) -> str:
    """
    Select the identifiers of a text that are long enough to have parts.

    Args:
        text: The text, in folded case.

    Returns:
        The identifiers, one in a line.
    """
    if not is_identifier(text):
        return ""
    runs = text.split()
    if len(runs) == 1:
        return runs[0] if len(runs[0]) >= PART_CHARACTERS else ""
    return "\n".join(run for run in runs if len(run) >= PART_CHARACTERS and is_identifier(run))


def _hash(text: str, start: int) -> int:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = text.encode("utf-8", "surrogatepass")
    return crc32(data, start)


@lru_cache(maxsize=1024)
def _repeat_masks(count: int) -> tuple[int, ...]:
    masks = (_TWO_LETTERS, _THIRD_LETTER, _LETTERS)
    return tuple(int.from_bytes(mask.to_bytes(8, "little") * count, "little") for mask in masks)


@lru_cache(maxsize=3 * 4096)
def start_pair(name: str, kind: str = "p") -> int:
    """
    Return the checksum with which the hash of a pair continues.

    Args:
        name: The name of the pair.
        kind: `p` for texts, `q` for numbers, `r` for the steps of numbers.

    Returns:
        The checksum; it continues with the text, in folded case.
    """
    return crc32(f"{kind}{name}\0".encode("utf-8", "surrogatepass"))


VALUE: Final = crc32(b"v")
"""The checksum with which the hash of a whole text continues."""
_NUMBER: Final = crc32(b"n")
