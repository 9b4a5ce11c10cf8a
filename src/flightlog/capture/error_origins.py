"""
Remembers which node each exception of an execution came from, and how often each node has failed.

`flightlog.capture.exceptions` owns how an exception is described.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Final

from msgspec import Struct

from flightlog.capture.exception_groups import (
    find_leaves,
    get_cause,
    get_context,
    get_members,
    get_traceback,
    is_group,
)
from flightlog.capture.exceptions import classify_error

_KEPT: Final = 256
_MOST_OF_GROUP: Final = 16
_MOST_LEAVES: Final = 64


class _Path(Struct, frozen=True):
    """An exception's traceback up to a node; frames above that node add entries at the front."""

    length: int
    place: tuple[int, int]
    """The code and instruction of the frame that the node is in."""


class _Seen(Struct, frozen=True):
    node_id: str
    noted_ns: int
    path: _Path


class ErrorOrigins:
    """Remembers the last nodes that failed; keeps no exception alive and changes none."""

    def __init__(self) -> None:
        self._nodes: OrderedDict[tuple[int, type], _Seen] = OrderedDict()
        self._failures: OrderedDict[tuple[int | None, str], int] = OrderedDict()
        self.has_failures = False
        """Whether a node has failed whose next run is a further attempt."""

    def note(self, error: BaseException, node_id: str, since_ns: int) -> str:
        """
        Remember that an exception left a node.

        Args:
            error: The exception.
            node_id: The node.
            since_ns: When the node began, in nanoseconds of the monotonic clock.

        Returns:
            The id of the node that the exception came from: this node, or a node within it.
        """
        origin = self.find(error, since_ns) or node_id
        trace = get_traceback(error)
        path = _Path(_count_entries(trace), _read_place(trace))
        self._nodes[id(error), type(error)] = _Seen(origin, time.perf_counter_ns(), path)
        if len(self._nodes) > _KEPT:
            self._nodes.popitem(last=False)
        return origin

    def find(self, error: BaseException, since_ns: int = 0) -> str | None:
        """
        Find the node that an exception, or its cause, came from.

        Args:
            error: The exception.
            since_ns: Only nodes that failed after this moment count; nanoseconds of the monotonic
                clock.

        Returns:
            The node's id; None where the exception came from no node.
        """
        waiting: list[BaseException | None] = [error]
        visited: set[int] = set()
        while waiting and len(visited) < _KEPT:
            current = waiting.pop()
            if current is None or id(current) in visited:
                continue
            visited.add(id(current))
            node_id = self._find_node_left_by(current, since_ns)
            if node_id is None and is_group(current):
                node_id = self._find_node_left_by_leaf(current, since_ns)
            if node_id is not None:
                return node_id
            waiting += (get_context(current), get_cause(current))
            if is_group(current):
                waiting += reversed(get_members(current)[:_MOST_OF_GROUP])
        return None

    def _find_node_left_by(self, error: BaseException, since_ns: int) -> str | None:
        found = self._nodes.get((id(error), type(error)))
        if found is not None and found.noted_ns >= since_ns and _took_path(error, found.path):
            return found.node_id
        return None

    def _find_node_left_by_leaf(self, group: BaseException, since_ns: int) -> str | None:
        """
        Choose one of the nodes that the leaves of a group left.

        Tasks fail in any order, but equal failures must name the same node. So choose the first
        node by id, and choose a node that was only cancelled because another node failed last.
        """
        left = [
            (classify_error(leaf) == "canceled", node_id)
            for leaf in find_leaves(group).exceptions[:_MOST_LEAVES]
            if (node_id := self._find_node_left_by(leaf, since_ns)) is not None
        ]
        return min(left)[1] if left else None

    def attempt(self, parent: int | None, node_id: str) -> int:
        """
        Return the number of a node's next attempt in this place.

        Args:
            parent: The place of the node's parent; None at the top of the run.
            node_id: The node.

        Returns:
            The attempt, counted from 1.
        """
        return 1 + self._failures.get((parent, node_id), 0)

    def note_attempt(self, parent: int | None, node_id: str, *, failed: bool) -> None:
        """
        Remember how a node's run ended, because a run after a failed run is the next attempt.

        Args:
            parent: The place of the node's parent; None at the top of the run.
            node_id: The node.
            failed: Whether the run failed.
        """
        key = (parent, node_id)
        if not failed:
            self._failures.pop(key, None)
            self.has_failures = bool(self._failures)
            return
        self.has_failures = True
        self._failures[key] = self._failures.get(key, 0) + 1
        if len(self._failures) > _KEPT:
            self._failures.popitem(last=False)


def iterate_frames(error: BaseException) -> Iterator[FrameType]:
    """
    Iterate over the frames that an exception, or its context, has left.

    Args:
        error: The exception.

    Yields:
        Each frame.
    """
    found: BaseException | None = error
    for _ in range(_MOST_OF_GROUP):
        if found is None:
            return
        trace = get_traceback(found)
        while trace is not None:
            yield trace.tb_frame
            trace = trace.tb_next
        found = get_context(found)


def _took_path(error: BaseException, path: _Path) -> bool:
    """
    Return whether an exception took this path.

    The check is needed, because a later exception may have the identity of a deleted exception.
    """
    trace = get_traceback(error)
    for _ in range(_count_entries(trace) - path.length):
        trace = trace.tb_next
    return _count_entries(trace) == path.length and _read_place(trace) == path.place


def _count_entries(trace: TracebackType | None) -> int:
    length = 0
    while trace is not None:
        length += 1
        trace = trace.tb_next
    return length


def _read_place(trace: TracebackType | None) -> tuple[int, int]:
    return (0, 0) if trace is None else (id(trace.tb_frame.f_code), trace.tb_lasti)
