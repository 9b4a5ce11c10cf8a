"""
Conditions in Python, as the editor's forms and routers have them: `len(str(messages)) < 500`.

A condition is one Python expression over plain values. `{{ … }}` may stand anywhere in it, also
within a text, and is replaced by the value and never by code. The expression is not run by Python:
this module walks its syntax tree and knows a few operations, which charge the expressions' budget.
"""

from __future__ import annotations

import ast
import operator
import re
from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from flightlog.errors import InvalidExpressionError
from flightlog.runtime.budget import (
    ExpressionFault,
    begin_budget,
    spend,
    spend_comparison,
    spend_copy,
    spend_search,
    spend_visit,
)
from flightlog.runtime.functions import METHODS
from flightlog.runtime.operators import add, modulo, multiply, power
from flightlog.runtime.template_parts import is_one_expression, shorten, split_template
from flightlog.runtime.texts import to_text

MAX_CHARACTERS: Final = 10_000
CONSTANTS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None}
"""Names of other languages that conditions may use, besides `True`, `False` and `None`."""
_STEPS_OF_A_ROUND: Final = 25


def _add_up(numbers: Iterable[Any]) -> Any:
    # Adding up lists with Python's `sum` copies them again and again.
    values = list(numbers)
    if not all(isinstance(value, (int, float)) for value in values):
        raise ExpressionFault("adds up what is no number")
    return sum(values)


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "len": len,
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "any": any,
    "all": all,
    "min": min,
    "max": max,
    "sum": _add_up,
    "abs": abs,
    "round": round,
}
"""The functions that conditions may call."""

