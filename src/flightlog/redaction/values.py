r"""
Values in running text: where what a name holds starts and ends, and what is no value at all.

`assignments` says after which name a value stands and how it is written; this says how far it
goes: to the quote that closes it, over a list in brackets, to the end of a header's line, or of a
word. Where the text was cut in the middle of a value, the value goes to its end.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from flightlog.redaction.formats import looks_chosen, looks_random, scheme_length
from flightlog.redaction.keys import Name
from flightlog.redaction.marking import MARK
from flightlog.redaction.prose import is_literal, is_prose, is_reference
from flightlog.redaction.vocabulary import Secrecy

Span: TypeAlias = tuple[int, int]

_OPENING: Final = re.compile(rb"[bBrRuUfFN]{0,2}(?P<slashes>\\{0,15})(?P<quote>[\"'`])")
_CLOSING: Final = {quote: re.compile(rb"(?<!\\)(\\*+)" + quote) for quote in (b'"', b"'", b"`")}
_BRACKET: Final = re.compile(
    rb"\"(?:[^\"\\]++|\\.)*+(?:\"|\Z)|'(?:[^'\\]++|\\.)*+(?:'|\Z)|[\[({]|[\])}]|\\.", re.DOTALL
)
_BARE: Final = re.compile(
    rb"(?:[^\s&;,\"'`<>)\]}|\\]"
    rb"|&(?!amp;|[\w.%\[\]-]{1,64}=|\s|\Z)"
    rb"|[,)\]}](?![\s,;)\]}\"'`]|\Z|[\w.-]{1,64}[=:]))++"
)
_REST_OF_LINE: Final = re.compile(rb"(?:[^\r\n\\]|\\(?![nr\"']))*+")
_PASSPHRASE: Final = re.compile(rb"[^\r\n\\\"';,|]*+")
_JUDGED: Final = 160
"""How much of a value or line is looked at to say what it is. What isn't taken must not be looked
at to its end, or hostile text takes quadratic time."""
_JUDGED_RANDOM: Final = 40
_SHORTEST_ODD: Final = 4
_SHORTEST_IN_PROSE: Final = 6


def quoted(text: bytes, place: int) -> Span | None:
    """Find what stands between the quotes that open at a place; None where none do."""
    opening = _OPENING.match(text, place)
    if opening is None:
        return None
    # A text that was escaped n times has 2**n - 1 backslashes before its quotes, and a quote
    # within it is escaped once more. Where no quote closes it, the text was cut.
    level = len(opening["slashes"])
    end = opening.end()
    for closing in _CLOSING[opening["quote"]].finditer(text, end):
        slashes = len(closing[1])
        if slashes >= level and (slashes - level) // (level + 1) % 2 == 0:
            return end, closing.end() - level - 1
    return end, len(text)


def bracketed(text: bytes, place: int) -> Span | None:
    """Find a list or an object in brackets, whatever its strings hold; None for an empty one."""
    depth = 0
    end = len(text)
    for found in _BRACKET.finditer(text, place):
        if found[0] in {b"{", b"[", b"("}:
            depth += 1
        elif found[0] in {b"}", b"]", b")"}:
            depth -= 1
            if depth <= 0:
                end = found.end()
                break
    return None if end - place <= len(b"[]") else (place, end)


def of_header(text: bytes, place: int, quote: bytes, name: Name) -> Span | None:
    """
    Find a header's value in its line.

    Args:
        text: The text.
        place: After the colon.
        quote: The quote that stands before the name, and so after the value.
        name: The header's name.

    Returns:
        Where it starts and ends, at one place when it was removed before; None when what stands
        there is no header's value.
    """
    ahead = text[place : place + _JUDGED]
    scheme = scheme_length(ahead)
    if scheme:
        return place + scheme, _end_of_bare(text, place + scheme)
    has_members = b"cookie" in name.lower or b"authorization" in name.lower
    line = _REST_OF_LINE.match(ahead)
    if line is None or not has_members or b"=" not in line[0]:
        return None
    rest = _REST_OF_LINE.match(text, place)
    end = rest.end() if rest else place
    closing = text.find(quote, place, end) if quote else -1
    return unless_harmless(text, place, end if closing < 0 else closing, name)


def bare(text: bytes, place: int, name: Name, *, loose: bool) -> Span | None:
    """
    Find a value without quotes.

    Args:
        text: The text.
        place: Where it starts.
        name: Its name.
        loose: Whether a sentence may stand there as well, as after `password: `.
    """
    judged = _JUDGED if name.secrecy > Secrecy.GUESSED else _JUDGED_RANDOM
    found = _BARE.match(text, place, place + judged)
    if found is None or MARK.match(text, place):
        return None
    value = found[0]
    harmless = is_literal(value) or is_reference(value, text[found.end() : found.end() + 1])
    if harmless or (name.secrecy == Secrecy.GUESSED and not looks_random(value)):
        return None
    end = _end_of_bare(text, place) if len(value) == judged else found.end()
    if not loose:
        return unless_harmless(text, place, end, name)
    line = text[place : place + _JUDGED].splitlines()[0]
    rest = line[len(value) :].lstrip(b" \t")
    alone = not rest or not rest[:1].isalpha()
    random = looks_random(value, _SHORTEST_IN_PROSE)
    prose = is_prose(value) or (not alone and is_prose(line))
    if not alone and not prose and b"pass" in name.lower:
        phrase = _PASSPHRASE.match(text, place)
        end = max(end, phrase.end()) if phrase else end
    elif not random and (prose or not (alone or _is_odd(value))):
        return None
    return unless_harmless(text, place, end, name)


def in_sentence(text: bytes, place: int, name: Name, *, after_verb: bool) -> Span | None:
    """
    Find a value that follows its name as a word does: `the password is x`, `token x expired`.

    Args:
        text: The text.
        place: Where the word starts.
        name: The value's name.
        after_verb: Whether `is` or `was` stands before it.
    """
    found = _BARE.match(text, place, place + _JUDGED)
    if found is None or MARK.match(text, place) or found[0].startswith(b"-"):
        return None
    value = found[0].rstrip(b".!?:")
    secret = looks_random(value, _SHORTEST_IN_PROSE) or looks_chosen(value)
    if not secret and not (after_verb and _is_odd(value)):
        return None
    end = _end_of_bare(text, place) if len(found[0]) == _JUDGED else place + len(value)
    return unless_harmless(text, place, end, name)


def of_form_part(text: bytes, place: int, name: Name) -> Span | None:
    """Find a part of a multipart form, up to the line that separates it from the next."""
    if unless_harmless(text, place, min(len(text), place + _JUDGED), name) is None:
        return None
    end = text.find(b"\n--", place)
    return unless_harmless(text, place, len(text) if end < 0 else end, name)


def of_option(text: bytes, place: int, name: Name) -> Span | None:
    """Find the value of `--password x`."""
    if text[place : place + 1] == b"-" or MARK.match(text, place):
        return None
    return unless_harmless(text, place, _end_of_bare(text, place), name)


def unless_harmless(text: bytes, start: int, end: int, name: Name) -> Span | None:
    """A value without the spaces around it and the scheme before it; None when it tells nothing."""
    value = text[start : min(end, start + _JUDGED)]
    start += len(value) - len(value.lstrip())
    end -= len(value) - len(value.rstrip()) if end - start <= _JUDGED else 0
    if b"auth" in name.lower:
        start += scheme_length(text[start : min(end, start + _JUDGED)])
    value = text[start : min(end, start + _JUDGED)]
    harmless = (
        MARK.fullmatch(value)
        or is_literal(value)
        or (name.secrecy == Secrecy.GUESSED and not looks_random(value))
        or (value.startswith(b"/") and name.lower.endswith(b"pwd"))
    )
    return None if harmless or start >= end else (start, end)


def _end_of_bare(text: bytes, place: int) -> int:
    found = None if MARK.match(text, place) else _BARE.match(text, place)
    return found.end() if found else place


def _is_odd(value: bytes) -> bool:
    value = value.rstrip(b".!?")
    is_word = value.decode(errors="replace").isalpha()
    return len(value) >= _SHORTEST_ODD and not is_word and not is_literal(value)
