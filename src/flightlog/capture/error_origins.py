"""Where an execution's exceptions came from, and which nodes are on a further attempt."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Final, NamedTuple

from flightlog.capture.exceptions import error_kind
from flightlog.capture.groups import (
    find_leaves,
    get_cause,
    get_context,
    get_members,
    get_traceback,
    is_group,
)

_KEPT: Final = 256
_MOST_OF_GROUP: Final = 16
_MOST_LEAVES: Final = 64


class _Path(NamedTuple):
    """The way of an exception up to a node: each frame above that node adds to it, at its front."""

    length: int
    place: tuple[int, int]
    """Code and instruction of the frame that the node is in."""


class _Seen(NamedTuple):
    node_id: str
    noted_ns: int
    path: _Path


class ErrorOrigins:
    """Remembers the last nodes that failed; it keeps no exception alive, and changes none."""

    def __init__(self) -> None:
        self._nodes: OrderedDict[tuple[int, type], _Seen] = OrderedDict()
        self._failures: OrderedDict[tuple[int | None, str], int] = OrderedDict()

    def note(self, error: BaseException, node_id: str, since_ns: int) -> str:
        """
        Remember that an exception left a node.

        Args:
            error: The exception.
            node_id: The node.
            since_ns: When the node began, by the monotonic clock.

        Returns:
            The node that it came from: this one, or one within it.
        """
        origin = self.find(error, since_ns) or node_id
        trace = get_traceback(error)
        path = _Path(_length(trace), _place(trace))
        self._nodes[id(error), type(error)] = _Seen(origin, time.perf_counter_ns(), path)
        if len(self._nodes) > _KEPT:
            self._nodes.popitem(last=False)
        return origin

    def find(self, error: BaseException, since_ns: int = 0) -> str | None:
        """
        The node that an exception, or what caused it, came from; None when from no node.

        Args:
            error: The exception.
            since_ns: Only nodes count that failed after this moment of the monotonic clock.
        """
        waiting: list[BaseException | None] = [error]
        asked: set[int] = set()
        while waiting and len(asked) < _KEPT:
            one = waiting.pop()
            if one is None or id(one) in asked:
                continue
            asked.add(id(one))
            node_id = self._node_left_by(one, since_ns)
            if node_id is None and is_group(one):
                node_id = self._node_left_by_leaf(one, since_ns)
            if node_id is not None:
                return node_id
            waiting += (get_context(one), get_cause(one))
            if is_group(one):
                waiting += reversed(get_members(one)[:_MOST_OF_GROUP])
        return None

    def _node_left_by(self, error: BaseException, since_ns: int) -> str | None:
        found = self._nodes.get((id(error), type(error)))
        if found is not None and found.noted_ns >= since_ns and _came_by(error, found.path):
            return found.node_id
        return None

    def _node_left_by_leaf(self, group: BaseException, since_ns: int) -> str | None:
        """
        Choose one of the nodes that the leaves of a group left.

        Tasks fail in any order, and equal failures must name the same node: the first by its id,
        and a node that was only cancelled, because another failed, last.
        """
        left = [
            (error_kind(leaf) == "canceled", node_id)
            for leaf in find_leaves(group).exceptions[:_MOST_LEAVES]
            if (node_id := self._node_left_by(leaf, since_ns)) is not None
        ]
        return min(left)[1] if left else None

    def attempt(self, parent: int | None, node_id: str) -> int:
        """Which attempt a node's next run in this place is, counted from 1."""
        return 1 + self._failures.get((parent, node_id), 0) if self._failures else 1

    def note_attempt(self, parent: int | None, node_id: str, *, failed: bool) -> None:
        """Remember how a node's run ended: the one after a failed run is the next attempt."""
        if not failed and not self._failures:
            return
        key = (parent, node_id)
        if not failed:
            self._failures.pop(key, None)
            return
        self._failures[key] = self._failures.get(key, 0) + 1
        if len(self._failures) > _KEPT:
            self._failures.popitem(last=False)


def frames_left_by(error: BaseException) -> Iterator[FrameType]:
    """Every frame that an exception has left on its way, or the one during which it was raised."""
    found: BaseException | None = error
    for _ in range(_MOST_OF_GROUP):
        if found is None:
            return
        trace = get_traceback(found)
        while trace is not None:
            yield trace.tb_frame
            trace = trace.tb_next
        found = get_context(found)


def _came_by(error: BaseException, path: _Path) -> bool:
    """Whether it went this way: a later exception may have got the identity of one that is gone."""
    trace = get_traceback(error)
    for _ in range(_length(trace) - path.length):
        trace = trace.tb_next
    return _length(trace) == path.length and _place(trace) == path.place


def _length(trace: TracebackType | None) -> int:
    length = 0
    while trace is not None:
        length += 1
        trace = trace.tb_next
    return length


def _place(trace: TracebackType | None) -> tuple[int, int]:
    return (0, 0) if trace is None else (id(trace.tb_frame.f_code), trace.tb_lasti)