_HOLE: Final = re.compile(r"flightlog_hole_(\d+)_")
_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: add,
    ast.Sub: operator.sub,
    ast.Mult: multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: modulo,
    ast.Pow: power,
}
_UNARY: Final[Mapping[type[ast.unaryop], Callable[[Any], Any]]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FALSE_TEXTS: Final = frozenset({"", "false", "0", "no", "null", "none"})
_PLAIN: Final = (str, int, float, type(None))
_PARTS: Final = (
    ast.Expression,
    ast.expr_context,
    ast.boolop,
    ast.cmpop,
    ast.Slice,
    ast.comprehension,
    *_ARITHMETIC,
    *_UNARY,
)
_Names = MutableMapping[str, Any]


class Condition(NamedTuple):
    """A condition, parsed and found to be within the limits of the language."""

    text: str
    """The condition as written."""
    tree: ast.expr
    """The syntax tree, with a name in the place of each `{{ … }}`."""
    holes: tuple[str, ...]
    """The expressions between the braces, with their braces."""


def decide_condition(text: Any, names: Mapping[str, Any], resolve: Callable[[Any], Any]) -> bool:
    """
    Decide whether a condition holds.

    Args:
        text: One expression in braces, or a Python condition. A value that is no text is resolved.
        names: The names that a Python condition may use.
        resolve: Evaluates expressions in braces.

    Returns:
        Whether the condition holds.

    Raises:
        InvalidExpressionError: The condition can't be evaluated.
    """
    if not isinstance(text, str):
        return is_true(resolve(text))
    inner = text.strip()
    if is_one_expression(inner):
        return is_true(resolve(inner))
    return bool(evaluate_condition(parse_condition(inner), names, resolve))


def is_true(value: Any) -> bool:
    """
    Decide whether a condition holds, as in Python; the texts `false`, `0`, `no`, `null` are false.

    Args:
        value: The condition's value.

    Returns:
        Whether the condition holds.
    """
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE_TEXTS
    return bool(value)


@lru_cache(maxsize=1024)
def parse_condition(text: str) -> Condition:
    """
    Parse a condition.

    Args:
        text: One Python expression, in which `{{ … }}` may stand.

    Returns:
        The condition.

    Raises:
        InvalidExpressionError: The text is no such expression, or uses what conditions don't have.
    """
    holes: list[str] = []
    source = ""
    for part, is_expression in split_template(text):
        source += f"flightlog_hole_{len(holes)}_" if is_expression else part
        if is_expression:
            holes.append(f"{{{{{part}}}}}")
    if len(text) > MAX_CHARACTERS or (not holes and _HOLE.search(text)):
        raise _make_error(text, f"has more than {MAX_CHARACTERS:,} characters, or a reserved name")
    try:
        tree = ast.parse(source.strip(), mode="eval").body
        for inner in ast.walk(tree):
            _check_part(inner)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _make_error(text, "is no Python expression") from error
    except ExpressionFault as error:
        raise _make_error(text, str(error)) from error
    return Condition(text, tree, tuple(holes))


def find_unknown_names(condition: Condition, known: Collection[str]) -> list[str]:
    """
    Find the names in a condition that don't exist.

    Args:
        condition: The condition.
        known: The names that exist.

    Returns:
        The names, without functions, constants and the condition's own variables.
    """
    used = [part for part in ast.walk(condition.tree) if isinstance(part, ast.Name)]
    own = {part.id for part in used if isinstance(part.ctx, ast.Store)}
    there = {*known, *own, *FUNCTIONS, *CONSTANTS}
    names = dict.fromkeys(part.id for part in used if not _HOLE.fullmatch(part.id))
    return [name for name in names if name not in there]


def evaluate_condition(
    condition: Condition, names: Mapping[str, Any], resolve: Callable[[str], Any]
) -> Any:
    """
    Evaluate a condition.

    Args:
        condition: The condition.
        names: The values by name.
        resolve: Evaluates an expression in braces.

    Returns:
        The condition's value.

    Raises:
        InvalidExpressionError: The condition can't be evaluated. The message contains no value,
            because a value may be a secret.
    """
    values: dict[str, Any] = {
        f"flightlog_hole_{number}_": resolve(hole) for number, hole in enumerate(condition.holes)
    }
    try:
        with begin_budget():
            return _Evaluation({**CONSTANTS, **names, **values}).value(condition.tree)
    except ExpressionFault as error:
        raise _make_error(condition.text, str(error)) from error
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        reason = f"can't be evaluated ({type(error).__name__})"
        raise _make_error(condition.text, reason) from error


def _make_error(text: str, reason: str) -> InvalidExpressionError:
    return InvalidExpressionError(shorten(text), reason, hint="Correct the condition.")


def _check_part(part: ast.AST) -> None:
    if isinstance(part, ast.Call):
        fault = _find_fault_of_call(part)
    elif isinstance(part, ast.Constant):
        fault = None if isinstance(part.value, _PLAIN) else type(part.value).__name__
    elif isinstance(part, ast.Attribute):
        fault = part.attr if part.attr.startswith("_") else None
    elif isinstance(part, ast.FormattedValue):
        fault = "format" if part.format_spec is not None or part.conversion != -1 else None
    elif isinstance(part, _PARTS) or type(part) in _EVALUATIONS:
        fault = None
    else:
        fault = type(part).__name__
    if fault is not None:
        raise ExpressionFault(f"has `{fault}`, which conditions don't have")


def _find_fault_of_call(part: ast.Call) -> str | None:
    if part.keywords or not isinstance(part.func, (ast.Name, ast.Attribute)):
        return "call"
    if isinstance(part.func, ast.Name) and part.func.id not in FUNCTIONS:
        return part.func.id
    return None


class _Evaluation:
    def __init__(self, names: _Names) -> None:
        self._names = names

    def value(self, part: ast.expr) -> Any:
        spend(1)
        return _EVALUATIONS[type(part)](self, part)

    def constant(self, part: ast.Constant) -> Any:
        if not isinstance(part.value, str) or not _HOLE.search(part.value):
            return part.value
        return _HOLE.sub(lambda found: to_text(self._names.get(found[0])), part.value)

    def name(self, part: ast.Name) -> Any:
        if part.id in self._names:
            return self._names[part.id]
        raise ExpressionFault(f"names `{part.id}`, which there is not")

    def both(self, part: ast.BoolOp) -> Any:
        stops = isinstance(part.op, ast.Or)
        value: Any = None
        for operand in part.values:
            value = self.value(operand)
            if bool(value) is stops:
                break
        return value

    def unary(self, part: ast.UnaryOp) -> Any:
        return _UNARY[type(part.op)](self.value(part.operand))

    def arithmetic(self, part: ast.BinOp) -> Any:
        return _ARITHMETIC[type(part.op)](self.value(part.left), self.value(part.right))

    def compare(self, part: ast.Compare) -> Any:
        left, is_true = self.value(part.left), True
        for comparison, operand in zip(part.ops, part.comparators, strict=True):
            right = self.value(operand)
            if isinstance(comparison, (ast.In, ast.NotIn)):
                spend_search(left, right)
                is_true = (left in right) is isinstance(comparison, ast.In)
            else:
                spend_comparison(left, right)
                is_true = _COMPARISONS[type(comparison)](left, right)
            if not is_true:
                break
            left = right
        return is_true

    def choice(self, part: ast.IfExp) -> Any:
        return self.value(part.body if self.value(part.test) else part.orelse)

    def member(self, part: ast.Attribute) -> Any:
        owner = self.value(part.value)
        if isinstance(owner, Mapping) and part.attr in owner:
            return owner[part.attr]
        raise ExpressionFault(f"needs `{part.attr}`, which is missing")

    def item(self, part: ast.Subscript) -> Any:
        owner = self.value(part.value)
        if isinstance(part.slice, ast.Slice):
            ends = (part.slice.lower, part.slice.upper, part.slice.step)
            spend_copy(owner)
            return owner[slice(*(None if end is None else self.value(end) for end in ends))]
        return owner[self.value(part.slice)]

    def call(self, part: ast.Call) -> Any:
        if isinstance(part.func, ast.Name):
            given = [self.value(argument) for argument in part.args]
            spend_visit(given)
            return FUNCTIONS[part.func.id](*given)
        assert isinstance(part.func, ast.Attribute)
        owner, name = self.value(part.func.value), part.func.attr
        known = METHODS.get(dict if isinstance(owner, Mapping) else type(owner), frozenset())
        if name not in known:
            raise ExpressionFault(f"calls `{name}` of a value that has no such method")
        given = [self.value(argument) for argument in part.args]
        spend(len(owner))
        spend_visit(given)
        return getattr(owner, name)(*given)

    def listed(self, part: ast.List | ast.Tuple | ast.Set) -> Any:
        values = [self.value(element) for element in part.elts]
        return {ast.List: list, ast.Tuple: tuple, ast.Set: frozenset}[type(part)](values)

    def mapped(self, part: ast.Dict) -> Any:
        if None in part.keys:
            raise ExpressionFault("unpacks an object, which conditions don't have")
        keys = [self.value(key) for key in part.keys if key is not None]
        return dict(zip(keys, map(self.value, part.values), strict=True))

    def formatted(self, part: ast.JoinedStr) -> Any:
        return "".join(str(self.value(piece)) for piece in part.values)

    def formatted_value(self, part: ast.FormattedValue) -> Any:
        value = self.value(part.value)
        spend_visit(value)
        return str(value)

    def comprehended(self, part: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Any:
        found = (inner.value(part.elt) for inner in self._rounds(part.generators))
        return frozenset(found) if isinstance(part, ast.SetComp) else list(found)

    def _rounds(self, generators: list[ast.comprehension]) -> Iterator[_Evaluation]:
        if not generators:
            yield self
            return
        first, *rest = generators
        for item in self.value(first.iter):
            spend(_STEPS_OF_A_ROUND)
            inner = _Evaluation(ChainMap({}, self._names))
            inner._bind(first.target, item)
            if all(inner.value(test) for test in first.ifs):
                yield from inner._rounds(rest)

    def _bind(self, target: ast.expr, item: Any) -> None:
        spend(1)
        if isinstance(target, ast.Name):
            self._names[target.id] = item
        elif isinstance(target, (ast.Tuple, ast.List)):
            for inner, value in zip(target.elts, item, strict=True):
                self._bind(inner, value)
        else:
            raise ExpressionFault("has a loop that conditions don't have")


_EVALUATIONS: Final[Mapping[type[ast.expr], Callable[[_Evaluation, Any], Any]]] = {
    ast.Constant: _Evaluation.constant,
    ast.Name: _Evaluation.name,
    ast.BoolOp: _Evaluation.both,
    ast.UnaryOp: _Evaluation.unary,
    ast.BinOp: _Evaluation.arithmetic,
    ast.Compare: _Evaluation.compare,
    ast.IfExp: _Evaluation.choice,
    ast.Attribute: _Evaluation.member,
    ast.Subscript: _Evaluation.item,
    ast.Call: _Evaluation.call,
    ast.List: _Evaluation.listed,
    ast.Tuple: _Evaluation.listed,
    ast.Set: _Evaluation.listed,
    ast.Dict: _Evaluation.mapped,
    ast.JoinedStr: _Evaluation.formatted,
    ast.FormattedValue: _Evaluation.formatted_value,
    ast.ListComp: _Evaluation.comprehended,
    ast.SetComp: _Evaluation.comprehended,
    ast.GeneratorExp: _Evaluation.comprehended,
}
