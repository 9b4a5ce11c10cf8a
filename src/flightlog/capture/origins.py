"""Where an execution's exceptions came from, and which nodes are on a further attempt."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

_KEPT: Final = 256
_DEPTH: Final = 16


class Origins:
    """Remembers the last nodes that failed; it keeps no exception alive, and changes none."""

    def __init__(self) -> None:
        self._nodes: OrderedDict[tuple[int, type], str] = OrderedDict()
        self._failures: OrderedDict[tuple[int | None, str], int] = OrderedDict()

    def note(self, error: BaseException, node_id: str) -> str:
        """
        Remember that an exception left a node.

        Returns:
            The node that it came from: this one, or one within it.
        """
        origin = self.find(error) or node_id
        self._nodes[id(error), type(error)] = origin
        if len(self._nodes) > _KEPT:
            self._nodes.popitem(last=False)
        return origin

    def find(self, error: BaseException | None, depth: int = _DEPTH) -> str | None:
        """The node that an exception, or what caused it, came from; None when from no node."""
        if error is None or depth == 0:
            return None
        found = self._nodes.get((id(error), type(error)))
        if found is not None:
            return found
        group = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
        causes = (*group[:depth], error.__cause__, error.__context__)
        return next(filter(None, (self.find(cause, depth - 1) for cause in causes)), None)

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
