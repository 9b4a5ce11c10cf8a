"""Make queries that choose more executions than a query does, for a search without results."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from flightlog.query.expressions import (
    AnyOf,
    Condition,
    Exact,
    Expression,
    Fragment,
    Part,
    list_conditions,
)
from flightlog.query.fields import FIELDS, ORDERED
from flightlog.query.operands import Reader
from flightlog.query.parser import parse, quote_pasted, split_terms
from flightlog.query.printer import write_query

_OPERATOR: Final = re.compile(r"\b(?:AND|OR|NOT)\b")
_IN_TEXT: Final = (
    "id",
    "workflow",
    "name",
    "error",
    "node",
    "tag",
    "trigger",
    "input",
    "output",
    "logs",
)


def list_looser_queries(text: str, reader: Reader) -> Iterator[str]:
    """
    List queries that are like a query and choose more executions.

    Args:
        text: The query.
        reader: The reader's clock and time zone.

    Yields:
        A pasted text with `AND`, `OR` or `NOT` as one value. Then the query without one of its
        terms, the last term first; or another form of its only term.

    Raises:
        InvalidQueryError: The text is no query.
    """
    terms = split_terms(text, reader)
    quoted = quote_pasted(text) if _OPERATOR.search(text) else None
    if quoted is not None:
        yield quoted
    if len(terms) > 1:
        for left_out in reversed(range(len(terms))):
            yield " ".join(term for place, term in enumerate(terms) if place != left_out)
        return
    expression = parse(text, reader)
    if isinstance(expression, Condition):
        yield from dict.fromkeys(map(write_query, _loosen(expression)))


def list_searched_fields(expression: Expression | None) -> tuple[str, ...]:
    """
    List the fields that a query searches.

    Args:
        expression: The query; None searches nothing.

    Returns:
        The names of the fields. Free text searches several fields.
    """
    if expression is None:
        return ()
    named = (condition.field for condition in list_conditions(expression))
    searched = [name for field in named for name in (_IN_TEXT if field == "text" else (field,))]
    return tuple(dict.fromkeys(searched))


def _loosen(condition: Condition) -> Iterator[Expression]:
    field, test, path = FIELDS[condition.field], condition.test, condition.path
    if field.kind in {*ORDERED, "choice"} or isinstance(test, AnyOf | Fragment):
        return
    if field.kind == "payload":
        if path[1:] or (path and field.name != "any"):
            yield Condition("any", test, path[-1:])
        if not isinstance(test, Exact):
            return
        yield Condition("text", Exact(test.text))
    if isinstance(test, Exact):
        yield Condition("text" if field.kind == "start" else field.name, Part(test.text), path)
