"""Edges between the nodes of a manifest."""

from __future__ import annotations

import pytest

from support.generated_steps import loop, notes, problem, some, steps
from support.manifests import Json, edge, http, node


@pytest.mark.parametrize("end", ["source", "target"])
def test_an_edge_of_a_missing_node_is_refused(end: str) -> None:
    """The message names the edge's place."""
    reported = problem(some("a"), [{**edge("a", "a"), end: "gone"}])
    assert f"`workflows.w.edges[0].{end}` names the node 'gone'" in reported


@pytest.mark.parametrize(
    ("source", "target", "step"),
    [
        ("a", "child", "run.step(loop, after=[a_step])"),
        ("child", "a", "run.step(a, after=[loop_step])"),
        ("child", "other", "run.step(loop_2, after=[loop_step])"),
    ],
)
def test_an_edge_across_the_border_of_a_loop_counts_for_the_loop(
    source: str, target: str, step: str
) -> None:
    """An edge leads to or from the loop itself; a note names both."""
    nodes = {**some("a", "child", "other"), "l": loop("child"), "m": loop("other")}
    (note,) = notes(nodes, [edge(source, target)])
    assert "`workflows.w.edges[0]` leads across a border; it counts as an edge from" in note
    assert step in steps(nodes, [edge(source, target)])


def test_an_edge_from_a_child_to_its_own_loop_is_ignored() -> None:
    """Editors draw such an edge for the next item."""
    nodes = {**some("child", "then"), "l": loop("m"), "m": loop("child")}
    found = notes(nodes, [edge("child", "m"), edge("l", "child"), edge("l", "then")])
    assert ["are one within the other" in note for note in found] == [True, True]


def test_a_condition_on_the_edge_of_a_trigger_decides_on_the_start() -> None:
    """Where another edge of the trigger has no condition, the node runs anyway."""
    nodes = {"t": node("httpEndpoint"), **some("a", "b")}
    edges = [edge("t", "a", condition="input.x > 1"), edge("t", "b")]
    text = steps(nodes, edges, trigger=http("/a"))
    assert 'run.step(a, after=[run.start.when("{{ input.x > 1 }}")])' in text
    assert "run.step(b)" in text
    assert "run.step(a)" in steps(nodes, [*edges, edge("t", "a")], trigger=http("/a"))
    reported = problem(nodes, [edge("t", "a", condition="{{ nope }}")], trigger=http("/a"))
    assert reported.startswith("`workflows.w.edges[0].condition` can't be evaluated")


def test_a_choice_within_a_loop_decides_on_no_node_after_the_loop() -> None:
    """Each item chooses anew, so the node runs after the loop, and a note says so."""
    nodes = {**some("a"), "c": node("condition", expression="{{ true }}"), "l": loop("c")}
    edges = [edge("c", "a", "true", condition="{{ input.x }}")]
    assert "run.step(a, after=[loop_step])" in steps(nodes, edges)
    (note,) = notes(nodes, edges)
    assert "counts as an edge from 'l' to 'a' that is always taken" in note


def test_an_error_edge_out_of_a_loop_hides_no_error() -> None:
    """The edge doesn't wait for a failure, so a failure within the loop still fails the run."""
    nodes = {**some("a", "child"), "l": loop("child")}
    edges = [edge("child", "a", "error")]
    text = steps(nodes, edges)
    assert "run.step(a, after=[loop_step])" in text
    assert "on_error" not in text
    (note,) = notes(nodes, edges)
    assert "that is always taken, because 'child' may run several times" in note


def test_an_edge_of_a_trigger_into_a_loop_counts_for_the_loop() -> None:
    """Children begin with their loop."""
    nodes = {"t": node("httpEndpoint"), **some("a"), "l": loop("a")}
    (note,) = notes(nodes, [edge("t", "a")], trigger=http("/a"))
    assert "it counts as an edge to 'l' itself" in note


@pytest.mark.parametrize("handle", ["error", "onError", "catch", "failure"])
def test_an_edge_for_errors_is_taken_after_a_failure_alone(handle: str) -> None:
    """The node's other edges are taken after a success alone, and its failure ends no run."""
    nodes = some("a", "b", "c")
    text = steps(nodes, [edge("a", "b", handle), edge("a", "c")])
    assert "run.step(b, after=[a_step.on_error()])" in text
    assert "run.step(c, after=[a_step.on_success()])" in text
    assert 'on_error="continue"' in text


def test_an_edge_to_the_trigger_is_ignored() -> None:
    """The trigger starts the run, and is no step of it."""
    nodes = {"t": node("httpEndpoint"), **some("a")}
    (note,) = notes(nodes, [edge("t", "a"), edge("a", "t")], trigger=http("/a"))
    assert "`workflows.w.edges[1]` is ignored, because it leads to the trigger 't'" in note


def test_an_edge_from_a_loop_into_its_body_says_what_children_say() -> None:
    """An edge from a loop to its child is accepted, because editors draw such edges."""
    nodes = {**some("child", "then"), "l": loop("child")}
    text = steps(nodes, [edge("l", "child", "body"), edge("l", "then", "done")])
    assert "run.step(then, after=[loop_step])" in text
    assert "is led" not in text


@pytest.mark.parametrize(
    ("edges", "said"),
    [
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
    reported = problem(nodes, edges, trigger=http("/a"))
    assert reported.startswith("`workflows.w.edges[0]")
    assert said.lower() in reported.lower()


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


def test_the_only_handle_of_the_canvas_takes_either_way_of_a_choice() -> None:
    """The editor calls a node's only handle `output`; a condition's edge of that name is plain."""
    nodes = {**some("a"), "c": node("condition", expression="{{ true }}")}
    assert "run.step(a, after=[condition_step])" in steps(nodes, [edge("c", "a", "output")])
    assert notes(nodes, [edge("c", "a", "output")]) == ()


def test_a_handle_that_a_node_lacks_is_noted() -> None:
    """A node without a choice leads everywhere; `valid` and `success` say nothing else."""
    (note,) = notes(some("a", "b"), [edge("a", "b", "nope")])
    assert note.startswith("`workflows.w.edges[0].sourceHandle` is 'nope'")
    assert "the edge is always taken" in note
    assert notes(some("a", "b"), [edge("a", "b", "success")]) == ()
