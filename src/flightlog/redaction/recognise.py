"""
From places to spans.

At each place that the anchors find, the recogniser of its syntax, and the judge.

A scan goes through a text once, from left to right. It keeps numbers only: where the string of
JSON around a place
ends, and what was read already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from flightlog.redaction import anchors, reading
from flightlog.redaction.judge import judged
from flightlog.redaction.names import LONGEST_NAME, Name, Names, Secrecy
from flightlog.redaction.reading import (
    BARE,
    INSIDE,
    INSIDE_NUMBER,
    LOOSE,
    NUMBER,
    QUOTE,
    SURE,
    VERB,
    WORD,
    Value,
    bare_end,
    name_around,
)
from flightlog.redaction.spans import Spans
from flightlog.redaction.strings import Strings
from flightlog.redaction.syntax import (
    assignments,
    calls,
    cards,
    columns,
    commands,
    encoded,
    hcl,
    headers,
    jwk,
    markup,
    network,
    pairs,
    pem,
    prose,
    sql,
    tables,
    urls,
)

_PLACES: Final = (urls, pem, cards, network, headers, commands, jwk, sql, encoded)
"""Syntaxes that need no name."""
_SOURCES_OF_PLACES: Final = tuple(module.__name__.rpartition(".")[2] for module in _PLACES)
_OPTION: Final = rb"(?:[\s\"']|\\n)(?P<option>--?[A-Za-z][\w.-]*)"
_BEGINS: Final = re.compile(
    _OPTION
    + b"".join(
        b"|(?P<%b>%b)" % (source.encode(), module.BEGINS)
        for source, module in zip(_SOURCES_OF_PLACES, _PLACES, strict=True)
    )
)
_READS: Final = dict(zip(_SOURCES_OF_PLACES, _PLACES, strict=True))
_NAME_BEGINS: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\\" + bytes(range(0x80, 0x100))
)
_AFTER_WORDS: Final = frozenset({b":", b".", b"-"})
_UNUSUAL: Final = frozenset(b"\\" + bytes(range(0x80, 0x100)))
_PLACE_BEGINS: Final = frozenset(
    b"op cu my ma ss do po ne bu sk or re az mo ld zi fr sq jd sm rp co ht lf ec be ba di".split()
    + b"kt in id wi en sn pr ls ey ew w3 h4 r\\ n\\ t\\".split()
)
"""How the anchors of places begin that begin with a letter, in small letters."""
_LONGEST_ANCHOR: Final = 1024
_FOLLOWS: Final = re.compile(
    assignments.FOLLOWS + rb"|" + calls.FOLLOWS + rb"|" + hcl.FOLLOWS
    + rb"|(?P<part>" + QUOTE + rb"(?:;[^\r\n\\]{0,200})?" + reading.NEWLINE
    + rb")|(?P<named>" + QUOTE + rb"[ \t\r\n\\nrt]{1,16}(?:[A-Za-z]|/?>))|(?P<named_end>"
    + QUOTE + rb"/?>)"
    rb"|(?P<beside>(?:" + reading.NEWLINE + rb")[ ]{1,32}value:|" + QUOTE
    + rb"[ \t\r\n]{0,16}(?:\\{1,15}[nrt]){0,4}[,}\]])|(?P<plist><\\{0,15}/key>)"
    rb"|(?P<element>>)|" + prose.FOLLOWS
)  # fmt: skip
_CELL: Final = re.compile(rb"(?:\\{0,15}\")?[ ]{0,40}(?:[,;|\t\r\n]|\\{1,15}[nrt])")
_UNQUOTED: Final = frozenset({BARE, LOOSE, WORD, VERB, SURE})
_CONTAINER: Final = re.compile(reading.BLANK + rb"{0,64}[{\[]")
_NAME_SIGNS: Final = frozenset({b".", b"-", b"$"})
_CELL_QUOTES: Final = frozenset({b'"', b"\\"})
_CELL_ENDS: Final = _CELL_QUOTES | {b",", b";", b"|", b"\t", b"\r", b"\n"}
_SURE: Final = Name(b"", Secrecy.WHOLE, b"")


class Recogniser:
    """
    Finds secrets by their names and by what stands around them.

    Args:
        names: Judges names.
        holds: Checks whether decoded data holds a secret.
    """

    def __init__(self, names: Names, holds: Callable[[bytes], bool]) -> None:
        self.names = names
        self.holds = holds
        self.pattern = anchors.names_and_places(*names.stems(), counts=names.has_counts)
        """Finds every place at which a secret without a form of its own may stand."""
        self._search = anchors.searcher(self.pattern)

    def find(self, text: bytes, spans: Spans, *, is_json: bool) -> None:
        """
        Find the secrets of a text.

        Args:
            text: The text, its escapes not undone.
            spans: Collects them.
            is_json: Whether the text is JSON, so that its strings end at their quotes.
        """
        search = self._search
        start, end = search(text, 0)
        if start < 0:
            return
        scan = Scan(text, spans, self, is_json=is_json)
        while start >= 0:
            # A name is short, so a long run of letters is passed at once: else hostile text takes
            # quadratic time.
            place = end - LONGEST_NAME if end - start > _LONGEST_ANCHOR else scan.look(start)
            start, end = search(text, place if place > start else start + 1)


class Scan:
    """One way through a text."""

    def __init__(self, text: bytes, spans: Spans, recogniser: Recogniser, *, is_json: bool) -> None:
        self._text = text
        self._spans = spans
        self._names = recogniser.names
        self._holds = recogniser.holds
        self._is_json = is_json
        self.strings = Strings(text)
        """The strings of the text, if it is JSON."""
        self._read_to = 0
        self._tabled = 0

    def look(self, start: int) -> int:
        """
        Look at a place.

        Args:
            start: Where an anchor stands.

        Returns:
            Where to go on.
        """
        text = self._text
        if text[start] not in _NAME_BEGINS:
            return self._look_at_place(start)
        first, last = name_around(text, start)
        end = self._look_at_name(start, first, last)
        if end:
            return end
        begins = text[start : start + 2].lower()
        if begins in _PLACE_BEGINS or begins[1:] in _AFTER_WORDS or begins[0] in _UNUSUAL:
            end = self._look_at_place(start)
        return end or min(last, start + LONGEST_NAME)

    def _look_at_place(self, start: int) -> int:
        begins = _BEGINS.match(self._text, start)
        kind = begins.lastgroup if begins else None
        if begins is None or kind is None:
            return 0
        if kind == "option":
            start = begins.start(kind)
            return self._look_at_name(start, *name_around(self._text, start))
        limit = self._limit(begins.end() if kind == "cards" else start)
        if kind == "sql":
            return max(
                (
                    self._judge(value, name, "sql")
                    for value, name in sql.read(self._text, start, limit, self._names)
                ),
                default=0,
            )
        if kind == "encoded":
            return self._look_at_encoded(start, limit)
        return max(
            (
                self._judge(value, _SURE, kind)
                for value in _READS[kind].read(self._text, start, limit)
            ),
            default=0,
        )

    def _look_at_encoded(self, start: int, limit: int) -> int:
        data = encoded.read(self._text, start, limit)
        if data is not None and self._holds(data.data):
            self._spans.add(data.start, data.end, "encoded")
        return data.end if data else 0

    def _look_at_name(self, start: int, first: int, last: int) -> int:
        """Look at a name; answers where to go on, 0 if no secret of that name was found."""
        text = self._text
        written = text[first:last]
        if written[:1] in _NAME_SIGNS or written[-1:] in _NAME_SIGNS:
            first = last - len(written.lstrip(b".-$"))
            written = text[first:last].rstrip(b".-$")
        name = self._names.judged(written)
        if (name.secrecy or text[start] in _UNUSUAL) and (
            text[last : last + 1] == b" " or text[first - 1 : first] == b" "
        ):
            name = self._whole_name(first, last, name)
        end = self._look_at_value(start, first, last, name) if name.secrecy else 0
        return end or (self._joined(first, start) if b"-" in written else 0)

    def _look_at_value(self, start: int, first: int, last: int, name: Name) -> int:
        """Look at the value of a name; answers where to go on, 0 if nothing was found."""
        text = self._text
        follows = _FOLLOWS.match(text, last)
        kind = follows.lastgroup if follows else None
        limit = self.strings.end(start) if self._is_json else len(text)
        if follows is None or kind is None:
            return self._in_columns(first, last, limit)
        outer = len(text) if self._is_json and last == limit else limit
        if kind == "space":
            if follows.end() < self._read_to and _CONTAINER.match(text, follows.end()):
                return last
            values = assignments.read(text, first, follows, outer, name)
        else:
            values = self._values(first, last, follows, kind, outer, name)
        end = 0
        for value in values:
            judged_end = self._judge(value, name, _SOURCES.get(kind, "assignment"))
            end = max(end, judged_end)
        if values and values[0][2] in {INSIDE, INSIDE_NUMBER}:
            # What is inside was read to its end; names in it are still looked at.
            self._read_to = max(self._read_to, values[-1][1])
            return last
        return end or self._in_columns(first, last, limit)

    def _whole_name(self, first: int, last: int, name: Name) -> Name:
        """
        Judge a name with the words around it.

        `forgot password link` in quotes, `verification code`.
        """
        text = self._text
        before = text[max(0, first - LONGEST_NAME) : first]
        opened = max(before.rfind(b'"'), before.rfind(b"'"))
        closed = _CLOSED.match(text, last) if opened >= 0 else None
        if (
            closed
            and closed["quote"].endswith(before[opened : opened + 1])
            and _WORDS.fullmatch(before, opened + 1)
        ):
            return self._names.judged(before[opened + 1 :] + text[first:last] + closed["words"])
        previous = before[before.rfind(b" ", 0, -1) + 1 :].lstrip(b"\"'`\\(")
        if name.secrecy < Secrecy.WHOLE and previous[:-1].isalpha():
            phrase = self._names.judged(previous + text[first:last])
            return phrase if phrase.secrecy > name.secrecy else name
        return name

    def _values(  # noqa: PLR0911, PLR0917 - one for each syntax
        self, first: int, last: int, follows: re.Match[bytes], kind: str, limit: int, name: Name
    ) -> Sequence[Value]:
        text = self._text
        if kind == "call":
            return calls.read(text, follows.end(), limit, name)
        if kind == "block":
            return hcl.read(text, follows.end(), limit)
        if kind in {"element", "plist"} or (kind == "words" and markup.is_element(text, first)):
            return self._element(first, last, kind, limit)
        if kind in {"named", "named_end"}:
            return markup.read_named(text, first, last, limit)
        if kind == "part":
            return (
                markup.read_part(text, first, last, limit)
                or markup.read_named(text, first, last, limit)
                or pairs.read(text, first, last, limit, name, self._read_to)
            )
        if kind == "beside":
            return pairs.read(text, first, last, limit, name, self._read_to)
        return prose.read(text, first, follows, limit, name)

    def _element(self, first: int, last: int, kind: str, limit: int) -> Sequence[Value]:
        if kind == "plist":
            return markup.read_plist(self._text, last, limit)
        if markup.is_element(self._text, first):
            return markup.read_element(self._text, last, limit)
        return ()

    def _in_columns(self, first: int, last: int, limit: int) -> int:
        """
        Read a table in whose first line the name stands.

        Answers where it ends, 0 if there is none.
        """
        after = self._text[last : last + 1]
        if first < self._tabled or not (after in _CELL_ENDS or _CELL.match(self._text, last)):
            return 0
        found, end = tables.read(self._text, first, last, limit, self._names, is_json=self._is_json)
        source = "table"
        if not found and after in _CELL_QUOTES:
            (found, end), source = columns.read(self._text, first, self._names), "columns"
        self._tabled = max(self._tabled, end)
        for value, name in found:
            self._judge(value, name, source)
        return end if found else 0

    def _joined(self, first: int, start: int) -> int:
        """
        Read a value that a dash joins to its name.

        `providerKEY-1f9…`; answers where it ends, 0 if there is none.
        """
        dash = _JOINING.match(self._text, start)
        name = self._names.judged(self._text[first : dash.end()].strip(b".-_$")) if dash else None
        if dash is None or name is None or not name.secrecy:
            return 0
        values = prose.read_joined(self._text, dash.end(), self._limit(start))
        return max((self._judge(value, name, "joined") for value in values), default=0)

    def _judge(self, value: Value, name: Name, source: str) -> int:
        span = judged(self._text, value, name)
        if span is None:
            return 0
        end = span[1]
        if value[2] in _UNQUOTED and value[1] - value[0] == reading.JUDGED:
            # Only what is secret is read to its end, so that hostile text takes linear time.
            end = bare_end(self._text, end, self._limit(end))
        needs_quotes = (
            value[2] in {NUMBER, INSIDE_NUMBER}
            and self._is_json
            and not self.strings.hold(value[0])
        )
        self._spans.add(span[0], end, source, quoted=needs_quotes)
        return end

    def _limit(self, place: int) -> int:
        """Find where the string of JSON around a place ends."""
        return self.strings.end(place) if self._is_json else len(self._text)


_JOINING: Final = re.compile(prose.JOINS)
_PART: Final = rb"(?:[\w .\x80-\xff-]|\\{1,15}u(?!00[0-7])[0-9a-fA-F]{4})"
_WORDS: Final = re.compile(_PART + rb"*+")
_CLOSED: Final = re.compile(
    rb"(?P<words>" + _PART + rb"{0,60}?)(?P<quote>\\{0,15}[\"'])[ \t]{0,8}[:=]"
)
_SOURCES: Final = {
    "call": "call",
    "block": "hcl",
    "element": "markup",
    "plist": "markup",
    "named": "markup",
    "named_end": "markup",
    "part": "form",
    "beside": "pair",
    "joined": "joined",
    "words": "prose",
    "verb": "prose",
}
