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
from flightlog.redaction.rules import Paths
from flightlog.redaction.scanner import CORE, DIGITS, KNOWN, NAME, Hit, hides_ascii
from flightlog.redaction.strings import Edit, unescaped

if TYPE_CHECKING:
    from flightlog.redaction.text import Look

_STRING: Final = re.compile(
    TEXT + rb"(?:[ \t\n\r]*+:[ \t\n\r]*+(?:" + TEXT + rb"|" + NUMBER + rb"|([{\[])))?+", re.DOTALL
)
_NAME, _TEXT_VALUE, _CONTAINER = 1, 2, 4
_ANYWHERE: Final = frozenset({DIGITS, KNOWN, CORE})
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
    if any(hit.kind in _ANYWHERE for hit in hits):
        return None
    try:
        _validate(json)
    except (msgspec.MsgspecError, RecursionError):
        return None
    cuts = Cuts(json, look)
    end = at = 0
    while at < len(hits):
        if hits[at].start < end:
            at += 1
            continue
        found = _STRING.match(json, _opening_quote(json, end, hits[at].start))
        assert found is not None, "in valid JSON a letter stands in a string"
        end = found.end(_NAME) + 1
        only_names = True
        while at < len(hits) and hits[at].start < end:
            only_names = only_names and hits[at].kind == NAME
            at += 1
        name = found[_NAME] if b"\\" not in found[_NAME] else unescaped(found[_NAME]).text
        secrecy = look.names.secrecy(name)
        kind = found.lastindex
        if kind == _NAME:
            if secrecy:
                # It may be the name of what stands beside it.
                return None
            cuts.look_at(*found.span(_NAME), known_only=False)
            continue
        if not only_names:
            cuts.look_at(*found.span(_NAME), known_only=False)
        if not secrecy:
            continue
        if kind == _CONTAINER:
            walk = Walk(json, hits, look, cuts, first_hit=at)
            end = walk.value(found.start(kind), secrecy, name)
        elif cuts.remove(*found.span(kind or 0), secrecy, name, is_text=kind == _TEXT_VALUE):
            end = found.end()
    return cuts


def _opening_quote(json: bytes, start: int, place: int) -> int:
    while True:
        place = json.rfind(b'"', start, place)
        slashes = place
        while slashes > start and json[slashes - 1] == _BACKSLASH:
            slashes -= 1
        if (place - slashes) % 2 == 0:
            return place
