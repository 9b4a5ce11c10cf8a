"""
Checks that the names in an expression exist, before a run and after the expression failed.

The checks read syntax trees and values; they evaluate nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from jinja2 import nodes
from jinja2.runtime import Undefined

from flightlog.errors import InvalidExpressionError
from flightlog.runtime.sandbox import CONSTANTS, SANDBOX
from flightlog.runtime.template_parts import shorten

CONTEXTS: Final = ("input", "nodes", "env", "global", "secrets", "execution", "item", "index")
"""The names that every expression may use, besides functions."""
OF_A_LOOP: Final = ("item", "index")
"""Contexts that exist only within a loop."""
OPAQUE: Final = ("secrets", "env")
"""Contexts that no expression may take as a whole, because the record would then contain them."""
_NODE_MEMBERS: Final = ("output", "error")
_EXECUTION_MEMBERS: Final = ("id", "timestamp")
_SHOWN: Final = 12


class NameCheck:
    """
    Compares the names in an expression with the names that exist.

    Args:
        text: The expression.
        tree: The expression's syntax tree.
        known: The ids of the workflow's nodes.
        secrets: The names of the workflow's secrets.
        names: Further names that exist.
        loop: Whether the expression is within a loop.
    """

    def __init__(
        self,
        text: str,
        tree: nodes.Expr,
        known: Collection[str],
        secrets: Collection[str],
        names: Collection[str],
        *,
        loop: bool,
    ) -> None:
        self._text = text
        self._tree = tree
        self._nodes = known
        self._secrets = secrets
        self._names = names
        self._absent = () if loop else {*OF_A_LOOP} - {*names}

    def check(self) -> None:
        """
        Check every name.

        Raises:
            InvalidExpressionError: A name doesn't exist; the hint lists the names that exist.
        """
        tree = self._tree
        followed: dict[int, nodes.Expr] = {id(step.node): step for step in _list_steps(tree)}
        for name in find_names(tree):
            if name.name in self._absent:
                self._refuse(
                    f"uses `{name.name}`, which there is only within a loop",
                    "Use `input`, or make the node a child of the loop.",
                )
            self._check_name(name, followed)

    def _check_name(self, name: nodes.Name, followed: Mapping[int, nodes.Expr]) -> None:
        known = name.name
        if known in SANDBOX.functions or known in CONSTANTS or known in self._names:
            return
        if known not in CONTEXTS:
            self._refuse(
                f"names `{known}`, which there is not",
                f"There are the contexts {', '.join(CONTEXTS)} and the functions "
                f"{', '.join(SANDBOX.functions)}.",
            )
        step = followed.get(id(name))
        if step is None:
            if known in OPAQUE:
                self._refuse(
                    f"takes all of `{known}`, which must not be recorded",
                    f"Name one, e.g. `{known}.API_KEY`.",
                )
            return
        member = _read_member(step)
        if member is None:
            return
        if known == "nodes":
            self._among(f"nodes.{member}", "node", member, self._nodes)
            after = followed.get(id(step))
            inner = None if after is None else _read_member(after)
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
            self._refuse(f"names `{path}`, but there is no {what} {member!r}", _list_known(known))

    def _refuse(self, reason: str, hint: str) -> None:
        raise InvalidExpressionError(shorten(self._text), reason, hint=hint)


def _list_known(known: Collection[str]) -> str:
    if not known:
        return "There are none."
    more = ", …" if len(known) > _SHOWN else ""
    return f"There are: {', '.join(sorted(map(str, known))[:_SHOWN])}{more}."


def _read_member(step: nodes.Expr) -> object:
    if isinstance(step, nodes.Getattr):
        return step.attr
    if isinstance(step, nodes.Getitem) and isinstance(step.arg, nodes.Const):
        return step.arg.value
    return None


def find_missing_name(tree: nodes.Expr, names: Mapping[str, Any]) -> str | None:
    """
    Describe the first name in a failed expression that doesn't exist.

    Args:
        tree: The expression's syntax tree.
        names: The values of all contexts.

    Returns:
        The reason for a message; None when no missing name can be identified.
    """
    for step in _list_steps(tree):
        if (reason := _find_first_missing(step, names)) is not None:
            return reason
    for name in find_names(tree):
        if name.name not in names:
            if name.name in {"item", "index"}:
                return f"uses `{name.name}`, which there is only within a loop"
            return f"names `{name.name}`, which there is not"
    return None


def find_names(tree: nodes.Expr) -> list[nodes.Name]:
    """
    Find the names in an expression.

    Args:
        tree: The expression's syntax tree.

    Returns:
        The names; the root node is included if it is a name.
    """
    found = [tree, *tree.find_all(nodes.Name)]
    return [name for name in found if isinstance(name, nodes.Name)]


def _list_steps(tree: nodes.Expr) -> list[nodes.Getattr | nodes.Getitem]:
    found = [*tree.find_all((nodes.Getattr, nodes.Getitem)), tree]
    # `find_all` skips the root node, so add the root.
    return [step for step in found if isinstance(step, (nodes.Getattr, nodes.Getitem))]


def _find_first_missing(step: nodes.Expr, names: Mapping[str, Any]) -> str | None:
    members: list[object] = []
    root: nodes.Node = step
    while isinstance(root, (nodes.Getattr, nodes.Getitem)):
        member = _read_member(root)
        if member is None:
            return None
        members.insert(0, member)
        root = root.node
    if not isinstance(root, nodes.Name) or root.name not in names:
        return None
    value, path = names[root.name], root.name
    for depth, member in enumerate(members):
        found = (
            SANDBOX.getattr(value, member)
            if isinstance(member, str)
            else SANDBOX.getitem(value, member)
        )
        if isinstance(found, Undefined):
            if root.name in OPAQUE and depth == 0:
                return (
                    f"needs the environment variable {member}, which is not set; where it may be "
                    f"missing, write `{path}.{member} | default('')`"
                )
            if root.name == "nodes" and depth == 1:
                return (
                    f"needs `{path}.{member}`, but {members[0]!r} has none: it has not run yet, "
                    "was skipped, or ended otherwise"
                )
            members_found = _name_members(value, root.name)
            return f"needs `{path}.{member}`, but `{path}` has no `{member}`{members_found}"
        value, path = found, f"{path}.{member}"
    return None


def _name_members(value: Any, context: str) -> str:
    if context in OPAQUE or not isinstance(value, Mapping) or not value:
        return ""
    return f", only {', '.join(sorted(map(str, value))[:_SHOWN])}"
