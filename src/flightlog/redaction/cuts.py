"""
Where a text can be cut so that no part of a secret is left.

A secret that a cut divides may not be recognised any more, and neither may a secret before the cut
if what follows it is missing: `postgres://bob:secret` without `@host`. So each cut is decided with
the text on both sides of it. This module finds the secrets through a function, and owns only the
arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

FindSpans: TypeAlias = Callable[[bytes], Sequence[tuple[int, int]]]
"""Finds the secrets of a text: where each starts and ends, in bytes, in order."""

BEFORE_CHARACTERS: Final = 8 * 1024
"""How much text before a cut is read."""
AFTER_CHARACTERS: Final = 4 * 1024
"""How much text after a cut is read; a caller needs this much text beyond the cut."""
_TRIES: Final = 8
_CONTINUATION: Final = bytes(range(0x80, 0xC0))


def find_cut(text: str, end: int, find: FindSpans) -> int:
    """
    Find the last place at which a text can be cut.

    Args:
        text: The text, or as much of it as `AFTER_CHARACTERS` beyond the cut.
        end: Where the text should be cut.
        find: Finds the secrets.

    Returns:
        The place, `end` or before. The text up to there holds the same secrets, each as a whole, as
        it does within the longer text.
    """
    if end >= len(text):
        return len(text)
    first = end
    for _ in range(_TRIES):
        first = max(0, end - BEFORE_CHARACTERS)
        window = text[first : end + AFTER_CHARACTERS]
        alone = set(_find_in(window[: end - first], find))
        divided = [
            start
            for start, stop in _find_in(window, find)
            if start < end - first and (start, stop) not in alone
        ]
        if not divided:
            return end
        end = first + min(divided)
        if not end:
            break
    return min(first, end)


def redact_part(
    text: str, start: int, end: int, find: FindSpans, mark: Callable[[bytes], bytes]
) -> str:
    """
    Redact a part of a text, knowing what stands around it.

    Args:
        text: The text.
        start: Where the part starts.
        end: Where it ends.
        find: Finds the secrets.
        mark: Makes the mark of a secret.

    Returns:
        The part. A mark stands for each secret that reaches into it.
    """
    first = max(0, start - BEFORE_CHARACTERS)
    window = text[first : end + AFTER_CHARACTERS]
    parts = []
    place, last = start - first, end - first
    for opened, closed in _find_in(window, find):
        if closed <= place:
            continue
        if opened >= last:
            break
        secret = window[opened:closed].encode("utf-8", "surrogatepass")
        parts += [window[place : max(place, opened)], mark(secret).decode()]
        place = closed
    return "".join([*parts, window[place:last]])


def _find_in(text: str, find: FindSpans) -> list[tuple[int, int]]:
    """Find the secrets of a text, in characters."""
    data = text.encode("utf-8", "surrogatepass")
    spans = find(data)
    if data.isascii():
        return list(spans)
    return [(_count(data, start), _count(data, end)) for start, end in spans]


def _count(data: bytes, end: int) -> int:
    return len(data[:end].translate(None, _CONTINUATION))
