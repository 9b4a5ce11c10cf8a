"""
Where to look: patterns of all places at which a secret, or its name, may stand.

RE2 runs them over a whole text in linear time. They may find too much, never too little: only the
places that they find are looked at, and most texts have none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from flightlog.redaction import views
from flightlog.redaction.patterns import Pattern, Searcher
from flightlog.redaction.syntax import (
    cards,
    commands,
    encoded,
    headers,
    keys,
    prose,
    sql,
    urls,
)

_ANCHORS: Final = (
    *(urls.ANCHOR, headers.ANCHOR, commands.ANCHOR, sql.ANCHOR, keys.ANCHOR),
    *(commands.NETWORK_ANCHOR, cards.ANCHOR, encoded.ANCHOR, keys.JWK_ANCHOR, prose.ANCHOR),
)
_JOINT: Final = rb"[ _.-]?"
_Q: Final = rb"\\*[\"'`]"
_B: Final = rb"(?:[ \t\r\n]|\\+[nrt])"
_NO_LITERAL: Final = (
    # `null`, `true` and `false` are no secrets, and stand in many payloads.
    rb"[ \t]*(?:[^nft \t]|n(?:[^u]|u(?:[^l]|l(?:[^l]|l\w)))|t(?:[^r]|r(?:[^u]|u(?:[^e]|e\w)))"
    rb"|f(?:[^a]|a(?:[^l]|l(?:[^s]|s(?:[^e]|e\w))))|$)"
)
_SIGN: Final = (
    rb"(?:\\+[nrt\"'`]|[\])\"'`\s]|%5[bBdD])*"
    rb"\\*(?:[=(>]|:" + _NO_LITERAL + rb"|->|!=|\xef\xbc\x9a|\\+u[fF]{2}1[aA]|[\"'`][ \t]*\{)"
)
_CELL: Final = rb"(?:" + _Q + rb")?[ ]*(?:[,;|}\]<\t\r\n]|\\+[nrt])"
_VERBS, _PREPOSITIONS, _PARTICLES = (
    part.replace(b"{1,15}", b"+") for part in (prose.VERBS, prose.PREPOSITIONS, prose.PARTICLES)
)
_WORDS: Final = (
    rb"[ \t]+(?:" + _Q + rb"|[^\s\"\\]*[0-9!#$%^&*+?~@]|[A-Za-z]{16}"
    rb"|(?:[^\s\"]+[ \t]){0,4}(?:" + _VERBS + rb")[ \t:]"
    rb"|(?:" + _PREPOSITIONS + rb")(?:[ \t][^\s\"\\:]+){1,3}:[ \t])"
)
_ATTRIBUTE: Final = _Q + _B + rb"+[A-Za-z/]|" + _B + rb"+[A-Za-z:]+=" + _Q
_LINE: Final = rb"(?:\r?\n|\\+n)[ ]+value:"
_DECLARED: Final = rb"[ \t]+" + prose.TYPES + rb"(?:\([0-9]+\))?[ \t]*:?=[ \t]*N?" + _Q
_PARTICLE: Final = rb"(?:" + _PARTICLES + rb")[ \t:]*[!-~]"
_OTHERS: Final = (_CELL, _WORDS, _DECLARED, _ATTRIBUTE, _LINE, _PARTICLE)
_ESCAPED_LETTER: Final = rb"\\+u[0-9a-fA-F]{4}"
_PART: Final = rb"\.[\w$]|" + _ESCAPED_LETTER
_REST: Final = rb"(?:[\w$\x80-\xff-]|" + _PART + rb")"
_REST_NOT_S: Final = rb"(?:[a-rt-z0-9_$\x80-\xff-]|" + _PART + rb")"
_WORD_AFTER: Final = rb"(?: (?:[\x80-\xff]|" + _ESCAPED_LETTER + rb")+)?"
_REST_NOT_O: Final = rb"(?:[a-np-z0-9_$\x80-\xff-]|" + _PART + rb")"
_NO_COUNT: Final = rb"[ \t]*(?:[^0-9 \t]|[0-9]+[^0-9.,;}\]\s\\])"
_ENOUGH_LETTERS: Final = 3
_NAME_BEGINS: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\\" + bytes(range(0x80, 0x100))
)
_AFTER_WORDS: Final = frozenset({b":", b".", b"-"})
UNUSUAL: Final = frozenset(b"\\" + bytes(range(0x80, 0x100)))
"""Bytes that hardly stand in a name, but in an escape or a letter beyond ASCII."""
_PLACE_BEGINS: Final = frozenset(
    b"op cu cq va jw au ch fa tr my ma ss do po ne bu sk or re az mo ld zi fr sq jd sm rp".split()
    + b"co ht lf ec be ba di kt in id wi en sn pr ls ey ew w3 h4 r\\ n\\ t\\".split()
    + b"ro rw cr ac bc ps sc is se".split()
)
"""How the anchors of places begin that begin with a letter, in small letters."""
_BEFORE_NUMBERS: Final = frozenset(b" \t\r\n\"'`,:;=([{<>|/#*&?!@$^~)]}_")
_CARDS_BEGIN: Final = frozenset({b"2", b"3", b"4", b"5", b"6"})
BEGINNING_BYTES: Final = 3
"""So many bytes of a place say what may stand there."""
_MOST_BEGINNINGS: Final = 8192
_MEMORY_BYTES: Final = 64 << 20


def names_and_places(within: Iterable[str], last: Iterable[str], *, counts: bool) -> bytes:
    """
    Write the pattern of all places at which a name, or a secret without one, may stand.

    Args:
        within: Texts of which every secret name holds one, or
        last: with one of which it ends.
        counts: Whether counts of tokens are secret.

    Returns:
        The pattern, RE2.
    """
    ends = _any_of(map(stem_pattern, last)) + rb"s?[0-9]?"
    stems = _any_of(stem_pattern(stem) for stem in within if stem not in {"token", "auth"})
    # `max_tokens` stands in each call of a language model: its count isn't worth a look.
    token = rb"token(?:" + _REST_NOT_S + _REST + rb"*|s" + _REST + rb"+)?" + _WORD_AFTER
    # An author is no authorization.
    auth = rb"auth(?:(?:ori|o[a-qs-z0-9_]|" + _REST_NOT_O + rb")" + _REST + rb"*)?" + _WORD_AFTER
    sign_of_tokens = _SIGN if counts else _SIGN + _NO_COUNT
    named = _any_of(
        (
            _any_of((stems + _REST + rb"*" + _WORD_AFTER, ends, token, auth))
            + _any_of((_SIGN, *_OTHERS)),
            rb"tokens" + _any_of((sign_of_tokens, *_OTHERS)),
        )
    )
    return rb"|".join((rb"(?i:" + named + rb")", *_ANCHORS))


def _any_of(patterns: Iterable[bytes]) -> bytes:
    return rb"(?:" + rb"|".join(patterns) + rb")"


@lru_cache(maxsize=32)
def searcher(pattern: bytes) -> Searcher:
    """
    Compile a pattern for text of any encoding.

    Args:
        pattern: RE2.

    Returns:
        A search from a place on, which answers where the first match starts and ends, and (-1,
        -1) without one.
    """
    return Pattern(pattern, max_memory=_MEMORY_BYTES).searcher()


def stem_pattern(stem: str) -> bytes:
    """
    Write a pattern for a stem.

    In capitals and small letters, with any joint between its words, escaped for JSON.

    Args:
        stem: One or more words, in small letters. Of scripts without small letters a few are
            enough.

    Returns:
        The pattern, RE2.
    """
    if stem.isascii():
        return _JOINT.join(map(re.escape, stem.encode().split()))
    has_ascii = any(letter.isascii() and letter.isalpha() for letter in stem)
    beginning = stem.replace(" ", "_") if has_ascii else stem[:_ENOUGH_LETTERS].rstrip()
    written = {beginning.lower(), beginning.upper(), beginning.title()}
    escaped = {b"".join(map(_escaped, some)) for some in written}
    parts = [*(re.escape(some.encode()) for some in sorted(written)), *sorted(escaped)]
    return rb"(?-i:" + rb"|".join(parts).replace(b"_", _JOINT) + rb")"


def _escaped(letter: str) -> bytes:
    return re.escape(letter.encode()) if letter.isascii() else rb"\\+u%04x" % ord(letter)


class Beginning(NamedTuple):
    """What may stand at a place whose first bytes are known."""

    is_name: bool
    """A name."""
    is_place: bool
    """A secret without a name, in a syntax of its own."""
    is_token: bool
    """A token, or a keyword of a token rule."""
    is_known: bool
    """A known secret."""
    may_hide: bool
    """An escape that hides a letter."""
    is_number: bool
    """A number behind a sign, and no other secret without a name."""


def beginnings(
    begin_tokens: Callable[[bytes], bool], begin_known: Callable[[bytes], bool]
) -> Callable[[bytes], Beginning]:
    """
    Make a function that says what may stand at a place, by its first bytes.

    Args:
        begin_tokens: Whether a token, or a keyword of a rule, may begin with these bytes.
        begin_known: Whether a known secret may.

    Returns:
        The function, for the first `BEGINNING_BYTES` there.
    """

    @lru_cache(maxsize=_MOST_BEGINNINGS)
    def find(first: bytes) -> Beginning:
        letters = first[:2].lower()
        return Beginning(
            is_name=first[0] in _NAME_BEGINS,
            is_place=letters in _PLACE_BEGINS or letters[1:] in _AFTER_WORDS or first[0] in UNUSUAL,
            is_token=begin_tokens(first),
            is_known=begin_known(first),
            may_hide=first[0] in views.BEGINS,
            is_number=first[0] in _BEFORE_NUMBERS and first[1:2] in _CARDS_BEGIN,
        )

    return find
