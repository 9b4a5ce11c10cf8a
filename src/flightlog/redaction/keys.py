"""
Names that hold secrets: `password`, `apiKey`, `X-Amz-Security-Token`, `stripe_secret_key`.

A name is judged by its words, however they are joined, and by what stands around them:
`max_tokens`, `secret_name` and `password_required` tell of a secret and hold none. What becomes of
the value is the business of `jsontext` and `assignments`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from flightlog.redaction.vocabulary import (
    AFTER_LAST_WORDS,
    BEGINNINGS,
    CIRCUMSTANCES,
    ENDINGS,
    HARMLESS_TOKENS,
    LAST_WORDS,
    NEEDLES,
    PHRASES,
    PUBLIC,
    Secrecy,
    Words,
)


class Name(Struct, frozen=True, gc=False):
    """A name, judged."""

    text: bytes
    """As UTF-8."""
    secrecy: Secrecy
    """What it says of its value."""
    lower: bytes
    """The text in lower case, in which words are looked for."""


LONGEST_NAME: Final = 64
"""In bytes; what is longer is prose."""

_MOST_NAMES_KNOWN: Final = 8192
_MOST_SPACES: Final = 4
_LETTER: Final = r"(?:[a-z]|[^\W\d_A-Za-z])"
_WORD: Final = re.compile(rf"[A-Z]+(?!{_LETTER})|[A-Z]?{_LETTER}+|[0-9]+")
_SHORTEST_ENDING: Final = min(map(len, ENDINGS))
_JOINTS: Final = ("", "_", "-", " ", ".")


class Names:
    """
    Judges names, and remembers what it found.

    Args:
        further: Names that hold secrets besides those known here.
    """

    def __init__(self, further: Iterable[str] = ()) -> None:
        self._further = {tuple(words) for name in further if (words := _words(name))}
        phrases = PHRASES | dict.fromkeys(self._further, Secrecy.WHOLE)
        self._by_first: dict[str, list[tuple[Words, Secrecy]]] = {}
        for phrase, secrecy in phrases.items():
            self._by_first.setdefault(phrase[0], []).append((phrase, secrecy))
        self._joined = {"".join(words) for words in self._further}
        self._known: dict[bytes, Name] = {}

    def secrecy(self, name: bytes) -> Secrecy:
        """
        Judge a name.

        Args:
            name: As UTF-8.
        """
        return self.judged(name).secrecy

    def judged(self, name: bytes) -> Name:
        """
        Judge a name, and keep it with what it says.

        Args:
            name: As UTF-8.
        """
        known = self._known.get(name)
        if known is not None:
            return known
        if len(name) > LONGEST_NAME:
            return Name(name, Secrecy.PLAIN, b"")
        judged = Name(name, self._judge(name.decode(errors="replace")), name.lower())
        if len(self._known) >= _MOST_NAMES_KNOWN:
            self._known.clear()
        self._known[name] = judged
        return judged

    def needles(self) -> set[bytes]:
        """Texts, in lower case, of which every name that isn't plain holds at least one."""
        needles = set(NEEDLES)
        for phrase in (*PHRASES, *self._further):
            if len(phrase) > 1 or phrase in self._further:
                needles.update(joint.join(phrase) for joint in _JOINTS)
        needles.update(word + after for word in LAST_WORDS for after in AFTER_LAST_WORDS)
        return {needle.encode() for needle in needles}

    def _judge(self, name: str) -> Secrecy:
        words = _words(name)
        if not words or name.count(" ") > _MOST_SPACES:
            return Secrecy.PLAIN
        found = LAST_WORDS.get(words[-1], Secrecy.PLAIN)
        words = [word for word in words if not word.isdigit()]
        for start, word in enumerate(words):
            for phrase, secrecy in self._by_first.get(word, ()):
                end = start + len(phrase)
                if tuple(words[start:end]) == phrase and (
                    phrase in self._further or not _is_harmless(words, start, end)
                ):
                    found = max(found, secrecy)
            if len(word) > _SHORTEST_ENDING and CIRCUMSTANCES.isdisjoint(words[start + 1 :]):
                found = max(found, _ending(word))
        joined = "".join(words)
        if joined in self._joined or joined.endswith("password"):
            return Secrecy.WHOLE
        return found


def _is_harmless(words: list[str], start: int, end: int) -> bool:
    if not CIRCUMSTANCES.isdisjoint(words[end:]):
        return True
    if words[end - 1] in {"key", "keys"}:
        return not PUBLIC.isdisjoint(words)
    return words[start] in {"token", "tokens"} and start > 0 and words[start - 1] in HARMLESS_TOKENS


def _ending(word: str) -> Secrecy:
    if word in BEGINNINGS:
        return Secrecy.WHOLE
    for ending, secrecy in ENDINGS.items():
        if word.endswith(ending) and (word,) not in PHRASES:
            return secrecy
    return Secrecy.PLAIN


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]
