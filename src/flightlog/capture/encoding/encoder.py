"""
Encodes any Python value as JSON, as the value is at this moment.

This module walks through values that aren't plain and applies the size limit. `native` encodes
plain values fast; `forms` decides the form of each value.
"""

from __future__ import annotations

from typing import Any, Final

from flightlog.capture.encoding.containers import Branch
from flightlog.capture.encoding.forms import ForeignObject, Form, choose_form
from flightlog.capture.encoding.native import MAX_DEPTH, encode_native
from flightlog.capture.encoding.texts import LOOKAHEAD, CutText, FindCut, encode_as_json
from flightlog.signal_handlers import reraise_from_signal_handler

LEAST_BYTES: Final = 128
"""A lower limit is raised to this limit, so that a placeholder for missing parts always fits."""

_TRUNCATED: Final = b'{"$flightlog":"truncated"}'
_DEEP: Final = b'{"$flightlog":"deep"}'
_UNREPRESENTABLE: Final = b'{"$flightlog":"unrepresentable"}'
_LEAST_ITEM: Final = len(_UNREPRESENTABLE)
_FIRST_BATCH: Final = 8
_LEAST_BATCH: Final = 4
_LEAST_ROOM: Final = 2 * _LEAST_ITEM
_TRIED_PER_BYTE: Final = 4
_TRIED: Final = 4096
"""How many items and characters may be read in vain in total, besides those for each byte."""
_LOOKED_AHEAD: Final = 16 * LOOKAHEAD
"""How many characters beyond cuts may be read in total, besides one for each byte."""
_MOST_OPENED: Final = 3
"""How many objects without declared fields may be nested; deeper objects show only their type."""
_CUT: Final = len(b',"$flightlog":{"$flightlog":"truncated","more":}') + 20


def encode_value(value: object, limit_bytes: int, find_cut: FindCut | None = None) -> bytes:
    """
    Encode a snapshot of any value; `docs/reference/placeholders.md` lists the forms.

    The function raises no exception and neither consumes nor changes the value. The limit bounds
    work and memory, however large the value is. Of the value's own code, only the `__str__` of
    exceptions runs.

    Args:
        value: Any value.
        limit_bytes: The maximum length of the JSON; at least 128. Longer JSON is truncated and
            marked as truncated.
        find_cut: Finds where a text can be cut; by default after any word.

    Returns:
        UTF-8 JSON.
    """
    max_bytes = max(limit_bytes, LEAST_BYTES)
    kind = type(value)
    try:
        if kind is dict or kind is list or kind is tuple:
            try:
                encoded = encode_native(value, max_bytes)
            except Exception as fault:  # noqa: BLE001  # the careful walk handles what this can't
                reraise_from_signal_handler(fault)
            else:
                if type(encoded) is bytes:
                    return encoded
        elif kind is str or kind is int or kind is bool or kind is float or value is None:
            # Most single values need no walk.
            leaf = choose_form(value, max_bytes)
            if type(leaf) is bytes and len(leaf) <= max_bytes:
                return leaf
        whole = _Walk(value, max_bytes, find_cut, fair=False).json
        return whole or _Walk(value, max_bytes, find_cut, fair=True).json
    except RecursionError:
        # There may be no stack left to read the value's type.
        return _UNREPRESENTABLE
    except Exception as fault:  # noqa: BLE001  # e.g. out of memory; not the workflow's fault
        reraise_from_signal_handler(fault)
        return _UNREPRESENTABLE


class _NoRoomError(Exception):
    """The value doesn't fit as a whole."""


class _Frame:
    """A container that is being written, and the progress of writing it."""

    __slots__ = ("at", "batch", "branch", "end", "is_foreign", "singly", "value", "written")

    def __init__(self, branch: Branch, end: int, value: object) -> None:
        self.branch = branch
        self.end = end
        # Keep the value alive, so that no other value gets its identity.
        self.value = value
        self.at = 0
        """The place of the next item."""
        self.written = 0
        self.batch = min(_FIRST_BATCH, branch.batch)
        """How many items to try at once."""
        self.singly = 0
        """How many items to write one by one, because not all of them are plain."""
        self.is_foreign = type(branch) is ForeignObject


