r"""
The cuts to be made in one JSON text: single strings and numbers, and values as a whole.

It owns how a place is cut so that JSON stays JSON: marks stand between the quotes that were there,
or bring their own where a number stood. Which places to cut is up to `jsontext` and `spots`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from flightlog.redaction import cards
from flightlog.redaction.formats import looks_random, scheme_length
from flightlog.redaction.keys import Name
from flightlog.redaction.marking import MARK
from flightlog.redaction.prose import is_literal
from flightlog.redaction.scanner import DIGITS, KNOWN, Hit
from flightlog.redaction.strings import Edit, edited, escaped, unescaped
from flightlog.redaction.vocabulary import Secrecy

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
_WHOLE: Final = Secrecy.WHOLE
_CONSTANTS: Final = frozenset({b"true", b"false", b"null"})
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

    def remove(self, start: int, end: int, name: Name, *, is_text: bool) -> bool:
        """
        Remove a text or a number as its name wants.

        Args:
            start: Where it starts; of a text, after the quote.
            end: Where it ends.
            name: Its name.
            is_text: Whether it stands between quotes.

        Returns:
            Whether that settles it. Otherwise it may still hold a secret.
        """
        raw = self._json[start:end]
        if not is_text:
            settled = name.secrecy == _WHOLE and raw not in _CONSTANTS
            if settled:
                self._edits.append(Edit(start, end, b'"%b"' % self._look.marker.mark(raw)))
            return settled
        text = unescaped(raw).text if b"\\" in raw else raw
        if _is_plain(text, name):
            return False
        scheme = scheme_length(text[:_LONGEST_SCHEME]) if b"auth" in name.lower else 0
        if raw[:scheme] != text[:scheme]:
            scheme = 0
        if len(text) > scheme and not MARK.fullmatch(text, scheme):
            mark = self._look.marker.mark(text[scheme:])
            self._edits.append(Edit(start + scheme, end, mark))
        return True

    def look_at_name(self, start: int, end: int, name: Name, *, known_only: bool) -> Name:
        """
        Remove what is secret within a member's name.

        Args:
            start: Where it starts, after the quote.
            end: Where it ends.
            name: The name, judged.
            known_only: Leave everything but known secrets.

        Returns:
            The name as it will be judged when this is redacted again, if that says more.
        """
        edits = self.look_at(start, end, known_only=known_only)
        if not edits or name.secrecy:
            return name
        return self._look.names.judged(edited(name.text, edits))

    def look_at(self, start: int, end: int, *, known_only: bool) -> list[Edit]:
        """
        Remove what is secret within a text.

        Args:
            start: Where it starts, after the quote.
            end: Where it ends.
            known_only: Leave everything but known secrets.

        Returns:
            What is put where in the text with its escapes undone.
        """
        raw = self._json[start:end]
        view = unescaped(raw) if b"\\" in raw else None
        edits = self._look.edits(view.text if view else raw, known_only=known_only)
        for edit in edits:
            span = view.source_span(edit.start, edit.end) if view else (edit.start, edit.end)
            self._edits.append(Edit(start + span[0], start + span[1], escaped(edit.text)))
        return edits

    def look_at_number(
        self, start: int, end: int, hits: Sequence[Hit], *, known_only: bool
    ) -> None:
        """
        Remove a number that is a card's, a known secret, or what a user's pattern matches.

        Args:
            start: Where it starts.
            end: Where it ends.
            hits: Needles found in it.
            known_only: Leave everything but known secrets.
        """
        raw = self._json[start:end]
        secret = None
        for hit in hits:
            spelling = self._look.scanner.known_at(self._json, hit) if hit.kind == KNOWN else None
            secret = spelling.secret if spelling else secret
        if secret is None and not known_only:
            may_be_card = any(hit.kind == DIGITS for hit in hits) and raw.isdigit()
            is_card = may_be_card and cards.is_card(raw)
            if is_card or any(pattern.search(raw) for pattern in self._look.patterns):
                secret = raw
        if secret is not None:
            self._edits.append(Edit(start, end, b'"%b"' % self._look.marker.mark(secret)))

    def in_order(self) -> list[Edit]:
        """What to put where, in order; a cut within another is part of it."""
        edits = [*self._edits, *(Edit(start, end, b"") for start, end in self._wholes)]
        edits.sort(key=lambda edit: (edit.start, -edit.end))
        kept: list[Edit] = []
        for edit in edits:
            if not kept or edit.start >= kept[-1].end:
                kept.append(edit if edit.text else self._whole(edit))
        return kept

    def _whole(self, edit: Edit) -> Edit:
        mark = self._look.marker.mark(self._json[edit.start : edit.end])
        return Edit(edit.start, edit.end, b'"%b"' % mark)


def _is_plain(text: bytes, name: Name) -> bool:
    if name.secrecy < _WHOLE:
        return is_literal(text) if name.secrecy == Secrecy.TEXT else not looks_random(text)
    return text.startswith(b"/") and name.lower.endswith(b"pwd")
