"""
A workflow's nodes and edges made into steps: in order, each with what it comes after.

The nodes of a loop or a parallel node are steps of their own block. What can't be ordered, leads
nowhere or crosses a block's border is refused here.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct

from flightlog.codegen.handles import Handles, handles_of
from flightlog.codegen.kinds import Config, Loop, Parallel
from flightlog.codegen.problems import Problems, place_of
from flightlog.codegen.records import Edge, Workflow
from flightlog.codegen.values import expression, plain

_INTO_CHILDREN: Final = {None, "body", "loop", "children", "each", "item"}
_ERROR_HANDLES: Final = {"error", "onError", "catch", "failure"}


class After(Struct, frozen=True):
    """What a step comes after."""

    source: str
    """The node."""
    handle: str | None = None
    """The way out of it that must have been chosen."""
    condition: str | None = None
    """The expression that must be true."""


class Step(Struct, frozen=True):
    """A node in its block."""

    node: str
    """Its id."""
    after: tuple[After, ...]
    """What it comes after, in the order of the edges."""


class Plan(Struct, frozen=True):
    """A workflow in order."""

    blocks: dict[str | None, tuple[Step, ...]]
    """The steps of the run (None), and of each loop and parallel node, each in order."""
    order: tuple[str, ...]
    """All nodes, each behind those it comes after, children before their loop."""
    before: dict[str, frozenset[str]]
    """For each node, those whose output it may name."""
    repeated: frozenset[str]
    """The nodes within a loop, where there are an item and its index."""


class Nodes(Struct, frozen=True):
    """A workflow's nodes, sorted out."""

    configs: dict[str, Config]
    """The config of each that is a step."""
    triggers: frozenset[str]
    """Those that are triggers."""


def plan_of(workflow: Workflow, nodes: Nodes, problems: Problems) -> Plan:
    """
    Order a workflow's nodes.

    Args:
        workflow: The workflow.
        nodes: Its nodes; one that is in neither part had a problem before, and is left out.
        problems: Gets what can't be ordered.

    Returns:
        The plan; of no use when there are problems.
    """
    return _Planner(workflow, nodes, problems).plan()


