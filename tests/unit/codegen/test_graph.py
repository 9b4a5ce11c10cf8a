from __future__ import annotations

import re

from flightlog.codegen import generate, manifest_from
from support.generated_steps import loop, notes, problem, some, steps
from support.manifests import chain, edge, http, manifest, node, workflow


def test_an_edge_that_closes_a_cycle_is_ignored_with_a_note() -> None:
    """Each node runs once, as in the editor; the note is in the record, too."""
    edges = chain("a", "b", "c", "d", "b")
    (note,) = notes(some("a", "b", "c", "d"), edges)
    assert "`workflows.w.nodes.b` would come after itself (b → c → d → b)" in note
    assert "loop" in note
    text = steps(some("a", "b", "c", "d"), edges)
    assert "run.step(d, after=[c_step])" in text
    assert "b_step = run.step(b, after=[a_step])" in text
    assert 'notes=[\n        "`workflows.w.nodes.b` would come after itself' in text


def test_a_node_that_follows_itself_runs_once() -> None:
    """A node that follows itself is the shortest cycle."""
    assert "(a → a)" in notes(some("a"), [edge("a", "a")])[0]


def test_every_cycle_is_opened() -> None:
    """The order is the manifest's, however the edges lead."""
    nodes = some("a", "b", "c")
    edges = [edge(node, other) for node in nodes for other in nodes]
    assert len(notes(nodes, edges)) >= 4
    assert "run.step(c, after=[a_step, b_step])" in steps(nodes, edges)


def test_config_that_names_a_missing_node_is_refused() -> None:
    """Targets, cases and children that name a missing node are refused."""
    reported = problem({"c": node("condition", expression="{{ true }}", trueTarget="gone")})
    assert "`workflows.w.nodes.c.config.trueTarget` names the node 'gone'" in reported
    reported = problem(
        {"s": node("switch", value="{{ 1 }}", cases=[{"value": 1, "target": "gone"}])}
    )
    assert "`workflows.w.nodes.s.config.cases[0].target` names the node 'gone'" in reported
    reported = problem({"l": loop("gone")})
    assert "`workflows.w.nodes.l.config.children[0]` names the node 'gone'" in reported


def test_invalid_is_the_way_for_errors_of_a_validate_node() -> None:
    """The editor's palette has the handles valid and invalid."""
    nodes = {"v": node("validate", "Check", schema={}), **some("a", "b")}
    text = steps(nodes, [edge("v", "a", "valid"), edge("v", "b", "invalid")])
    assert "run.step(a, after=[check_step.on_success()])" in text
    assert "run.step(b, after=[check_step.on_error()])" in text


def test_a_node_is_the_child_of_one() -> None:
    """A node is the child of at most one other node, once; a trigger is no child."""
    assert "a child of 'l' already" in problem({**some("a"), "l": loop("a"), "m": loop("a")})
    assert "a child of 'l' already" in problem({**some("a"), "l": loop("a", "a")})
    assert "is within itself: m in l in m" in problem({"l": loop("m"), "m": loop("l")})
    assert "names the trigger 't'" in problem(
        {"t": node("httpEndpoint"), "l": loop("t")}, trigger=http("/a")
    )


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


def test_steps_stand_in_the_order_of_the_edges_then_of_the_manifest() -> None:
    """Children stand before their loop, and a loop's children in the order of their list."""
    nodes = {**some("z", "y"), "l": loop("second", "first"), **some("first", "second", "x")}
    text = steps(nodes, chain("x", "l", "z"))
    names = re.findall(r"^async def (\w+)", text, re.MULTILINE)
    assert names == ["y", "x", "second", "first", "loop", "z", "a_workflow"]
    assert "second_step = run.step(second)\n    run.step(first, after=[second_step])" in text
