"""
Shapes of values.

What looks random, what looks chosen by a person, what is prose, a literal or source code;
the scheme with which credentials begin.

`password: must be at least 8 characters`, `token=None` and `api_key=settings.api_key` hold no
secret. Each function reads a bounded number of bytes, so that hostile text takes linear time.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from flightlog.redaction.names import read_words
from flightlog.redaction.patterns import pattern

_DIGIT: Final = pattern(rb"[0-9]")
_WORDLIKE: Final = pattern(rb"[A-Z]?[a-z]+|[A-Z]+")
_CAMEL: Final = pattern(
    rb"(?:[A-Z]{0,5}[a-z]{0,13}[aeiou][a-z]{0,13}|(?i:my|by))(?:[A-Z]{1,5}(?:[a-z]{0,13}[aeiouy]"
    rb"[a-z]{0,13}|ttps?|[a-z](?:l|ls|s|d|m|t|p|b|ml|ql|xt|tp|ss|sh))|[A-Z]?[AEIOU][a-z]{1,13}){1,7}"
)
"""Words with vowels, and a few abbreviations, as types and functions are named."""
_CAPITALS: Final = pattern(rb"[A-Z]")
_LEAST_OF_WORD: Final = 3
_UUID: Final = pattern(rb"\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_RANDOM: Final = pattern(rb"[\w.~+/=%:\\-]+")
_RUN: Final = pattern(rb"[A-Za-z0-9+~]+")
_CHANGE: Final = pattern(rb"[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])")
_MOMENT: Final = pattern(rb"[0-9]{4,8}T[0-9]{6}Z?")
_CHOSEN: Final = (re.compile(rb"[A-Za-z]"), _DIGIT, re.compile(rb"[!#$%^&*+?~@]"))
_SHORTEST_CHOSEN: Final = 6
_FEW_DIGITS: Final = 4
_SHORTEST_RANDOM: Final = 16
_LONG_RUN: Final = 20
_LONGEST_WORD: Final = 23
"""In letters; longer words are hardly ever a language's."""
_GROUPED: Final = pattern(
    rb"(?:[0-9A-Z]{4,14}-){2,8}[0-9A-Z]{4,16}|(?:[0-9a-z]{4,14}-){2,8}[0-9a-z]{4,16}"
)

_WORD: Final = pattern(rb"(?<![\w$#@%^&*+=/!?-])[A-Za-z']+(?![\w$#@%^&*+=/-])")
_FIRST_WORDS: Final = 12
_MASK: Final = pattern(
    rb"[\w-]{0,8}(?:\*{4,}|(?:\xe2\x80\xa2){4,})[\w-]{0,6}|(?:\*+|\.+|x{3,}|X{3,}|#+|-+|(?:\xe2\x80\xa2)+)"
)
PLACEHOLDER: Final = pattern(
    rb"\?|<[^<>]{0,40}>|\{[a-z_.]{1,40}\}|[$#]\{\{?[^{}]{1,80}\}?\}|\{\{[^{}]{1,80}\}\}"
    rb"|%(?:\(\w{1,40}\))?s|%[A-Z_]{1,40}%|\${1,2}\([^()]{1,80}\)"
    rb"|\$(?:[A-Za-z_][A-Za-z0-9_]{0,80}|[0-9]{1,2})\b"
)
"""A value that a program puts in later, or took out."""
_SAME_ENDS: Final = (
    b"password", b"passwd", b"secret", b"token", b"key", b"credential", b"credentials",
    b"cookie", b"cookies", b"auth"
)  # fmt: skip
_PUNCTUATION: Final = frozenset({b".", b",", b":", b";", b"!"})
_MASKS: Final = frozenset(b"* . x X # - \xe2".split())
_SIGNS: Final = frozenset({b",", b";", b":"})
_BULLETS: Final = b"\xe2\x80\xa2" * 4
_POINTER: Final = pattern(
    # A variable or an entry of a store, a file, a name within a store.
    rb"(?:env|environ|os\.environ|vault|ssm|file|keyring|secretsmanager)(?::/{0,2}|/)[\w./-]+"
    rb"|(?:~|\.{1,2}|/(?:etc|run|var|home|usr|opt|root|tmp|srv|app|mnt|path|secrets|Users|data))"
    rb"(?:/[\w.@-]+)+|projects/[\w-]+/secrets/[\w./-]+"
)
_TO_FILL: Final = pattern(
    rb"(?i)[a-z]{2,12}[._-][a-z]{2,12}[._-]here"
    rb"|(?:your|insert|enter|replace|put|add)(?:[-_ ][a-z]+){0,4}[-_ ]"
    rb"(?:here|key|token|secret|password|value|id)"
)
_LABEL: Final = pattern(
    # A label or a message: words without digits, of which one names a secret.
    rb"(?=[A-Z]|[a-z]+'t )(?i:(?=[^0-9]*\b(?:passwords?|passcode|passphrase|tokens?|secrets?|keys?"
    rb"|credentials)\b)"
    rb"[a-z']+(?:,? [a-z']+)+[.?!]?)"
)
PLACEHOLDERS: Final = frozenset(b"? < { $ % #".split())
_POINTS: Final = frozenset(b"e o v s f k ~ . / p".split())
_ASKS: Final = frozenset(b"y Y i I e E r R p P a A".split())
"""The first bytes of `_POINTER` and `_TO_FILL`; most values are spared the expressions."""
_LONGEST_LITERAL: Final = 24
_SCHEME: Final = pattern(
    rb"(?i)(?:bearer|basic|bot|token|negotiate|apikey|api-key|key|jwt|genie-?key"
    rb"|splunk|ssws|hmac|(?:private|access|api)-?token|oauth)(?:[ \t:]|%20|\\[nt])+"
    rb"(?![^\s{<$%]{1,3}[ \t]|provided:?[ \t])"
)


