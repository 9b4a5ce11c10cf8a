"""
Compile expressions of the query language to conditions of SQL that rule executions out.

A server folds the case of letters in another way than Flightlog, and it never reads payloads. So
a condition of SQL is exact for states, times and durations, and chooses too many rows for texts and
payloads; `evaluation` then tests each row. Only fixed fragments become SQL; every text of the query
is a bound value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from flightlog.query.expressions import (
    And,
    AnyOf,
    Between,
    Condition,
    Exact,
    Expression,
    Not,
    Or,
    Part,
    Pattern,
    Test,
)
from flightlog.query.fields import FIELDS
from flightlog.query.grouping import group_by_node
from flightlog.query.operands import to_milliseconds
from flightlog.query.texts import Way
from flightlog.store.evaluation import CALL_FIELDS, FIELD_COLUMNS, TEXT_WAYS
from flightlog.store.server.source import Dialect

LIKE_ESCAPES: Final = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})
"""Escapes a text for LIKE."""

_CHOICES: Final = MappingProxyType(
    {
        ("status", "crashed"): "executions.status = 'error' AND "
        "coalesce(executions.error_kind = 'crashed', false)",
        ("is", "crashed"): "executions.status = 'error' AND "
        "coalesce(executions.error_kind = 'crashed', false)",
        ("is", "starred"): "executions.starred = 1",
        ("is", "running"): "executions.status = 'running'",
        ("is", "failed"): "executions.status = 'error'",
        ("is", "simulated"): "coalesce(executions.is_simulated = 1, false)",
        ("is", "retry"): "executions.retry_of IS NOT NULL",
        ("is", "child"): "executions.parent_execution_id IS NOT NULL",
    }
)


class Compiled(NamedTuple):
    """A condition of SQL that each execution meets which the expression chooses."""

    sql: str
    bound: tuple[Any, ...]
    is_exact: bool
    """Whether the expression chooses each execution that meets the condition."""


_ANY: Final = Compiled("true", (), is_exact=False)


def compile_expression(expression: Expression, dialect: Dialect) -> Compiled:
    """
    Compile an expression.

    Args:
        expression: The expression.
        dialect: The fragments of SQL that differ between the servers.

    Returns:
        The condition on a row of `executions`; never NULL.
    """
    return _Compiler(dialect).compile(expression)


class _Compiler:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def compile(self, expression: Expression) -> Compiled:
        if isinstance(expression, Not):
            return self._compile_not(expression.term)
        if isinstance(expression, Or):
            return _join(" OR ", map(self.compile, expression.terms))
        if isinstance(expression, And):
            others, groups = group_by_node(expression.terms)
            parts = (*map(self.compile, others), *map(self._of_one_node, groups))
            return _join(" AND ", parts)
        if FIELDS[expression.field].of_node:
            return self._of_one_node([expression])
        return self._condition(expression)

    def _compile_not(self, term: Expression) -> Compiled:
        if isinstance(term, Not):
            return self.compile(term.term)
        if isinstance(term, Or):
            return _join(" AND ", (self._compile_not(each) for each in term.terms))
        return _negate(self.compile(term))

    def _of_one_node(self, terms: Sequence[Expression]) -> Compiled:
        return self._exists_node(_join(" AND ", map(self._node_condition, terms)))

    def _exists_node(self, inner: Compiled) -> Compiled:
        return inner._replace(sql=self._dialect.exists_node.format(condition=inner.sql))

    def _node_condition(self, term: Expression) -> Compiled:
        if isinstance(term, Not):
            return _negate(self._node_condition(term.term))
        assert isinstance(term, Condition)
        return self._condition(term)

    def _condition(self, condition: Condition) -> Compiled:
        field, test = FIELDS[condition.field], condition.test
        if field.kind in {"words", "payload"}:
            return _ANY
        if field.name in CALL_FIELDS:
            return Compiled(self._dialect.has_calls, (), is_exact=False)
        if field.name == "error":
            texts = _texts("executions", ("error_message",), test, "part")
            of_node = self._exists_node(_texts("n", ("error_message",), test, "part"))
            return _join(" OR ", (texts, of_node))
        table = "n" if field.of_node else "executions"
        if field.kind == "choice":
            tests = test.tests if isinstance(test, AnyOf) else (test,)
            words = [each.text for each in tests if isinstance(each, Exact)]
            return _join(" OR ", (_choice(table, field.name, word) for word in words))
        columns = FIELD_COLUMNS[field.name]
        if field.kind in {"time", "duration"}:
            assert isinstance(test, Between)
            return _between(f"{table}.{columns[0]}", test, is_time=field.kind == "time")
        return _texts(table, columns, test, TEXT_WAYS[field.kind])


def _negate(inner: Compiled) -> Compiled:
    return Compiled(f"NOT ({inner.sql})", inner.bound, is_exact=True) if inner.is_exact else _ANY


def _join(word: str, terms: Iterable[Compiled]) -> Compiled:
    parts = list(terms)
    if not parts:
        return Compiled("false", (), is_exact=True)
    return Compiled(
        "(" + word.join(f"({part.sql})" for part in parts) + ")",
        tuple(value for part in parts for value in part.bound),
        all(part.is_exact for part in parts),
    )


def _choice(table: str, field: str, word: str) -> Compiled:
    fixed = _CHOICES.get((field, word))
    if fixed is not None:
        return Compiled(fixed, (), is_exact=True)
    column = "execution_mode" if field == "mode" else "status"
    return Compiled(f"coalesce({table}.{column} = %s, false)", (word,), is_exact=True)


def _between(column: str, test: Between, *, is_time: bool) -> Compiled:
    parts = [Compiled(f"{column} IS NOT NULL", (), is_exact=True)]
    for end, operator, closed in ((test.low, ">", test.with_low), (test.high, "<", test.with_high)):
        if end is not None:
            value = end if is_time else to_milliseconds(end)
            sql = f"coalesce({column} {operator}{'=' if closed else ''} %s, false)"
            parts.append(Compiled(sql, (value,), is_exact=True))
    return _join(" AND ", parts)


def _texts(table: str, columns: Sequence[str], test: Test, way: Way) -> Compiled:
    tests = test.tests if isinstance(test, AnyOf) else (test,)
    names = [f"{table}.{column}" for column in columns]
    return _join(" OR ", (_text(name, each, way) for name in names for each in tests))


def _text(column: str, test: Test, way: Way) -> Compiled:
    present = f"{column} IS NOT NULL"
    pieces = list(_list_pieces(test, way))
    if not pieces:
        return Compiled(present, (), is_exact=False)
    # Case folding makes ASCII of some other letters, so texts with others are tested one by one.
    unlike = f"octet_length({column}) <> char_length({column})"
    folded = [piece.casefold() for piece in pieces]
    if not all(map(str.isascii, folded)):
        return Compiled(f"{present} AND {unlike}", (), is_exact=False)
    pattern = "%".join(piece.translate(LIKE_ESCAPES) for piece in folded)
    return Compiled(f"{present} AND ({column} ILIKE %s OR {unlike})", (pattern,), is_exact=False)


def _list_pieces(test: Test, way: Way) -> Iterator[str]:
    """List the texts that follow each other in a text that passes a test, with anything between."""
    if isinstance(test, Pattern):
        yield from test.text.split("*")
    elif isinstance(test, Exact | Part):
        is_part = isinstance(test, Part) or way == "part"
        if is_part:
            yield ""
        yield test.text
        if is_part or way == "start":
            yield ""
