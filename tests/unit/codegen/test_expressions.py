"""Expressions of nodes see the nodes before them."""

from __future__ import annotations

from support.generated_steps import loop, problem, some, steps
from support.manifests import edge, node


def test_expressions_see_what_comes_before_in_and_out_of_blocks() -> None:
    """A parallel node's children can be named after the node, but a loop's children can't."""
    nodes = {
        **some("p1", "l1"),
        "p": node("parallel", "Parallel", children=["p1"]),
        "l": loop("l1"),
        "after": node("delay", ms="{{ nodes.p1.output }} {{ nodes.p.output }}"),
    }
    steps(nodes, [edge("p", "after"), edge("l", "after")])
    nodes["after"]["config"]["ms"] = "{{ nodes.l1.output }}"
    assert "`workflows.w.nodes.after.config.ms`" in problem(nodes, [edge("l", "after")])
    nodes["l1"] = node("log", message="{{ nodes.p1.output }} {{ item }} {{ index }}")
    nodes["after"]["config"]["ms"] = "{{ nodes.l.output }}"
    steps(nodes, [edge("p", "l"), edge("l", "after")])
