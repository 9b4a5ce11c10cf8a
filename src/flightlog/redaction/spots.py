r"""
The short way through JSON: only to the strings in which needles were found.

Most payloads with a secret have it in one or two places, and reading the rest costs more than
removing them. In JSON that is known to be valid, the nearest quote before a letter that belongs to
no `true`, `false` or `null` opens the string that the letter is in, so nothing before it needs to
be read. Whatever takes more than a string and its name is left to `jsontext`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from flightlog.redaction.cuts import NUMBER, TEXT, Cuts
from flightlog.redaction.jsontext import Walk
from flightlog.redaction.keys import LONGEST_NAME, Name
from flightlog.redaction.rules import Paths
from flightlog.redaction.scanner import CORE, DIGITS, KNOWN, NAME, Hit, hides_ascii
from flightlog.redaction.strings import Edit, unescaped
from flightlog.redaction.vocabulary import Secrecy

if TYPE_CHECKING:
    from flightlog.redaction.text import Look

_STRING: Final = re.compile(
    TEXT + rb"(?:[ \t\n\r]*+:[ \t\n\r]*+(?:" + TEXT + rb"|" + NUMBER + rb"|([{\[])))?+", re.DOTALL
)
_NAME, _TEXT_VALUE, _CONTAINER = 1, 2, 4
_LONGEST_ESCAPED_NAME: Final = LONGEST_NAME * len(rb"\u0070")
_ANYWHERE: Final = frozenset({DIGITS, KNOWN, CORE})
_OPENING: Final = [bytes([before]) + b'"' for before in b"{[,: \t\n\r"]
_BACKSLASH: Final = ord("\\")
_validate: Final = msgspec.json.Decoder(msgspec.Raw).decode


def edits_of(
    json: bytes, hits: Sequence[Hit], look: Look, *, paths: Paths | None = None, root: str = ""
) -> list[Edit]:
    """
    Find what to remove from JSON, the short way where it serves.

    Args:
        json: The text.
        hits: Where the scanner found needles in it.
        look: Looks at single strings.
        paths: The paths that are excepted.
        root: Where this text stands: `input`, `output` or `trigger`.

    Returns:
        What to put where, in order.

    Raises:
        NotJsonError: It is no JSON.
    """
    hides = hides_ascii(json)
    cuts = None
    if paths is None and not hides and not look.patterns:
        cuts = _short_way(json, hits, look)
    if cuts is None:
        cuts = Cuts(json, look)
        Walk(json, hits, look, cuts, hides=hides, paths=paths, root=root).whole()
    return cuts.in_order()


def _short_way(json: bytes, hits: Sequence[Hit], look: Look) -> Cuts | None:
    if not _ANYWHERE.isdisjoint([hit.kind for hit in hits]) or not _is_valid(json):
        return None
    cuts = Cuts(json, look)
    end = at = 0
    while (at := _first_after(hits, at, end)) < len(hits):
        found = _STRING.match(json, _opening_quote(json, end, hits[at].start))
        if found is None:
            # A token rule's word has digits, and also stands in numbers, which hold no secrets.
            return None
        end = found.end(_NAME) + 1
        first, at = at, _first_after(hits, at, end)
        name = _judged(found[_NAME], look)
        is_member = found.lastindex != _NAME
        if name.secrecy and not is_member:
            # It may be the name of what stands beside it.
            return None
        if not is_member:
            cuts.look_at(*found.span(_NAME), known_only=False)
        elif hits[first].kind != NAME or at - first > 1:
            name = cuts.look_at_name(*found.span(_NAME), name, known_only=False)
        if not (is_member and name.secrecy):
            continue
        kind = found.lastindex or 0
        if kind == _CONTAINER:
            end = Walk(json, hits, look, cuts, first_hit=at).value(found.start(kind), name)
        elif cuts.remove(*found.span(kind), name, is_text=kind == _TEXT_VALUE):
            end = found.end()
    return cuts


def _first_after(hits: Sequence[Hit], at: int, place: int) -> int:
    while at < len(hits) and hits[at].start < place:
        at += 1
    return at


def _judged(text: bytes, look: Look) -> Name:
    if len(text) > _LONGEST_ESCAPED_NAME:
        return Name(b"", Secrecy.PLAIN, b"")
    return look.names.judged(unescaped(text).text if b"\\" in text else text)


def _is_valid(json: bytes) -> bool:
    try:
        _validate(json)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def _opening_quote(json: bytes, start: int, place: int) -> int:
    quote = json.rfind(b'"', start, place)
    if quote == 0 or json[quote - 1] != _BACKSLASH:
        return quote
    # It belongs to the string, as all do that are escaped. None of them, and nothing else in the
    # string, looks like the quote that opens it, which has one of these before it.
    return 1 + max(json.rfind(before, start - 1 if start else 0, place) for before in _OPENING)
