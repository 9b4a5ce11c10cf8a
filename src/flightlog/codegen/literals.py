"""
Writes values and texts of a manifest as Python code, so that no text can inject code.

Templates print only `Code`, which `render` enforces. Only the functions of this module make `Code`
from external text.
"""

from __future__ import annotations

import math
import re
import textwrap
from typing import Any, Final

import jinja2
from msgspec import Struct

_COOKIE: Final = re.compile(r"(coding)([:=])")
_CLOSING: Final = re.compile(r'"(?="|$)')
_DOCSTRING_WIDTH: Final = 80
_LINED_FROM: Final = 40


class Code(str):
    """Python code that is safe to print in a generated file."""

    __slots__ = ()


class Static(Struct, frozen=True):
    """A value whose texts contain no expressions, even where they contain `{{`."""

    value: Any
    """The value."""


def write_literal(value: Any) -> Code:
    """
    Write a value as a Python expression that evaluates to the value.

    Args:
        value: Dicts, lists, texts, numbers, booleans, None and `Static`.

    Returns:
        Code in printable ASCII characters, without a layout.

    Raises:
        TypeError: The value has another type.
    """
    if isinstance(value, Static):
        return Code(f"static({write_argument(value.value)})")
    if isinstance(value, str):
        return _write_text(value)
    if isinstance(value, bool) or value is None or isinstance(value, int):
        return Code(repr(value))
    if isinstance(value, float):
        return Code(repr(value) if math.isfinite(value) else f'float("{value}")')
    if isinstance(value, dict):
        items = (f"{_write_text(name)}: {write_literal(item)}" for name, item in value.items())
        return Code("{" + ", ".join(items) + "}")
    if isinstance(value, list | tuple):
        return Code("[" + ", ".join(write_literal(item) for item in value) + "]")
    raise TypeError(f"no literal for {type(value).__name__}")


def write_argument(value: Any) -> Code:
    """
    Write a value as the only argument of a call, without redundant parentheses.

    Args:
        value: The value, as for `literal`.

    Returns:
        The code.
    """
    code = write_literal(value)
    return Code(code[1:-1]) if code.startswith("(") else code


def write_comment(text: str) -> Code:
    """
    Write a text for a comment, so that neither Python nor a tool interprets the text.

    Args:
        text: The text.

    Returns:
        The comment's text, without `#`.
    """
    return Code(_COOKIE.sub(r"\1 \2", _escape(text.replace("#", "\\x23"))))


def write_docstring(text: str) -> Code:
    """
    Write a text as a docstring; a long text gets its own lines.

    Args:
        text: The text.

    Returns:
        The docstring with its quotes; empty if the text is empty.
    """
    paragraphs = [
        textwrap.fill(
            " ".join(_escape(line).split()),
            _DOCSTRING_WIDTH,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in re.split(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", text.strip())
    ]
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(paragraphs)).strip()
    body = _CLOSING.sub(r'\\"', body)
    if not body:
        return Code("")
    if "\n" in body or len(body) > _DOCSTRING_WIDTH:
        return Code(f'"""\n{body}\n"""')
    return Code(f'"""{body}"""')


def _write_text(text: str) -> Code:
    lines = text.split("\n")
    if len(lines) == 1 or len(text) < _LINED_FROM:
        return Code(_quote(text))
    pieces = [f"{line}\n" for line in lines[:-1]] + [lines[-1]] * bool(lines[-1])
    return Code("(" + "\n".join(_quote(piece) for piece in pieces) + ")")


def _quote(text: str) -> str:
    # `repr` escapes all characters that aren't printable: line ends, controls, lone surrogates.
    return repr(text)


def _escape(text: str) -> str:
    # Double the backslashes, so that none escapes the next character.
    return "".join(
        letter if letter.isprintable() else repr(letter)[1:-1]
        for letter in text.replace("\\", "\\\\").replace("\t", " ")
    )


def _require_code(value: Any) -> Any:
    # Text that isn't `Code` is an internal fault, and must never become part of a file.
    if not isinstance(value, Code):
        raise TypeError(f"{type(value).__name__} in a template, where only code may stand")
    return value


def _indent(code: Code, levels: int = 1) -> Code:
    return Code(code.replace("\n", "\n" + " " * 4 * levels))


def _make_environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("flightlog.codegen"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Python, and `finalize` is stricter
        finalize=_require_code,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(literal=write_literal, docstring=write_docstring, indented=_indent)
    return environment


_TEMPLATES: Final = _make_environment()


def render(template: str, /, **view: Any) -> str:
    """
    Render a template.

    Args:
        template: The template's name.
        view: The template's values; every printed value is `Code`, or becomes `Code` by a filter.

    Returns:
        The file's text.

    Raises:
        TypeError: The template prints a value that is no `Code`.
    """
    return _TEMPLATES.get_template(template).render(view)
