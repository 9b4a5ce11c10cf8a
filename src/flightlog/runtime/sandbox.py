"""
Restricts Jinja2's sandbox further: single expressions over plain values, within limits.

Expressions can call only the functions of `functions.py` and a few methods of texts, lists and
objects. The sandbox registers with `Secrets` each value that a call makes of a secret.
"""

from __future__ import annotations

import contextvars
import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from jinja2 import StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from flightlog.runtime.budget import (
    ExpressionFault,
    spend,
    spend_comparison,
    spend_copy,
    spend_search,
    spend_visit,
)
from flightlog.runtime.functions import (
    FILTERS,
    FUNCTIONS,
    METHODS,
)
from flightlog.runtime.operators import add, modulo, multiply, power
from flightlog.runtime.secrets import Secrets
from flightlog.runtime.texts import check_size, concatenate

evaluating: Final[contextvars.ContextVar[Secrets | None]] = contextvars.ContextVar(
    "flightlog_secrets", default=None
)
"""The secrets of the workflow whose expression is being evaluated."""

CONSTANTS: Final[Mapping[str, Any]] = {"null": None}
_TESTS: Final = frozenset(
    {
        "defined",
        "undefined",
        "none",
        "string",
        "number",
        "mapping",
        "sequence",
        "boolean",
        "in",
        "even",
        "odd",
        "true",
        "false",
    }
)
_BUILTIN_FILTERS: Final = frozenset({"default", "d"})


_SEARCHES: Final = frozenset({"index", "count"})
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
}


def _check_slice(value: Any, start: Any, stop: Any, step: Any) -> Any:
    spend_copy(value)
    return value[slice(start, stop, step)]


def _check_concat(*parts: Any) -> str:
    # Writing an undefined value raises an error that names the missing value.
    return concatenate(map(_write, parts))


def _write(value: Any) -> str:
    if not isinstance(value, Undefined):
        spend_visit(value)
    return str(value)


def _compare(left: Any, *rest: Any) -> Any:
    # As in Python, `a < b < c` means `a < b and b < c`.
    is_true: Any = True
    for name, right in zip(rest[::2], rest[1::2], strict=True):
        if name in _OPERATORS:
            if not isinstance(left, Undefined) and not isinstance(right, Undefined):
                spend_comparison(left, right)
            is_true = _OPERATORS[name](left, right)
        else:
            is_true = _contains(left, right) == (name == "in")
        if not is_true:
            break
        left = right
    return is_true


def _contains(item: Any, container: Any) -> bool:
    if not isinstance(item, Undefined) and not isinstance(container, Undefined):
        spend_search(item, container)
    return item in container


def _make_dict(*pairs: tuple[Any, Any]) -> dict[Any, Any]:
    for key, _ in pairs:
        if not isinstance(key, (str, Undefined)):
            spend_visit(key)
    return dict(pairs)


class _Code(CodeGenerator):
    """
    Generates slices, `~`, comparisons and objects as calls to functions of this module.

    The functions check secrets and charge the budget.
    """

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        if not isinstance(node.arg, nodes.Slice):
            super().visit_Getitem(node, frame)
            return
        self.write("environment.slice_of(")
        self.visit(node.node, frame)
        for part in (node.arg.start, node.arg.stop, node.arg.step):
            self.write(", ")
            if part is None:
                self.write("None")
            else:
                self.visit(part, frame)
        self.write(")")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.concat_of(")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write(")")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.compare_of(")
        self.visit(node.expr, frame)
        for operand in node.ops:
            self.write(f", {operand.op!r}, ")
            self.visit(operand.expr, frame)
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.dict_of(")
        for pair in node.items:
            self.write("(")
            self.visit(pair.key, frame)
            self.write(", ")
            self.visit(pair.value, frame)
            self.write("), ")
        self.write(")")


def guard_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """
    Make a function refuse undefined arguments, and register results that contain a secret.

    Args:
        function: A function that expressions can call.

    Returns:
        The guarded function.
    """

    @functools.wraps(function)
    def guard(*args: Any, **kwargs: Any) -> Any:
        given = (*args, *kwargs.values())
        for value in given:
            if isinstance(value, Undefined):
                str(value)
        made = function(*args, **kwargs)
        if isinstance(made, (str, list, tuple, dict)):
            check_size(len(made))
            secrets = evaluating.get()
            if secrets is not None and secrets.are_in(given) and not secrets.learn(made):
                raise ExpressionFault(
                    "takes so small a part of a secret that it can't be kept out of the record"
                )
        return made

    return guard


class Sandbox(ImmutableSandboxedEnvironment):
    """The Jinja2 environment of all expressions."""

    code_generator_class = _Code
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        # The optimizer is off because it would evaluate constant parts at compile time.
        super().__init__(undefined=StrictUndefined, optimized=False, autoescape=False)
        self.functions = {name: guard_function(function) for name, function in FUNCTIONS.items()}
        self.globals = {**self.functions, **CONSTANTS}
        builtin = {name: self.filters[name] for name in _BUILTIN_FILTERS}
        own = {name: guard_function(function) for name, function in FILTERS.items()}
        self.filters = {**builtin, **own}
        self.tests = {
            name: test for name, test in self.tests.items() if name in _TESTS or not name.isalpha()
        }
        self.binop_table |= {"+": add, "*": multiply, "**": power, "%": modulo}
        self.slice_of = guard_function(_check_slice)
        self.concat_of = _check_concat
        self.compare_of = _compare
        self.dict_of = _make_dict
        self.tests["in"] = _contains
        self._allowed = frozenset(map(id, self.functions.values()))
        self._item = guard_function(lambda value, key: value[key])

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Find a member or an allowed method; see `SandboxedEnvironment.getattr`."""
        if isinstance(obj, Mapping):
            if attribute in obj:
                return self.getitem(obj, attribute)
        elif isinstance(obj, (list, tuple)) and attribute == "length":
            return len(obj)
        if attribute in _allowed_methods(obj):
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Find a member or an item; see `SandboxedEnvironment.getitem`."""
        if isinstance(argument, Undefined):
            str(argument)
        if isinstance(obj, Undefined):
            str(obj)
        if not isinstance(obj, (Mapping, list, tuple, str)):
            return self.undefined(obj=obj, name=argument)
        if not isinstance(argument, (str, int)):
            spend_visit(argument)
        try:
            return self._item(obj, argument) if isinstance(obj, str) else obj[argument]
        except (TypeError, LookupError):
            return self.undefined(obj=obj, name=argument)

    def call(self, context: Context, function: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - Jinja's signature
        """Call an allowed function or method; see `SandboxedEnvironment.call`."""
        if isinstance(function, Undefined):
            str(function)
        if id(function) in self._allowed:
            return function(*args, **kwargs)
        owner = getattr(function, "__self__", None)
        if getattr(function, "__name__", None) in _allowed_methods(owner):
            _spend_call(owner, function.__name__, args)
            return guard_function(lambda _, *rest, **named: function(*rest, **named))(
                owner, *args, **kwargs
            )
        raise ExpressionFault("calls what is no function")


def _spend_call(owner: Any, name: str, args: tuple[Any, ...]) -> None:
    if isinstance(owner, str):
        # In the worst case, splitting a text makes an item of each character.
        spend(len(owner))
    elif name in _SEARCHES and args:
        spend_search(args[0], owner)
    spend_visit(args)


def _allowed_methods(value: Any) -> frozenset[str]:
    return METHODS.get(type(value), frozenset())


SANDBOX: Final = Sandbox()
"""The environment that all expressions share."""
