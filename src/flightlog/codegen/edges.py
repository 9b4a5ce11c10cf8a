"""
Reads a workflow's edges, and the nodes that its configs name.

This module finds each node's block and the steps before each node. It refuses edges to unknown
nodes and edges across a block's border. `graph` puts the nodes in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from msgspec import Struct

from flightlog.codegen.conditions import condition_text
from flightlog.codegen.handles import Handles, output_handles
from flightlog.codegen.manifest_model import Edge, Workflow
from flightlog.codegen.node_types import Config, Loop, Parallel, Validate
from flightlog.codegen.problems import Problems, format_place
from flightlog.codegen.values import plain

_INTO_CHILDREN: Final = {None, "body", "loop", "children", "each", "item"}
MAX_NESTING: Final = 16
"""How deep loop and parallel nodes may be nested."""

_ERROR_HANDLES: Final = {"error", "onError", "catch", "failure"}
_INVALID: Final = "invalid"
"""The handle of a validate node in the editor's palette for data that doesn't match."""


class After(Struct, frozen=True):
    """One step that another step follows."""

    source: str
    """The earlier node."""
    handle: str | None = None
    """The handle of the earlier node that must have been chosen; None means any."""
    condition: str | None = None
    """The expression that must be true; None means no condition."""


class Nodes(Struct, frozen=True):
    """A workflow's nodes, separated into steps and triggers."""

    configs: dict[str, Config]
    """The configs of the steps by node id."""
    triggers: frozenset[str]
    """The ids of the triggers."""


