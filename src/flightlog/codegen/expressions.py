"""Holding a workflow's expressions against what there is: nodes before, secrets, items."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from flightlog.codegen.graph import Plan
from flightlog.codegen.problems import Problems, place_of
from flightlog.codegen.records import Manifest, Workflow
from flightlog.errors import InvalidExpressionError
from flightlog.runtime.expressions import check

_EDGE_PLACES: Final = "edges"


class Checker:
    """
    Checks the expressions of one workflow, and notes what they use.

    Args:
        manifest: Where the workflow is from.
        workflow: The workflow.
        plan: Its order.
        problems: Gets each expression that can't be used.
    """

    def __init__(
        self, manifest: Manifest, workflow: Workflow, plan: Plan, problems: Problems
    ) -> None:
        self._workflow = workflow
        self._plan = plan
        self._problems = problems
        self._secrets = frozenset(manifest.secrets)
        self.secrets_used: frozenset[str] = frozenset()
        """The secrets that an expression names."""
        self.uses_globals = False
        """Whether an expression may name a global variable."""

    def check(self, text: str, node: str, *place: str | int, names: Collection[str] = ()) -> None:
        """
        Check a text of a node.

        Args:
            text: The text.
            node: The node.
            place: Where in the node it is.
            names: Further names that it may use.
        """
        where = place_of("workflows", self._workflow.id, "nodes", node, *place)
        self._check(text, node, where, names)

    def check_edge(self, text: str, source: str, target: str) -> None:
        """Check the condition of the edge from a node to another."""
        for number, edge in enumerate(self._workflow.edges):
            if (edge.source, edge.target) == (source, target) and edge.condition:
                place = place_of("workflows", self._workflow.id, _EDGE_PLACES, number, "condition")
                self._check(text, target, place)
                return

    def _check(self, text: str, node: str, place: str, names: Collection[str] = ()) -> None:
        before = self._plan.before[node]
        try:
            check(text, nodes=before, secrets=self._secrets, names=names)
        except InvalidExpressionError as error:
            what = f"can't be evaluated: {error.message.rstrip('.')}"
            self._problems.add(place, what, self._advice(text, node, error, names).rstrip("."))
            return
        self.uses_globals |= "global" in text
        if "secrets" in text:
            self.secrets_used |= {name for name in self._secrets if self._needs(text, name, names)}

    def _needs(self, text: str, secret: str, names: Collection[str]) -> bool:
        if secret not in text:
            return False
        others = self._secrets - {secret}
        try:
            check(text, nodes=self._workflow.nodes, secrets=others, names=names)
        except InvalidExpressionError:
            return True
        return False

    def _advice(
        self, text: str, node: str, error: InvalidExpressionError, names: Collection[str]
    ) -> str:
        everything = self._workflow.nodes.keys()
        try:
            check(text, nodes=everything, secrets=self._secrets, names=names)
        except InvalidExpressionError:
            return error.hint
        before = ", ".join(sorted(self._plan.before[node])) or "none"
        return (
            "Only nodes that come before by edges have an output here (a loop's children have "
            f"theirs within it, a trigger's is `input`); before {node!r} come: {before}"
        )
