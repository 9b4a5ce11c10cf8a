"""
Make the terms of executions: of their names, errors and payloads.

Most of the time of indexing is spent here, once for each value. So an execution's distinct names
and values are collected first, and the terms of numbers are remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any, Final, NamedTuple
from zlib import crc32

import msgspec

from flightlog.query.payloads import Number, read_json
from flightlog.store.index_ranges import find_step, hash_steps
from flightlog.store.index_terms import (
    ALWAYS,
    LITERALS,
    PAIRED_CHARACTERS,
    PART_CHARACTERS,
    VALUE,
    describe_number,
    has_rare_word,
    hash_pair,
    hash_text,
    is_word,
    select_identifiers,
    split_words,
    start_pair,
    write_hashes,
)

MAX_BYTES: Final = 512 * 2**10
"""The largest content of an execution that is indexed, bytes; larger ones are always candidates."""
_REMEMBERED: Final = 20_000


class _Leaves:
    """The distinct names and values of payloads."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.texts: set[tuple[str | None, str]] = set()
        self.numbers: set[tuple[str | None, str | int]] = set()
        self.literals: set[tuple[str | None, bool | None]] = set()

    def collect(self, value: Any) -> None:
        """Add the names and values of a payload."""
        texts, numbers, literals = self.texts, self.numbers, self.literals
        waiting: list[tuple[str | None, Any]] = [(None, [value])]
        while waiting:
            name, inner = waiting.pop()
            items: Iterable[tuple[str | None, Any]]
            if type(inner) is dict:
                self.names.update(inner)
                items = inner.items()
            else:
                items = zip(repeat(name), inner)
            for item in items:
                kind = type(item[1])
                if kind is str:
                    texts.add(item)
                elif kind is dict or kind is list:
                    waiting.append(item)
                elif kind is int or kind is Number:
                    numbers.add(item)
                else:
                    literals.add(item)

    def add(self, others: _Leaves) -> None:
        """Add the names and values of others."""
        self.names |= others.names
        self.texts |= others.texts
        self.numbers |= others.numbers
        self.literals |= others.literals

    def split_words(self) -> Iterator[str]:
        """Yield the words of all names and values; some repeatedly."""
        for text in self.names:
            yield from split_words(text.casefold())
        for _, text in self.texts:
            yield from split_words(text.casefold())
        for _, number in self.numbers:
            yield from split_words(str(number).casefold())
        for _, literal in self.literals:
            yield LITERALS[literal]


class _Described(NamedTuple):
    """The terms of a number. Texts take less time to join and to remember than hashes do."""

    words: str
    """The word and the hashes, as they are written."""
    part: str
    """The text whose parts are indexed; empty if it is too short."""


class _Numbers(dict[tuple[str | None, str | int], _Described]):
    """The terms of numbers by the names before them, and by their JSON or their value."""

    def __init__(self, *, is_full: bool) -> None:
        super().__init__()
        self._is_full = is_full

    def __missing__(self, item: tuple[str | None, str | int]) -> _Described:
        name, number = item
        word, hashes = describe_number(name, number)
        part = ""
        if self._is_full:
            text = str(number).casefold()
            part = text if len(text) >= PART_CHARACTERS else ""
            if name is not None:
                hashes += hash_steps(name, find_step(number))
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[item] = _Described(f"{word} {write_hashes(hashes)}".strip(), part)
        return found


class _NumbersByText(dict[str, Number]):
    """Numbers by their JSON, so that a frequent one is made once."""

    def __missing__(self, text: str) -> Number:
        if len(self) >= _REMEMBERED:
            self.clear()
        number = self[text] = Number(text)
        return number


class Content(NamedTuple):
    """An execution's terms, as the two tables of the index take them."""

    words: str
    """Words and hashes."""
    parts: str
    """Texts to be split in parts."""


