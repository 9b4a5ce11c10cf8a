"""
Puts a workflow's nodes in order, as steps with the steps before them.

The children of a loop or parallel node are the steps of its own block. An edge that leads back to a
node before it is ignored. `edges` finds the steps before each node.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import msgspec
from msgspec import Struct

from flightlog.codegen.edges import START, After, Nodes, Wiring, list_children
from flightlog.codegen.manifest_model import Workflow
from flightlog.codegen.node_types import Config, Loop, Parallel
from flightlog.codegen.problems import Problems


class Before:
    """
    For each node, the nodes whose outputs it may use.

    Each lookup computes the set anew, because stored sets would need millions of entries for
    thousands of nodes.

    Args:
        configs: The nodes' configs.
        wiring: The connections between the nodes.
    """

    def __init__(self, configs: Mapping[str, Config], wiring: Wiring) -> None:
        self._configs = configs
        self._wiring = wiring

    def __getitem__(self, node: str) -> frozenset[str]:
        found: set[str] = set()
        within: str | None = node
        while within is not None:
            waiting = [within]
            while waiting:
                for after in self._wiring.list_predecessors(waiting.pop()):
                    if after.source not in found and after.source != START:
                        found.add(after.source)
                        found |= self._list_shown(after.source)
                        waiting.append(after.source)
            within = self._wiring.find_parent(within)
        return frozenset(found)

    def _list_shown(self, node: str) -> set[str]:
        # A parallel node's children have one output each, but a loop's children have many.
        config = self._configs[node]
        if not isinstance(config, Parallel):
            return set()
        return {node for child in config.children for node in {child, *self._list_shown(child)}}


class Step(Struct, frozen=True):
    """A node in its block."""

    node: str
    """The node's id."""
    after: tuple[After, ...]
    """The steps that this step follows, in the order of the edges."""


class Plan(Struct, frozen=True):
    """A workflow's nodes in order."""

    blocks: dict[str | None, tuple[Step, ...]]
    """The steps of the run (None), and of each loop and parallel node, each list in order."""
    order: tuple[str, ...]
    """All node ids. Each id stands after its predecessors, and children stand before their loop."""
    before: Before
    """For each node, the nodes whose outputs it may use."""
    repeated: frozenset[str]
    """The nodes within a loop, where an item and its index exist."""
    unreached: tuple[str, ...] = ()
    """The nodes that no edge leads to; they run when the workflow starts."""
    remarks: dict[str, tuple[str, ...]] = {}
    """Notes on the edges of a node, for the record of each run."""
    guarded: frozenset[str] = frozenset()
    """The nodes from which an edge for errors leads."""
    is_complete: bool = True
    """Whether every node and edge could be read; only then is the order certain."""


def make_plan(workflow: Workflow, nodes: Nodes, problems: Problems, notes: list[str]) -> Plan:
    """
    Put a workflow's nodes in order.

    Args:
        workflow: The workflow.
        nodes: The workflow's nodes; a node with an earlier problem is missing and is ignored.
        problems: Collects faults such as edges of unknown nodes.
        notes: Collects notes on edges that are ignored.

    Returns:
        The plan; incomplete when there are problems, also earlier ones.
    """
    wiring = Wiring(workflow, nodes, problems, notes)
    if wiring.is_circular:
        return Plan({}, (), Before({}, wiring), frozenset(), is_complete=False)
    plan = _Planner(workflow, nodes, wiring).plan()
    return msgspec.structs.replace(plan, is_complete=workflow.is_complete and not problems)


class _Planner:
    def __init__(self, workflow: Workflow, nodes: Nodes, wiring: Wiring) -> None:
        self._configs = nodes.configs
        self._wiring = wiring
        self._ranks = {node: rank for rank, node in enumerate(workflow.nodes)}

    def plan(self) -> Plan:
        containers = [node for node, config in self._configs.items() if list_children(config)]
        blocks = {block: self._order(block) for block in (None, *containers)}
        return Plan(
            {
                block: tuple(self._make_step(node) for node in order)
                for block, order in blocks.items()
            },
            tuple(self._in_order(blocks, None)),
            Before(self._configs, self._wiring),
            frozenset(node for node in self._configs if self._is_repeated(node)),
            tuple(self._wiring.find_unreached()),
            {node: said for node in self._configs if (said := self._wiring.list_remarks(node))},
            frozenset(node for node in self._configs if self._wiring.has_error_edge(node)),
        )

    def _is_repeated(self, node: str) -> bool:
        parent = self._wiring.find_parent(node)
        return parent is not None and (
            isinstance(self._configs[parent], Loop) or self._is_repeated(parent)
        )

    def _order(self, block: str | None) -> list[str]:
        members = [node for node in self._configs if self._wiring.find_parent(node) == block]
        while True:
            sorter = TopologicalSorter({node: self._list_sources(node) for node in members})
            try:
                sorter.prepare()
                break
            except CycleError as error:
                self._open_cycle(error.args[1])
        ready: list[tuple[int, str]] = []
        order = []
        while sorter.is_active():
            for node in sorter.get_ready():
                heapq.heappush(ready, (self._ranks[node], node))
            _, node = heapq.heappop(ready)
            order.append(node)
            sorter.done(node)
        return order

    def _open_cycle(self, found: Sequence[str]) -> None:
        cycle = list(found)
        first = min(range(len(cycle) - 1), key=lambda place: self._ranks[cycle[place]])
        cycle = cycle[first:-1] + cycle[: first + 1]
        # The editor runs the nodes in the manifest's order, so edges against it are ignored.
        for source, target in pairwise(cycle):
            if self._ranks[source] >= self._ranks[target]:
                self._wiring.ignore_back_edge(source, target, " → ".join(cycle))

    def _list_sources(self, node: str) -> list[str]:
        return [
            after.source for after in self._wiring.list_predecessors(node) if after.source != START
        ]

    def _make_step(self, node: str) -> Step:
        return Step(node, self._wiring.list_predecessors(node))

    def _in_order(self, blocks: Mapping[str | None, list[str]], block: str | None) -> Iterator[str]:
        for node in blocks[block]:
            if node in blocks:
                yield from self._in_order(blocks, node)
            yield node
