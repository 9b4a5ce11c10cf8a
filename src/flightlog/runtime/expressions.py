"""
Expressions: `{{ … }}` in any text of a workflow, evaluated in a sandbox and compiled once.

It owns where an expression begins and ends in a text, which names it may use, and saying what is
wrong with one. A text that is exactly one expression keeps the value's type.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from jinja2 import TemplateSyntaxError, UndefinedError, nodes
from jinja2.environment import TemplateExpression
from jinja2.parser import Parser
from jinja2.runtime import Undefined

from flightlog.errors import InvalidExpressionError
from flightlog.runtime.functions import MAX_CHARACTERS, ExpressionFault, text_of
from flightlog.runtime.sandbox import CONSTANTS, Sandbox, evaluating
from flightlog.runtime.secrets import Secrets

CONTEXTS: Final = ("input", "nodes", "env", "global", "secrets", "execution", "item", "index")
"""The names that every expression may use, besides functions."""
MAX_EXPRESSION_CHARACTERS: Final = 10_000
_NODE_MEMBERS: Final = ("output", "error")
_EXECUTION_MEMBERS: Final = ("id", "timestamp")
_TEMPLATE: Final = "self"
"""What Jinja2 calls the template; expressions have none."""
_OPAQUE: Final = ("secrets", "env")
_SHOWN: Final = 12
_SHOWN_CHARACTERS: Final = 100
_OTHER_LANGUAGES: Final = re.compile(r"===?|!==|&&|\|\||\?|(?<![=!<>])!(?!=)|`")

_sandbox: Final = Sandbox()


class Expression(NamedTuple):
    """One expression, compiled."""

    text: str
    """What stands between the braces."""
    tree: nodes.Expr
    """Its syntax tree, for telling what is wrong."""
    evaluate: TemplateExpression
    """Runs it."""


class Static:
    """A value whose text is taken as it is, `{{` and all."""

    def __init__(self, value: Any) -> None:
        self.value = value


def static(value: Any) -> Any:
    """
    Say that a value's text is no expression, though it holds `{{`.

    Args:
        value: Any plain value.
    """
    return Static(value)


def check(
    text: str,
    *,
    nodes: Collection[str],
    secrets: Collection[str],
    names: Collection[str] = (),
) -> None:
    """
    Make sure that every expression in a text can be compiled, and names only what there is.

    Args:
        text: Any text; one without `{{` is always right.
        nodes: The ids of the workflow's nodes.
        secrets: The names of its secrets.
        names: Further names that there are, e.g. the variables of a promptTemplate.

    Raises:
        InvalidExpressionError: What is wrong, and what to do.
    """
    for part in _compiled(text):
        if isinstance(part, Expression):
            _Checked(part, nodes, secrets, names).check()


def resolve(value: Any, names: Mapping[str, Any], secrets: Secrets) -> Any:
    """
    Evaluate the expressions in a value, however deep they are.

    Args:
        value: Plain values, lists and objects; text may hold expressions, keys may not.
        names: What the contexts are.
        secrets: The workflow's secrets.

    Raises:
        InvalidExpressionError: One can't be evaluated; says what is missing.
    """
    if isinstance(value, str):
        return render(value, names, secrets)
    if isinstance(value, Static):
        return value.value
    if isinstance(value, Mapping):
        return {key: resolve(one, names, secrets) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(one, names, secrets) for one in value]
    return value


def render(text: str, names: Mapping[str, Any], secrets: Secrets) -> Any:
    """
    Evaluate the expressions in one text; as `resolve`.

    Returns:
        The value itself where the text is exactly one expression, else a text.
    """
    if "{{" not in text:
        return text
    parts = _compiled(text)
    if len(parts) == 1 and isinstance(parts[0], Expression):
        return _evaluate(parts[0], names, secrets)
    values = (
        text_of(_evaluate(part, names, secrets)) if isinstance(part, Expression) else part
        for part in parts
    )
    whole = "".join(values)
    if len(whole) > MAX_CHARACTERS:
        raise InvalidExpressionError(
            _short(text), f"makes more than {MAX_CHARACTERS:,} characters", hint="Make it smaller."
        )
    return whole


def _evaluate(expression: Expression, names: Mapping[str, Any], secrets: Secrets) -> Any:
    token = evaluating.set(secrets)
    try:
        value = expression.evaluate(**names)
        _check_value(value, names)
    except UndefinedError as error:
        reason = _missing(expression.tree, names) or f"can't be evaluated: {error}"
        raise _invalid(expression, reason) from error
    except ExpressionFault as error:
        raise _invalid(expression, str(error)) from error
    except Exception as error:
        raise _invalid(
            expression, f"can't be evaluated: {error or type(error).__name__}"
        ) from error
    finally:
        evaluating.reset(token)
    return value


def _check_value(value: Any, names: Mapping[str, Any]) -> None:
    if isinstance(value, Undefined):
        # Any use of it says what is missing.
        str(value)
    if any(value is names.get(name) for name in _OPAQUE):
        raise ExpressionFault("takes all of a context whose values must not be recorded")
    if callable(value):
        raise ExpressionFault("is a function; call it")


def _invalid(expression: Expression, reason: str, hint: str = "") -> InvalidExpressionError:
    return InvalidExpressionError(
        _short(expression.text), reason, hint=hint or "Correct it in the manifest."
    )


def _short(text: str) -> str:
    return (
        text
        if len(text) <= 2 * _SHOWN_CHARACTERS
        else f"{text[:_SHOWN_CHARACTERS]}…{text[-_SHOWN_CHARACTERS:]}"
    )


@lru_cache(maxsize=4096)
def _compiled(text: str) -> tuple[str | Expression, ...]:
    return tuple(
        _compile(part) if is_expression else part for part, is_expression in parts_of(text) if part
    )


def _compile(text: str) -> Expression:
    inner = text.strip()
    if not inner:
        raise InvalidExpressionError(text, "is empty", hint="Write one, or leave out the braces.")
    if len(inner) > MAX_EXPRESSION_CHARACTERS:
        raise InvalidExpressionError(
            _short(inner),
            f"has more than {MAX_EXPRESSION_CHARACTERS:,} characters",
            hint="Use a pythonFunction node for it.",
        )
    try:
        tree = Parser(_sandbox, inner, state="variable").parse_expression()
        _refuse_template(tree)
        return Expression(inner, tree, _sandbox.compile_expression(inner, undefined_to_none=False))
    except TemplateSyntaxError as error:
        reason, cause = f"is not valid: {error.message}", error
        hint = (
            "Write `and`, `or`, `not`, `==` and `a if condition else b`."
            if _OTHER_LANGUAGES.search(inner)
            else "Write one expression, e.g. {{ nodes.charge.output.id }}."
        )
        raise InvalidExpressionError(_short(inner), reason, hint=hint) from cause
    except Exception as error:
        raise InvalidExpressionError(
            _short(inner), f"can't be compiled ({type(error).__name__})", hint="Make it simpler."
        ) from error


def _refuse_template(tree: nodes.Expr) -> None:
    if any(name.name == _TEMPLATE for name in _names(tree)):
        raise TemplateSyntaxError(f"there is no `{_TEMPLATE}`", 1)


def parts_of(text: str) -> Iterator[tuple[str, bool]]:
    """
    Part a text at its expressions.

    Args:
        text: Any text.

    Yields:
        Each part, and whether it is an expression; then it is what stands between the braces.

    Raises:
        InvalidExpressionError: An expression has no end.
    """
    place = 0
    while (start := text.find("{{", place)) >= 0:
        if start > place:
            yield text[place:start], False
        end = _end_of(text, start + 2)
        if end is None:
            raise InvalidExpressionError(
                _short(text[start:]),
                "has no `}}` at its end",
                hint='Close it, or make the value {"type": "static", "value": …}.',
            )
        # A blank keeps an empty one from vanishing.
        yield text[start + 2 : end] or " ", True
        place = end + 2
    if place < len(text):
        yield text[place:], False


def _end_of(text: str, place: int) -> int | None:
    depth, quote = 0, ""
    while place < len(text):
        character = text[place]
        if quote:
            if character == "\\":
                place += 1
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            if depth == 0 and text.startswith("}}", place):
                return place
            depth = max(depth - 1, 0)
        place += 1
    return None


class _Checked:
    """What an expression names, held against what there is."""

    def __init__(
        self,
        expression: Expression,
        known: Collection[str],
        secrets: Collection[str],
        names: Collection[str],
    ) -> None:
        self._expression = expression
        self._nodes = known
        self._secrets = secrets
        self._names = names

    def check(self) -> None:
        tree = self._expression.tree
        followed: dict[int, nodes.Expr] = {id(step.node): step for step in _steps(tree)}
        for name in _names(tree):
            self._check_name(name, followed)

    def _check_name(self, name: nodes.Name, followed: Mapping[int, nodes.Expr]) -> None:
        known = name.name
        if known in _sandbox.functions or known in CONSTANTS or known in self._names:
            return
        if known not in CONTEXTS:
            self._refuse(
                f"names `{known}`, which there is not",
                f"There are the contexts {', '.join(CONTEXTS)} and the functions "
                f"{', '.join(_sandbox.functions)}.",
            )
        step = followed.get(id(name))
        if step is None:
            if known in _OPAQUE:
                self._refuse(
                    f"takes all of `{known}`, which must not be recorded",
                    f"Name one, e.g. `{known}.API_KEY`.",
                )
            return
        member = _member(step)
        if member is None:
            return
        if known == "nodes":
            self._among(f"nodes.{member}", "node", member, self._nodes)
            after = followed.get(id(step))
            inner = None if after is None else _member(after)
            if inner is not None and inner not in _NODE_MEMBERS:
                self._refuse(
                    f"names `nodes.{member}.{inner}`, but a node has only `output` and `error`",
                    f"Write `nodes.{member}.output.{inner}`.",
                )
        elif known == "secrets":
            self._among(f"secrets.{member}", "secret", member, self._secrets)
        elif known == "execution":
            self._among(f"execution.{member}", "member", member, _EXECUTION_MEMBERS)

    def _among(self, path: str, what: str, member: object, known: Collection[str]) -> None:
        if member not in known:
            self._refuse(f"names `{path}`, but there is no {what} {member!r}", _listed(known))

    def _refuse(self, reason: str, hint: str) -> None:
        raise _invalid(self._expression, reason, hint)


def _listed(known: Collection[str]) -> str:
    if not known:
        return "There are none."
    more = ", …" if len(known) > _SHOWN else ""
    return f"There are: {', '.join(sorted(map(str, known))[:_SHOWN])}{more}."


def _member(step: nodes.Expr) -> object:
    if isinstance(step, nodes.Getattr):
        return step.attr
    if isinstance(step, nodes.Getitem) and isinstance(step.arg, nodes.Const):
        return step.arg.value
    return None


def _missing(tree: nodes.Expr, names: Mapping[str, Any]) -> str | None:
    for step in _steps(tree):
        if (told := _first_missing(step, names)) is not None:
            return told
    for name in _names(tree):
        if name.name not in names:
            if name.name in {"item", "index"}:
                return f"uses `{name.name}`, which there is only within a loop"
            return f"names `{name.name}`, which there is not"
    return None


def _names(tree: nodes.Expr) -> list[nodes.Name]:
    found = [tree, *tree.find_all(nodes.Name)]
    return [name for name in found if isinstance(name, nodes.Name)]


def _steps(tree: nodes.Expr) -> list[nodes.Getattr | nodes.Getitem]:
    found = [*tree.find_all((nodes.Getattr, nodes.Getitem)), tree]
    # What is looked for is not found in the root itself.
    return [step for step in found if isinstance(step, (nodes.Getattr, nodes.Getitem))]


def _first_missing(step: nodes.Expr, names: Mapping[str, Any]) -> str | None:
    members: list[object] = []
    root: nodes.Node = step
    while isinstance(root, (nodes.Getattr, nodes.Getitem)):
        member = _member(root)
        if member is None:
            return None
        members.insert(0, member)
        root = root.node
    if not isinstance(root, nodes.Name) or root.name not in names:
        return None
    value, path = names[root.name], root.name
    for depth, member in enumerate(members):
        found = (
            _sandbox.getattr(value, member)
            if isinstance(member, str)
            else _sandbox.getitem(value, member)
        )
        if isinstance(found, Undefined):
            if root.name == "nodes" and depth == 1:
                return (
                    f"needs `{path}.{member}`, but {members[0]!r} has none: it has not run yet, "
                    "was skipped, or ended otherwise"
                )
            return (
                f"needs `{path}.{member}`, but `{path}` has no `{member}`{_held(value, root.name)}"
            )
        value, path = found, f"{path}.{member}"
    return None


def _held(value: Any, context: str) -> str:
    if context in _OPAQUE or not isinstance(value, Mapping) or not value:
        return ""
    return f", only {', '.join(sorted(map(str, value))[:_SHOWN])}"
