"""Group the terms that mean one node execution: `node:A output.x:1` asks for both of one node."""

from __future__ import annotations

from collections.abc import Sequence

from flightlog.query.expressions import Condition, Expression, Not
from flightlog.query.fields import FIELDS


def group_by_node(
    terms: Sequence[Expression],
) -> tuple[list[Expression], list[list[Expression]]]:
    """
    Split the terms of an `And` by what they are about.

    Args:
        terms: The terms.

    Returns:
        The terms about the execution, and the terms about each of several nodes.
    """
    others: list[Expression] = []
    groups: list[list[Expression]] = []
    anchored = any(
        isinstance(term, Condition) and is_of_node(term) and not term.reads_payloads
        for term in terms
    )
    early: list[Expression] = []
    for term in terms:
        if not (anchored and is_of_node(term)):
            others.append(term)
        elif isinstance(term, Condition) and term.field == "node":
            groups.append([*early, term])
            early = []
        else:
            (groups[-1] if groups else early).append(term)
    if early:
        groups.append(early)
    return others, groups


def is_of_node(term: Expression) -> bool:
    """
    Check whether a term says something about a node execution.

    `NOT node:A` says that no node is A, and so it belongs to no node.

    Args:
        term: The term.

    Returns:
        True if the term can belong to the node that a `node` term beside it names.
    """
    if isinstance(term, Not):
        inner = term.term
        return isinstance(inner, Condition) and inner.field != "node" and is_of_node(inner)
    return isinstance(term, Condition) and FIELDS[term.field].of_node
