from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from flightlog.codegen import generate, manifest_from
from flightlog.errors import InvalidManifestError
from support.manifests import Json, chain, code, edge, http, manifest, node, workflow


def steps(nodes: Json, edges: Sequence[Json] = (), **fields: Any) -> str:
    """Generate the module of a workflow with these nodes and edges."""
    return generate(manifest_from(manifest({"w": workflow(nodes, edges, **fields)}))).files["w.py"]


def problem(nodes: Json, edges: Sequence[Json] = (), **fields: Any) -> str:
    """Return the only problem of a workflow with these nodes and edges."""
    with pytest.raises(InvalidManifestError) as caught:
        steps(nodes, edges, **fields)
    (told,) = caught.value.problems
    return told


def some(*names: str) -> Json:
    """Make nodes with these ids."""
    return {name: code("return input", name) for name in names}


def loop(*children: str) -> Json:
    """Make a loop over these nodes."""
    return node("loop", "Loop", items="{{ input }}", children=list(children))


def test_a_cycle_is_shown() -> None:
    """The message shows the whole cycle once."""
    told = problem(some("a", "b", "c", "d"), chain("a", "b", "c", "d", "b"))
    assert "`workflows.w.nodes.b` comes after itself: b → c → d → b." in told
    assert "loop" in told


def test_a_node_cannot_follow_itself() -> None:
    """A node that follows itself is the shortest cycle."""
    assert "a → a" in problem(some("a"), [edge("a", "a")])


@pytest.mark.parametrize("end", ["source", "target"])
def test_an_edge_of_a_missing_node_is_refused(end: str) -> None:
    """The message names the edge's place."""
    told = problem(some("a"), [{**edge("a", "a"), end: "gone"}])
    assert f"`workflows.w.edges[0].{end}` names the node 'gone'" in told


def test_config_that_names_a_missing_node_is_refused() -> None:
    """Targets, cases and children that name a missing node are refused."""
    told = problem({"c": node("condition", expression="{{ true }}", trueTarget="gone")})
    assert "`workflows.w.nodes.c.config.trueTarget` names the node 'gone'" in told
    told = problem({"s": node("switch", value="{{ 1 }}", cases=[{"value": 1, "target": "gone"}])})
    assert "`workflows.w.nodes.s.config.cases[0].target` names the node 'gone'" in told
    told = problem({"l": loop("gone")})
    assert "`workflows.w.nodes.l.config.children[0]` names the node 'gone'" in told


@pytest.mark.parametrize(("source", "target"), [("a", "child"), ("child", "a")])
def test_no_edge_crosses_the_border_of_a_loop(source: str, target: str) -> None:
    """An edge can lead neither in nor out; the message says in which block each end is."""
    told = problem({**some("a", "child"), "l": loop("child")}, [edge(source, target)])
    assert "(within 'l')" in told
    assert "within no other node" in told


def test_a_node_is_the_child_of_one() -> None:
    """A node is the child of at most one other node, once; a trigger is no child."""
    assert "a child of 'l' already" in problem({**some("a"), "l": loop("a"), "m": loop("a")})
    assert "a child of 'l' already" in problem({**some("a"), "l": loop("a", "a")})
    assert "is within itself: m in l in m" in problem({"l": loop("m"), "m": loop("l")})
    assert "names the trigger 't'" in problem(
        {"t": node("httpEndpoint"), "l": loop("t")}, trigger=http("/a")
    )


def test_an_edge_from_a_loop_into_its_body_says_what_children_say() -> None:
    """An edge from a loop to its child is accepted, because editors draw such edges."""
    nodes = {**some("child", "then"), "l": loop("child")}
    text = steps(nodes, [edge("l", "child", "body"), edge("l", "then", "done")])
    assert "run.step(then, after=[loop_step])" in text
    assert "is led" not in text


