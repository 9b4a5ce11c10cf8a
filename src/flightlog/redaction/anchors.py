"""
Where to look: patterns of all places at which a secret, or its name, may stand.

RE2 runs them over a whole text in linear time. They may find too much, never too little: only the
places that they find
are looked at, and most texts have none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from flightlog.redaction.syntax import (
    cards,
    commands,
    encoded,
    headers,
    jwk,
    network,
    pem,
    prose,
    sql,
    urls,
)

_MODULES: Final = (urls, headers, commands, sql, pem, network, cards, encoded, jwk, prose)
_JOINT: Final = rb"[ _.-]?"
_Q: Final = rb"\\*[\"'`]"
_B: Final = rb"(?:[ \t\r\n]|\\+[nrt])"
_SIGN: Final = (
    rb"(?:\\+[nrt\"'`]|[\])\"'`\s]|%5[bBdD])*\\*(?:[:=(>{]|->|!=|\xef\xbc\x9a|\\+u[fF]{2}1[aA])"
)
_CELL: Final = rb"(?:" + _Q + rb")?[ ]*(?:[,;|}\]<\t\r\n]|\\+[nrt])"
_WORDS: Final = (
    rb"[ \t]+(?:" + _Q + rb"|[^\s\"\\]*[0-9!#$%^&*+?~@]|[A-Za-z]{16}"
    rb"|(?:\S+[ \t]\S+[ \t])?(?:is|was|ist|est|es|jest|to|provided|given|used|equals"
    rb"|\xe6\x98\xaf|\xe3\x81\xaf)[ \t:])"
)
_ATTRIBUTE: Final = _Q + _B + rb"+[A-Za-z/]|" + _B + rb"+[A-Za-z:]+=" + _Q
_LINE: Final = rb"(?:\r?\n|\\+n)[ ]+value:"
_OTHERS: Final = (_CELL, _WORDS, _ATTRIBUTE, _LINE)
_ESCAPED_LETTER: Final = rb"\\+u[0-9a-fA-F]{4}"
_REST: Final = rb"(?:[\w.$\x80-\xff-]|" + _ESCAPED_LETTER + rb")"
_REST_NOT_S: Final = rb"(?:[a-rt-z0-9_.$\x80-\xff-]|" + _ESCAPED_LETTER + rb")"
_WORD_AFTER: Final = rb"(?: (?:[\x80-\xff]|" + _ESCAPED_LETTER + rb")+)?"
_NO_COUNT: Final = rb"[ \t]*(?:[^0-9 \t]|[0-9]+[^0-9.,;}\]\s\\])"
_BEFORE_TOKEN: Final = rb"(?:^|[^A-Za-z0-9]|\\[nrtbf]|\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}|\[[0-9;]*m)"
_ENOUGH_LETTERS: Final = 3
_HEXADECIMAL: Final = re.compile(rb"(?:ac|sk)(?!db)[0a-f]{2}")
"""Keywords of account numbers, which stand in many hexadecimal numbers by chance."""
_SHORT_NAME: Final = 3
_MEMORY_BYTES: Final = 64 << 20


def names_and_places(within: Iterable[str], last: Iterable[str], *, counts: bool) -> bytes:
    """
    Write the pattern of all places at which a name, or a secret without one, may stand.

    Args:
        within: Texts of which every secret name holds one,
        last: or ends with one of these.
        counts: Whether counts of tokens are secret.
    """
    ends = _any_of(map(stem_pattern, last)) + rb"s?[0-9]?"
    stems = _any_of(stem_pattern(stem) for stem in within if stem != "token")
    # `max_tokens` stands in each call of a language model: its count isn't worth a look.
    token = rb"token(?:" + _REST_NOT_S + _REST + rb"*|s" + _REST + rb"+)?" + _WORD_AFTER
    sign_of_tokens = _SIGN if counts else _SIGN + _NO_COUNT
    named = _any_of(
        (
            _any_of((stems + _REST + rb"*" + _WORD_AFTER, ends, token))
            + _any_of((_SIGN, *_OTHERS)),
            rb"tokens" + _any_of((sign_of_tokens, *_OTHERS)),
        )
    )
    return rb"|".join((rb"(?i:" + named + rb")", *(module.ANCHOR for module in _MODULES)))


def _any_of(patterns: Iterable[bytes]) -> bytes:
    return rb"(?:" + rb"|".join(patterns) + rb")"


def tokens(beginnings: Iterable[tuple[bytes, tuple[bytes, ...]]]) -> bytes:
    """
    Write the pattern of all places at which a token may begin.

    Args:
        beginnings: Keywords, folded, and how the tokens begin that hold them; none where tokens
            don't begin so.
    """
    begun: set[bytes] = set()
    anywhere: set[bytes] = set()
    for keyword, heads in beginnings:
        folded = re.escape(keyword).replace(b"0", b"[0-9]")
        if not heads:
            if _HEXADECIMAL.fullmatch(keyword):
                begun.add(b"(?i:" + folded + b")")
            elif len(keyword) > _SHORT_NAME or not keyword.isalpha():
                anywhere.add(b"(?i:" + folded + b")")
            else:
                # Many words have a short name within them: it begins a word, or a part of one.
                begun.add(b"(?i:" + folded + b")")
                anywhere |= {b"_(?i:" + folded + b")", b"[a-z0-9]" + folded.title()}
        for head in heads:
            rest = re.escape(keyword[len(head) :]).replace(b"0", b"[0-9]")
            begun.add(re.escape(head) + (b"(?i:" + rest + b")" if rest else b""))
    return _BEFORE_TOKEN + b"(?:" + b"|".join(sorted(begun)) + b")|" + b"|".join(sorted(anywhere))


@lru_cache(maxsize=32)
def searcher(pattern: bytes) -> Callable[[bytes, int], tuple[int, int]]:
    """
    Compile a pattern for text of any encoding.

    Args:
        pattern: RE2.

    Returns:
        A search from a place on, which answers where the first match starts and ends, and (-1,
        -1) without one.
    """
    # Only a process that redacts pays for RE2's import. The wrapper around the engine costs more
    # than most searches.
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - and has no stubs

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MEMORY_BYTES
    options.never_capture = True
    options.log_errors = False
    match: Any = re2.compile(pattern, options)._regexp.Match  # noqa: SLF001 - see above
    unanchored: Any = re2._re2.RE2.Anchor.UNANCHORED  # noqa: SLF001 - see above

    def search(text: bytes, place: int) -> tuple[int, int]:
        found: tuple[int, int] = match(unanchored, text, place, len(text))[0]
        return found

    return search


def stem_pattern(stem: str) -> bytes:
    """
    Write a pattern for a stem.

    In capitals and small letters, with any joint between its words, escaped for JSON.

    Args:
        stem: One or more words, in small letters. Of scripts without small letters a few are
            enough.
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
