"""
Any Python value as JSON, as it is at this moment.

It owns the walk through values that aren't plain, and the limit. `plain` is the fast way
for those that are; `forms` says what each kind of value becomes.
"""

from __future__ import annotations

from typing import Any, Final

from flightlog.capture.encoding.containers import Branch
from flightlog.capture.encoding.forms import Form, Opened, choose_form
from flightlog.capture.encoding.plain import MAX_DEPTH, plain_json
from flightlog.capture.encoding.texts import as_json
from flightlog.signal_handlers import reraise_from_signal_handler

LEAST_BYTES: Final = 128
"""A limit below this one is raised to it, so that there is room to say what is missing."""

_TRUNCATED: Final = b'{"$flightlog":"truncated"}'
_DEEP: Final = b'{"$flightlog":"deep"}'
_UNREPRESENTABLE: Final = b'{"$flightlog":"unrepresentable"}'
_LEAST_ITEM: Final = len(_UNREPRESENTABLE)
_FIRST_BATCH: Final = 8
_LEAST_BATCH: Final = 4
_LEAST_ROOM: Final = 2 * _LEAST_ITEM
_TRIED_PER_BYTE: Final = 4
_TRIED: Final = 4096
"""How many items and characters may be looked at in vain, in all, besides those for each byte."""
_MOST_OPENED: Final = 3
"""Objects that declare no fields, within each other; those further in show their type alone."""
_CUT: Final = len(b',"$flightlog":{"$flightlog":"truncated","more":}') + 20


def encode_value(value: object, limit_bytes: int) -> bytes:
    """
    Encode a snapshot of any value; `docs/placeholders.md` shows the forms.

    No exception leaves it, and the value is neither consumed nor changed. Work and memory are
    bounded by the limit, however large the value is, and none of the value's own code runs but the
    `__str__` of exceptions.

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
                reraise_from_signal_handler(fault)
            else:
                if type(plain) is bytes:
                    return plain
        return _Walk(value, room, fair=False).json or _Walk(value, room, fair=True).json
    except RecursionError:
        # There may be no stack left to ask what it is.
        return _UNREPRESENTABLE
    except Exception as fault:  # noqa: BLE001  # out of memory, say: none of the workflow's
        reraise_from_signal_handler(fault)
        return _UNREPRESENTABLE


class _NoRoomError(Exception):
    """The value doesn't fit as a whole."""


class _Frame:
    """A container on the way, and how far it has been written."""

    __slots__ = ("at", "batch", "branch", "end", "is_opened", "singly", "value", "written")

    def __init__(self, branch: Branch, end: int, value: object) -> None:
        self.branch = branch
        self.end = end
        # Kept alive, so that no other value gets its identity.
        self.value = value
        self.at = 0
        """The place of the next item."""
        self.written = 0
        self.batch = min(_FIRST_BATCH, branch.batch)
        """How many items to try at once."""
        self.singly = 0
        """How many items to write one by one, because not all of them are plain."""
        self.is_opened = type(branch) is Opened


