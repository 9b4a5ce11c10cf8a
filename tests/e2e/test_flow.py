"""Edges of generated workflows: order, concurrency, choices, and skipped nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.manifests import code, edge, http, manifest, node, workflow
from support.projects import project
from support.runs import Json, began_after, find_run, list_runs, read_statuses, sort_nodes

Call = Callable[..., tuple[Any, Json]]

EDGES = project(
    "edges",
    manifest(
        {
            "diamond": workflow(
                {
                    "start": node("httpEndpoint", "Start"),
                    "last": code("return {'both': sorted(input)}", "Join both"),
                    "left": node("httpRequest", "Left", method="GET", url="{{ env.WEB }}/meet/d/2"),
                    "right": node(
                        "httpRequest", "Right", method="GET", url="{{ env.WEB }}/meet/d/2"
                    ),
                    "first": code("return {'doubled': input['number'] * 2}", "First"),
                },
                [
                    edge("start", "first"),
                    edge("first", "left"),
                    edge("first", "right"),
                    edge("left", "last"),
                    edge("right", "last"),
                ],
                http("/diamond"),
                name="Diamond",
            ),
            "nothing": workflow({"start": node("httpEndpoint", "Start")}, trigger=http("/nothing")),
        }
    ),
)

CHOICES = project(
    "choices",
    manifest(
        {
            "condition": workflow(
                {
                    "large": node("condition", "Large?", expression="{{ input.amount > 100 }}"),
                    "yes": code("return {'large': input['amount']}", "Yes"),
                    "no": code("return {'small': input['amount']}", "No"),
                    "after_yes": code("return input", "After yes"),
                    "always": code("return 'done'", "Always"),
                },
                [
                    edge("large", "yes", "true"),
                    edge("large", "no", "false"),
                    edge("yes", "after_yes"),
                    edge("after_yes", "always"),
                    edge("no", "always"),
                ],
                http("/condition"),
            ),
            "targets": workflow(
                {
                    "large": node(
                        "condition",
                        "Large?",
                        expression={"type": "expression", "expression": "input.amount > 100"},
                        trueTarget="yes",
                        falseTarget="no",
                    ),
                    "yes": code("return 'yes'", "Yes"),
                    "no": code("return 'no'", "No"),
                },
                trigger=http("/targets"),
            ),
            "switch": workflow(
                {
                    "tier": node(
                        "switch",
                        "Tier",
                        value="{{ input.tier }}",
                        cases=[
                            {"value": "gold", "target": "gold"},
                            {"value": 3, "target": "three"},
                        ],
                        default="other",
                    ),
                    "gold": code("return 'gold'", "Gold"),
                    "three": code("return 'three'", "Three"),
                    "other": code("return 'other'", "Other"),
                },
                trigger=http("/switch"),
            ),
            "edge-conditions": workflow(
                {
                    "check": code("return {'ok': input['ok'], 'n': input['n']}", "Check"),
                    "if_ok": code("return 'ok'", "If ok"),
                    "if_many": code("return 'many'", "If many"),
                    "join": code("return input", "Join"),
                },
                [
                    edge("check", "if_ok", condition="{{ nodes.check.output.ok }}"),
                    edge("check", "if_many", condition="nodes.check.output.n > 2"),
                    edge("if_ok", "join"),
                    edge("if_many", "join"),
                ],
                http("/edges"),
            ),
            "early": workflow(
                {
                    "known": node("condition", "Known?", expression="{{ input.known }}"),
                    "out": node(
                        "earlyReturn", "Out", value={"answer": "{{ input.known }}", "nothing": None}
                    ),
                    "work": code("return 'worked'", "Work"),
                    "more": code("return input", "More"),
                },
                [
                    edge("known", "out", "true"),
                    edge("known", "work", "false"),
                    edge("work", "more"),
                    edge("out", "more"),
                ],
                http("/early"),
            ),
        }
    ),
)


def test_steps_follow_the_edges_and_independent_ones_run_at_the_same_time(call: Call) -> None:
    """
    Steps follow the edges in any order of the manifest.

    The server answers two requests only when both wait, so that they must run at the same time.
    """
    answer, record = call(EDGES, "/diamond", {"number": 21})
    assert answer == {"both": ["left", "right"]}
    assert record["status"] == "success"
    assert record["workflowName"] == "Diamond"
    assert record["executionMode"] == "production"
    order = [run["nodeId"] for run in sort_nodes(record)]
    assert (order[0], order[-1]) == ("first", "last")
    assert len(record["nodeExecutions"]) == 4
    first, left, last = (
        find_run(record, "first"),
        find_run(record, "left"),
        find_run(record, "last"),
    )
    assert (first["input"], first["output"]) == ({"number": 21}, {"doubled": 42})
    assert left["input"]["method"] == "GET"
    assert left["input"]["url"].endswith("/meet/d/2")
    assert left["output"]["body"] == {"met": True, "name": "d"}
    assert last["input"] == {
        "left": left["output"],
        "right": find_run(record, "right")["output"],
    }
    assert last["output"] == answer
    for branch in ("left", "right"):
        assert began_after(record, branch, "first")
        assert began_after(record, "last", branch)
    assert (left["nodeName"], left["nodeType"], left["attempt"]) == ("Left", "httpRequest", 1)


def test_a_request_is_recorded_as_its_trigger(call: Call) -> None:
    """A request's trigger has method, path, query, headers and body, also without nodes."""
    _, record = call(EDGES, "/nothing?page=2", {"a": [1, None]})
    assert record["status"] == "success"
    assert not record.get("nodeExecutions")
    trigger = record["trigger"]
    assert trigger["type"] == "httpEndpoint"
    assert not trigger.get("isSimulated")
    data = trigger["data"]
    assert (data["method"], data["path"], data["query"]) == ("POST", "/nothing", {"page": "2"})
    assert data["body"] == {"a": [1, None]}
    assert data["headers"]["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("amount", "chosen", "left_out", "answer"),
    [(200, ["yes", "after_yes"], ["no"], "done"), (7, ["no"], ["yes", "after_yes"], "done")],
)
def test_a_condition_chooses_and_the_other_branch_is_skipped(
    amount: int, chosen: list[str], left_out: list[str], answer: str, call: Call
) -> None:
    """
    Each node of the other branch is skipped once.

    The node after both branches runs after the branch that ran.
    """
    said, record = call(CHOICES, "/condition", {"amount": amount})
    assert said == answer
    assert read_statuses(record) == {
        "large": "success",
        "always": "success",
        **dict.fromkeys(chosen, "success"),
        **dict.fromkeys(left_out, "skipped"),
    }
    assert len(record["nodeExecutions"]) == 5
    large = find_run(record, "large")
    assert large["input"] == {"amount": amount}
    assert large["output"] == {"result": amount > 100, "handle": str(amount > 100).lower()}
    assert find_run(record, chosen[0])["input"] == {"amount": amount}
    assert began_after(record, "always", chosen[-1])
    assert "startedAt" not in find_run(record, left_out[0]) or "output" not in find_run(
        record, left_out[0]
    )


