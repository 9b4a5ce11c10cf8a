"""The templates of generated files, and the rule that they print code alone."""

from __future__ import annotations

from typing import Any, Final

import jinja2

from flightlog.codegen.literals import Code, docstring, literal

GENERATED: Final = Code("flightlog-generated")


def _only_code(value: Any) -> Any:
    # A text that nobody has made code of is a fault of ours, never a part of a file.
    if not isinstance(value, Code):
        raise TypeError(f"{type(value).__name__} in a template, where only code may stand")
    return value


def _indented(code: Code, levels: int = 1) -> Code:
    return Code(code.replace("\n", "\n" + " " * 4 * levels))


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("flightlog.codegen"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Python, and `finalize` is stricter
        finalize=_only_code,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(literal=literal, docstring=docstring, indented=_indented)
    return environment


_TEMPLATES: Final = _environment()


def render(template: str, /, **view: Any) -> str:
    """
    Write a file.

    Args:
        template: Its name.
        view: What it shows; anything that is printed is `Code`, or made so by a filter.
    """
    return _TEMPLATES.get_template(template).render(view)