class _Walk:
    """
    One walk over a value, without recursion, because the workflow's stack may be nearly used up.

    The first walk gives each item all the space that it needs, and fails when the space isn't
    enough. The second walk is fair: each item may take half of the space that its container still
    has, and the last item may take all of it. So one huge member leaves space for later members.
    Runs of plain items are written at once where that gives the same JSON.
    """

    def __init__(
        self, value: object, max_bytes: int, find_cut: FindCut | None, *, fair: bool
    ) -> None:
        self.json = b""
        """The result; empty where the value didn't fit."""
        self._fair = fair
        self._reserve = _CUT if fair else 0
        self._parts: list[bytes] = []
        self._used = 0
        self._frames: list[_Frame] = []
        self._open: dict[int, int] = {}
        self._opened = 0
        self._tries_left = _TRIED_PER_BYTE * max_bytes + _TRIED
        self._find_cut = find_cut
        self._lookahead_left = max_bytes + _LOOKED_AHEAD
        try:
            self._place(value, max_bytes)
            while self._frames:
                self._go_on(self._frames[-1])
        except _NoRoomError:
            return
        self.json = b"".join(self._parts)

    def _go_on(self, frame: _Frame) -> None:  # noqa: C901  # the steps of writing one item
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
                # Don't truncate a key, because a truncated key would be another key. Compare the
                # text, because its JSON is at least as long.
                if len(name) > max(left, 0):
                    if not self._fair:
                        raise _NoRoomError
                    frame.at += 1
                    continue
                lead += encode_as_json(name) + b":"
            max_bytes = left - len(lead)
            if self._fair:
                if left < _LEAST_ITEM + _LEAST_ITEM:
                    break
                if len(lead) > left // 2:
                    frame.at += 1
                    continue
                if frame.written + 1 != branch.total:
                    max_bytes = max(_LEAST_ITEM, max_bytes // 2)
            elif max_bytes <= 0:
                raise _NoRoomError
            item = branch.items[place]
            frame.at += 1
            self._write(lead)
            frame.written += 1
            if self._place(item, max_bytes):
                return
        self._close(frame)

    def _write_batch(self, frame: _Frame, count: int) -> bool:
        """
        Write several items at once, if all of them are plain.

        Each item must get the same share of space as when the items are written one by one. A batch
        therefore takes a quarter of the remaining space at most, so that no item takes more than
        half of the space that remains at its turn.
        """
        branch = frame.branch
        size = min(frame.batch, count - frame.at)
        left = frame.end - self._used
        max_bytes = left // 4 if self._fair else left
        while size >= _LEAST_BATCH and max_bytes >= _LEAST_ROOM and self._tries_left > 0:
            items = branch.items[frame.at : frame.at + size]
            batch: Any = items
            if branch.names is not None:
                batch = dict(zip(branch.names[frame.at : frame.at + size], items, strict=True))
            json = self._tried(batch, max_bytes, len(self._frames) - 1)
            if json is not None and len(batch) == size:
                self._write((b"," if frame.written else b"") + json[1:-1])
                frame.at += size
                frame.written += size
                frame.batch = min(2 * size, branch.batch)
                return True
            size //= 2
        frame.singly = frame.batch = max(1, min(_LEAST_BATCH, branch.batch))
        return False

    def _tried(self, value: object, max_bytes: int, depth: int) -> bytes | None:
        """Encode a plain part of a value that isn't plain, unless too much was tried in vain."""
        if self._tries_left <= 0:
            return None
        try:
            result = encode_native(value, max_bytes, MAX_DEPTH - depth)
        except Exception as fault:  # noqa: BLE001  # as in encode_value
            reraise_from_signal_handler(fault)
            result = 1
        if isinstance(result, bytes):
            return result
        self._tries_left -= result
        return None

    def _place(self, value: object, max_bytes: int) -> bool:
        """Write a leaf, or the opening of a container; return whether the value is a container."""
        depth = len(self._frames)
        kind = type(value)
        form: Form | None = None
        if depth and (kind is dict or kind is list or kind is tuple):
            form = self._tried(value, max_bytes, depth)
        if form is None:
            form = choose_form(value, max_bytes, may_open=self._opened < _MOST_OPENED)
        if isinstance(form, bytes):
            if isinstance(form, CutText) and len(form) <= max_bytes:
                form = self._cut_again(form)
            self._write(self._fitting(form, max_bytes))
            return False
        identity = id(value)
        if identity in self._open:
            up = depth - self._open[identity]
            self._write(self._fitting(b'{"$flightlog":"cycle","up":%d}' % up, max_bytes))
            return False
        if depth >= MAX_DEPTH:
            self._write(self._fitting(_DEEP, max_bytes))
            return False
        end = self._used + max_bytes - len(form.closing) - self._reserve
        first = self._used + len(form.opening)
        if self._fair and first + _LEAST_ITEM > end:
            self._write(_TRUNCATED)
            return False
        # An item takes at least a byte and a comma, and a member also its quotes and a colon. So a
        # long list needn't be tried to its end.
        least = (1 if form.names is None else 4) + 1
        if not self._fair and first + max(least * (form.total or 0) - 1, 0) > end:
            raise _NoRoomError
        self._open[identity] = depth
        frame = _Frame(form, end, value)
        self._opened += frame.is_foreign
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
        self._opened -= frame.is_foreign
        self._frames.pop()

    def _cut_again(self, form: CutText) -> bytes:
        if self._find_cut is None:
            return form
        self._lookahead_left -= LOOKAHEAD
        # Bound the search for cuts. Only an unusual value has so many cut texts.
        find_cut = self._find_cut if self._lookahead_left > 0 else _cut_at_start
        return form.cut_again(find_cut)

    def _fitting(self, leaf: bytes, max_bytes: int) -> bytes:
        if len(leaf) <= max_bytes:
            return leaf
        if self._fair:
            return _TRUNCATED
        raise _NoRoomError

    def _write(self, part: bytes) -> None:
        self._parts.append(part)
        self._used += len(part)


def _cut_at_start(text: str, end: int) -> int:  # noqa: ARG001  # as `FindCut`
    return 0
