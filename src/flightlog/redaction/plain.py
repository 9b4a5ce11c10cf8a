"""
Secrets as most are written: a member of JSON, a pair at the end of a line, a password in a URL.

One step reads them, since they are most of what a text full of secrets holds. What is written in
any other way is left to the recognisers.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from flightlog.redaction.judge import is_piece_of_answer, is_plain_secret, judged
from flightlog.redaction.names import LONGEST_NAME, Names, Secrecy
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import QUOTED
from flightlog.redaction.shapes import is_literal, is_word, literals

Read: TypeAlias = tuple[int, tuple[int, int] | None, int]
"""Where the name ends, where the secret starts and ends, if there is one, and where to go on."""

_PLAIN_NAME: Final = re.compile(rb"[A-Za-z0-9_](?:[\w.$-]*[A-Za-z0-9_])?")
_PLAIN_MEMBER: Final = pattern(
    rb"[\w.$-]{0,64}+\": ?(?:\"(?P<value>[^\"\\]*+)\"|(?=[\[{]|-?[0-9]++[,}\]]))"
)
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
    last = text.rfind(b'"', start, member.end() if place < 0 else place - 1)
    written = text[text.rfind(b'"', max(0, start - LONGEST_NAME), start) + 1 : last]
    name = names.judged(written)
    if not name.secrecy or not _PLAIN_NAME.fullmatch(written):
        return None
    if place < 0:
        # A number, a list or an object: of most names nothing in it is secret.
        is_close = name.secrecy >= Secrecy.TEXT or is_place
        return None if is_close else (start, None, member.end() - 1)
    is_plain = name.secrecy >= Secrecy.TEXT and is_plain_secret(member["value"], name)
    if is_plain and not is_piece_of_answer(text, place, end, name):
        return last, (place, end), end
    if span := judged(text, (place, end, QUOTED), name):
        return last, span, end
    # Something in the value may be secret for another reason, e.g. a card number.
    return None if is_place or b"-" in written else (last, None, place - 1)


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
