"""Changes inputs at random: bytes, words of the target's language, and values of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final

MAX_BYTES: Final = 64 * 1024
"""The largest input."""
_MANY: Final = (2, 3, 16, 64, 1_000, 20_000)
_NUMBERS: Final = (
    0,
    1,
    127,
    128,
    255,
    256,
    2**15,
    2**16 - 1,
    2**31 - 1,
    2**32 - 1,
    2**63,
    2**64 - 1,
)
_JSON_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    2**63,
    2**64,
    1e308,
    "",
    "x",
    "\0",
    "\ud800",
    "{{",
    "}}",
    "{{ a }}",
    "..",
    "../../x",
    "__proto__",
    "__class__",
    "2026-01-01T00:00:00Z",
    [],
    {},
    [[]],
    {"a": {}},
)
_KEPT_TRIES: Final = 4


class Mutator:
    """
    Makes new inputs from known ones.

    Args:
        random: The source of all choices.
        words: Words of the target's language.
    """

    def __init__(self, random: Random, words: Sequence[bytes]) -> None:
        self._random = random
        self._words = words
        self._ways: tuple[Callable[[bytes], bytes], ...] = (
            self._flip,
            self._replace,
            self._delete,
            self._repeat,
            self._insert_word,
            self._insert_word,
            self._insert_number,
            self._truncate,
        )

    def mutate(self, corpus: Sequence[bytes]) -> bytes:
        """
        Make an input.

        Args:
            corpus: The known inputs.

        Returns:
            One of them with several changes.
        """
        made = self._random.choice(corpus)
        if self._random.random() < 0.5:
            made = self._mutate_json(made)
        if self._random.random() < 0.1:
            made = self._join(made, self._random.choice(corpus))
        for _ in range(self._random.choice((0, 1, 1, 2, 4, 8))):
            made = self._random.choice(self._ways)(made)
        return made[:MAX_BYTES]

    def _place(self, data: bytes) -> int:
        return self._random.randint(0, len(data))

    def _span(self, data: bytes) -> tuple[int, int]:
        start = self._place(data)
        return start, min(len(data), start + self._random.choice((1, 2, 4, 16, 256)))

    def _flip(self, data: bytes) -> bytes:
        if not data:
            return data
        at = self._random.randrange(len(data))
        return data[:at] + bytes([data[at] ^ (1 << self._random.randrange(8))]) + data[at + 1 :]

    def _replace(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:start] + self._random.randbytes(end - start) + data[end:]

    def _delete(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:start] + data[end:]

    def _repeat(self, data: bytes) -> bytes:
        start, end = self._span(data)
        times = min(self._random.choice(_MANY), MAX_BYTES // max(1, end - start))
        return data[:start] + data[start:end] * times + data[end:]

    def _insert_word(self, data: bytes) -> bytes:
        at = self._place(data)
        times = self._random.choice((1, 1, 1, 2, 100))
        return data[:at] + self._random.choice(self._words) * times + data[at:]

    def _insert_number(self, data: bytes) -> bytes:
        at, number = self._place(data), self._random.choice(_NUMBERS)
        is_little = self._random.random() < 0.5
        size = self._random.choice((1, 2, 4, 8))
        packed = (number % (1 << (8 * size))).to_bytes(size, "little" if is_little else "big")
        if self._random.random() < 0.5:
            return data[:at] + packed + data[at + size :]
        return data[:at] + str(number).encode() + data[at:]

    def _truncate(self, data: bytes) -> bytes:
        return data[: self._place(data)]

    def _join(self, first: bytes, second: bytes) -> bytes:
        return first[: self._place(first)] + second[self._place(second) :]

    def _mutate_json(self, data: bytes) -> bytes:
        try:
            value = json.loads(data)
            places = list(_list_places(value))
            for _ in range(self._random.randint(1, _KEPT_TRIES)):
                self._change(*self._random.choice(places))
            return json.dumps(value).encode()
        except (ValueError, RecursionError, IndexError, LookupError):
            return data

    def _change(self, holder: Any, key: Any) -> None:
        way = self._random.randrange(5)
        if way == 0:
            del holder[key]
        elif way == 1:
            holder[key] = self._random.choice(_JSON_VALUES)
        elif way == 2:
            holder[key] = self._random.choice(self._words).decode("utf-8", "replace")
        elif way == 3:
            holder[key] = [holder[key]] * self._random.choice((1, 2, 50))
        elif isinstance(holder, dict):
            holder[self._random.choice(self._words).decode("utf-8", "replace")] = holder.pop(key)
        else:
            holder.insert(key, holder[self._random.randrange(len(holder))])


def _list_places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        for key in list(keys):
            yield value, key
            yield from _list_places(value[key])
