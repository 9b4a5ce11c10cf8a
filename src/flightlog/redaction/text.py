"""
A text looked at closely: everything secret in it, and what is put in its place.

It brings together what names, formats, known secrets and a user's patterns find in one text, in the
JSON that the text may be, and in what its escapes stand for.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from flightlog.redaction import cards, commands, formats, places, tables
from flightlog.redaction import scanner as needles
from flightlog.redaction.assignments import assigned, name_around
from flightlog.redaction.jsontext import NotJsonError
from flightlog.redaction.keys import Names
from flightlog.redaction.marking import MARK, Marker
from flightlog.redaction.scanner import Hit, Scanner, hides_ascii
from flightlog.redaction.spots import edits_of
from flightlog.redaction.strings import Edit, escaped, unescaped, unquoted
from flightlog.redaction.tokens import TokenRules

_MOST_VIEWS: Final = 4
"""How often escapes are undone in one text; a URL in a URL in a URL needs three."""

_TELLING_CODE: Final = re.compile(rb"%[2-7][0-9a-fA-F]")
_LOCAL: Final = frozenset({needles.NAME, needles.URL, needles.PEM, needles.COMMAND, needles.QUERY})
_PLACES: Final[dict[int, Callable[[bytes, int], tuple[int, int] | None]]] = {
    needles.URL: places.url_credentials,
    needles.QUERY: places.query_secret,
    needles.COMMAND: commands.password,
}


class Look:
    """
    Looks at texts.

    Args:
        names: Which names hold secrets.
        scanner: Finds where to look.
        marker: Makes marks.
        patterns: Compiled; what one matches is secret.
        tokens: The rules of tokens.
    """

    def __init__(
        self,
        names: Names,
        scanner: Scanner,
        marker: Marker,
        patterns: Sequence[Any],
        tokens: TokenRules,
    ) -> None:
        self.tokens = tokens
        self.names = names
        self.scanner = scanner
        self.marker = marker
        self.patterns = patterns

    def edits(self, text: bytes, *, known_only: bool = False, views: int = 0) -> list[Edit]:
        """
        Find what to remove from a text.

        Args:
            text: With its escapes undone.
            known_only: Leave everything but known secrets.
            views: How often escapes were undone to come here.

        Returns:
            What to put where, in order.
        """
        found = self.scanner.find(text)
        hides = hides_ascii(text)
        if not (found or hides or self.patterns or self.tokens.runs_always):
            return []
        hits = self.scanner.hits(text, found)
        if known_only:
            return self._merged(text, list(self._known(text, hits)))
        if text.lstrip()[:1] in {b"{", b"[", b'"'}:
            try:
                return edits_of(text, hits, self)
            except NotJsonError:
                # Cut short, or of another language: then it is looked at as any text is.
                pass
        hides = hides or any(
            hit.kind == needles.NAME and b"\\" in text[hit.start : hit.end] for hit in hits
        )
        edits = [*self._known(text, hits), *self._told(text, hits), *self._matched(text)]
        if views < _MOST_VIEWS:
            if hides:
                view = unescaped(text)
                edits += (
                    Edit(*view.source_span(start, end), escaped(mark))
                    for start, end, mark in self.edits(view.text, views=views + 1)
                )
            if hits and b"%" in text and _TELLING_CODE.search(text):
                view = unquoted(text)
                edits += (
                    Edit(*view.source_span(start, end), mark.replace(b'"', b"%22"))
                    for start, end, mark in self.edits(view.text, views=views + 1)
                )
        return self._merged(text, edits)

    def _known(self, text: bytes, hits: Sequence[Hit]) -> Iterator[Edit]:
        for hit in hits:
            if hit.kind == needles.KNOWN:
                spelling = self.scanner.known_at(text, hit)
                if spelling is not None:
                    start, end = max(0, hit.start - spelling.before), hit.end + spelling.after
                    if spelling.kind == "base64":
                        end += len(text[end : end + 2]) - len(text[end : end + 2].lstrip(b"="))
                    yield Edit(start, min(end, len(text)), self.marker.mark(spelling.secret))

    def _told(self, text: bytes, hits: Sequence[Hit]) -> Iterator[Edit]:
        seen = 0
        for hit in hits:
            if hit.start < seen or hit.kind not in _LOCAL:
                continue
            span = self._told_at(text, hit)
            if span is not None:
                seen = span.end
                yield span
        yield from self._in_tables(text, hits)
        if any(needles.may_begin(text, hit.start, hit.kind) for hit in hits):
            for start, end in formats.find(text):
                yield self._edit(text, start, end)
        if self.tokens.runs_always or any(hit.kind == needles.TOKEN for hit in hits):
            found = self.tokens.find(text)
            for start, end in zip(found[::3], found[1::3], strict=True):
                yield self._edit(text, start, end)
        if any(hit.kind == needles.DIGITS for hit in hits):
            for start, end in cards.find(text):
                yield Edit(start, end, self.marker.mark(cards.digits(text[start:end])))

    def _in_tables(self, text: bytes, hits: Sequence[Hit]) -> Iterator[Edit]:
        looked_at = 0
        for hit in hits:
            if hit.kind == needles.NAME and hit.start >= looked_at:
                name = name_around(text, hit.start, hit.end)
                spans, looked_at = tables.table_at(text, *name, self.names)
                yield from (self._edit(text, start, end) for start, end in spans)

    def _told_at(self, text: bytes, hit: Hit) -> Edit | None:
        if hit.kind == needles.PEM:
            key = places.private_key(text, hit.start)
            return key and Edit(key[0], key[1], self.marker.mark(key[2]))
        if hit.kind == needles.NAME:
            span = assigned(text, *name_around(text, hit.start, hit.end), self.names)
        else:
            place = hit.start if hit.kind == needles.COMMAND else hit.end
            span = _PLACES[hit.kind](text, place)
        return span and self._edit(text, *span)

    def _matched(self, text: bytes) -> Iterator[Edit]:
        for pattern in self.patterns:
            for found in pattern.finditer(text):
                if found.end() > found.start():
                    yield self._edit(text, found.start(), found.end())

    def _edit(self, text: bytes, start: int, end: int) -> Edit:
        secret = text[start:end]
        return Edit(start, end, self.marker.mark(unquote_to_bytes(secret)))

    def _merged(self, text: bytes, found: list[Edit]) -> list[Edit]:
        marks = [mark.span() for mark in MARK.finditer(text)] if b"[REDACTED:" in text else []
        starts = [start for start, _ in marks]
        merged: list[Edit] = []
        for edit in sorted(found, key=lambda edit: (edit.start, -edit.end)):
            mark = bisect_right(starts, edit.start) - 1
            if mark >= 0 and edit.end <= marks[mark][1]:
                continue
            if not merged or edit.start >= merged[-1].end:
                merged.append(edit)
            elif edit.end > merged[-1].end:
                # Two that overlap are one; what it says is known when it can't grow any more.
                merged[-1] = Edit(merged[-1].start, edit.end, b"")
        return [edit if edit.text else self._edit(text, edit.start, edit.end) for edit in merged]
