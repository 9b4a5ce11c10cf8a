"""
Paths into payloads that are excepted from redaction.

They are matched step by step while a payload is walked, so a deep payload costs no more for each
level than a flat one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

States: TypeAlias = frozenset[tuple[int, int]]
"""How far which path has been matched: its number, and how many of its steps."""


class Paths:
    """
    Matches the paths that are excepted.

    Args:
        paths: As in `RedactionRules.except_paths`.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = [tuple(path.split(".")) for path in paths]

    def start(self, root: str) -> States:
        """Begin at a payload: `input`, `output` or `trigger`."""
        return self.step(self._closure((number, 0) for number in range(len(self._paths))), root)

    def step(self, states: States, step: str) -> States:
        """Go one step further: into a member, or an item of a list."""
        reached = []
        for number, matched in states:
            path = self._paths[number]
            if matched < len(path):
                wanted = path[matched]
                if wanted == "**":
                    reached.append((number, matched))
                elif wanted in {"*", step}:
                    reached.append((number, matched + 1))
        return self._closure(reached)

    def excepted(self, states: States) -> bool:
        """Whether one of the paths leads here."""
        return any(matched == len(self._paths[number]) for number, matched in states)

    def _closure(self, states: Iterable[tuple[int, int]]) -> States:
        closed = set()
        for number, reached in states:
            path, matched = self._paths[number], reached
            closed.add((number, matched))
            while matched < len(path) and path[matched] == "**":
                matched += 1
                closed.add((number, matched))
        return frozenset(closed)
