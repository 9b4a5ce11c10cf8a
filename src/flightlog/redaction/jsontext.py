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
from flightlog.redaction.keys import Secrecy
from flightlog.redaction.rules import Paths, States
from flightlog.redaction.scanner import NAME, Hit
from flightlog.redaction.strings import unescaped

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
_MARK_KEY: Final = b"$flightlog"
_MARK_KIND: Final = re.compile(rb"[a-z_]{1,40}")
_HEADER: Final = re.compile(rb"(?i)--.*|.*-.*|authorization|cookies?")
_HEADER_LISTED: Final = re.compile(
    rb"(?i)[a-z]{1,20}(?:-[a-z0-9]{1,20}){1,4}|accept|age|allow|authorization|cookie|date|etag"
    rb"|expect|expires|from|host|link|origin|pragma|range|referer|server|te|trailer|upgrade|vary|via"
)
_WORD: Final = re.compile(rb"[a-z][a-z_]{0,30}")
_PAIR: Final = 2


class NotJsonError(ValueError):
    """The text is no JSON; says nothing of what it holds."""


class _Frame:
    """An object or a list that is open."""

    __slots__ = (
        "excepted",
        "index",
        "is_list",
        "members",
        "members_before_pair",
        "name",
        "opening",
        "pair",
        "pair_name",
        "parent",
        "secret",
        "secret_name",
        "states",
        "watched",
    )

    def __init__(
        self, opening: tuple[re.Match[bytes], int] | None, *, is_list: bool, parent: _Frame | None
    ) -> None:
        self.opening = opening
        self.is_list = is_list
        self.parent = parent
        # What is secret in all of it, and under which name.
        self.secret = Secrecy.PLAIN
        self.secret_name = b""
        # What a pair's name said, of `{"name": …, "value": …}` or of the item before this one.
        self.pair = Secrecy.PLAIN
        self.pair_name = b""
        # Whether its values matter even where no needle was found in them.
        self.watched = False
        self.states: States = frozenset()
        self.excepted = False
        self.index = 0
        self.name = b""
        # Its members, or the second item of what may be a pair: the token, what it is, where it
        # ends. A name that comes after its value tells that the value was secret.
        self.members: list[tuple[re.Match[bytes], int, int]] = []
        self.members_before_pair = 0


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
        self._root = _Frame(None, is_list=True, parent=None)
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

    def value(self, start: int, secret: Secrecy, name: bytes) -> int:
        """
        Go through one value.

        Args:
            start: Where it starts.
            secret: What is known of it from where it stands.
            name: Under which name.

        Returns:
            Where it ends.

        Raises:
            NotJsonError: It is no JSON.
        """
        self._root.secret, self._root.secret_name, self._root.watched = secret, name, True
        return self._go(start)

    def _go(self, start: int) -> int:
        json = self._json
        frame = self._root
        next_hit = self._hits[self._hit].start if self._hit < len(self._hits) else len(json)
        end = start
        for token in _TOKEN.finditer(json, start):
            if token.start() != end:
                raise NotJsonError("something stands between values")
            end = token.end()
            kind = token.lastindex or 0
            if kind == _CLOSE:
                if frame.parent is None or (token[_CLOSE] == b"]") != frame.is_list:
                    raise NotJsonError("a bracket closes nothing")
                if frame.watched:
                    self._settle(frame)
                self._close(frame, end)
                frame = frame.parent
                if frame is self._root:
                    return end
                continue
            if (kind > _MEMBER_OPEN) != frame.is_list:
                raise NotJsonError("a member stands in a list, or a value has no name")
            opens = kind in {_OPEN, _MEMBER_OPEN}
            if end > next_hit or frame.watched or self._careful:
                opened = self._take(frame, token, kind)
                next_hit = self._hits[self._hit].start if self._hit < len(self._hits) else len(json)
            elif opens:
                opened = _Frame((token, kind), is_list=token[kind] == b"[", parent=frame)
            if opens:
                frame = opened
            else:
                if not frame.is_list:
                    frame.members.append((token, kind, end))
                frame.index += 1
                if frame is self._root:
                    return end
        raise NotJsonError("it is cut short")

    def _take(self, frame: _Frame, token: re.Match[bytes], kind: int) -> _Frame:
        """Look at one value and its name; answers the frame that it opens, else its own."""
        secrecy = Secrecy.PLAIN
        if kind <= _MEMBER_OPEN:
            secrecy = self._named(frame, token)
        name = frame.name
        if frame.secret:
            secrecy, name = frame.secret, frame.secret_name
        elif not secrecy and frame.pair and _follows_pair(frame):
            secrecy, name = frame.pair, frame.pair_name
        states, excepted = self._states(frame)
        if kind in {_OPEN, _MEMBER_OPEN}:
            opened = _Frame((token, kind), is_list=token[kind] == b"[", parent=frame)
            opened.states, opened.excepted = states, excepted
            if secrecy == Secrecy.WHOLE or (secrecy and opened.is_list):
                opened.secret, opened.secret_name, opened.watched = secrecy, name, True
            return opened
        self._value(frame, token, kind, secrecy if not excepted else Secrecy.PLAIN, name, excepted)
        return frame

    def _named(self, frame: _Frame, token: re.Match[bytes]) -> Secrecy:
        start, end = token.span(_NAME)
        name = token[_NAME]
        if b"\\" in name:
            name = unescaped(name).text
        frame.name = name
        hits = self._hits_until(end)
        if any(hit.kind != NAME for hit in hits) or self._look.patterns:
            self._cuts.look_at(start, end, known_only=frame.excepted)
        return self._look.names.secrecy(name)

    def _hits_until(self, end: int) -> Sequence[Hit]:
        hits, at = self._hits, self._hit
        first = at
        while at < len(hits) and hits[at].start < end:
            at += 1
        self._hit = at
        return hits[first:at]

    def _states(self, frame: _Frame) -> tuple[States, bool]:
        if self._paths is None or frame.parent is None:
            return frame.states, frame.excepted
        step = str(frame.index) if frame.is_list else frame.name.decode(errors="replace")
        states = self._paths.step(frame.states, step)
        return states, frame.excepted or self._paths.excepted(states)

    def _value(
        self,
        frame: _Frame,
        token: re.Match[bytes],
        kind: int,
        secrecy: Secrecy,
        name: bytes,
        excepted: bool,
    ) -> None:
        start, end = token.span(kind)
        is_text = kind in {_MEMBER_TEXT, _TEXT_ALONE}
        hits = self._hits_until(end)
        text = raw = token[kind]
        if is_text and b"\\" in raw:
            text = unescaped(raw).text
        done = False
        if secrecy and not self._is_spared(frame, text):
            done = self._cuts.remove(start, end, secrecy, name, is_text=is_text)
        if frame.is_list and frame.index == 1 and frame.pair and not excepted:
            frame.members.append((token, kind, end))
        elif is_text and not excepted:
            self._tell_pair(frame, text)
        if done:
            return
        if is_text:
            hides = self._hides and rb"\u00" in raw
            if hits or hides or self._look.patterns:
                self._cuts.look_at(start, end, known_only=excepted)
        elif hits or self._look.patterns:
            self._cuts.number(start, end, hits, known_only=excepted)

    def _is_spared(self, frame: _Frame, text: bytes) -> bool:
        if frame.is_list:
            return not frame.secret and _HEADER_LISTED.fullmatch(text) is not None
        return frame.name == _MARK_KEY and _MARK_KIND.fullmatch(text) is not None

    def _tell_pair(self, frame: _Frame, text: bytes) -> None:
        if frame.parent is None or frame.secret:
            return
        if frame.is_list or frame.name.lower() in NAMING:
            frame.pair = self._look.names.secrecy(text)
            frame.pair_name = text
            frame.members_before_pair = len(frame.members)
            frame.watched = frame.watched or bool(frame.pair)

    def _close(self, frame: _Frame, end: int) -> None:
        parent = frame.parent
        assert parent is not None and frame.opening is not None, "the root is never closed"
        if not parent.is_list or (parent.index == 1 and parent.pair):
            parent.members.append((*frame.opening, end))
        parent.index += 1

    def _settle(self, frame: _Frame) -> None:
        """Remove the values that their pair's name came after, or that end a list of two."""
        secrecy, name = frame.pair, frame.pair_name
        if frame.excepted or not frame.members:
            return
        if frame.is_list:
            token, kind, _ = frame.members[0]
            is_word = kind == _TEXT_ALONE and _WORD.fullmatch(token[kind]) is not None
            in_list = frame.parent is not self._root and frame.parent.is_list
            if frame.index != _PAIR or (is_word and not in_list):
                return
        elif secrecy:
            del frame.members[frame.members_before_pair :]
        for token, kind, end in frame.members if secrecy else ():
            if not frame.is_list and token[_NAME].lower() not in VALUED:
                continue
            if kind in {_OPEN, _MEMBER_OPEN}:
                if secrecy == Secrecy.WHOLE:
                    self._cuts.remove_whole(token.start(kind), end)
            else:
                is_text = kind in {_MEMBER_TEXT, _TEXT_ALONE}
                self._cuts.remove(*token.span(kind), secrecy, name, is_text=is_text)


def _follows_pair(frame: _Frame) -> bool:
    if frame.is_list:
        return _HEADER.fullmatch(frame.pair_name) is not None
    return frame.name.lower() in VALUED
