"""
Reads a workflow's edges, and the nodes that its configs name.

This module finds each node's block and the steps before each node. It refuses edges to unknown
nodes. An edge that can't have an effect is ignored with a note, because the editor's generator
ignores all edges. `graph` puts the nodes in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import msgspec
from msgspec import Struct

from flightlog.codegen.conditions import write_condition
from flightlog.codegen.handles import PLAIN_HANDLES, Handles, find_output_handles
from flightlog.codegen.lifting import find_outermost, lift
from flightlog.codegen.manifest_model import Edge, Workflow
from flightlog.codegen.node_types import Config, Loop, Parallel, Validate
from flightlog.codegen.problems import Problems, format_place
from flightlog.codegen.values import to_plain

START: Final = ""
"""The source of an edge that leads from the trigger."""
MAX_NESTING: Final = 16
"""How deep loop and parallel nodes may be nested."""

_ERROR_HANDLES: Final = {"error", "onError", "catch", "failure"}
_ONLY_HANDLES: Final = {*PLAIN_HANDLES, "valid", "success"}
"""The handles of an edge that is taken when its source has ended well."""
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
    fails: bool | None = None
    """Whether the earlier node must have failed; None means any."""


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
        notes: Collects notes on edges that are ignored.
    """

    def __init__(
        self, workflow: Workflow, nodes: Nodes, problems: Problems, notes: list[str]
    ) -> None:
        self._notes = notes
        self._remarks: dict[str, list[str]] = {}
        self._workflow = workflow
        self._configs = nodes.configs
        self._triggers = nodes.triggers
        self._problems = problems
        self._handles: dict[str, Handles] = {}
        self._started: dict[str, None] = {}
        self._guarded: dict[str, None] = {}
        self._parents: dict[str, str] = {}
        self._after: dict[str, dict[After, None]] = {node: {} for node in nodes.configs}
        self.is_circular = False
        """Whether a loop or parallel node is within itself, so that there is no order."""
        self._read()

    def find_parent(self, node: str) -> str | None:
        """
        Find the loop or parallel node whose child a node is.

        Args:
            node: The node's id.

        Returns:
            The parent's id; None when the node is no child.
        """
        return self._parents.get(node)

    def list_predecessors(self, node: str) -> tuple[After, ...]:
        """
        List the steps that a node follows.

        Args:
            node: The node's id.

        Returns:
            The earlier steps, in the order of the edges.
        """
        return tuple(self._after[node])

    def list_remarks(self, node: str) -> tuple[str, ...]:
        """
        List the notes on a node's edges, for the record of each run.

        Args:
            node: The node's id.

        Returns:
            The notes.
        """
        return tuple(self._remarks.get(node, ()))

    def has_error_edge(self, node: str) -> bool:
        """
        Find out whether an edge for errors leads from a node.

        Args:
            node: The node's id.

        Returns:
            Whether the run goes on by that edge when the node has failed.
        """
        return node in self._guarded

    def ignore_back_edge(self, source: str, target: str, cycle: str) -> bool:
        """
        Remove an edge that leads back to a node before it.

        Args:
            source: The node at the edge's start.
            target: The node at the edge's end.
            cycle: The nodes that the edge would repeat, for the note.

        Returns:
            Whether there was such an edge.
        """
        found = [after for after in self._after[target] if after.source == source]
        for after in found:
            del self._after[target][after]
        if found:
            self._note(
                format_place("workflows", self._workflow.id, "nodes", target),
                f"would come after itself ({cycle}). The edge from {source!r} is ignored, and each "
                "node runs once; what shall run again belongs into a loop node",
                target,
            )
        return bool(found)

    def _note(self, place: str, what: str, *nodes: str) -> None:
        sentence = f"`{place}` {what}."
        self._notes.append(sentence)
        # A loop or parallel node writes no log, so the note goes to the other end.
        for node in nodes:
            if node in self._configs and not list_children(self._configs[node]):
                self._remarks.setdefault(node, []).append(sentence)
                return

    def _read(self) -> None:
        for node, config in self._configs.items():
            for number, child in enumerate(list_children(config)):
                self._adopt(node, number, child)
        self._refuse_circular_nesting()
        for node, config in self._configs.items():
            self._handles[node] = handles = find_output_handles(config)
            for handle, target, place in handles.targets:
                if self._check_known(target, self._write_place(node, "config", *place)):
                    self._connect(node, target, After(node, handle), place=(node, "config", *place))
        for number, edge in enumerate(self._workflow.edges):
            self._read_edge(number, edge)
        for node in self._started:
            # The trigger leads there without a condition, too.
            for after in [after for after in self._after[node] if after.source == START]:
                del self._after[node][after]
        self._separate_error_edges()
        self._chain_loops()

    def _write_place(self, node: str, *parts: str | int) -> str:
        return format_place("workflows", self._workflow.id, "nodes", node, *parts)

    def _check_known(self, node: str, place: str) -> bool:
        if node not in self._workflow.nodes and node not in self._workflow.unreadable:
            self._problems.add(
                place, f"names the node {node!r}, which there isn't", "correct the id, or remove it"
            )
        return node in self._configs or node in self._triggers

    def _adopt(self, parent: str, number: int, child: str) -> None:
        place = self._write_place(parent, "config", "children", number)
        if not self._check_known(child, place):
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
                    self._write_place(node),
                    f"is within itself: {' in '.join([*way, node])}",
                    "take one of them out of the other's `children`",
                )
                self.is_circular = True
                for nested in way:
                    self._parents[nested] = ""
            elif len(way) > MAX_NESTING:
                self._problems.add(
                    self._write_place(node),
                    f"is within more than {MAX_NESTING} other nodes",
                    "nest less deep",
                )
                return

    def _read_edge(self, number: int, edge: Edge) -> None:
        place = format_place("workflows", self._workflow.id, "edges", number)
        known = [
            self._check_known(end, f"{place}.{name}")
            for name, end in (("source", edge.source), ("target", edge.target))
        ]
        if not all(known):
            return
        condition = None
        if edge.condition not in (None, ""):
            text = to_plain(edge.condition)
            if not isinstance(text, str):
                self._problems.add(f"{place}.condition", "is no expression", "write one as text")
                return
            condition = write_condition(text, python=False)
        if edge.target in self._triggers:
            what = f"is ignored, because it leads to the trigger {edge.target!r}"
            self._note(place, what, edge.source)
        elif edge.source in self._triggers:
            self._start(place, edge, condition)
        elif self._parents.get(edge.target) == edge.source:
            self._enter(place, edge, condition)
        else:
            self._follow(place, number, edge, condition)

    def _start(self, place: str, edge: Edge, condition: str | None) -> None:
        target = find_outermost(edge.target, self._parents)
        if target != edge.target:
            what = f"leads into {target!r}; it counts as an edge to {target!r} itself"
            self._note(place, what, edge.target)
        if condition is None:
            self._started[target] = None
        else:
            self._after[target][After(START, condition=condition)] = None

    def _enter(self, place: str, edge: Edge, condition: str | None) -> None:
        # The editor draws such an edge, but the node's `children` already declare the child.
        if condition is not None:
            self._problems.add(
                place,
                f"leads from {edge.source!r} to its own child {edge.target!r}",
                "remove the edge's condition: children begin with their node",
            )

    def _follow(self, place: str, number: int, edge: Edge, condition: str | None) -> None:
        if self._is_for_errors(edge):
            ends = lift(edge.source, edge.target, self._parents)
            if ends is not None and ends[0] == edge.source:
                self._guarded[edge.source] = None
            after = After(edge.source, None, condition, fails=True)
            self._connect(edge.source, edge.target, after, place=("edges", number))
            return
        handles = self._handles[edge.source]
        chosen = handles.find_handles(edge.source_handle, edge.target)
        if chosen is None:
            ways = ", ".join(repr(way) for way in handles.names)
            self._problems.add(
                f"{place}.sourceHandle",
                f"is {edge.source_handle!r}, which the node {edge.source!r} doesn't have",
                f"use one of {ways}",
            )
            return
        if not handles.names and edge.source_handle not in _ONLY_HANDLES:
            self._notes.append(
                f"`{place}.sourceHandle` is {edge.source_handle!r}, which the node {edge.source!r} "
                "doesn't have; the edge is always taken."
            )
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
        where = (
            format_place("workflows", self._workflow.id, *place)
            if place[0] == "edges" and len(place) == 2  # noqa: PLR2004 - an edge's place
            else self._write_place(source, *place[1:])
        )
        if target in self._triggers:
            self._note(where, f"is ignored, because it leads to the trigger {target!r}", source)
            return
        ends = lift(source, target, self._parents)
        if ends is None:
            what = f"is ignored: {source!r} and {target!r} are one within the other"
            self._note(where, what, target, source)
        elif ends == (source, target):
            self._after[target][after] = None
        else:
            what = f"leads across a border; it counts as an edge from {ends[0]!r} to {ends[1]!r}"
            if ends[0] != source and (after.handle or after.condition or after.fails):
                # Within a loop, the way out may be chosen in one turn and not in the next.
                what += f" that is always taken, because {source!r} may run several times"
                after = After(ends[0])
            self._note(where, what, target, source)
            self._after[ends[1]][msgspec.structs.replace(after, source=ends[0])] = None

    def _is_for_errors(self, edge: Edge) -> bool:
        if edge.source_handle in self._handles[edge.source].names:
            return False
        is_invalid = edge.source_handle == _INVALID and isinstance(
            self._configs[edge.source], Validate
        )
        return edge.source_handle in _ERROR_HANDLES or is_invalid

    def _separate_error_edges(self) -> None:
        # Where an edge for errors leads from a node, its other edges are for success.
        for node, afters in self._after.items():
            self._after[node] = {
                msgspec.structs.replace(after, fails=False)
                if after.source in self._guarded and after.handle is None and after.fails is None
                else after: None
                for after in afters
            }

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

    def find_unreached(self) -> Iterator[str]:
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


def list_children(config: Config) -> list[str]:
    """
    List the children of a loop or parallel node.

    Args:
        config: A node's config.

    Returns:
        The children's ids; empty for any other type of node.
    """
    return config.children if isinstance(config, Loop | Parallel) else []
