from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.nodes import MAX_DEPTH, nested
from flightlog.logger import ExecutionLogger
from flightlog.record.model import NodeExecution

Flightlog = Callable[..., Any]


@pytest.fixture
def stored(tmp_path: Path, flightlog: Flightlog) -> Callable[..., Any]:
    """Store one execution with these fields, then show it."""

    def show(*options: str, **fields: Any) -> Any:
        with ExecutionLogger(tmp_path / "one.db") as logger:
            logger.log_execution(
                {
                    "id": "run-1",
                    "workflowId": "w",
                    "workflowName": "W",
                    "status": "success",
                    "startedAt": "2026-11-22T19:00:00Z",
                    **fields,
                }
            )
        return flightlog("show", "run-1", "--db", tmp_path / "one.db", *options)

    return show


def test_a_failure_is_shown_before_the_proof(history: Path, flightlog: Flightlog) -> None:
    """The order is headline, facts, error with the end of its stack, then nodes with payloads."""
    ended = flightlog("show", "failed-1", "--db", history)
    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (0, "")
    assert lines[0] == "✕ Order intake  error · 3 min 05 s · http"
    assert lines[5] == "card_declined"
    assert lines[6] == "… 4 lines above: --full shows them"
    assert 'trigger http  {"orderId": 12345678901234567890123}' in lines
    assert "└── ✕ Charge · httpRequest · 840 ms" in lines
    assert '    input   {"amount": 4200}' in lines
    assert "Traceback" in flightlog("show", "failed-1", "--db", history, "--full").out


def test_json_is_the_record_with_its_payloads_as_they_came(
    history: Path, flightlog: Flightlog
) -> None:
    """Long integers and minus zero stay unchanged, and nothing else is printed."""
    ended = flightlog("show", "good-1", "--db", history, "--json")
    assert json.loads(ended.out)["id"] == "good-1"
    assert '"data":{"orderId":12345678901234567890123}' in ended.out
    assert '"output":{"charged":true,"rate":-0.0}' in ended.out


def test_parts_of_an_execution_are_shown(history: Path, flightlog: Flightlog) -> None:
    """`--errors`, `--node` and `--no-payloads` choose; without an id, the latest run is shown."""
    shown = flightlog("show", "--db", history).out
    assert shown.startswith("● Sync")
    assert shown == flightlog("show", "latest", "--db", history).out
    errors = flightlog("show", "failed-1", "--errors", "--db", history).out
    assert "✕ Charge" in errors
    assert "● Charge" not in flightlog("show", "good-1", "--errors", "--db", history).out
    for name in ("charge", "Charge"):
        assert '{"charged": true' in flightlog("show", "--node", name, "--db", history).out
    bare = flightlog("show", "failed-1", "--no-payloads", "--db", history).out
    assert ("amount" in bare, "orderId" in bare, "✕ Charge" in bare) == (False, False, True)
    unknown = flightlog("show", "--node", "Refund", "--db", history)
    assert "Its nodes are: Charge." in unknown.err


def test_a_decorated_workflow_is_no_node_of_its_own(stored: Callable[..., Any]) -> None:
    """The workflow's own node is left out of the tree, and its output is the result."""
    root = {"nodeId": "w", "nodeName": "W", "nodeType": "workflow", "sequence": 0}
    root |= {"status": "success", "input": {"a": 1}, "output": {"paid": True}}
    inner = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success", "sequence": 1}
    lines = stored(nodeExecutions=[root, inner | {"parentSequence": 0}]).out.splitlines()
    assert lines[-3:] == ['result  {"paid": true}', "1 node execution", "└── ● N · t"]


def test_a_large_payload_is_shortened_and_its_size_said(stored: Callable[..., Any]) -> None:
    """A terminal gets the beginning of 2 MB and a hint to --full, which prints the rest."""
    trigger = {"type": "http", "data": {"lines": ["z" * 500] * 4_000}}
    short, full = stored(trigger=trigger), stored("--full", trigger=trigger)
    assert "more, 1.9 MB in all: --full shows it" in short.out
    assert "(507 characters)" in short.out
    assert len(short.out) < 5_000
    assert full.out.count("z") == 2_000_000


def test_text_of_a_record_cannot_act_on_the_terminal(stored: Callable[..., Any]) -> None:
    """Escape sequences, markup and line breaks in any field are shown as escapes."""
    hostile = "\x1b]0;owned\x07[bold]\u202e\nnext"
    error = {"message": hostile, "stack": hostile, "nodeId": hostile, "kind": hostile}
    node = {
        "nodeId": "n",
        "nodeName": hostile,
        "nodeType": hostile,
        "status": "error",
        "input": hostile,
        "output": {hostile: "\x9b"},
        "error": error | {"message": hostile + "2"},
    }
    ended = stored(
        "--full",
        workflowName=hostile,
        workflowId=hostile,
        projectId=hostile,
        status="error",
        error=error,
        tags={hostile: hostile},
        trigger={"type": hostile, "data": hostile},
        nodeExecutions=[node],
    )
    assert ended.code == 0
    assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(ended.out)
    assert "[bold]" in ended.out
    assert r"✕ \x1b]0;owned\x07[bold]\u202e\nnext" in ended.out


