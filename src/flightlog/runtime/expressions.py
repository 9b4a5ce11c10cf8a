"""
Expressions: `{{ … }}` in any text of a workflow, evaluated in a sandbox and compiled once.

This module finds and compiles expressions, evaluates them, and describes their faults. The names
are checked by `name_check`. A text that is exactly one expression keeps the value's type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from jinja2 import TemplateSyntaxError, UndefinedError, nodes
from jinja2.environment import TemplateExpression
from jinja2.parser import Parser
from jinja2.runtime import Undefined

from flightlog.errors import InvalidExpressionError
from flightlog.runtime.budget import ExpressionFault, begin_budget, spend_visit
from flightlog.runtime.name_check import OPAQUE, NameCheck, find_missing_name, find_names
from flightlog.runtime.sandbox import SANDBOX, evaluating
from flightlog.runtime.secrets import Secrets
from flightlog.runtime.template_parts import shorten, split_template
from flightlog.runtime.texts import MAX_CHARACTERS, to_text

OnFault: TypeAlias = Callable[[InvalidExpressionError, str | None], str]
"""
Takes the fault of an expression, and the expression with its braces if it is none at all; returns
the text that takes its place.
"""

MAX_EXPRESSION_CHARACTERS: Final = 10_000
_TEMPLATE: Final = "self"
"""Jinja2's name for the template, which expressions don't have."""
_MAKERS: Final = (
    nodes.List,
    nodes.Tuple,
    nodes.Dict,
    nodes.BinExpr,
    nodes.Call,
    nodes.Filter,
    nodes.Slice,
)
_CALLED_BARE: Final = tuple(SANDBOX.functions[name] for name in ("now", "uuid"))
"""Functions that may stand without parentheses, as the editor's forms suggest: `{{now}}`."""
_OTHER_LANGUAGES: Final = re.compile(r"===?|!==|&&|\|\||\?|(?<![=!<>])!(?!=)|`")


class Expression(NamedTuple):
    """One compiled expression."""

    text: str
    """The text between the braces."""
    tree: nodes.Expr
    """The syntax tree, used to describe faults."""
    evaluate: TemplateExpression
    """Evaluates the expression."""
    makes_values: bool
    """Whether the expression can make a new value, instead of returning an existing value."""


class Static:
    """A value whose texts are taken literally, even where they contain `{{`."""

    def __init__(self, value: Any) -> None:
        self.value = value


def static(value: Any) -> Any:
    """
    Mark a value whose texts contain no expressions, even where they contain `{{`.

    Args:
        value: Any plain value.

    Returns:
        The marked value, which `resolve` unwraps.
    """
    return Static(value)


def check(
    text: str,
    *,
    nodes: Collection[str],
    secrets: Collection[str],
    names: Collection[str] = (),
    loop: bool = True,
) -> None:
    """
    Check that every expression in a text compiles, and uses only names that exist.

    Args:
        text: Any text; a text without `{{` is always valid.
        nodes: The ids of the workflow's nodes.
        secrets: The names of the workflow's secrets.
        names: Further names that exist, e.g. the variables of a promptTemplate.
        loop: Whether the text is within a loop, where `item` and `index` exist.

    Raises:
        InvalidExpressionError: An expression is faulty; the error names the fault and a remedy.
    """
    for part in _compiled(text):
        if isinstance(part, Expression):
            NameCheck(part.text, part.tree, nodes, secrets, names, loop=loop).check()


def resolve(
    value: Any, names: Mapping[str, Any], secrets: Secrets, on_fault: OnFault | None = None
) -> Any:
    """
    Evaluate the expressions in a value at every depth.

    Args:
        value: Plain values, lists and objects; texts may contain expressions, keys may not.
        names: The contexts' values by name.
        secrets: The workflow's secrets.
        on_fault: Replaces each expression that can't be evaluated; None means that the fault is
            raised.

    Returns:
        The evaluated value.

    Raises:
        InvalidExpressionError: An expression can't be evaluated; the error names a missing value.
    """
    if isinstance(value, str):
        return render(value, names, secrets, on_fault)
    if isinstance(value, Static):
        return value.value
    if isinstance(value, Mapping):
        return {key: resolve(member, names, secrets, on_fault) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(item, names, secrets, on_fault) for item in value]
    return value


def render(
    text: str, names: Mapping[str, Any], secrets: Secrets, on_fault: OnFault | None = None
) -> Any:
    """
    Evaluate the expressions in one text.

    Args:
        text: The text.
        names: The contexts' values by name.
        secrets: The workflow's secrets.
        on_fault: As in `resolve`.

    Returns:
        The value itself when the text is exactly one expression, otherwise a text.

    Raises:
        InvalidExpressionError: An expression can't be evaluated; the error names a missing value.
    """
    if "{{" not in text:
        return text
    with begin_budget():
        if on_fault is not None:
            return _render_or_empty(text, names, secrets, on_fault)
        return _render(text, names, secrets)


