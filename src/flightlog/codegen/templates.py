"""The templates of generated files; a template can print only `Code`."""

from __future__ import annotations

from typing import Any, Final

import jinja2

from flightlog.codegen.literals import Code, write_docstring, write_literal


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
