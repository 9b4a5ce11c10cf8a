"""Checks a workflow's expressions against the names that exist: earlier nodes, secrets, items."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from flightlog.codegen.conditions import (
    NAMES,
    ROUTE_NAMES,
    Everything,
    find_python_fault,
    write_condition,
)
from flightlog.codegen.graph import Plan
from flightlog.codegen.manifest_model import Manifest, Workflow
from flightlog.codegen.problems import Problems, format_place
from flightlog.codegen.statements import Text
from flightlog.codegen.values import OPEN, to_plain
from flightlog.errors import InvalidExpressionError
from flightlog.runtime.expressions import check

PROVIDER_KEYS: Final = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY")
"""Secrets that every workflow has, whether the manifest declares them or not."""
_EMPTY: Final = "is an empty text unless it is known at run time"
_FALSE: Final = "makes the condition false unless it is known at run time"
_EDGE_PLACES: Final = "edges"
_SECRET: Final = re.compile(r"""\bsecrets\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*(["'])([^"']+)\2\s*\])""")
_SHOWN: Final = 12


class Checker:
    """
    Checks the expressions of one workflow, and notes the names that they use.

    Args:
        manifest: The workflow's manifest.
        workflow: The workflow.
        plan: The order of the workflow's nodes.
        problems: Collects invalid expressions.
        notes: Collects expressions that will be empty texts, and undeclared secrets.
    """

    def __init__(
        self,
        manifest: Manifest,
        workflow: Workflow,
        plan: Plan,
        problems: Problems,
        notes: list[str],
    ) -> None:
        self._workflow = workflow
        self._plan = plan
        self._problems = problems
        self._notes = notes
        self._nodes = {*workflow.nodes, *workflow.unreadable}
        self._secrets = frozenset({*manifest.secrets, *PROVIDER_KEYS})
        self.secrets_used: frozenset[str] = frozenset()
        """The secrets that an expression, or an author's own code, names."""
        self.uses_globals = False
        """Whether an expression may use a global variable."""

    def check(self, text: Text, node: str, *place: str | int, names: Collection[str] = ()) -> None:
        """
        Check a text of a node.

        Args:
            text: The text.
            node: The node's id.
            place: The text's place within the node.
            names: Further names that the text may use.
        """
        where = format_place("workflows", self._workflow.id, "nodes", node, *place)
        is_valid = _is_valid(text.text)
        if text.is_condition:
            # A condition that is no expression at all would be false in every run.
            fate = _FALSE if is_valid or "routes" in place else None
        else:
            fate = "stays as it is" if text.keeps_invalid and not is_valid else _EMPTY
        self._check(text.text, node, where, names, fate=fate if text.is_lenient else None)
        if text.is_condition:
            is_route = "routes" in place
            self._check_python(text.text, where, is_route=is_route, is_lenient=is_route)

    def check_edge(self, text: str, target: str) -> None:
        """
        Check the condition of an edge.

        Args:
            text: The condition, as `write_condition` wrote it.
            target: The id of the node that the edge leads to.
        """
        for number, edge in enumerate(self._workflow.edges):
            if edge.condition and write_condition(to_plain(edge.condition), python=False) == text:
                place = format_place(
                    "workflows", self._workflow.id, _EDGE_PLACES, number, "condition"
                )
                self._check(text, target, place)
                self._check_python(text, place)
                return

    def read_code(self, code: str) -> None:
        """
        Note the secrets that an author's own code reads from the environment.

        Args:
            code: The code.
        """
        self.secrets_used |= {
            secret
            for secret in self._secrets
            if re.search(rf"""["']{re.escape(secret)}["']""", code)
        }

    def _check_python(
        self, text: str, place: str, *, is_route: bool = False, is_lenient: bool = False
    ) -> None:
        fault = find_python_fault(text, ROUTE_NAMES if is_route else NAMES)
        if fault is not None and is_lenient:
            self._notes.append(f"`{place}` {fault[0]}; the condition counts as false.")
        elif fault is not None:
            self._problems.add(place, *fault)

    def _check(
        self,
        text: str,
        node: str,
        place: str,
        names: Collection[str] = (),
        *,
        fate: str | None = None,
    ) -> None:
        self._learn_undeclared(text, place)
        # Where something before could not be read, every node may come before this one.
        before = self._plan.before[node] if self._plan.is_complete else self._nodes
        repeated = node in self._plan.repeated or not self._plan.is_complete
        error = self._find_error(text, before, self._secrets, names, loop=repeated)
        if error is not None and fate is not None:
            self._notes.append(f"`{place}`: {error.message.rstrip('.')}; it {fate}.")
        elif error is not None:
            if self._find_error(text, self._nodes, self._secrets, names, loop=repeated) is None:
                self._problems.add(place, *self._describe_too_early(node, before))
            else:
                what = f"can't be evaluated: {error.message.rstrip('.')}"
                self._problems.add(place, what, error.hint.rstrip("."))
            return
        self.uses_globals |= "global" in text
        for secret in self._secrets - self.secrets_used:
            if secret in text and (
                re.search(rf"\benv\W+{re.escape(secret)}\b", text)
                or self._find_error(text, before, self._secrets - {secret}, names)
            ):
                self.secrets_used |= {secret}

    def _learn_undeclared(self, text: str, place: str) -> None:
        if OPEN not in text:
            return
        for name in dict.fromkeys(bare or quoted for bare, _, quoted in _SECRET.findall(text)):
            if name not in self._secrets:
                self._secrets |= {name}
                self._notes.append(
                    f"`{place}` names the secret {name}, which the manifest doesn't declare; it "
                    f"comes from the environment variable {name}."
                )

    def _find_error(
        self,
        text: str,
        nodes: Collection[str],
        secrets: Collection[str],
        names: Collection[str],
        *,
        loop: bool = True,
    ) -> InvalidExpressionError | None:
        try:
            check(text, nodes=nodes, secrets=secrets, names=names, loop=loop)
        except InvalidExpressionError as error:
            return error
        return None

    def _describe_too_early(self, node: str, before: Collection[str]) -> tuple[str, str]:
        listed = ", ".join(map(repr, sorted(before)[:_SHOWN])) or "none"
        more = ", …" if len(before) > _SHOWN else ""
        advice = (
            f"lead an edge from the named node to {node!r}; the nodes before it: {listed}{more}. "
            "Children of a loop have an output only within the loop, and the trigger's is `input`"
        )
        return f"names the output of a node that doesn't come before {node!r}", advice


def _is_valid(text: str) -> bool:
    everything: Any = Everything()
    try:
        check(text, nodes=everything, secrets=everything, names=everything)
    except InvalidExpressionError:
        return False
    return True