def _render_or_empty(
    text: str, names: Mapping[str, Any], secrets: Secrets, on_fault: OnFault
) -> Any:
    parts = list(split_template(text, lenient=True))

    def evaluated(part: str, *, is_text: bool) -> Any:
        whole = f"{{{{{part}}}}}"
        try:
            (expression,) = _compiled(whole)
        except InvalidExpressionError as error:
            return on_fault(error, whole)
        assert isinstance(expression, Expression)
        try:
            return _evaluate(expression, names, secrets, is_text=is_text)
        except InvalidExpressionError as error:
            return on_fault(error, None)

    if len(parts) == 1 and parts[0][1]:
        return evaluated(parts[0][0], is_text=False)
    return _join_whole(
        text, (evaluated(part, is_text=True) if found else part for part, found in parts)
    )


def _render(text: str, names: Mapping[str, Any], secrets: Secrets) -> Any:
    parts = _compiled(text)
    if len(parts) == 1 and isinstance(parts[0], Expression):
        return _evaluate(parts[0], names, secrets)
    values = (
        _evaluate(part, names, secrets, is_text=True) if isinstance(part, Expression) else part
        for part in parts
    )
    return _join_whole(text, values)


def _join_whole(text: str, values: Iterable[str]) -> str:
    whole = "".join(values)
    if len(whole) > MAX_CHARACTERS:
        raise InvalidExpressionError(
            shorten(text), f"makes more than {MAX_CHARACTERS:,} characters", hint="Make it smaller."
        )
    return whole


def _evaluate(
    expression: Expression, names: Mapping[str, Any], secrets: Secrets, *, is_text: bool = False
) -> Any:
    token = evaluating.set(secrets)
    try:
        value = expression.evaluate(**names)
        if callable(value) and value in _CALLED_BARE:
            value = value()
        _check_value(value, names)
        if is_text:
            value = to_text(value)
        elif expression.makes_values:
            # Charge for a full visit, because recording or sending the value visits all of it.
            spend_visit(value)
    except UndefinedError as error:
        reason = find_missing_name(expression.tree, names) or f"can't be evaluated: {error}"
        raise _make_error(expression, reason) from error
    except ExpressionFault as error:
        raise _make_error(expression, str(error)) from error
    except Exception as error:
        reason = shorten(str(error)) or type(error).__name__
        raise _make_error(expression, f"can't be evaluated: {reason}") from error
    finally:
        evaluating.reset(token)
    return value


def _check_value(value: Any, names: Mapping[str, Any]) -> None:
    if isinstance(value, Undefined):
        # Any use of an undefined value raises an error that names the missing value.
        str(value)
    if any(value is names.get(name) for name in OPAQUE):
        raise ExpressionFault("takes all of a context whose values must not be recorded")
    if callable(value):
        raise ExpressionFault("is a function; call it")


def _make_error(expression: Expression, reason: str, hint: str = "") -> InvalidExpressionError:
    return InvalidExpressionError(
        shorten(expression.text), reason, hint=hint or "Correct it in the manifest."
    )


@lru_cache(maxsize=4096)
def _compiled(text: str) -> tuple[str | Expression, ...]:
    return tuple(
        _compile(part) if is_expression else part
        for part, is_expression in split_template(text)
        if part
    )


def _compile(text: str) -> Expression:
    inner = text.strip()
    if not inner:
        raise InvalidExpressionError(text, "is empty", hint="Write one, or leave out the braces.")
    if len(inner) > MAX_EXPRESSION_CHARACTERS:
        raise InvalidExpressionError(
            shorten(inner),
            f"has more than {MAX_EXPRESSION_CHARACTERS:,} characters",
            hint="Use a pythonFunction node for it.",
        )
    try:
        tree = Parser(SANDBOX, inner, state="variable").parse_expression()
        _refuse_template(tree)
        evaluate = SANDBOX.compile_expression(inner, undefined_to_none=False)
        return Expression(inner, tree, evaluate, _makes_values(tree))
    except TemplateSyntaxError as error:
        reason, cause = f"is not valid: {error.message}", error
        hint = (
            "Write `and`, `or`, `not`, `==` and `a if condition else b`."
            if _OTHER_LANGUAGES.search(inner)
            else "Write one expression, e.g. {{ nodes.charge.output.id }}."
        )
        raise InvalidExpressionError(shorten(inner), reason, hint=hint) from cause
    except Exception as error:
        raise InvalidExpressionError(
            shorten(inner), f"can't be compiled ({type(error).__name__})", hint="Make it simpler."
        ) from error


def _makes_values(tree: nodes.Expr) -> bool:
    return isinstance(tree, _MAKERS) or any(tree.find(kind) is not None for kind in _MAKERS)


def _refuse_template(tree: nodes.Expr) -> None:
    if any(name.name == _TEMPLATE for name in find_names(tree)):
        raise TemplateSyntaxError(f"there is no `{_TEMPLATE}`", 1)
