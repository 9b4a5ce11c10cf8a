"""Find the places in a payload at which a condition holds, to show them with the results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from flightlog.query.expressions import AnyOf, Condition, Fragment, Part, Path, Test
from flightlog.query.needles import find_test_needles
from flightlog.query.payloads import At, check_value, follow, get_text, read_json
from flightlog.query.texts import Span, check_text, find_spans, join_spans

SHOWN_CHARACTERS: Final = 160
"""The longest text of a place, characters."""

_BEFORE: Final = 40
_CUT: Final = "…"


class Place(NamedTuple):
    """A place at which a condition holds."""

    path: Path
    """The path in the payload."""
    text: str
    """The value; after a name and a colon if the name matches. Objects and lists as JSON."""
    spans: tuple[Span, ...]
    """The parts of the text that match, in order."""


def find_places(condition: Condition, data: bytes) -> Iterator[Place]:
    """
    Find the places in a payload at which a condition holds.

    Args:
        condition: A condition of free text, of tags or of a payload.
        data: The payload's JSON.

    Yields:
        The places in the order of the payload.
    """
    test, path = condition.test, condition.path
    if not find_test_needles(test, path, is_text=condition.field == "text").may_match(data):
        return
    value = read_json(data)
    if condition.field == "text":
        yield from _find_words(test, value)
        return
    check = check_value(test)
    parts = _walk(value)
    if path:
        starts = parts if condition.field == "any" else iter([((), value)])
        parts = (found for start in starts for found in follow(start, path))
    elif not isinstance(test, Fragment):
        parts = (part for part in parts if not isinstance(part[1], dict | list))
    seen = set()
    for found, part in parts:
        if found not in seen and check(part):
            seen.add(found)
            text = _write(part)
            yield Place(found, text, _mark(test, text))


def shorten(place: Place) -> Place:
    """
    Cut the text of a place around the first part that matches.

    Args:
        place: The place.

    Returns:
        The place with a text of at most `SHOWN_CHARACTERS` characters.
    """
    text = place.text
    if len(text) <= SHOWN_CHARACTERS:
        return place
    room = SHOWN_CHARACTERS - 2 * len(_CUT)
    first = place.spans[0][0] if place.spans else 0
    start = min(max(0, first - _BEFORE), len(text) - room)
    stop = start + room
    before, after = _CUT if start else "", _CUT if stop < len(text) else ""
    shift = len(before) - start
    spans = tuple(
        (max(low, start) + shift, min(high, stop) + shift)
        for low, high in place.spans
        if low < stop and high > start
    )
    return Place(place.path, f"{before}{text[start:stop]}{after}", spans)


def _find_words(test: Test, value: Any) -> Iterator[Place]:
    check = check_text(test, "words")
    text = get_text(value)
    if text is not None:
        if check(text):
            yield Place((), text, find_spans(test, "words", text))
        return
    # Most values don't match, so a path is made only for those that do.
    inner: list[tuple[Path, Iterator[tuple[str | int, Any]]]] = [((), _iterate(value))]
    while inner:
        path, items = inner[-1]
        for step, part in items:
            text = get_text(part)
            if text is not None and check(text):
                yield Place((*path, step), text, find_spans(test, "words", text))
            elif type(step) is str and check(step):
                found = find_spans(test, "words", step)
                yield Place((*path, step), f"{step}: {_write(part)}", found)
            if text is None:
                inner.append(((*path, step), _iterate(part)))
                break
        else:
            inner.pop()


def _iterate(part: Any) -> Iterator[tuple[str | int, Any]]:
    return iter(part.items()) if isinstance(part, dict) else enumerate(part)


def _mark(test: Test, text: str) -> tuple[Span, ...]:
    tests = test.tests if isinstance(test, AnyOf) else (test,)
    parts = [each for each in tests if isinstance(each, Part)]
    spans = join_spans(span for part in parts for span in find_spans(part, "part", text))
    # Every other test is a test of the whole value.
    return spans or ((0, len(text)),)


def _walk(value: Any) -> Iterator[At]:
    waiting: list[At] = [((), value)]
    while waiting:
        path, part = waiting.pop()
        yield path, part
        if isinstance(part, list):
            waiting += [((*path, place), part[place]) for place in reversed(range(len(part)))]
        elif isinstance(part, dict):
            waiting += [((*path, name), part[name]) for name in reversed(part)]


def _write(value: Any) -> str:
    text = get_text(value)
    if text is not None:
        return text
    # Only the beginning is shown, so a large value isn't written to its end.
    written, length = [], 0
    for token in _list_tokens(value):
        written.append(token)
        length += len(token)
        if length > SHOWN_CHARACTERS:
            break
    return "".join(written)


def _list_tokens(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for number, (name, part) in enumerate(value.items()):
            yield f"{', ' if number else ''}{_encode(name)}: "
            yield from _list_tokens(part)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for number, part in enumerate(value):
            yield ", " if number else ""
            yield from _list_tokens(part)
        yield "]"
    elif type(value) is str:
        yield _encode(value[: SHOWN_CHARACTERS + 1])
    else:
        yield get_text(value) or ""


_encode: Final = json.JSONEncoder(ensure_ascii=False).encode
