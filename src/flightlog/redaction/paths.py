"""
Which parts of a text a user's own rules except, and what the user's patterns match.

Paths are matched step by step while a payload is walked, so a deep payload costs no more for each
level than a flat one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from flightlog.redaction.jsontext import TOKEN, NotJsonError, check
from flightlog.redaction.patterns import Pattern
from flightlog.redaction.views import unescape

_MOST_NESTED: Final = 4
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
        """
        Begin at a payload: `input`, `output` or `trigger`.

        Args:
            root: The payload's kind.

        Returns:
            How far each path is matched.
        """
        return self.step(self._closure((number, 0) for number in range(len(self._paths))), root)

    def step(self, states: States, step: str) -> States:
        """
        Go one step further: into a member, or an item of a list.

        Args:
            states: How far each path was matched.
            step: The member's name, or the item's index.

        Returns:
            How far each path is matched.
        """
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

    def lead_here(self, states: States) -> bool:
        """
        Whether one of the paths leads here.

        Args:
            states: How far each path is matched.

        Returns:
            Whether one does.
        """
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


def find_excepted(json: bytes, paths: Paths, root: str) -> Iterator[tuple[int, int]]:
    """
    List the parts of JSON that are excepted, in order.

    Args:
        json: The text.
        paths: The paths that are excepted.
        root: Where this text stands: `input`, `output` or `trigger`.

    Yields:
        Where a part starts, with its name, and where it ends.
    """
    states: list[States] = [paths.start(root)]
    indexes: list[int] = [-1]
    step, began, depth_excepted, end = "", 0, -1, 0
    if paths.lead_here(states[0]):
        yield 0, len(json)
        return
    for token in TOKEN.finditer(json):
        if token["colon"] is not None:
            step, began = unescape(token["text"]).text.decode(errors="replace"), token.start()
            continue
        if token["close"]:
            states.pop()
            indexes.pop()
            if len(states) == depth_excepted:
                depth_excepted = -1
                yield end, token.end()
            continue
        in_list = indexes[-1] >= 0
        at = token.start() if in_list or len(states) == 1 else began
        here = (
            states[-1]
            if len(states) == 1 and indexes == [-1] and not step
            else paths.step(states[-1], str(indexes[-1]) if in_list else step)
        )
        if in_list:
            indexes[-1] += 1
        is_excepted = depth_excepted < 0 and len(states) > 1 and paths.lead_here(here)
        if token["open"]:
            if is_excepted:
                depth_excepted, end = len(states), at
            states.append(here)
            indexes.append(0 if token["open"] == b"[" else -1)
        elif is_excepted:
            yield at, token.end()


def find_matches(
    text: bytes, pattern: Pattern, *, is_json: bool
) -> Iterator[tuple[int, int, bool]]:
    """
    List what a user's pattern matches in each text of JSON, in its names and its numbers.

    Args:
        text: The text.
        pattern: The pattern, compiled.
        is_json: Whether the text is JSON.

    Yields:
        Where a match starts and ends, and whether its mark needs quotes.
    """
    if not is_json:
        yield from ((*span, False) for span in _in_string(text, pattern, _MOST_NESTED))
        return
    for token in TOKEN.finditer(text):
        if token["scalar"] is not None and pattern.is_in(token["scalar"]):
            yield *token.span("scalar"), True
        if token["text"]:
            start, source = token.start("text"), token["text"]
            view = unescape(source) if b"\\" in source else None
            for first, last in _in_string(view.text if view else source, pattern, _MOST_NESTED):
                span = view.source_span(first, last) if view else (first, last)
                yield start + span[0], start + span[1], False


def _in_string(text: bytes, pattern: Pattern, depth: int) -> Iterator[tuple[int, int]]:
    if depth and text.lstrip()[:1] in {b"{", b"["}:
        try:
            check(text)
        except NotJsonError:
            pass
        else:
            for token in TOKEN.finditer(text):
                kind = token.lastgroup if token["colon"] is None else "text"
                if kind in {"text", "scalar"} and token[kind]:
                    source = token[kind]
                    view = unescape(source)
                    for first, last in _in_string(view.text, pattern, depth - 1):
                        span = view.source_span(first, last)
                        yield token.start(kind) + span[0], token.start(kind) + span[1]
            return
    for found in pattern.find_all(text):
        if found.end() > found.start():
            yield found.span()
