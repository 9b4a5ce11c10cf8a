"""
Compile expressions of the query language to conditions of SQL on a row of `executions`.

Every condition is 0 or 1, never NULL, so that NOT means what it says. Only fixed fragments become
SQL; every text of the query is a bound value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import apsw

from flightlog.models.prices import CallPricer
from flightlog.query.expressions import (
    And,
    AnyOf,
    Between,
    Condition,
    Costs,
    Exact,
    Expression,
    Not,
    Or,
    reads_payloads,
)
from flightlog.query.fields import FIELDS, Field
from flightlog.query.grouping import group_by_node, is_of_node
from flightlog.query.operands import to_milliseconds
from flightlog.store.evaluation import FIELD_COLUMNS, TEXT_WAYS, name_tag
from flightlog.store.sqlite.checks import encode_condition

Term: TypeAlias = tuple[str, tuple[Any, ...]]
"""A condition of SQL and its bound values."""

_CHOICES: Final = MappingProxyType(
    {
        ("status", "crashed"): "executions.status = 'error' AND executions.error_kind IS 'crashed'",
        ("is", "crashed"): "executions.status = 'error' AND executions.error_kind IS 'crashed'",
        ("is", "starred"): "executions.starred = 1",
        ("is", "running"): "executions.status = 'running'",
        ("is", "failed"): "executions.status = 'error'",
        ("is", "simulated"): "executions.is_simulated IS 1",
        ("is", "retry"): "executions.retry_of IS NOT NULL",
        ("is", "child"): "executions.parent_execution_id IS NOT NULL",
    }
)
_CHOICE_COLUMNS: Final = MappingProxyType(
    {"status": "executions.status", "mode": "executions.execution_mode", "node.status": "n.status"}
)
_WORDS: Final = (
    "executions.workflow_name",
    "executions.workflow_id",
    "executions.name",
    "executions.error_message",
    "executions.error_type",
    "executions.error_node_id",
)
_NODE_WORDS: Final = ("n.node_name", "n.node_id", "n.error_message")
_NODE_PAYLOADS: Final = ("n.input", "n.output", "n.logs")
_NO: Final[Term] = ("0", ())
_CALLS: Final = "FROM search_model_calls AS calls WHERE calls.ordinal = executions.ordinal"
_TOKENS: Final = "ifnull(calls.input_tokens, 0) + ifnull(calls.output_tokens, 0)"
_COST: Final = (
    "compute_cost(?, calls.model, calls.input_tokens, calls.cached_tokens, calls.output_tokens)"
)


def compile_expression(expression: Expression) -> Term:
    """
    Compile an expression.

    Args:
        expression: The expression. If it reads payloads, the connection needs `PayloadChecks`.

    Returns:
        The condition.
    """
    if isinstance(expression, Not):
        sql, bound = compile_expression(expression.term)
        return f"NOT ({sql})", bound
    if isinstance(expression, Or):
        return _join(" OR ", map(compile_expression, expression.terms))
    if isinstance(expression, And):
        return _and(expression.terms)
    if FIELDS[expression.field].of_node:
        return _of_one_node([_condition(expression)])
    return _condition(expression)


def compile_without_payloads(expression: Expression) -> Term | None:
    """
    Compile the part of an expression that needs no payloads.

    Args:
        expression: The expression.

    Returns:
        A condition that each execution meets which the expression chooses; None if there is none.
    """
    if not reads_payloads(expression):
        return compile_expression(expression)
    if isinstance(expression, And):
        known = [term for term in expression.terms if not reads_payloads(term)]
        parts = [_and(known)] if known else []
        for term in expression.terms:
            if not isinstance(term, Condition) and term not in known:
                part = compile_without_payloads(term)
                parts += [] if part is None or is_of_node(term) else [part]
        return _join(" AND ", parts) if parts else None
    if isinstance(expression, Or):
        choices = [compile_without_payloads(term) for term in expression.terms]
        return None if None in choices else _join(" OR ", filter(None, choices))
    if isinstance(expression, Not) and isinstance(expression.term, Or):
        # NOT (a OR b) needs NOT a, if b reads payloads.
        known = [term for term in expression.term.terms if not reads_payloads(term)]
        return _join(" AND ", map(compile_expression, map(Not, known))) if known else None
    return None


def _and(terms: Sequence[Expression]) -> Term:
    others, groups = group_by_node(terms)
    nodes = (_of_one_node([_node_condition(term) for term in group]) for group in groups)
    return _join(" AND ", (*map(compile_expression, others), *nodes))


def _node_condition(term: Expression) -> Term:
    if isinstance(term, Not):
        sql, bound = _node_condition(term.term)
        return f"NOT ({sql})", bound
    assert isinstance(term, Condition)
    return _condition(term)


def _of_one_node(conditions: Sequence[Term]) -> Term:
    sql, bound = _join(" AND ", conditions)
    rows = "SELECT 1 FROM node_executions AS n WHERE n.execution_id = executions.id"
    return f"EXISTS ({rows} AND {sql})", bound


def _join(word: str, terms: Iterable[Term]) -> Term:
    parts = list(terms)
    if not parts:
        return _NO
    return (
        "(" + word.join(f"({sql})" for sql, _ in parts) + ")",
        tuple(value for _, bound in parts for value in bound),
    )


def _condition(condition: Condition) -> Term:
    field = FIELDS[condition.field]
    compile_special = _BY_NAME.get(field.name) or _BY_KIND.get(field.kind)
    if compile_special is not None:
        return compile_special(condition)
    return _text(condition, TEXT_WAYS[field.kind], _list_columns(field))


def _choices(condition: Condition) -> Term:
    test = condition.test
    tests = test.tests if isinstance(test, AnyOf) else (test,)
    texts = [each.text for each in tests if isinstance(each, Exact)]
    return _join(" OR ", (_choice(condition.field, text) for text in texts))


def _range(condition: Condition) -> Term:
    assert isinstance(condition.test, Between)
    field = FIELDS[condition.field]
    convert = str if field.kind == "time" else to_milliseconds
    return _between((_list_columns(field)[0], ()), condition.test, convert)


def _error(condition: Condition) -> Term:
    own = _text(condition, "part", ("executions.error_message",))
    return _join(" OR ", (own, _of_one_node([_text(condition, "part", ("n.error_message",))])))


def _model(condition: Condition) -> Term:
    sql, bound = _text(condition, "whole", ("calls.model",))
    return f"EXISTS (SELECT 1 {_CALLS} AND {sql})", bound


def _tokens(condition: Condition) -> Term:
    assert isinstance(condition.test, Between)
    return _between_sums((_TOKENS, ()), condition.test)


def _cost(condition: Condition) -> Term:
    assert isinstance(condition.test, Costs)
    # The function gets the object itself: it would read a text anew for each call.
    pricer = apsw.pyobject(CallPricer(condition.test.prices))
    return _between_sums((_COST, (pricer,)), condition.test.amount)


def _list_columns(field: Field) -> list[str]:
    table = "n" if field.of_node else "executions"
    return [f"{table}.{column}" for column in FIELD_COLUMNS[field.name]]


def _choice(field: str, text: str) -> Term:
    fixed = _CHOICES.get((field, text))
    return (f"{_CHOICE_COLUMNS[field]} IS ?", (text,)) if fixed is None else (fixed, ())


def _between(value: Term, test: Between, convert: Callable[[str], str | float]) -> Term:
    column, bound = value
    parts: list[Term] = [(f"{column} IS NOT NULL", bound)]
    for end, operator, closed in ((test.low, ">", test.with_low), (test.high, "<", test.with_high)):
        if end is not None:
            sign = f"{operator}{'=' if closed else ''}"
            parts.append((f"{column} {sign} ?", (*bound, convert(end))))
    return _join(" AND ", parts)


def _between_sums(value: Term, test: Between) -> Term:
    # Sums of an execution without calls are NULL, and meet no condition.
    sql, bound = _between(("sum", ()), test, float)
    each, prices = value
    return f"EXISTS (SELECT sum({each}) AS sum {_CALLS} HAVING {sql})", (*prices, *bound)


def _text(condition: Condition, way: str, columns: Sequence[str]) -> Term:
    encoded = encode_condition(condition)
    return _join(
        " OR ",
        (
            (f"{column} IS NOT NULL AND checks_text(?, ?, {column})", (encoded, way))
            for column in columns
        ),
    )


def _payload(condition: Condition) -> Term:
    if condition.field == "tag":
        encoded = encode_condition(name_tag(condition))
        return "executions.tags IS NOT NULL AND checks_tags(?, executions.tags)", (encoded,)
    encoded = encode_condition(condition)
    trigger: Term = ("checks_payload(?, executions.trigger_data)", (encoded,))
    if condition.field == "trigger":
        return trigger
    if condition.field == "any":
        nodes = (_payload_column(encoded, column) for column in ("n.input", "n.output"))
        return _join(" OR ", (trigger, _of_one_node([_join(" OR ", nodes)])))
    return _payload_column(encoded, f"n.{condition.field}")


def _payload_column(encoded: str, column: str) -> Term:
    return f"checks_payload(?, {column})", (encoded,)


def _words(condition: Condition) -> Term:
    encoded = encode_condition(condition)
    nodes = (
        _text(condition, "part", _NODE_WORDS),
        *(_payload_column(encoded, column) for column in _NODE_PAYLOADS),
    )
    return _join(
        " OR ",
        (
            _text(condition, "start", ("executions.id",)),
            _text(condition, "part", _WORDS),
            ("executions.tags IS NOT NULL AND checks_tags(?, executions.tags)", (encoded,)),
            _payload_column(encoded, "executions.trigger_data"),
            _of_one_node([_join(" OR ", nodes)]),
        ),
    )


_BY_NAME: Final = MappingProxyType(
    {"error": _error, "model": _model, "tokens": _tokens, "cost": _cost}
)
_BY_KIND: Final = MappingProxyType(
    {
        "words": _words,
        "payload": _payload,
        "choice": _choices,
        "time": _range,
        "duration": _range,
    }
)
