r"""
Surgery on JSON text: what is secret in it is cut out, and no other byte changes.

It owns JSON's structure: keys and the values under them, the pairs in which headers are written
(`["Authorization","x"]`, `{"name":"X-Api-Key","value":"x"}`), paths that are excepted. What is
secret within one string is the business of `text`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from flightlog.redaction.cuts import NAMING, NUMBER, TEXT, VALUED, Cuts
from flightlog.redaction.frames import Frame
from flightlog.redaction.keys import LONGEST_NAME, Name
from flightlog.redaction.rules import Paths, States
from flightlog.redaction.scanner import NAME, Hit
from flightlog.redaction.strings import unescaped
from flightlog.redaction.vocabulary import Secrecy

if TYPE_CHECKING:
    from flightlog.redaction.text import Look

_TOKEN: Final = re.compile(
    rb"[ \t\n\r,]*+(?:"
    + TEXT
    + rb"[ \t\n\r]*+:[ \t\n\r]*+(?:"
    + TEXT
    + rb"|"
    + NUMBER
    + rb"|([{\[]))|"
    + TEXT
    + rb"|"
    + NUMBER
    + rb"|([{\[])|([}\]]))",
    re.DOTALL,
)
# The last group that took part in a token says what it is: a member with a text, a scalar or a
# container, or such a value by itself, or the end of a container.
_NAME, _MEMBER_TEXT, _MEMBER_SCALAR, _MEMBER_OPEN, _TEXT_ALONE, _SCALAR_ALONE, _OPEN, _CLOSE = (
    range(1, 9)
)
_TEXTS: Final = frozenset({_MEMBER_TEXT, _TEXT_ALONE})
_OPENINGS: Final = frozenset({_MEMBER_OPEN, _OPEN})
_MARK_KEY: Final = b"$flightlog"
_MARK_TEXT: Final = b"text"
_MARK_KIND: Final = re.compile(rb"[a-z_]{1,40}")
_IN_NO_NAME: Final = re.compile(rb"[=\[\]{}()<>&?\"']")
_HEADER: Final = re.compile(rb"(?i)--.*|.*-.*|authorization|cookies?")
_HEADER_LISTED: Final = re.compile(
    rb"(?i)[a-z]{1,20}(?:-[a-z0-9]{1,20}){1,4}|accept|age|allow|authorization|cookie|date|etag"
    rb"|expect|expires|from|host|link|origin|pragma|range|referer|server|te|trailer|upgrade|vary|via"
)
_LISTED: Final = re.compile(_HEADER_LISTED.pattern + rb"|(?-i:[a-z][a-z_]{0,30})")
_PAIR: Final = 2
_HEAD: Final = re.compile(rb"\[\s*+\"[^\"\\]{1,64}\"(?:\s*+,\s*+\"[^\"\\]{1,64}\"){1,255}\s*+\]")


class NotJsonError(ValueError):
    """The text is no JSON; says nothing of what it holds."""


class Walk:
    """
    One way through one JSON text.

    Args:
        json: The text.
        hits: Where the scanner found needles in it.
        look: Looks at single strings.
        cuts: Collects what to remove.
        first_hit: The first of the hits that matters.
        hides: Whether `hides_ascii` says so of the text.
        paths: The paths that are excepted.
        root: Where this text stands: `input`, `output` or `trigger`.
    """

    def __init__(
        self,
        json: bytes,
        hits: Sequence[Hit],
        look: Look,
        cuts: Cuts,
        *,
        first_hit: int = 0,
        hides: bool = False,
        paths: Paths | None = None,
        root: str = "",
    ) -> None:
        self._json = json
        self._hits = hits
        self._hit = first_hit
        self._look = look
        self._cuts = cuts
        self._hides = hides
        self._paths = paths
        self._careful = hides or bool(look.patterns) or paths is not None
        self._root = Frame(None, is_list=True, parent=None)
        if paths:
            self._root.states = paths.start(root)
            self._root.excepted = paths.excepted(self._root.states)

    def whole(self) -> None:
        """
        Go through all of the text.

        Raises:
            NotJsonError: It is no JSON.
        """
        end = self._go(0)
        if self._json[end:].strip(b" \t\n\r"):
            raise NotJsonError("it goes on")

    def value(self, start: int, name: Name) -> int:
        """
        Go through one value.

        Args:
            start: Where it starts.
            name: Its name, which is that of a secret.

        Returns:
            Where it ends.

        Raises:
            NotJsonError: It is no JSON.
        """
        self._root.secret, self._root.watched = name, True
        return self._go(start)

    def _go(self, start: int) -> int:
        frame = self._root
        next_hit = self._next_hit()
        end = start
        for token in _TOKEN.finditer(self._json, start):
            if token.start() != end:
                raise NotJsonError("something stands between values")
            end = token.end()
            kind = token.lastindex or 0
            if kind == _CLOSE:
                frame = self._close(frame, token)
            else:
                if (kind > _MEMBER_OPEN) != frame.is_list:
                    raise NotJsonError("a member stands in a list, or a value has no name")
                if end > next_hit or frame.watched or self._careful:
                    entered = self._take(frame, token, kind)
                    next_hit = self._next_hit()
                elif kind in _OPENINGS:
                    entered = Frame((token, kind), is_list=token[kind] == b"[", parent=frame)
                else:
                    entered = frame
                if entered is frame:
                    if not frame.is_list:
                        frame.members.append((token, kind, end))
                    frame.index += 1
                frame = entered
            if frame.parent is None and frame.index:
                return end
        raise NotJsonError("it is cut short")

    def _next_hit(self) -> int:
        return self._hits[self._hit].start if self._hit < len(self._hits) else len(self._json)

    def _take(self, frame: Frame, token: re.Match[bytes], kind: int) -> Frame:
        """Look at one value and its name; answers the frame that it opens, else its own."""
        name = self._named(frame, token) if kind <= _MEMBER_OPEN else None
        if frame.secret:
            name = frame.secret
        elif name is None and frame.pair and _follows_pair(frame):
            name = frame.pair
        elif frame.is_list and frame.parent is not None and frame.parent.columns:
            name = frame.parent.columns.get(frame.index)
        states, excepted = self._states(frame)
        if kind in _OPENINGS:
            opened = Frame((token, kind), is_list=token[kind] == b"[", parent=frame)
            opened.states, opened.excepted = states, excepted
            opened.watched = bool(frame.columns)
            if name and (opened.is_list or name.secrecy == Secrecy.WHOLE):
                opened.secret, opened.watched = name, True
            return opened
        self._value(frame, token, kind, None if excepted else name, excepted=excepted)
        return frame

    def _named(self, frame: Frame, token: re.Match[bytes]) -> Name | None:
        start, end = token.span(_NAME)
        name = token[_NAME]
        if b"\\" in name:
            name = unescaped(name).text
        frame.name = name
        hits = self._hits_until(end)
        judged = self._look.names.judged(name)
        if any(hit.kind != NAME for hit in hits) or self._look.patterns:
            judged = self._cuts.look_at_name(start, end, judged, known_only=frame.excepted)
        return judged if judged.secrecy else None

    def _name(self, text: bytes) -> Name | None:
        """The name that a value is, if it is one."""
        if _IN_NO_NAME.search(text, 0, LONGEST_NAME):
            return None
        name = self._look.names.judged(text)
        return name if name.secrecy else None

    def _hits_until(self, end: int) -> Sequence[Hit]:
        hits, at = self._hits, self._hit
        first = at
        while at < len(hits) and hits[at].start < end:
            at += 1
        self._hit = at
        return hits[first:at]

    def _states(self, frame: Frame) -> tuple[States, bool]:
        if self._paths is None or frame.parent is None:
            return frame.states, frame.excepted
        step = str(frame.index) if frame.is_list else frame.name.decode(errors="replace")
        states = self._paths.step(frame.states, step)
        return states, frame.excepted or self._paths.excepted(states)

    def _value(
        self,
        frame: Frame,
        token: re.Match[bytes],
        kind: int,
        name: Name | None,
        *,
        excepted: bool,
    ) -> None:
        start, end = token.span(kind)
        is_text = kind in _TEXTS
        hits = self._hits_until(end)
        raw = token[kind]
        text = unescaped(raw).text if is_text and b"\\" in raw else raw
        settled = (
            name is not None
            and not _is_spared(frame, text)
            and self._cuts.remove(start, end, name, is_text=is_text)
        )
        if not excepted:
            if frame.is_list and frame.index == 1 and frame.first:
                frame.members.append((token, kind, end))
            self._tell_pair(frame, text if is_text else b"")
        if settled:
            return
        if not is_text:
            if hits or self._look.patterns:
                self._cuts.look_at_number(start, end, hits, known_only=excepted)
        elif hits or self._look.patterns or (self._hides and rb"\u00" in raw):
            self._cuts.look_at(start, end, known_only=excepted)

    def _tell_pair(self, frame: Frame, text: bytes) -> None:
        if frame.parent is None or frame.secret:
            return
        if frame.is_list:
            self._tell_next(frame, self._name(text))
        elif frame.name.lower() in NAMING:
            frame.pair = self._name(text)
            frame.members_before_pair = len(frame.members)
            frame.watched = frame.watched or frame.pair is not None
        elif frame.name == _MARK_TEXT and frame.members:
            is_mark = frame.members[0][0][_NAME] == _MARK_KEY
            frame.told = self._name(text) if is_mark else None

    def _tell_next(self, frame: Frame, name: Name | None) -> None:
        frame.pair = name
        if name is not None:
            frame.watched = True
            frame.heads[frame.index] = name
            if frame.index == 0:
                frame.first = name

    def _close(self, frame: Frame, token: re.Match[bytes]) -> Frame:
        parent = frame.parent
        if parent is None or frame.opening is None or (token[_CLOSE] == b"]") != frame.is_list:
            raise NotJsonError("a bracket closes nothing")
        name = frame.first if frame.is_list else frame.pair
        if name and frame.members and not frame.excepted:
            self._settle(frame, name)
        if not parent.is_list or (parent.index == 1 and parent.first and not frame.secret):
            parent.members.append((*frame.opening, token.end()))
        if parent.is_list and parent.parent is not None and not parent.secret:
            self._tell_next(parent, frame.told)
            if frame.heads and parent.index == 0 and self._is_head(frame, token.end()):
                parent.columns, parent.watched = frame.heads, True
        parent.index += 1
        return parent

    def _is_head(self, frame: Frame, end: int) -> bool:
        """Whether a list names the columns of a table, rather than being a pair."""
        assert frame.opening is not None
        token, kind = frame.opening
        is_pair = frame.index == _PAIR and 0 in frame.heads
        return not is_pair and _HEAD.fullmatch(self._json, token.start(kind), end) is not None

    def _settle(self, frame: Frame, name: Name) -> None:
        """Remove the values that their pair's name came after, or that end a list of two."""
        members = frame.members
        if frame.is_list:
            token, kind, _ = members[0]
            is_name = kind == _TEXT_ALONE and _LISTED.fullmatch(token[kind]) is not None
            parent = frame.parent
            in_list = parent is not None and parent is not self._root and parent.is_list
            if frame.index != _PAIR or (is_name and not in_list):
                return
        else:
            members = [
                member
                for member in members[: frame.members_before_pair]
                if member[0][_NAME].lower() in VALUED
            ]
        for token, kind, end in members:
            if kind not in _OPENINGS:
                self._cuts.remove(*token.span(kind), name, is_text=kind in _TEXTS)
            elif name.secrecy == Secrecy.WHOLE:
                self._cuts.remove_whole(token.start(kind), end)


def _is_spared(frame: Frame, text: bytes) -> bool:
    if frame.is_list:
        return not frame.secret and _HEADER_LISTED.fullmatch(text) is not None
    return frame.name == _MARK_KEY and _MARK_KIND.fullmatch(text) is not None


def _follows_pair(frame: Frame) -> bool:
    if frame.is_list:
        return frame.pair is not None and _HEADER.fullmatch(frame.pair.text) is not None
    return frame.name.lower() in VALUED
