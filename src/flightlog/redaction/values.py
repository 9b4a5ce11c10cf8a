"""
Which recogniser reads the value of a name: what follows the name says so.

It also knows the words around a name, because `forgot password link` holds no secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction.budget import Budget
from flightlog.redaction.names import LONGEST_NAME, Name, Names, Secrecy
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import Value
from flightlog.redaction.syntax import assignments, markup, pairs, prose

FOLLOWS: Final = pattern(
    rb"(?&assignment)|(?&call)|(?&block)"
    rb"|(?P<part>(?&quote)(?:;[^\r\n\\]{0,200})?(?&newline))"
    rb"|(?P<named>(?&quote)[ \t\r\n\\nrt]{1,16}(?:[A-Za-z]|/?>))|(?P<named_end>(?&quote)/?>)"
    rb"|(?P<beside>(?&newline)[ ]{1,32}value:"
    rb"|(?&quote)[ \t\r\n]{0,16}(?:\\{1,15}[nrt]){0,4}[,}\]])"
    rb"|(?P<plist><\\{0,15}/(?i:key|name|param-name)>)|(?P<element>>)|(?&prose)",
    assignment=assignments.FOLLOWS,
    call=assignments.CALL,
    block=assignments.BLOCK,
    prose=prose.FOLLOWS,
)
"""What may stand between a name and its value; the name of its group says which syntax it is."""
SOURCES: Final = {
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
    "phrase": "prose",
    "particle": "prose",
}
"""The sources of spans, by the names of the groups of `FOLLOWS`."""
_PREVIOUS: Final = pattern(rb"[A-Za-z\x80-\xff]+ ")
_PART: Final = rb"(?:[\w .\x80-\xff-]|\\{1,15}u(?!00[0-7])[0-9a-fA-F]{4})"
_WORDS: Final = pattern(rb"(?&part)*+", part=_PART)
_CLOSED: Final = pattern(
    rb"(?P<words>(?&part){0,60}?)(?P<quote>\\{0,15}[\"'])[ \t]{0,8}[:=]",
    part=_PART,
)


_NAME: Final = pattern(rb"-{0,2}(?P<name>[A-Za-z_]\w*+(?:[.-]\w++)*+)[:=]?(?!\w)")
_ENCLOSED: Final = frozenset({b")", b"]"})
_NAMED: Final = frozenset({"named", "named_end"})
_IN_MARKUP: Final = _NAMED | {"element", "plist"}
_BESIDE: Final = frozenset({"part", "beside"})


class Values:
    """
    Reads the values of names in one text, from left to right.

    Args:
        text: The text.
        names: Judges names.
        budget: What may be spent on the text.
    """

    def __init__(self, text: bytes, names: Names, budget: Budget) -> None:
        self._text = text
        self._names = names
        self._budget = budget
        self.read_to = 0
        """Up to where a list or an object of a name was read."""

    def read(  # noqa: PLR0917 - what is known of the name
        self, first: int, last: int, follows: re.Match[bytes], kind: str, limit: int, name: Name
    ) -> Sequence[Value]:
        """
        Find the values of a name.

        Args:
            first: Where the name starts.
            last: Where it ends.
            follows: What `FOLLOWS` found there.
            kind: The name of its group.
            limit: Where the text, or the string of JSON around the name, ends.
            name: The name, judged.

        Returns:
            The values, none if nothing of that kind stands there.
        """
        text = self._text
        if kind == "space":
            return assignments.read(text, first, follows, limit, name)
        if kind == "call":
            return assignments.read_call(text, follows.end(), limit, name)
        if kind == "block":
            return assignments.read_block(text, follows.end(), limit)
        if kind in _IN_MARKUP or (kind == "words" and markup.is_element(text, first)):
            return self._in_markup(first, last, kind, limit)
        if kind in _BESIDE:
            return self.read_beside(first, last, kind, limit, name)
        return prose.read(text, first, follows, limit, name)

    def _in_markup(self, first: int, last: int, kind: str, limit: int) -> Sequence[Value]:
        if kind in _NAMED:
            return markup.read_named(self._text, first, last, limit)
        if kind == "plist":
            return markup.read_plist(self._text, last, limit)
        if markup.is_element(self._text, first):
            return markup.read_element(self._text, last, limit)
        return ()

    def read_beside(
        self, first: int, last: int, kind: str, limit: int, name: Name
    ) -> Sequence[Value]:
        """
        Find the value beside a name that is a value itself.

        Args:
            first: Where the name starts.
            last: Where it ends.
            kind: As in `read`.
            limit: Where the text, or the string of JSON around the place, ends.
            name: The name, judged.

        Returns:
            The values, none if nothing of that kind stands there.
        """
        text = self._text
        values: Sequence[Value] = ()
        if kind == "part":
            values = markup.read_part(text, first, last, limit) or markup.read_named(
                text, first, last, limit
            )
        return values or pairs.read(text, first, last, limit, name, self.read_to, self._budget)

    def name_within(self, start: int, end: int) -> tuple[int, int, Name] | None:
        """
        Find the name that a value is: `DB_PASSWORD` in `X-Api-Key is DB_PASSWORD x`.

        Args:
            start: Where the value starts.
            end: Where it ends.

        Returns:
            Where the name starts and ends, and the judgement on it; None if the value is no name
            of a secret.
        """
        if end - start > LONGEST_NAME or self._text[end : end + 1] in _ENCLOSED:
            # `secrets: Secrets) -> Any` annotates a type.
            return None
        found = _NAME.match(self._text, start, end)
        if found is None or found.end() != end:
            return None
        first, last = found.span("name")
        name = self._names.judge(self._text[first:last])
        return (first, last, name) if name.secrecy else None

    def judge_whole(self, first: int, last: int, name: Name) -> Name:
        """
        Judge a name with the words around it.

        `forgot password link` in quotes, `verification code`.

        Args:
            first: Where the name starts.
            last: Where it ends.
            name: The name, judged.

        Returns:
            The judgement on the whole.
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
            return self._names.judge(before[opened + 1 :] + text[first:last] + closed["words"])
        previous = before[before.rfind(b" ", 0, -1) + 1 :].lstrip(b"\"'`\\(")
        if previous.lower() == b"unexpected ":
            return self._names.judge(previous + text[first:last])
        if name.secrecy < Secrecy.WHOLE and _PREVIOUS.fullmatch(previous):
            phrase = self._names.judge(previous + text[first:last])
            return phrase if phrase.secrecy > name.secrecy else name
        return name
