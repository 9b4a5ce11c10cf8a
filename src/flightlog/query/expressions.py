"""
Expressions: what a query asks for, as a tree.

An expression holds no relative times and no other text that depends on its reader: the parser
resolves these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from flightlog.models.prices import Price
from flightlog.query.fields import FIELDS

Path: TypeAlias = tuple[str | int, ...]
"""Names and places in lists that lead to a value in a payload."""


class Exact(Struct, frozen=True, tag="exact"):
    """The whole value; in free text and errors, a part of the value."""

    text: str
    """The value; case is ignored."""
    is_literal: bool = False
    """Whether the text is a JSON number, true, false or null, and finds this JSON value, too."""


class Pattern(Struct, frozen=True, tag="pattern"):
    """The whole value, in which each `*` stands for any text; `*` alone is any value."""

    text: str
    """The pattern; case is ignored."""


class Part(Struct, frozen=True, tag="part"):
    """A part of the value."""

    text: str
    """The part; case is ignored."""


class Between(Struct, frozen=True, tag="between"):
    """A range of numbers, durations, times or texts."""

    low: str | None = None
    """The lower end; None means no end."""
    high: str | None = None
    """The upper end; None means no end."""
    with_low: bool = True
    """Whether the lower end belongs to the range."""
    with_high: bool = True
    """Whether the upper end belongs to the range."""


class Costs(Struct, frozen=True, tag="costs"):
    """A range of costs by the prices of the query's reader."""

    amount: Between
    """The range, US dollars."""
    prices: tuple[Price, ...]
    """The prices; the first that applies to a call is used."""


class AnyOf(Struct, frozen=True, tag="any_of"):
    """One of several tests."""

    tests: tuple[Exact | Pattern | Part, ...]
    """The tests."""


class Fragment(Struct, frozen=True, tag="fragment"):
    """A JSON object or list that a payload holds."""

    json: str
    """The JSON, without blanks. The payload's object may have more names."""


Test: TypeAlias = Exact | Pattern | Part | Between | Costs | AnyOf | Fragment


class Condition(Struct, frozen=True, tag="condition"):
    """A test of one field."""

    field: str
    """The field's name; `text` for free text."""
    test: Test
    """The test of the field's value."""
    path: Path = ()
    """The place in a payload, or the name of a tag; empty means anywhere."""

    @property
    def reads_payloads(self) -> bool:
        """Whether payloads must be read for this condition."""
        return FIELDS[self.field].reads_payloads


class Not(Struct, frozen=True, tag="not"):
    """The executions that the term doesn't choose."""

    term: Expression


class And(Struct, frozen=True, tag="and"):
    """
    The executions that all terms choose.

    Terms about a node's payloads mean the node execution that a `node` term beside them names.
    """

    terms: tuple[Expression, ...]


class Or(Struct, frozen=True, tag="or"):
    """The executions that at least one term chooses."""

    terms: tuple[Expression, ...]


Expression: TypeAlias = Condition | Not | And | Or


def reads_payloads(expression: Expression) -> bool:
    """
    Check whether payloads must be read for an expression.

    Args:
        expression: The expression.

    Returns:
        True if a condition reads payloads.
    """
    return any(condition.reads_payloads for condition in list_conditions(expression))


def list_conditions(expression: Expression) -> Iterator[Condition]:
    """
    List the conditions of an expression.

    Args:
        expression: The expression.

    Yields:
        The conditions, in the order of the text.
    """
    if isinstance(expression, Condition):
        yield expression
    elif isinstance(expression, Not):
        yield from list_conditions(expression.term)
    else:
        for term in expression.terms:
            yield from list_conditions(term)