def looks_random(value: bytes, shortest: int = _SHORTEST_RANDOM) -> bool:
    """
    Check whether a value looks as if a machine had drawn it; a UUID doesn't count.

    Args:
        value: One word.
        shortest: Nothing shorter does.

    Returns:
        Whether it does.
    """
    if len(value) < shortest or not _RANDOM.fullmatch(value) or _UUID.fullmatch(value):
        return False
    letters = sum(map(len, _WORDLIKE.findall(value)))
    if not letters or is_camel(value):
        return False
    mixed = value != value.lower() and value != value.upper()
    return _DIGIT.search(value) is not None or (
        mixed and len(_WORDLIKE.findall(value)) > len(value) / 5
    )


def looks_drawn(value: bytes, shortest: int = _SHORTEST_RANDOM) -> bool:
    """
    Check as `looks_random` does.

    More strictly: neither paths, nor words joined with dashes, count.

    Args:
        value: One word.
        shortest: The length of the longest run of letters and digits is no less.

    Returns:
        Whether it does.
    """
    run = max(_RUN.findall(value), key=len, default=b"")
    if len(run) < shortest or _MOMENT.fullmatch(run):
        return False
    if _CHANGE.search(run):
        return True
    if run.isdigit() or is_camel(run):
        return False
    return len(run) >= _LONGEST_WORD or looks_random(run, _LONG_RUN)


def is_camel(value: bytes) -> bool:
    """
    Check whether a value is a few words without digits, written as types and functions are.

    Args:
        value: The value.

    Returns:
        Whether it is.
    """
    if _CAMEL.fullmatch(value) is None:
        return False
    return len(_CAPITALS.findall(value)) * _LEAST_OF_WORD <= len(value)


def is_uuid(value: bytes) -> bool:
    """
    Check whether a value is a UUID, or is written in groups as a licence key is.

    Args:
        value: The value.

    Returns:
        Whether it is.
    """
    if _UUID.fullmatch(value):
        return True
    return _GROUPED.fullmatch(value) is not None and (
        value.isupper() or len(_DIGIT.findall(value)) >= _FEW_DIGITS
    )


def is_mixed(value: bytes) -> bool:
    """
    Check whether a word has small and capital letters and digits.

    Args:
        value: One word.

    Returns:
        Whether it has, and looks random.
    """
    return value != value.lower() and value != value.upper() and looks_random(value)


def looks_chosen(value: bytes) -> bool:
    """
    Check whether a word looks as if a person had chosen it as a password.

    Letters, digits and a sign.

    Args:
        value: One word.

    Returns:
        Whether it does.
    """
    return len(value) >= _SHORTEST_CHOSEN and all(part.search(value) for part in _CHOSEN)


def is_prose(text: bytes) -> bool:
    """
    Check whether a word or a line is a sentence's, by the small words in it.

    Args:
        text: The beginning of a value, or its line.

    Returns:
        Whether one of the first words is a small word.
    """
    prose = _prose()
    return any(word in prose for word in _WORD.findall(text.lower())[:_FIRST_WORDS])


def is_word(value: bytes) -> bool:
    """
    Check whether a word is a sentence's, or the name of a variable that holds a secret.

    Args:
        value: One word.

    Returns:
        Whether it is.
    """
    lower = value.lower()
    return lower in _prose() or lower.endswith(_SAME_ENDS)


def is_literal(value: bytes) -> bool:
    """
    Check whether a value says that there is none, or is a mask or a placeholder.

    Args:
        value: The value.

    Returns:
        Whether it holds no secret.
    """
    if len(value) <= _LONGEST_LITERAL:
        lowered = value.strip().lower()
        if lowered in literals() or (
            lowered[-1:] in _PUNCTUATION and lowered.strip(b".,!") in literals()
        ):
            return True
    if value.endswith(b"...") or b"placeholder" in value.lower():
        return True
    first = value[:1]
    if first in _SIGNS and not value.replace(b"\\n", b"").strip(b" ,;:"):
        return True
    is_masked = first in _MASKS or b"****" in value or _BULLETS in value
    return (
        (is_masked and _MASK.fullmatch(value) is not None)
        or (first in PLACEHOLDERS and PLACEHOLDER.fullmatch(value) is not None)
        or (first in _POINTS and _POINTER.fullmatch(value) is not None)
        or (b" " in value and _LABEL.fullmatch(value) is not None)
        or ((first in _ASKS or value.endswith(b"here")) and _TO_FILL.fullmatch(value) is not None)
    )


@cache
def _prose() -> frozenset[bytes]:
    return frozenset(word.encode() for word in read_words("prose", "words"))


@cache
def literals() -> frozenset[bytes]:
    """Return the values that say that there is none, in small letters."""
    return frozenset({b"", *(word.encode() for word in read_words("prose", "literals"))})


def scheme_length(value: bytes) -> int:
    """
    Measure the `Bearer ` with which credentials begin; 0 where there is none.

    Args:
        value: The value.

    Returns:
        The length with the space behind it, in bytes.
    """
    found = _SCHEME.match(value)
    return found.end() if found and found.end() < len(value) else 0