class Wiring:
    """
    The connections between the nodes of a workflow.

    Args:
        workflow: The workflow.
        nodes: The workflow's nodes.
        problems: Collects invalid edges and names.
    """

    def __init__(self, workflow: Workflow, nodes: Nodes, problems: Problems) -> None:
        self._workflow = workflow
        self._configs = nodes.configs
        self._triggers = nodes.triggers
        self._problems = problems
        self._handles: dict[str, Handles] = {}
        self._started: set[str] = set()
        self._parents: dict[str, str] = {}
        self._after: dict[str, dict[After, None]] = {node: {} for node in nodes.configs}
        self.is_circular = False
        """Whether a loop or parallel node is within itself, so that there is no order."""
        self._read()

    def parent(self, node: str) -> str | None:
        """
        Find the loop or parallel node whose child a node is.

        Args:
            node: The node's id.

        Returns:
            The parent's id; None when the node is no child.
        """
        return self._parents.get(node)

    def after(self, node: str) -> tuple[After, ...]:
        """
        List the steps that a node follows.

        Args:
            node: The node's id.

        Returns:
            The earlier steps, in the order of the edges.
        """
        return tuple(self._after[node])

    def _read(self) -> None:
        for node, config in self._configs.items():
            for number, child in enumerate(child_ids(config)):
                self._adopt(node, number, child)
        self._refuse_circular_nesting()
        for node, config in self._configs.items():
            self._handles[node] = handles = output_handles(config)
            for handle, target, place in handles.targets:
                if self._known(target, self._place(node, "config", *place)):
                    self._connect(node, target, After(node, handle), place=(node, "config", *place))
        for number, edge in enumerate(self._workflow.edges):
            self._edge(number, edge)
        self._chain_loops()

    def _place(self, node: str, *parts: str | int) -> str:
        return format_place("workflows", self._workflow.id, "nodes", node, *parts)

    def _known(self, node: str, place: str) -> bool:
        if node not in self._workflow.nodes and node not in self._workflow.unreadable:
            self._problems.add(
                place, f"names the node {node!r}, which there isn't", "correct the id, or remove it"
            )
        return node in self._configs or node in self._triggers

    def _adopt(self, parent: str, number: int, child: str) -> None:
        place = self._place(parent, "config", "children", number)
        if not self._known(child, place):
            return
        if child in self._triggers:
            self._problems.add(place, f"names the trigger {child!r}", "triggers run nowhere")
        elif child in self._parents:
            self._problems.add(
                place,
                f"names the node {child!r}, a child of {self._parents[child]!r} already",
                "let each node be the child of one, once",
            )
        else:
            self._parents[child] = parent

    def _refuse_circular_nesting(self) -> None:
        for node in self._parents:
            way = [node]
            while (parent := self._parents.get(way[-1])) is not None and parent not in way:
                way.append(parent)
            if parent == node:
                self._problems.add(
                    self._place(node),
                    f"is within itself: {' in '.join([*way, node])}",
                    "take one of them out of the other's `children`",
                )
                self.is_circular = True
                for one in way:
                    self._parents[one] = ""
            elif len(way) > MAX_NESTING:
                self._problems.add(
                    self._place(node),
                    f"is within more than {MAX_NESTING} other nodes",
                    "nest less deep",
                )
                return

    def _edge(self, number: int, edge: Edge) -> None:
        place = format_place("workflows", self._workflow.id, "edges", number)
        known = [
            self._known(end, f"{place}.{name}")
            for name, end in (("source", edge.source), ("target", edge.target))
        ]
        if not all(known):
            return
        condition = None
        if edge.condition not in (None, ""):
            text = plain(edge.condition)
            if not isinstance(text, str):
                self._problems.add(f"{place}.condition", "is no expression", "write one as text")
                return
            condition = condition_text(text, python=False)
        if edge.target in self._triggers:
            self._problems.add(
                place, f"leads to the trigger {edge.target!r}", "turn it round, or remove it"
            )
        elif edge.source in self._triggers:
            self._start(place, edge, condition)
        elif self._parents.get(edge.target) == edge.source:
            self._enter(place, edge, condition)
        else:
            self._follow(place, number, edge, condition)

    def _start(self, place: str, edge: Edge, condition: str | None) -> None:
        self._started.add(edge.target)
        if condition is not None:
            self._problems.add(
                f"{place}.condition",
                f"stands on an edge of the trigger {edge.source!r}",
                "put a condition node between",
            )
        if edge.target in self._parents:
            self._problems.add(
                place,
                f"leads from the trigger into {self._parents[edge.target]!r}",
                f"lead it to {self._parents[edge.target]!r} itself",
            )

    def _enter(self, place: str, edge: Edge, condition: str | None) -> None:
        # The editor draws such an edge, but the node's `children` already declare the child.
        if condition is not None or edge.source_handle not in _INTO_CHILDREN:
            self._problems.add(
                place,
                f"leads from {edge.source!r} to its own child {edge.target!r}",
                "remove the edge: children begin with their node",
            )

    def _follow(self, place: str, number: int, edge: Edge, condition: str | None) -> None:
        is_invalid = edge.source_handle == _INVALID and isinstance(
            self._configs[edge.source], Validate
        )
        if edge.source_handle in _ERROR_HANDLES or is_invalid:
            self._problems.add(
                f"{place}.sourceHandle",
                f"is {edge.source_handle!r}, a way for errors",
                f"set `onError` of the node {edge.source!r} to continue or fallback, and ask "
                f"for `nodes.{edge.source}.error` in a condition",
            )
            return
        handles = self._handles[edge.source]
        chosen = handles.named(edge.source_handle, edge.target)
        if chosen is None:
            ways = ", ".join(repr(way) for way in handles.names)
            self._problems.add(
                f"{place}.sourceHandle",
                f"is {edge.source_handle!r}, which the node {edge.source!r} doesn't have",
                f"use one of {ways}",
            )
            return
        leading = [way for way, target, _ in handles.targets if target == edge.target]
        if leading and not set(chosen) <= {*leading}:
            self._problems.add(
                f"{place}.sourceHandle",
                f"is {edge.source_handle!r}, but the node {edge.source!r} leads to "
                f"{edge.target!r} by {leading[0]!r}",
                "make the edge and the node's config say the same",
            )
            return
        for handle in chosen:
            # The edge repeats the node's config, perhaps with a condition: replace the plain entry.
            bare = After(edge.source, handle)
            if condition is not None:
                self._after[edge.target].pop(bare, None)
            after = After(edge.source, handle, condition)
            self._connect(edge.source, edge.target, after, place=("edges", number))

    def _connect(
        self, source: str, target: str, after: After, *, place: tuple[str | int, ...]
    ) -> None:
        if target in self._triggers:
            self._problems.add(
                self._place(source), f"leads to the trigger {target!r}", "choose a node that runs"
            )
        elif self._parents.get(source) != self._parents.get(target):
            where = (
                format_place("workflows", self._workflow.id, *place)
                if place[0] == "edges" and len(place) == 2  # noqa: PLR2004 - an edge's place
                else self._place(source, *place[1:])
            )
            self._problems.add(
                where,
                f"leads from {source!r} ({self._within(source)}) to {target!r} "
                f"({self._within(target)})",
                "lead it from and to the loop or parallel node itself, or make both its children",
            )
        else:
            self._after[target][after] = None

    def _within(self, node: str) -> str:
        parent = self._parents.get(node)
        return f"within {parent!r}" if parent else "within no other node"

    def _chain_loops(self) -> None:
        # If no edge orders a loop's children, the children run in the order of their list.
        for node, config in self._configs.items():
            if not isinstance(config, Loop):
                continue
            listed = dict.fromkeys(config.children)
            children = [child for child in listed if self._parents.get(child) == node]
            if not any(self._after[child] for child in children):
                for source, target in pairwise(children):
                    self._after[target][After(source)] = None

    def unreached(self) -> Iterator[str]:
        """
        Find the nodes that no edge leads to, although the trigger is among the nodes.

        Yields:
            The ids of the nodes; children of other nodes are no such nodes.
        """
        if not self._triggers:
            return
        for node, after in self._after.items():
            if not after and node not in self._started and node not in self._parents:
                yield node


def child_ids(config: Config) -> list[str]:
    """
    List the children of a loop or parallel node.

    Args:
        config: A node's config.

    Returns:
        The children's ids; empty for any other type of node.
    """
    return config.children if isinstance(config, Loop | Parallel) else []
