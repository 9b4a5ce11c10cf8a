r"""
The cuts to be made in one JSON text: single strings and numbers, and values as a whole.

It owns how a place is cut so that JSON stays JSON: marks stand between the quotes that were there,
or bring their own where a number stood. Which places to cut is up to `jsontext` and `spots`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from flightlog.redaction import cards
from flightlog.redaction.formats import looks_random, scheme_length
from flightlog.redaction.keys import Secrecy
from flightlog.redaction.marking import MARK
from flightlog.redaction.prose import is_literal
from flightlog.redaction.scanner import DIGITS, KNOWN, Hit
from flightlog.redaction.strings import Edit, escaped, unescaped

if TYPE_CHECKING:
    from flightlog.redaction.text import Look

TEXT: Final = rb"\"((?:[^\"\\]++|\\.)*+)\""
NUMBER: Final = rb"(true|false|null|-?[0-9][0-9.eE+-]*+)"
NAMING: Final = frozenset(
    b"name key header field headername header_name parameter param variable attribute k n".split()
)
"""Names of members that name another: `{"name": "X-Api-Key", "value": "x"}`."""
VALUED: Final = frozenset(
    b"value val values v content stringvalue string_value string data".split()
)
"""Names of the members that they name."""
_LONGEST_SCHEME: Final = 64


class Cuts:
    """
    Collects what to remove from one JSON text.

    Args:
        json: The text.
        look: Looks at single strings.
    """

    def __init__(self, json: bytes, look: Look) -> None:
        self._json = json
        self._look = look
        self._edits: list[Edit] = []
        self._wholes: list[tuple[int, int]] = []

    def remove_whole(self, start: int, end: int) -> None:
        """Remove an object or a list, with all in it."""
        self._wholes.append((start, end))

    def remove(self, start: int, end: int, secrecy: Secrecy, name: bytes, *, is_text: bool) -> bool:
        """Remove a scalar as its name wants; whether that settles it."""
        mark = self._look.marker.mark
        raw = self._json[start:end]
        if not is_text:
            if raw in {b"true", b"false", b"null"} or secrecy != Secrecy.WHOLE:
                return False
            self._edits.append(Edit(start, end, b'"%b"' % mark(raw)))
            return True
        text = unescaped(raw).text if b"\\" in raw else raw
        if not text or MARK.fullmatch(text):
            return True
        if secrecy == Secrecy.GUESSED and not looks_random(text):
            return False
        if secrecy == Secrecy.TEXT and is_literal(text):
            return False
        if name.lower().endswith(b"pwd") and text.startswith(b"/"):
            return False
        scheme = scheme_length(text[:_LONGEST_SCHEME]) if b"auth" in name.lower() else 0
        if raw[:scheme] != text[:scheme]:
            scheme = 0
        if scheme and MARK.fullmatch(text, scheme):
            return True
        self._edits.append(Edit(start + scheme, end, mark(text[scheme:])))
        return True

    def look_at(self, start: int, end: int, *, known_only: bool) -> None:
        raw = self._json[start:end]
        if b"\\" not in raw:
            for edit in self._look.edits(raw, known_only=known_only):
                self._edits.append(Edit(start + edit.start, start + edit.end, escaped(edit.text)))
            return
        view = unescaped(raw)
        for edit in self._look.edits(view.text, known_only=known_only):
            first, last = view.source_span(edit.start, edit.end)
            self._edits.append(Edit(start + first, start + last, escaped(edit.text)))

    def number(self, start: int, end: int, hits: Sequence[Hit], *, known_only: bool) -> None:
        raw = self._json[start:end]
        known = (hit for hit in hits if hit.kind == KNOWN)
        secret = next(
            (
                found.secret
                for hit in known
                if (found := self._look.scanner.known_at(self._json, hit))
            ),
            None,
        )
        if secret is None and not known_only:
            is_card = (
                any(hit.kind == DIGITS for hit in hits) and raw.isdigit() and cards.is_card(raw)
            )
            if is_card or any(pattern.search(raw) for pattern in self._look.patterns):
                secret = raw
        if secret is not None:
            self._edits.append(Edit(start, end, b'"%b"' % self._look.marker.mark(secret)))

    def in_order(self) -> list[Edit]:
        edits = [*self._edits, *(Edit(start, end, b"") for start, end in self._wholes)]
        edits.sort(key=lambda edit: (edit.start, -edit.end))
        kept: list[Edit] = []
        for edit in edits:
            if kept and edit.start < kept[-1].end:
                continue
            if not edit.text:
                mark = self._look.marker.mark(self._json[edit.start : edit.end])
                edit = Edit(edit.start, edit.end, b'"%b"' % mark)
            kept.append(edit)
        return kept