class TermWriter:
    """
    Makes the terms of one execution after the other, and remembers the terms of frequent values.

    Args:
        is_full: Whether values, pairs and the parts of identifiers are wanted, too.
    """

    def __init__(self, *, is_full: bool) -> None:
        self._is_full = is_full
        self._plain_names: set[str] = set()
        self._numbers = _Numbers(is_full=is_full)
        self._decoder = msgspec.json.Decoder(float_hook=_NumbersByText().__getitem__)
        self._start()

    def _start(self) -> None:
        self._leaves = _Leaves()
        self._texts: list[str] = []
        self._terms: set[str] = set()
        self._parts: set[str] = set()
        self._bytes = 0

    def add_text(self, text: str) -> None:
        """
        Add a name or an error, in which any part is searched.

        Args:
            text: The text.
        """
        folded = text.casefold()
        self._bytes += len(folded)
        if self._bytes <= MAX_BYTES:
            self._terms.update(split_words(folded))
            self._parts.add(folded)

    def add_payload(self, data: bytes) -> None:
        """
        Add a payload.

        Args:
            data: The JSON.
        """
        self._bytes += len(data)
        if self._bytes > MAX_BYTES:
            return
        try:
            value = self._read(data)
        except RecursionError:
            self.add_oversized()
            return
        if data.isascii() and b"\\" not in data:
            # SQLite splits ASCII into the words of `split_words` by itself.
            self._texts.append(data.decode())
            self._leaves.collect(value)
        else:
            leaves = _Leaves()
            leaves.collect(value)
            self._terms.update(leaves.split_words())
            self._leaves.add(leaves)

    def _read(self, data: bytes) -> Any:
        try:
            return self._decoder.decode(data)
        except (msgspec.DecodeError, ValueError):
            # The standard library also reads surrogates and numbers of any length.
            return read_json(data)

    def add_oversized(self) -> None:
        """Make the execution a candidate of every query, because its content is too large."""
        self._bytes = MAX_BYTES + 1

    def take(self) -> Content:
        """
        Take the terms of the execution, and begin with another execution.

        Returns:
            The terms.
        """
        content = Content(ALWAYS, "")
        if self._bytes <= MAX_BYTES:
            hashes: set[int] = set()
            self._describe_numbers()
            if self._is_full:
                self._describe_names()
                self._describe_texts(hashes)
                self._describe_literals(hashes)
            words = " ".join((*self._texts, *self._terms, write_hashes(hashes)))
            content = Content(_clean(words), _clean("\n".join(self._parts)))
        self._start()
        return content

    def _describe_names(self) -> None:
        unknown = self._leaves.names - self._plain_names
        for name in unknown:
            identifiers = select_identifiers(name.casefold())
            if identifiers:
                self._parts.add(identifiers)
            else:
                self._plain_names.add(name)
        if len(self._plain_names) > _REMEMBERED:
            self._plain_names.clear()

    def _describe_texts(self, hashes: set[int]) -> None:
        parts = self._parts
        for name, text in self._leaves.texts:
            folded = text.casefold()
            if not folded.isascii():
                self._describe_other_text(name, folded, hashes)
                continue
            is_rare = False
            if folded.isalpha():
                # A word is the most frequent text.
                is_hashed = False
            elif " " not in folded:
                # Most of these texts are identifiers, and the parts of others do no harm.
                is_rare = has_rare_word(folded)
                is_hashed = not (is_rare or folded.isalnum())
                parts.add(folded)
            else:
                is_hashed = True
                if not folded.replace(" ", "").isalpha():
                    is_rare = has_rare_word(folded)
                    is_hashed = not is_rare
                    parts.add(select_identifiers(folded))
            if is_hashed:
                hashes.add(crc32(folded.encode(), VALUE))
            if name is not None and not is_rare and len(folded) <= PAIRED_CHARACTERS:
                hashes.add(crc32(folded.encode(), start_pair(name)))

    def _describe_other_text(self, name: str | None, folded: str, hashes: set[int]) -> None:
        is_rare = has_rare_word(folded)
        if not (is_rare or is_word(folded)):
            hashes.add(hash_text(folded))
        if name is not None and not is_rare and len(folded) <= PAIRED_CHARACTERS:
            hashes.add(hash_pair(name, folded))
        self._parts.add(select_identifiers(folded))

    def _describe_numbers(self) -> None:
        # Most numbers occur in many executions, so that this is one lookup for each.
        described = list(map(self._numbers.__getitem__, self._leaves.numbers))
        self._terms.update([words for words, _ in described])
        self._parts.update([part for _, part in described])

    def _describe_literals(self, hashes: set[int]) -> None:
        for name, literal in self._leaves.literals:
            if name is not None:
                hashes.add(hash_pair(name, LITERALS[literal]))


def _clean(text: str) -> str:
    # SQLite stops at NUL. Surrogates are in no query.
    return text.replace("\0", "\n").encode("utf-8", "replace").decode()
