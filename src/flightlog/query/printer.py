"""Write an expression as a query; `parse` reads the same expression again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from flightlog.query.expressions import (
    And,
    AnyOf,
    Between,
    Condition,
    Costs,
    Exact,
    Expression,
    Fragment,
    Not,
    Or,
    Part,
    Path,
    Pattern,
    Test,
)

_BARE: Final = re.compile(r"[\w@.+/-]+")
_BARE_STEP: Final = re.compile(r"[\w@$-]+")
_OPERATORS: Final = frozenset(("AND", "OR", "NOT"))


def write_query(expression: Expression | None) -> str:
    """
    Write an expression as text.

    Args:
        expression: The expression; None chooses everything.

    Returns:
        The query.
    """
    if expression is None:
        return ""
    if isinstance(expression, Or):
        return " OR ".join(_inner(term, (Or,)) for term in expression.terms)
    if isinstance(expression, And):
        return _join([_inner(term, (Or, And)) for term in expression.terms])
    if isinstance(expression, Not):
        return f"NOT {_inner(expression.term, (Or, And))}"
    return _condition(expression)


def _join(terms: Sequence[str]) -> str:
    # Behind a text in quotation marks, a colon would begin the value of a member of JSON.
    return " ".join(
        f"({term})" if term.endswith('"') and following.startswith(":") else term
        for term, following in pairwise([*terms, ""])
    )


def _inner(term: Expression, grouped: tuple[type[Or | And], ...]) -> str:
    text = write_query(term)
    if not isinstance(term, grouped):
        return text
    # A blank keeps the last word from taking the parenthesis.
    return f"({text} )" if text.count("(") > text.count(")") else f"({text})"


def _condition(condition: Condition) -> str:
    if isinstance(condition.test, Fragment):
        return condition.test.json
    test = _test(condition.test)
    if condition.field == "text" and not isinstance(condition.test, AnyOf):
        return test
    return f"{condition.field}{write_path(condition.path)}:{test}"


def write_path(path: Path) -> str:
    """
    Write a path as it follows a field's name.

    Args:
        path: The path.

    Returns:
        The text, e.g. `.items[0].sku`; empty for no path.
    """
    steps = []
    for step in path:
        if isinstance(step, int):
            steps.append(f"[{step}]")
        elif _BARE_STEP.fullmatch(step):
            steps.append(f".{step}")
        else:
            steps.append(f".{quote(step)}")
    return "".join(steps)


def quote(text: str) -> str:
    """
    Write a text in quotation marks.

    Args:
        text: Any text.

    Returns:
        The text in quotation marks.
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _test(test: Test) -> str:
    if isinstance(test, Costs):
        return _between(test.amount)
    if isinstance(test, AnyOf):
        return f"({','.join(map(_test, test.tests))})"
    if isinstance(test, Pattern):
        return test.text
    if isinstance(test, Part):
        return f"~{_word(test.text)}"
    if isinstance(test, Exact):
        return test.text if test.is_literal else _word(test.text)
    assert isinstance(test, Between)
    return _between(test)


def _word(text: str) -> str:
    is_bare = _BARE.fullmatch(text) and ".." not in text and text not in _OPERATORS
    return text if is_bare and not _looks_literal(text) else quote(text)


def _looks_literal(text: str) -> bool:
    return text[0] in "-0123456789" or text in {"true", "false", "null"}


def _between(test: Between) -> str:
    low, high = test.low, test.high
    if low is not None and high is not None:
        return f"{low}..{'' if test.with_high else '<'}{high}"
    if low is not None:
        return f"{'>=' if test.with_low else '>'}{_operand(low)}"
    assert high is not None
    return f"{'<=' if test.with_high else '<'}{_operand(high)}"


def _operand(text: str) -> str:
    return text if re.fullmatch(r"[\w:.+-]+", text) else quote(text)
