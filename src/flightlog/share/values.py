"""Show payloads as HTML: containers that unfold, marks that never look like data, and a limit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from flightlog.record.placeholders import MARK
from flightlog.share.markup import Html, element, join
from flightlog.text import format_count

PAYLOAD_CHARACTERS: Final = 1_000_000
"""The largest markup of one payload; the rest is left out."""
PAGE_CHARACTERS: Final = 16_000_000
"""The largest markup of all payloads of a page."""

_OPEN_LEVELS: Final = 2
_OPEN_PARTS: Final = 30
_MAX_LEVELS: Final = 40
_SHORT_TEXT: Final = 160
_REDACTED: Final = re.compile(r"(\[REDACTED:[0-9a-f]+\]|\[REDACTION FAILED\])")


class Number(str):
    """A number of a payload as it was written."""

    __slots__ = ()


class Members(list[tuple[str, Any]]):
    """The members of an object in order, with repeated names."""


class Space:
    """
    The markup that payloads may still take up.

    Args:
        characters: The number of characters.
    """

    def __init__(self, characters: int = PAGE_CHARACTERS) -> None:
        self.left = characters

    def take(self, made: Html) -> Html:
        """
        Count an element.

        Args:
            made: The element, without what was counted before.

        Returns:
            The same element.
        """
        self.left -= len(made)
        return made


def show_payload(payload: bytes, page: Space) -> Html:
    """
    Show a payload.

    Args:
        payload: JSON, redacted.
        page: The limit of the page.

    Returns:
        The markup, at most a little more than `PAYLOAD_CHARACTERS`.
    """
    space = Space(min(PAYLOAD_CHARACTERS, page.left))
    start = space.left
    try:
        value = json.loads(
            payload.decode("utf-8", "replace"),
            parse_int=Number,
            parse_float=Number,
            parse_constant=Number,
            object_pairs_hook=Members,
        )
    except (ValueError, RecursionError):
        value = payload.decode("utf-8", "replace")
    shown = _show_value(value, 0, space)
    page.left -= start - space.left
    return shown


def show_text(text: str, space: Space) -> Html:
    """
    Show a text with its redactions marked.

    Args:
        text: The text, redacted.
        space: The limit of the payload or page; a longer text is cut.

    Returns:
        The markup.
    """
    kept = text[: max(0, space.left)]
    parts = [
        element("mark", part) if place % 2 else part
        for place, part in enumerate(_REDACTED.split(kept))
    ]
    cut = _note_cut(len(text) - len(kept), "character") if len(kept) < len(text) else None
    return space.take(join(parts, cut))


def _show_value(value: Any, level: int, space: Space) -> Html:
    if isinstance(value, Members):
        mark = next((member for name, member in value if name == MARK), None)
        if isinstance(mark, str) and not isinstance(mark, Number):
            return _show_mark(mark, value, space)
    if isinstance(value, Members | list) and value:
        return _show_container(value, level, space)
    if isinstance(value, str) and not isinstance(value, Number):
        return _show_string(value, space)
    return space.take(element("span", _write_scalar(value), class_="n"))


def _show_container(value: list[Any], level: int, space: Space) -> Html:
    is_object = isinstance(value, Members)
    size = f"{{{len(value):,}}}" if is_object else f"[{len(value):,}]"
    if level >= _MAX_LEVELS:
        return show_text(_write_json(value), space)
    if not is_object and all(_is_scalar(part) for part in value):
        return _show_scalars(value, space)
    parts = element("div", _show_parts(value, level, space), class_="in")
    is_open = level < _OPEN_LEVELS and len(value) <= _OPEN_PARTS
    summary = element("summary", element("span", size, class_="size"))
    return element("details", summary, parts, open=is_open)


def _show_parts(value: list[Any], level: int, space: Space) -> Iterator[Html]:
    is_object = isinstance(value, Members)
    for place, part in enumerate(value):
        if space.left <= 0:
            yield _note_cut(len(value) - place, "value")
            return
        name, shown = part if is_object else (str(place), part)
        key = space.take(element("span", show_text(name, space), class_="key"))
        yield element("div", key, " ", _show_value(shown, level + 1, space), class_="part")


def _show_scalars(value: list[Any], space: Space) -> Html:
    size = element("span", f"[{len(value):,}] ", class_="size")
    kept, used = [], 0
    for part in value:
        text = _write_scalar(part)
        used += len(text) + 2
        if used > space.left:
            break
        kept.append(text)
    cut = _note_cut(len(value) - len(kept), "value") if len(kept) < len(value) else None
    return space.take(join(size, element("span", ", ".join(kept), class_="n"), cut))


def _show_string(text: str, space: Space) -> Html:
    if len(text) <= _SHORT_TEXT and "\n" not in text:
        return element("span", '"', show_text(text, space), '"', class_="s")
    first = text.lstrip().split("\n", 1)[0][:_SHORT_TEXT]
    summary = element(
        "summary",
        element("span", show_text(first, space), "…", class_="s"),
        element("span", f" {format_count(len(text), 'character')}", class_="size"),
    )
    return element("details", summary, element("pre", show_text(text, space)))


def _show_mark(kind: str, members: Members, space: Space) -> Html:
    rest = Members((name, value) for name, value in members if name != MARK)
    facts = ", ".join(
        f"{name}: {value if isinstance(value, str) else _write_json(value)}" for name, value in rest
    )
    label = element("mark", kind.replace("_", " "))
    shown = element("span", " ", show_text(facts, space), class_="n") if facts else None
    return join(label, shown)


def _note_cut(count: int, noun: str) -> Html:
    return element("span", f" … {format_count(count, noun)} more, not in this file", class_="cut")


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | Number) or value == []


def _write_scalar(value: Any) -> str:
    if isinstance(value, Members):
        return "{}"
    if isinstance(value, list):
        return "[]"
    return {None: "null", True: "true", False: "false"}.get(value) or str(value)


def _write_json(value: Any) -> str:
    """Write a value as JSON; iterative, because a payload can have 900 levels."""
    out: list[str] = []
    waiting: list[Any] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, _Written):
            out.append(part.text)
        elif isinstance(part, Members):
            waiting.append(_Written("}"))
            for place, (name, member) in reversed(list(enumerate(part))):
                comma = ", " if place else ""
                waiting += [member, _Written(f"{comma}{json.dumps(name, ensure_ascii=False)}: ")]
            waiting.append(_Written("{"))
        elif isinstance(part, list):
            waiting.append(_Written("]"))
            for place, item in reversed(list(enumerate(part))):
                waiting += [item, _Written(", " if place else "")]
            waiting.append(_Written("["))
        elif isinstance(part, str) and not isinstance(part, Number):
            out.append(json.dumps(part, ensure_ascii=False))
        else:
            out.append(_write_scalar(part))
    return "".join(out)


class _Written:
    def __init__(self, text: str) -> None:
        self.text = text
