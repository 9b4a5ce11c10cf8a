"""
Secrets as most are written: a member of JSON, a pair at the end of a line, a password in a URL.

One step reads them, since they are most of what a text full of secrets holds. What is written in
any other way is left to the recognisers.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from flightlog.redaction.judge import is_piece_of_answer, is_plain_secret, judged
from flightlog.redaction.names import LONGEST_NAME, Name, Names, Secrecy
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import NUMBER, QUOTED
from flightlog.redaction.shapes import is_literal, is_word, literals

Read: TypeAlias = tuple[int, tuple[int, int] | None, int, str, bool]
"""
Where the name ends, where the secret starts and ends, if there is one, where to go on, and the
source of the span; and whether the secret is a number of JSON.
"""

_PLAIN_NAME: Final = re.compile(rb"[A-Za-z0-9_](?:[\w.$-]*[A-Za-z0-9_])?")
_PLAIN_WORD: Final = re.compile(rb"(?!cookie|authorization)[A-Za-z0-9_]+", re.IGNORECASE)
_NAME_OF_WORDS: Final = re.compile(rb"[A-Za-z0-9_](?:[\w. ]*[A-Za-z0-9_])?")
_PLAIN_MEMBER: Final = pattern(
    rb"[\w.$ -]{0,64}+\": ?"
    rb"(?:\"(?P<value>[^\"\\]*+)\"|(?P<number>-?[0-9]++)(?=[,}\]])|(?=[\[{]))"
)
_PLAIN_PAIR: Final = pattern(
    rb"(?P<rest>[\w.-]{0,64}+)\", ?\"(?i:value|val)\": ?"
    rb"(?:\"(?P<value>[^\"\\]*+)\"|(?P<number>-?[0-9]++)(?=[,}\]]))"
)
_LISTED_PAIR: Final = pattern(
    rb"(?P<rest>[\w.]{0,64}+)\", ?"
    rb"(?:\"(?P<value>[^\"\\]*+)\"|(?P<number>-?[0-9]++))(?=\])"
)
_OPENINGS: Final = (b'[["', b',["', b', ["')
_LONGEST_OPENING: Final = len(b', ["')
_NAMING: Final = tuple(
    b'"%b":%b"' % (naming, space)
    for naming in (b"name", b"key", b"header", b"field", b"Name", b"Key")
    for space in (b"", b" ")
)
_LONGEST_NAMING: Final = len(b'"header": "')
_CREDENTIALS: Final = pattern(
    rb": (?P<scheme>Bearer|Basic) (?P<value>[A-Za-z0-9_+/=-]{16,150}+)(?=[\r\n\"]|\\n|\Z)"
)
_PLAIN_URL: Final = pattern(
    rb"://[A-Za-z0-9_]{1,15}:(?P<value>[A-Za-z0-9_]{3,64}+)@[A-Za-z0-9.-]++(?::[0-9]{1,5}+)?"
    rb"(?=[/?\s\"]|\\[n\"]|\Z)"
)
_PLAIN_VALUE: Final = pattern(rb"(?:=|[:=] )(?P<value>[A-Za-z0-9_-]{3,150}+)(?=[\r\n\"]|\\n|\Z)")


def read_member(text: bytes, start: int, names: Names, *, is_place: bool) -> Read | None:
    """
    Read a member of JSON without escapes.

    Args:
        text: The text.
        start: Where a part of its name stands.
        names: Judges the name.
        is_place: Whether a secret without a name may stand there, too.

    Returns:
        What was read; None if the member has to be read more closely.
    """
    if not (member := _PLAIN_MEMBER.match(text, start)):
        return None
    place, end = member.span("value")
    last = text.find(b'"', start)
    written = text[text.rfind(b'"', max(0, start - LONGEST_NAME), start) + 1 : last]
    name = names.judged(written)
    if not name.secrecy:
        is_done = not is_place and _NAME_OF_WORDS.fullmatch(written)
        return (last, None, start, "", False) if is_done else None
    if not _PLAIN_NAME.fullmatch(written):
        return None
    if place < 0:
        return _read_no_text(text, start, member, name, is_place=is_place)
    if span := _secret(text, place, end, name):
        return last, span, end, "assignment", False
    # Something in the value may be secret for another reason, e.g. a card number.
    return None if is_place or b"-" in written else (last, None, place - 1, "", False)


def _read_no_text(
    text: bytes, start: int, member: re.Match[bytes], name: Name, *, is_place: bool
) -> Read | None:
    """Read a number, a list or an object: of most names nothing in it is secret."""
    place, end = member.span("number")
    if place >= 0 and (span := _secret_number(text, place, end, name)):
        return text.find(b'"', start), span, end, "assignment", True
    if name.secrecy >= Secrecy.TEXT or is_place:
        return None
    return start, None, (place if place >= 0 else member.end()) - 1, "", False


def _secret(text: bytes, place: int, end: int, name: Name) -> tuple[int, int] | None:
    is_plain = name.secrecy >= Secrecy.TEXT and is_plain_secret(text[place:end], name)
    if is_plain and not is_piece_of_answer(text, place, end, name):
        return place, end
    return judged(text, (place, end, QUOTED), name)


def _secret_number(text: bytes, place: int, end: int, name: Name) -> tuple[int, int] | None:
    if name.secrecy < Secrecy.WHOLE:
        return None
    return judged(text, (place, end, NUMBER), name)


def read_listed_pair(text: bytes, start: int, names: Names) -> Read | None:
    """
    Read `["token","x"]` in a list of JSON without escapes.

    Args:
        text: The text.
        start: Where a part of the name stands.
        names: Judges the name.

    Returns:
        What was read; None if it has to be read more closely, or holds no secret.
    """
    first = text.rfind(b'"', max(0, start - LONGEST_NAME), start) + 1
    if not text[max(0, first - _LONGEST_OPENING) : first].endswith(_OPENINGS):
        return None
    found = _LISTED_PAIR.match(text, start)
    if found is None:
        return None
    last = found.end("rest")
    written = text[first:last]
    name = names.judged(written)
    if not name.secrecy or name.is_header or not _PLAIN_WORD.fullmatch(written):
        return None
    place, end = found.span("value")
    if place >= 0:
        span = _secret(text, place, end, name)
        return (last, span, end, "pair", False) if span else None
    place, end = found.span("number")
    span = _secret_number(text, place, end, name)
    return (last, span, end, "pair", True) if span else None


def read_named_value(text: bytes, start: int, names: Names) -> Read | None:
    """
    Read `"name":"X-Api-Key","value":"x"` in JSON without escapes.

    Args:
        text: The text.
        start: Where a part of the name stands.
        names: Judges the name.

    Returns:
        What was read; None if it has to be read more closely.
    """
    first = text.rfind(b'"', max(0, start - LONGEST_NAME), start) + 1
    if not text[max(0, first - _LONGEST_NAMING) : first].endswith(_NAMING):
        return None
    found = _PLAIN_PAIR.match(text, start)
    if found is None:
        return None
    last = found.end("rest")
    written = text[first:last]
    if not _PLAIN_NAME.fullmatch(written):
        return None
    name = names.judged(written)
    place, end = found.span("value")
    if place >= 0:
        span = _secret(text, place, end, name) if name.secrecy else None
    else:
        place, end = found.span("number")
        span = None
        if name.secrecy == Secrecy.WHOLE:
            # The mark of a number needs quotes.
            return None
    if span is not None:
        return last, span, end, "pair", False
    return None if b"-" in found["rest"] else (last, None, start, "", False)


def read_pair(text: bytes, first: int, last: int, names: Names) -> tuple[int, int] | None:
    """
    Read `name=value`, `name: value` or `Authorization: Bearer value` at the end of a line.

    Args:
        text: The text.
        first: Where the name starts.
        last: Where it ends.
        names: Judges the name.

    Returns:
        Where the secret starts and ends; None if the pair has to be read more closely.
    """
    found = _PLAIN_VALUE.match(text, last) or _CREDENTIALS.match(text, last)
    if found is None:
        return None
    written, value = text[first:last], found["value"]
    name = names.judged(written)
    is_plain = (
        name.secrecy >= Secrecy.TEXT
        and name.is_header == (found.re.groups > 1)
        and not is_word(value)
        and _PLAIN_NAME.fullmatch(written)
        and (value.lower() not in literals() if name.is_header else is_plain_secret(value, name))
    )
    return found.span("value") if is_plain else None


def read_url(text: bytes, start: int) -> tuple[int, int] | None:
    """
    Read the password of a URL in which all parts are plain words.

    Args:
        text: The text.
        start: Where `://` stands.

    Returns:
        Where the password starts and ends; None if the URL has to be read more closely.
    """
    found = _PLAIN_URL.match(text, start)
    return found.span("value") if found and not is_literal(found["value"]) else None