class _Planner:
    def __init__(self, workflow: Workflow, nodes: Nodes, problems: Problems) -> None:
        self._workflow = workflow
        self._configs = nodes.configs
        self._triggers = nodes.triggers
        self._problems = problems
        self._ranks = {node: rank for rank, node in enumerate(workflow.nodes)}
        self._parents: dict[str, str] = {}
        self._handles: dict[str, Handles] = {}
        self._after: dict[str, dict[After, None]] = {node: {} for node in nodes.configs}
        self._started: set[str] = set()

    def plan(self) -> Plan:
        for node, config in self._configs.items():
            for number, child in enumerate(_children(config)):
                self._adopt(node, number, child)
        self._refuse_circular_nesting()
        for node, config in self._configs.items():
            self._handles[node] = handles = handles_of(config)
            for handle, target, place in handles.targets:
                if self._known(target, self._place(node, "config", *place)):
                    self._connect(node, target, After(node, handle), place=(node, "config", *place))
        for number, edge in enumerate(self._workflow.edges):
            self._edge(number, edge)
        self._chain_loops()
        self._refuse_unreached()
        if self._problems:
            return Plan({}, (), {}, frozenset())
        blocks = {block: self._ordered(block) for block in (None, *self._containers())}
        return Plan(
            {block: tuple(self._step(node) for node in order) for block, order in blocks.items()},
            tuple(self._in_order(blocks, None)),
            self._visible(blocks),
            frozenset(node for node in self._configs if self._is_repeated(node)),
        )

    def _place(self, node: str, *parts: str | int) -> str:
        return place_of("workflows", self._workflow.id, "nodes", node, *parts)

    def _known(self, node: str, place: str) -> bool:
        if node not in self._workflow.nodes:
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
                for one in way:
                    self._parents[one] = ""

    def _edge(self, number: int, edge: Edge) -> None:
        place = place_of("workflows", self._workflow.id, "edges", number)
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
            condition = expression(text)
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
        # The editor draws where a loop's body begins; its `children` say the same.
        if condition is not None or edge.source_handle not in _INTO_CHILDREN:
            self._problems.add(
                place,
                f"leads from {edge.source!r} to its own child {edge.target!r}",
                "remove the edge: children begin with their node",
            )

    def _follow(self, place: str, number: int, edge: Edge, condition: str | None) -> None:
        if edge.source_handle in _ERROR_HANDLES:
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
            # An edge says once more what the node's config said, perhaps with a condition.
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
                place_of("workflows", self._workflow.id, *place)
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
        # The children of a loop that no edge orders run as they are listed.
        for node, config in self._configs.items():
            if not isinstance(config, Loop):
                continue
            children = [child for child in config.children if self._parents.get(child) == node]
            if not any(self._after[child] for child in children):
                for source, target in pairwise(children):
                    self._after[target][After(source)] = None

    def _refuse_unreached(self) -> None:
        if not self._started:
            return
        for node, after in self._after.items():
            if not after and node not in self._started and node not in self._parents:
                self._problems.add(
                    self._place(node),
                    "is led to by nothing, though the trigger's edges lead to others",
                    "lead an edge from the trigger to it, or remove it",
                )

    def _containers(self) -> Iterator[str]:
        return (node for node, config in self._configs.items() if _is_container(config))

    def _ordered(self, block: str | None) -> list[str]:
        members = [node for node in self._configs if self._parents.get(node) == block]
        sorter = TopologicalSorter({node: self._sources(node) for node in members})
        try:
            sorter.prepare()
        except CycleError as error:
            cycle = list(error.args[1])
            first = min(range(len(cycle) - 1), key=lambda place: self._ranks[cycle[place]])
            cycle = cycle[first:-1] + cycle[: first + 1]
            self._problems.add(
                self._place(cycle[0]),
                f"comes after itself: {' → '.join(cycle)}",
                "remove one of these edges; what shall run again belongs into a loop node",
            )
            return []
        ready: list[tuple[int, str]] = []
        order = []
        while sorter.is_active():
            for node in sorter.get_ready():
                heapq.heappush(ready, (self._ranks[node], node))
            _, node = heapq.heappop(ready)
            order.append(node)
            sorter.done(node)
        return order

    def _sources(self, node: str) -> list[str]:
        return [after.source for after in self._after[node]]

    def _is_repeated(self, node: str) -> bool:
        parent = self._parents.get(node)
        return parent is not None and (
            isinstance(self._configs[parent], Loop) or self._is_repeated(parent)
        )

    def _step(self, node: str) -> Step:
        return Step(node, tuple(self._after[node]))

    def _in_order(self, blocks: Mapping[str | None, list[str]], block: str | None) -> Iterator[str]:
        for node in blocks[block]:
            if node in blocks:
                yield from self._in_order(blocks, node)
            yield node

    def _visible(self, blocks: Mapping[str | None, list[str]]) -> dict[str, frozenset[str]]:
        visible: dict[str, frozenset[str]] = {}

        def look(block: str | None, outer: frozenset[str]) -> None:
            for node in blocks[block]:
                seen = set(outer)
                for source in self._sources(node):
                    seen |= visible[source] | {source} | self._shown(source)
                visible[node] = frozenset(seen)
                if node in blocks:
                    look(node, visible[node])

        look(None, frozenset())
        return visible

    def _shown(self, node: str) -> set[str]:
        # After a parallel node its children have one output each; after a loop they have many.
        config = self._configs[node]
        if not isinstance(config, Parallel):
            return set()
        return {one for child in config.children for one in {child, *self._shown(child)}}


def _children(config: Config) -> list[str]:
    return config.children if isinstance(config, Loop | Parallel) else []


def _is_container(config: Any) -> bool:
    return isinstance(config, Loop | Parallel)
