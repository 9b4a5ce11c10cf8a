"""
Names that hold secrets: `password`, `apiKey`, `X-Amz-Security-Token`, `stripe_key`, `hasło`.

A name is normalised once, then judged by its words and by what stands around them: `max_tokens`,
`secret_name` and
`password_required` describe a secret and hold none. The words are data, in `names.toml`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from msgspec import Struct

Words: TypeAlias = tuple[str, ...]

LONGEST_NAME: Final = 64
"""In bytes; a longer text is prose."""
_MOST_NAMES_KNOWN: Final = 8192
_MOST_SPACES: Final = 5
_SHORTEST_KEY: Final = 5
_LETTER: Final = r"(?:[a-z]|[^\W\d_A-Za-z])"
_WORD: Final = re.compile(rf"[A-Z]+(?!{_LETTER})|[A-Z]?{_LETTER}+|[0-9]+")
_ESCAPE: Final = re.compile(r"\\+u([0-9a-fA-F]{4})")
_INVISIBLE: Final = re.compile(
    "[\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]|\\\\+u(?:00[aA][dD]|200[b-fB-F]|2060|[fF][eE][fF]{2})"
)
_PLAIN_LETTERS: Final = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i", "İ": "I"}
)


_HEADER: Final = re.compile(
    rb"(?i)(?:.*[.\"'])?(?:proxy-|x-)*(?:authorization|cookie|set-cookie2?|(?:x|api)-[\w-]+|[\w-]+-(?:token|key|secret|auth))"
)


class Secrecy(IntEnum):
    """The judgement on a name."""

    PLAIN = 0
    """It says nothing of its value."""
    GUESSED = 1
    """Its value is secret if it looks random, and no UUID: `sid`, `tokens`."""
    RANDOM = 2
    """Its value is secret if it looks random: `stripe_key`."""
    TEXT = 3
    """Its value is secret if it is text, or a list of texts: `auth`, `pass`."""
    WHOLE = 4
    """Its value is secret, with everything in it."""


class Name(Struct, frozen=True, gc=False):
    """A name, judged."""

    text: bytes
    """As it is written."""
    secrecy: Secrecy
    lower: bytes
    """The text in small letters."""
    is_header: bool = False
    """Whether it is a header's name."""


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8"))


@cache
def read_words(section: str, key: str) -> frozenset[str]:
    """
    Read a list of words from `names.toml`.

    Args:
        section: The table.
        key: The list in it: of texts, or one text of words.

    Returns:
        The words.
    """
    found = _data()[section][key]
    return frozenset(found.split() if isinstance(found, str) else found)


def split_words(name: str) -> list[str]:
    r"""
    Split a name into its words, in one spelling for all ways to write them.

    Escapes (`\u0070`), full width, zero-width characters, accents, case and camelCase make no
    difference.

    Args:
        name: The name as it is written.

    Returns:
        The words, in small letters.
    """
    plain = name
    if "\\" in plain or not plain.isascii():
        plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), _INVISIBLE.sub("", plain))
        plain = without_accents(_INVISIBLE.sub("", plain))
    return [word.casefold() for word in _WORD.findall(plain.replace("OAuth", "Oauth"))]


def without_accents(text: str) -> str:
    """
    Write a text without accents and full width, composed.

    Args:
        text: Any text.

    Returns:
        The text.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN_LETTERS))
    return unicodedata.normalize(
        "NFKC", "".join(letter for letter in plain if not unicodedata.combining(letter))
    )


class Names:
    """
    Judges names, and remembers its judgements.

    Args:
        further: Names that hold secrets besides those known here.
    """

    def __init__(self, further: Iterable[str] = ()) -> None:
        self._further = {tuple(words) for name in further if (words := split_words(name))}
        self._by_first: dict[str, list[tuple[Words, Secrecy]]] = {}
        for phrase, secrecy in [
            *_phrases(),
            *((phrase, Secrecy.WHOLE) for phrase in self._further),
        ]:
            self._by_first.setdefault(phrase[0], []).append((phrase, secrecy))
        self._joined = {"".join(words) for words in self._further}
        self.judge: Callable[[bytes], Name] = lru_cache(_MOST_NAMES_KNOWN)(self._judge_written)
        """Judges a name, as UTF-8 or with escapes."""

    def _judge_written(self, name: bytes) -> Name:
        secrecy = Secrecy.PLAIN
        # An escaped character takes six times its length.
        if len(name) <= (LONGEST_NAME if b"\\" not in name else 6 * LONGEST_NAME):
            secrecy = self._judge(name.decode(errors="replace"))
        return Name(name, secrecy, name.lower(), _HEADER.fullmatch(name) is not None)

    def secrecy(self, name: bytes) -> Secrecy:
        """
        Judge a name.

        Args:
            name: As UTF-8, or with escapes.

        Returns:
            The judgement.
        """
        return self.judge(name).secrecy

    @property
    def has_counts(self) -> bool:
        """Whether the user's own names make counts of tokens secret."""
        return any("tokens" in phrase for phrase in self._further)

    def stems(self) -> tuple[list[str], list[str]]:
        """
        List texts, as they are written, of which every name that isn't plain holds at least one.

        Returns:
            Texts that count anywhere in a name, and texts that count at its end.
        """
        data = _data()
        kinds = ("secret", "text", "random", "guessed")
        found = {phrase for kind in kinds for some in data[kind].values() for phrase in some}
        found |= {word for some in data["endings"].values() for word in some} - read_words(
            "endings", "beginnings"
        )
        found |= {f"{owner}key" for owner in read_words("keys", "secret")} | {
            " ".join(phrase) for phrase in self._further
        }
        found |= {without_accents(phrase) for phrase in found}
        last = read_words("last", "stems") | {
            word for kind in kinds for word in read_words("last", kind)
        }
        kept: list[str] = []
        for stem in sorted(found - last, key=len):
            if not any(other in stem for other in kept):
                kept.append(stem)
        return kept, sorted(last)

    def _judge(self, name: str) -> Secrecy:
        words_found = split_words(name)
        if not words_found or name.count(" ") > _MOST_SPACES:
            return Secrecy.PLAIN
        last = _last(words_found)
        parts = [word for word in words_found if not word.isdigit()]
        joined = "".join(parts)
        if joined in self._joined or joined.endswith(("password", "passwort")):
            return Secrecy.WHOLE
        return max([last, *self._of_phrases(parts)], default=Secrecy.PLAIN)

    def _of_phrases(self, parts: list[str]) -> Iterator[Secrecy]:
        for start, word in enumerate(parts):
            for phrase, secrecy in self._by_first.get(word, ()):
                end = start + len(phrase)
                if tuple(parts[start:end]) != phrase:
                    continue
                if phrase in self._further or not _is_harmless(parts, start, end):
                    yield secrecy
            if read_words("harmless", "circumstances").isdisjoint(parts[start + 1 :]):
                yield _ending(word)