def test_a_payload_nested_900_deep_is_shown(stored: Callable[..., Any]) -> None:
    """A deep payload is shortened like a long payload, and --full prints all levels."""
    deep: Any = 7
    for _ in range(900):
        deep = [deep]
    trigger = {"type": "http", "data": deep}
    assert "--full shows it" in stored(trigger=trigger).out
    assert stored("--full", trigger=trigger).code == 0


def test_half_a_surrogate_is_shown_as_a_replacement(tmp_path: Path, flightlog: Flightlog) -> None:
    """A lone surrogate of a test run is shown as U+FFFD; `--json` keeps its bytes."""
    run = (
        '__CATALYST_EXECUTION_START__{"id":"run-1","workflowId":"w","workflowName":"W",'
        r'"status":"success","startedAt":"2026-11-22","trigger":{"type":"x","data":"a\ud800"}}'
    )
    (tmp_path / "out.txt").write_text(run)
    assert flightlog("import", tmp_path / "out.txt", "--db", tmp_path / "one.db").code == 0
    shown = flightlog("show", "run-1", "--db", tmp_path / "one.db").out
    assert 'trigger x  "a\N{REPLACEMENT CHARACTER}"' in shown
    assert (
        r'"data":"a\ud800"' in flightlog("show", "run-1", "--json", "--db", tmp_path / "one.db").out
    )


def test_hundreds_of_nodes_fold_but_failures_stay(stored: Callable[..., Any]) -> None:
    """After the first 100 nodes only failures are shown, and the rest are counted."""
    nodes = [
        {
            "nodeId": f"n{place}",
            "nodeName": f"Node {place}",
            "nodeType": "t",
            "status": "error" if place == 250 else "success",
        }
        for place in range(300)
    ]
    ended = stored(nodeExecutions=nodes)
    assert "✕ Node 250" in ended.out
    assert "199 more node executions" in ended.out
    assert "Node 299" in stored("--full", nodeExecutions=nodes).out


def test_an_errors_kind_and_type_stand_before_its_message(stored: Callable[..., Any]) -> None:
    """For an exception only its type is shown, because almost every error is an exception."""
    error = {"message": "no route", "type": "httpx.ConnectError", "kind": "exception"}
    assert "\nhttpx.ConnectError: no route\n" in stored(status="error", error=error).out


def test_a_timeout_says_so_before_its_type(stored: Callable[..., Any]) -> None:
    """The kind precedes the exception's class."""
    error = {"message": "5 s", "type": "httpx.ReadTimeout", "kind": "timeout"}
    assert "\ntimeout: httpx.ReadTimeout: 5 s\n" in stored(status="error", error=error).out


def test_a_crash_has_its_own_mark(stored: Callable[..., Any]) -> None:
    """An error of kind `crashed` has another mark than other errors."""
    ended = stored(status="error", error={"message": "The process died", "kind": "crashed"})
    assert ended.out.startswith("⊗ W  crashed")


def node(sequence: int, parent: int | None = None) -> NodeExecution:
    """Build a node execution at a place in the run, within another node execution."""
    return NodeExecution(
        node_id=f"{sequence}",
        node_name="N",
        node_type="t",
        status="success",
        sequence=sequence,
        parent_sequence=parent,
    )


def test_nodes_stand_below_what_they_ran_within() -> None:
    """Children follow their parent in order, whichever was recorded first."""
    walk = nested([node(3, 1), node(1), node(2), node(4, 1), node(5, 99)])
    assert [(one.sequence, parent, depth) for one, parent, depth in walk] == [
        (1, None, 0),
        (3, 1, 1),
        (4, 1, 1),
        (2, None, 0),
        (5, None, 0),
    ]


def test_no_node_is_lost_in_a_circle_or_an_abyss() -> None:
    """Nodes that enclose each other appear once, and the depth is limited."""
    circle = [node(1, 2), node(2, 1), node(3, 3)]
    assert sorted(one.sequence or 0 for one, _, _ in nested(circle)) == [1, 2, 3]
    chain = [node(0), *(node(place, place - 1) for place in range(1, 5_000))]
    depths = [depth for _, _, depth in nested(chain)]
    assert len(depths) == 5_000
    assert max(depths) == MAX_DEPTH


def test_nodes_with_one_sequence_are_all_shown(stored: Callable[..., Any]) -> None:
    """Several nodes may share one `sequence`; their child appears once, below the first of them."""
    node = {"nodeName": "N", "nodeType": "t", "status": "success", "sequence": 3}
    nodes = [
        {**node, "nodeId": "a", "nodeName": "First"},
        {**node, "nodeId": "b", "nodeName": "Second"},
        {**node, "nodeId": "c", "nodeName": "Within", "sequence": 4, "parentSequence": 3},
    ]
    lines = stored(nodeExecutions=nodes).out.splitlines()
    assert lines[-4:] == [
        "3 node executions",
        "├── ● First · t",
        "│   └── ● Within · t",
        "└── ● Second · t",
    ]