def test_a_trigger_among_the_nodes_is_no_step() -> None:
    """A trigger's edges only mark where the run begins."""
    nodes = {"t": node("httpEndpoint"), **some("a", "b")}
    text = steps(nodes, chain("t", "a", "b"), trigger=http("/a"))
    assert text.count("@workflow.node") == 2
    assert "a_step = run.step(a)\n    run.step(b, after=[a_step])" in text


def test_a_node_without_an_incoming_edge_runs_with_a_note() -> None:
    """The editor runs such nodes, too; where no trigger is drawn, they are the start."""
    nodes = {"t": node("httpEndpoint"), **some("a", "lost")}
    value = manifest({"w": workflow(nodes, [edge("t", "a")], http("/a"))})
    made = generate(manifest_from(value))
    assert "run.step(lost)" in made.files["w.py"]
    (note,) = made.notes
    assert "`workflows.w.nodes.lost` has no incoming edge" in note
    value = manifest({"w": workflow(some("a", "b"), trigger=http("/a"))})
    assert generate(manifest_from(value)).notes == ()


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        ([edge("a", "t")], "leads to the trigger"),
        (
            [edge("t", "a", condition="{{ true }}"), edge("t", "b"), edge("t", "c")],
            "put a condition node",
        ),
        ([edge("a", "b", "error")], "`onError`"),
        ([edge("v", "b", "invalid")], "`onError`"),
        ([edge("c", "a", "perhaps")], "use one of 'true', 'false'"),
        ([edge("c", "b", "true")], "make the edge and the node's config say the same"),
        ([edge("a", "b", condition="{{ nodes.b.output }}")], "doesn't come before 'b'"),
        ([edge("a", "b", condition="{{ nope }}")], "names `nope`"),
    ],
)
def test_edges_that_cannot_be_meant_are_refused(edges: list[Json], said: str) -> None:
    """The message names the edge's place and gives advice."""
    nodes = {
        "t": node("httpEndpoint"),
        **some("a", "b"),
        "c": node("condition", expression="{{ true }}", falseTarget="b"),
        "v": node("validate", schema={}),
    }
    told = problem(nodes, edges, trigger=http("/a"))
    assert told.startswith("`workflows.w.edges[0]")
    assert said.lower() in told.lower()


def test_handles_of_a_switch_go_by_many_names() -> None:
    """A case's handle is its value as text, or its number if that text repeats."""
    nodes = {
        "s": node("switch", value="{{ input }}", cases=[{"value": 1}, {"value": "1"}]),
        **some("a", "b", "c"),
    }
    text = steps(nodes, [edge("s", "a", "1"), edge("s", "b", "case-1"), edge("s", "c", "default")])
    assert 'cases=[(1, "1"), ("1", "case-1")], default="default"' in text
    assert 'run.step(a, after=[switch_step.on("1")])' in text
    assert 'run.step(b, after=[switch_step.on("case-1")])' in text
    assert 'run.step(c, after=[switch_step.on("default")])' in text


def test_the_same_edge_twice_is_one_and_config_and_edges_agree() -> None:
    """An edge may repeat the node's config, and may add a condition to it."""
    nodes = {
        "c": node("condition", "Large?", expression="{{ true }}", trueTarget="a"),
        **some("a"),
    }
    text = steps(nodes, [edge("c", "a", "true"), edge("c", "a")])
    assert 'run.step(a, after=[large_step.on("true")])' in text
    text = steps(nodes, [edge("c", "a", condition="input.x")])
    assert 'run.step(a, after=[large_step.on("true").when("{{ input.x }}")])' in text


def test_steps_stand_in_the_order_of_the_edges_then_of_the_manifest() -> None:
    """Children stand before their loop, and a loop's children in the order of their list."""
    nodes = {**some("z", "y"), "l": loop("second", "first"), **some("first", "second", "x")}
    text = steps(nodes, chain("x", "l", "z"))
    names = re.findall(r"^async def (\w+)", text, re.MULTILINE)
    assert names == ["y", "x", "second", "first", "loop", "z", "a_workflow"]
    assert "second_step = run.step(second)\n    run.step(first, after=[second_step])" in text


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