def _is_harmless(parts: list[str], start: int, end: int) -> bool:
    if not read_words("harmless", "circumstances").isdisjoint(parts[end:]):
        return True
    if parts[end - 1] in {"key", "keys"}:
        return not read_words("harmless", "public").isdisjoint(parts)
    before = parts[start - 1] if start else ""
    if parts[start] in {"secret", "secrets"} and before in read_words("harmless", "secrets"):
        return True
    if parts[start] not in {"token", "tokens"}:
        return False
    # `PublicKeyToken` is the hash of a public key.
    is_public = before == "key" and parts[0] == "public"
    return is_public or before in read_words("harmless", "tokens")


def _last(parts: list[str]) -> Secrecy:
    """Judge a name by its last word."""
    last, before = parts[-1], parts[:-1]
    if last in read_words("last", "secret"):
        return Secrecy.WHOLE
    if last in read_words("last", "text"):
        return Secrecy.TEXT
    if last in {"key", "keys"}:
        return _key(before) if last == "key" else Secrecy.PLAIN
    if last == "code" and before:
        return (
            Secrecy.GUESSED if read_words("harmless", "codes").isdisjoint(before) else Secrecy.PLAIN
        )
    if last in read_words("last", "random"):
        return Secrecy.RANDOM
    return Secrecy.GUESSED if last in read_words("last", "guessed") else Secrecy.PLAIN


def _key(before: list[str]) -> Secrecy:
    before = [word for word in before if not word.isdigit()]
    if not before:
        return Secrecy.GUESSED
    return Secrecy.PLAIN if before[-1] in read_words("keys", "harmless") else Secrecy.RANDOM


def _ending(word: str) -> Secrecy:
    if len(word) < _SHORTEST_KEY:
        return Secrecy.PLAIN
    if word in _single_words():
        # A phrase of its own has judged it, with the words around it.
        return Secrecy.PLAIN
    if word.endswith(_endings("secret")):
        return Secrecy.WHOLE
    if word.startswith(("password", "secret", "token")) and word[8:] in read_words(
        "endings", "beginnings"
    ):
        return Secrecy.WHOLE
    if word.endswith("key"):
        harmless = word in read_words("keys", "words") or word[:-3] in read_words(
            "keys", "harmless"
        )
        return Secrecy.PLAIN if harmless else Secrecy.RANDOM
    return Secrecy.GUESSED if word.endswith(_endings("guessed")) else Secrecy.PLAIN


@cache
def _endings(kind: str) -> tuple[str, ...]:
    return tuple("".join(split_words(word)) for word in read_words("endings", kind))


@cache
def _single_words() -> frozenset[str]:
    return frozenset(phrase[0] for phrase, _ in _phrases() if len(phrase) == 1)


@cache
def _phrases() -> list[tuple[Words, Secrecy]]:
    kinds = {
        "secret": Secrecy.WHOLE,
        "text": Secrecy.TEXT,
        "random": Secrecy.RANDOM,
        "guessed": Secrecy.GUESSED,
    }
    found = [
        (tuple(split_words(phrase)), secrecy)
        for kind, secrecy in kinds.items()
        for phrases in _data()[kind].values()
        for phrase in phrases
    ]
    found += [
        ((owner, last), Secrecy.WHOLE)
        for owner in read_words("keys", "secret")
        for last in ("key", "keys")
    ]
    return found
