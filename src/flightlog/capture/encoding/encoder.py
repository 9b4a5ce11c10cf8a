"""
Any Python value as JSON, as it is at this moment.

It owns the walk through values that aren't plain, and the limit. `plain` is the fast way
for those that are; `forms` says what each kind of value becomes.
"""

from __future__ import annotations

from typing import Final

from flightlog.capture.encoding.containers import Branch
from flightlog.capture.encoding.forms import form_of
from flightlog.capture.encoding.plain import MAX_DEPTH, plain_json
from flightlog.capture.encoding.texts import as_json
from flightlog.interruptions import pass_on

LEAST_BYTES: Final = 128
"""A limit below this one is raised to it, so that there is room to say what is missing."""

_TRUNCATED: Final = b'{"$flightlog":"truncated"}'
_DEEP: Final = b'{"$flightlog":"deep"}'
_UNREPRESENTABLE: Final = b'{"$flightlog":"unrepresentable"}'
_LEAST_ITEM: Final = len(_UNREPRESENTABLE)
_TRIES: Final = 8
_CUT: Final = len(b',"$flightlog":{"$flightlog":"truncated","more":}') + 20


def encode_value(value: object, limit_bytes: int) -> bytes:
    """
    Encode a snapshot of any value; `docs/marks.md` shows the forms.

    No exception leaves it, and the value is neither consumed nor changed. The work is bounded by
    the limit, except for what a value's own methods take.

    Args:
        value: Whatever a workflow handles.
        limit_bytes: How long the JSON may be; at least 128 are granted. What is longer is cut,
            and says so.

    Returns:
        UTF-8 JSON.
    """
    room = max(limit_bytes, LEAST_BYTES)
    kind = type(value)
    try:
        if kind is dict or kind is list or kind is tuple:
            try:
                plain = plain_json(value, room)
            except Exception as fault:  # noqa: BLE001  # the careful way can do what this can't
                pass_on(fault)
                plain = None
            if plain is not None:
                return plain
        return _Walk(value, room, fair=False).json or _Walk(value, room, fair=True).json
    except RecursionError:
        # There may be no stack left to ask what it is.
        return _UNREPRESENTABLE
    except Exception as fault:  # noqa: BLE001  # out of memory, say: none of the workflow's
        pass_on(fault)
        return _UNREPRESENTABLE


class _NoRoomError(Exception):
    """The value doesn't fit as a whole."""


class _Frame:
    """A container on the way, and how far it has been written."""

    __slots__ = ("branch", "end", "value", "written")

    def __init__(self, branch: Branch, end: int, value: object) -> None:
        self.branch = branch
        self.end = end
        # Kept alive, so that no other value gets its identity.
        self.value = value
        self.written = 0


class _Walk:
    """
    One walk over a value, without recursion: the workflow's own stack may be nearly used up.

    The first walk gives everything the room it wants, and gives up when that isn't enough. The
    second is fair: each item may take half of what its container still has, the last one all, so
    that one huge member leaves room for those after it.
    """

    def __init__(self, value: object, room: int, *, fair: bool) -> None:
        self.json = b""
        """The result; empty when the value didn't fit."""
        self._fair = fair
        self._reserve = _CUT if fair else 0
        self._parts: list[bytes] = []
        self._used = 0
        self._frames: list[_Frame] = []
        self._open: dict[int, int] = {}
        try:
            self._place(value, room)
            while self._frames:
                self._go_on(self._frames[-1])
        except _NoRoomError:
            return
        self.json = b"".join(self._parts)

    def _go_on(self, frame: _Frame) -> None:
        """Write a container's items up to the next container among them, or to its end."""
        branch = frame.branch
        for item in branch.items:
            child = item
            left = frame.end - self._used
            lead = b"," if frame.written else b""
            if branch.keyed:
                key, child = item
                lead += as_json(key[:left]) + b":"
            room = left - len(lead)
            if self._fair:
                if left < _LEAST_ITEM + _LEAST_ITEM:
                    break
                if len(lead) > left // 2:
                    continue
                if frame.written + 1 != branch.total:
                    room = max(_LEAST_ITEM, room // 2)
            elif room <= 0:
                raise _NoRoomError
            self._write(lead)
            frame.written += 1
            if self._place(child, room):
                return
        self._close(frame)

    def _place(self, value: object, room: int) -> bool:
        """Write a value that is no container, or the beginning of one; say whether it is one."""
        depth = len(self._frames)
        form = self._whole(value, room, depth) or form_of(value, room)
        if isinstance(form, bytes):
            self._write(self._fitting(form, room))
            return False
        identity = id(value)
        if identity in self._open:
            up = depth - self._open[identity]
            self._write(self._fitting(b'{"$flightlog":"cycle","up":%d}' % up, room))
            return False
        if depth >= MAX_DEPTH:
            self._write(self._fitting(_DEEP, room))
            return False
        end = self._used + room - len(form.closing) - self._reserve
        first = self._used + len(form.opening)
        if self._fair and first + _LEAST_ITEM > end:
            self._write(_TRUNCATED)
            return False
        # Each item takes a byte and a comma at least: a long list needn't be tried to the end.
        if not self._fair and first + max(2 * (form.total or 0) - 1, 0) > end:
            raise _NoRoomError
        self._open[identity] = depth
        self._frames.append(_Frame(form, end, value))
        self._write(form.opening)
        return True

    def _whole(self, value: object, room: int, depth: int) -> bytes | None:
        """Encode a plain part of a value that isn't plain, unless that was tried too often."""
        kind = type(value)
        if not 0 < depth < _TRIES or not (kind is dict or kind is list or kind is tuple):
            return None
        try:
            return plain_json(value, room, MAX_DEPTH - depth)
        except Exception as fault:  # noqa: BLE001  # as in encode_value
            pass_on(fault)
            return None

    def _close(self, frame: _Frame) -> None:
        branch = frame.branch
        if branch.total != frame.written:
            if not self._fair:
                raise _NoRoomError
            more = None if branch.total is None else branch.total - frame.written
            mark = _TRUNCATED if more is None else _TRUNCATED[:-1] + b',"more":%d}' % more
            key = b'"$flightlog":' if branch.keyed else b""
            self._write((b"," if frame.written else b"") + key + mark)
        self._write(branch.closing)
        del self._open[id(frame.value)]
        self._frames.pop()

    def _fitting(self, leaf: bytes, room: int) -> bytes:
        if len(leaf) <= room:
            return leaf
        if self._fair:
            return _TRUNCATED
        raise _NoRoomError

    def _write(self, part: bytes) -> None:
        self._parts.append(part)
        self._used += len(part)
