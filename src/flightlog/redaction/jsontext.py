"""
JSON as text: whether it is valid, where its strings stand.

Which parts of it are excepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from flightlog.redaction.paths import Paths, States
from flightlog.redaction.re2_patterns import Pattern
from flightlog.redaction.views import unescaped

_TOKEN: Final = re.compile(
    rb"[ \t\n\r,]*+(?:\"(?P<text>(?:[^\"\\]++|\\.)*+)\"(?P<colon>[ \t\n\r]*+:)?"
    rb"|(?P<scalar>true|false|null|-?[0-9][0-9.eE+-]*+)|(?P<open>[{\[])|(?P<close>[}\]]))",
    re.DOTALL,
)
_MOST_NESTED: Final = 4
_validate: Final = msgspec.json.Decoder(msgspec.Raw).decode


class NotJsonError(ValueError):
    """The text is no JSON; says nothing of what it holds."""


def check(json: bytes) -> None:
    """
    Check that a text is JSON.

    Raises:
        NotJsonError: It isn't.
    """
    try:
        _validate(json)
    except (msgspec.MsgspecError, RecursionError):
        # The decoder takes no number beyond its range, and no deep JSON, which is JSON
        # nevertheless.
        _check_slowly(json)


def _check_slowly(json: bytes) -> None:
    opened = bytearray()
    has_key = False
    values = end = 0
    for token in _TOKEN.finditer(json):
        if token.start() != end or (values and not opened):
            break
        end = token.end()
        in_object = opened[-1:] == b"{"
        if token["colon"] is not None:
            if not in_object or has_key:
                raise NotJsonError("a member stands in a list")
            has_key = True
            continue
        if token["close"]:
            if has_key or not opened or opened.pop() != ord(token["close"]) - 2:
                raise NotJsonError("a bracket closes nothing")
        elif in_object != has_key:
            raise NotJsonError("a value has no name")
        has_key = False
        if token["open"]:
            opened += token["open"]
        values += not opened
    if values != 1 or opened or json[end:].strip(b" \t\n\r"):
        raise NotJsonError("it goes on, or is cut short")


def excepted(json: bytes, paths: Paths, root: str) -> Iterator[tuple[int, int]]:
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
    if paths.excepted(states[0]):
        yield 0, len(json)
        return
    for token in _TOKEN.finditer(json):
        if token["colon"] is not None:
            step, began = unescaped(token["text"]).text.decode(errors="replace"), token.start()
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
        is_excepted = depth_excepted < 0 and len(states) > 1 and paths.excepted(here)
        if token["open"]:
            if is_excepted:
                depth_excepted, end = len(states), at
            states.append(here)
            indexes.append(0 if token["open"] == b"[" else -1)
        elif is_excepted:
            yield at, token.end()


def matches(text: bytes, pattern: Pattern, *, is_json: bool) -> Iterator[tuple[int, int, bool]]:
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
    for token in _TOKEN.finditer(text):
        if token["scalar"] is not None and pattern.is_in(token["scalar"]):
            yield *token.span("scalar"), True
        if token["text"]:
            start, source = token.start("text"), token["text"]
            view = unescaped(source) if b"\\" in source else None
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
            for token in _TOKEN.finditer(text):
                kind = token.lastgroup if token["colon"] is None else "text"
                if kind in {"text", "scalar"} and token[kind]:
                    source = token[kind]
                    view = unescaped(source)
                    for first, last in _in_string(view.text, pattern, depth - 1):
                        span = view.source_span(first, last)
                        yield token.start(kind) + span[0], token.start(kind) + span[1]
            return
    for found in pattern.find_all(text):
        if found.end() > found.start():
            yield found.span()
