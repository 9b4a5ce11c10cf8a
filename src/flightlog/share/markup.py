"""
HTML elements whose texts are always escaped.

Only this module makes `Html`, so text of a record reaches a page as text alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias

from flightlog.text import clean

_SPLIT: Final = re.compile(r"([\n\t])")
_VOID: Final = frozenset({"meta", "rect", "hr", "br"})


class Html(str):
    """Markup that this module has made."""

    __slots__ = ()


Child: TypeAlias = "Html | str | Iterable[Html | str | None] | None"


def element(tag: str, /, *children: Child, **attributes: str | float | bool | None) -> Html:
    """
    Make an element.

    Args:
        tag: The name of the element.
        children: Elements, and texts, which are escaped; None is left out.
        attributes: The attributes, whose values are escaped. An underscore at the end of a name is
            left out, other underscores become hyphens. False and None leave the attribute out, and
            True has no value.

    Returns:
        The element.
    """
    written = "".join(
        f" {_name_attribute(key)}" + ("" if value is True else f'="{write_text(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    """
    Join elements and texts.

    Args:
        children: Elements, and texts, which are escaped; None is left out.

    Returns:
        The elements and texts one after the other.
    """
    parts: list[str] = []
    for child in children:
        if isinstance(child, str):
            parts.append(child if isinstance(child, Html) else write_text(child))
        elif child is not None:
            parts.append(join(*child))
    return Html("".join(parts))


def write_text(text: str) -> Html:
    """
    Escape a text.

    Characters that would be invisible, reorder the line, or are no text at all become escapes,
    except line breaks and tabs.

    Args:
        text: Any text.

    Returns:
        The escaped text.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(part if part in "\n\t" else clean(part) for part in _SPLIT.split(text))
    return Html(escape(text, quote=True))


def write_document(style: str, policy: str, title: str, *body: Child) -> str:
    """
    Make a whole page.

    Args:
        style: The style sheet; it is not escaped, so it must be a file of the package.
        policy: The Content-Security-Policy.
        title: The page's title.
        body: The content.

    Returns:
        The HTML.
    """
    head = (
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(style)),
    )
    page = element("html", element("head", *head), element("body", *body), lang="en")
    return f"<!doctype html>\n{page}\n"


def _name_attribute(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")