class _Walk:
    """
    One walk over a value, without recursion: the workflow's own stack may be nearly used up.

    The first walk gives everything the room it wants, and gives up when that isn't enough. The
    second is fair: each item may take half of what its container still has, the last one all, so
    that one huge member leaves room for those after it. Runs of plain items are written at once
    where that gives the same JSON.
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
        self._opened = 0
        self._tries_left = _TRIED_PER_BYTE * room + _TRIED
        try:
            self._place(value, room)
            while self._frames:
                self._go_on(self._frames[-1])
        except _NoRoomError:
            return
        self.json = b"".join(self._parts)

    def _go_on(self, frame: _Frame) -> None:  # noqa: C901  # one item's way, step by step
        """Write a container's items up to the next container among them, or to its end."""
        branch, names = frame.branch, frame.branch.names
        count = len(branch.items)
        while frame.at < count:
            if not frame.singly and self._write_batch(frame, count):
                continue
            frame.singly -= 1
            place = frame.at
            left = frame.end - self._used
            lead = b"," if frame.written else b""
            if names is not None:
                name = names[place]
                # A key can't be cut without becoming another one, and needn't be encoded to see
                # that there is no room for it.
                if len(name) > max(left, 0):
                    if not self._fair:
                        raise _NoRoomError
                    frame.at += 1
                    continue
                lead += as_json(name) + b":"
            room = left - len(lead)
            if self._fair:
                if left < _LEAST_ITEM + _LEAST_ITEM:
                    break
                if len(lead) > left // 2:
                    frame.at += 1
                    continue
                if frame.written + 1 != branch.total:
                    room = max(_LEAST_ITEM, room // 2)
            elif room <= 0:
                raise _NoRoomError
            item = branch.items[place]
            frame.at += 1
            self._write(lead)
            frame.written += 1
            if self._place(item, room):
                return
        self._close(frame)

    def _write_batch(self, frame: _Frame, count: int) -> bool:
        """
        Write several items at once, if all of them are plain.

        Each of them must have found its share of the room, as when they are written one by one: a
        batch takes a quarter of what is left at most, and so no item more than half of what is
        left when its turn comes.
        """
        branch = frame.branch
        size = min(frame.batch, count - frame.at)
        left = frame.end - self._used
        room = left // 4 if self._fair else left
        while size >= _LEAST_BATCH and room >= _LEAST_ROOM and self._tries_left > 0:
            items = branch.items[frame.at : frame.at + size]
            batch: Any = items
            if branch.names is not None:
                batch = dict(zip(branch.names[frame.at : frame.at + size], items, strict=True))
            json = self._tried(batch, room, len(self._frames) - 1)
            if json is not None and len(batch) == size:
                self._write((b"," if frame.written else b"") + json[1:-1])
                frame.at += size
                frame.written += size
                frame.batch = min(2 * size, branch.batch)
                return True
            size //= 2
        frame.singly = frame.batch = max(1, min(_LEAST_BATCH, branch.batch))
        return False

    def _tried(self, value: object, room: int, depth: int) -> bytes | None:
        """Encode a plain part of a value that isn't plain, unless too much was tried in vain."""
        if self._tries_left <= 0:
            return None
        try:
            plain = plain_json(value, room, MAX_DEPTH - depth)
        except Exception as fault:  # noqa: BLE001  # as in encode_value
            reraise_from_signal_handler(fault)
            plain = 1
        if isinstance(plain, bytes):
            return plain
        self._tries_left -= plain
        return None

    def _place(self, value: object, room: int) -> bool:
        """Write a value that is no container, or the beginning of one; say whether it is one."""
        depth = len(self._frames)
        kind = type(value)
        form: Form | None = None
        if depth and (kind is dict or kind is list or kind is tuple):
            form = self._tried(value, room, depth)
        if form is None:
            form = choose_form(value, room, may_open=self._opened < _MOST_OPENED)
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
        # Each item takes a byte and a comma at least, and a member its quotes and a colon: a long
        # list needn't be tried to the end.
        least = (1 if form.names is None else 4) + 1
        if not self._fair and first + max(least * (form.total or 0) - 1, 0) > end:
            raise _NoRoomError
        self._open[identity] = depth
        frame = _Frame(form, end, value)
        self._opened += frame.is_opened
        self._frames.append(frame)
        self._write(form.opening)
        return True

    def _close(self, frame: _Frame) -> None:
        branch = frame.branch
        if branch.total != frame.written:
            if not self._fair:
                raise _NoRoomError
            more = None if branch.total is None else branch.total - frame.written
            mark = _TRUNCATED if more is None else _TRUNCATED[:-1] + b',"more":%d}' % more
            key = b"" if branch.names is None else b'"$flightlog":'
            self._write((b"," if frame.written else b"") + key + mark)
        self._write(branch.closing)
        del self._open[id(frame.value)]
        self._opened -= frame.is_opened
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