@pytest.mark.parametrize(("amount", "answer"), [(101, "yes"), (100, "no")])
def test_a_condition_may_name_its_targets_instead(amount: int, answer: str, call: Call) -> None:
    """`trueTarget` and `falseTarget` work as edges."""
    said, record = call(CHOICES, "/targets", {"amount": amount})
    assert said == answer
    assert read_statuses(record)["no" if answer == "yes" else "yes"] == "skipped"


@pytest.mark.parametrize(
    ("tier", "answer"), [("gold", "gold"), (3, "three"), ("silver", "other"), (None, "other")]
)
def test_a_switch_chooses_one_way(tier: Any, answer: str, call: Call) -> None:
    """A switch takes the way of its value, else the default; all other nodes are skipped."""
    said, record = call(CHOICES, "/switch", {"tier": tier})
    assert said == answer
    assert sorted(read_statuses(record).values()) == ["skipped", "skipped", "success", "success"]
    assert read_statuses(record)[answer] == "success"


@pytest.mark.parametrize(
    ("body", "ran"),
    [
        ({"ok": True, "n": 3}, {"if_ok", "if_many", "join"}),
        ({"ok": True, "n": 1}, {"if_ok", "join"}),
        ({"ok": False, "n": 0}, set()),
    ],
)
def test_an_edge_may_have_a_condition(body: Json, ran: set[str], call: Call) -> None:
    """A node runs when at least one of its edges is taken, with the inputs of the taken edges."""
    _, record = call(CHOICES, "/edges", body)
    expected = dict.fromkeys({"if_ok", "if_many", "join"} - ran, "skipped")
    expected |= {"check": "success", **dict.fromkeys(ran, "success")}
    assert read_statuses(record) == expected
    if ran == {"if_ok", "join"}:
        # On the editor's channels an input is always an object.
        assert find_run(record, "join")["input"] == {"value": "ok"}
    elif ran:
        assert find_run(record, "join")["input"] == {"if_ok": "ok", "if_many": "many"}


def test_an_early_return_ends_the_run_with_its_value(call: Call) -> None:
    """An early return makes the run a success, and skips nodes that haven't begun."""
    said, record = call(CHOICES, "/early", {"known": "yes"})
    assert said == {"answer": "yes", "nothing": None}
    assert record["status"] == "success"
    assert read_statuses(record) == {
        "known": "success",
        "out": "success",
        "work": "skipped",
        "more": "skipped",
    }
    said, record = call(CHOICES, "/early", {"known": False})
    assert said == "worked"
    assert read_statuses(record)["out"] == "skipped"
    assert len(list_runs(record, "more")) == 1
