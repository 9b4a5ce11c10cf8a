from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flightlog.logger import ExecutionLogger
from flightlog.record.model import NodeExecution

from .conftest import execution

Flightlog = Callable[..., Any]


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
    assert "1 of 1 node execution failed" in errors
    good = flightlog("show", "good-1", "--errors", "--db", history).out
    assert "● Charge" not in good
    assert "0 of 1 node execution failed" in good
    for name in ("charge", "Charge"):
        assert '{"charged": true' in flightlog("show", "--node", name, "--db", history).out
    bare = flightlog("show", "failed-1", "--no-payloads", "--db", history).out
    assert ("amount" in bare, "orderId" in bare, "✕ Charge" in bare) == (False, False, True)
    unknown = flightlog("show", "--node", "Refund", "--db", history)
    assert "Its nodes are: Charge." in unknown.err


def test_logs_stand_beside_input_and_output(stored: Callable[..., Any]) -> None:
    """The last records of a node are shown with time, level and logger, harmless for terminals."""
    record = {
        "time": "2026-11-22T19:04:11Z",
        "level": "INFO",
        "logger": "shop",
        "message": "hi\x1b",
    }
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    logs = [record | {"message": f"record {number}"} for number in range(20)]
    shown = stored(name="Order 7", nodeExecutions=[node | {"logs": [*logs, record]}])
    assert "  name      Order 7" in shown.out
    assert "… 9 earlier records: --full shows all" in shown.out
    assert "record 8" not in shown.out
    assert "INFO    shop: record 9" in shown.out
    assert "shop: hi\\x1b" in shown.out
    full = stored("--full", nodeExecutions=[node | {"logs": [*logs, record]}]).out
    assert "record 0" in full
    assert "record" not in stored("--no-payloads", nodeExecutions=[node | {"logs": logs}]).out
    assert "[1]" in stored(nodeExecutions=[node | {"nodeId": "m", "logs": [1]}]).out


def test_a_decorated_workflow_is_no_node_of_its_own(stored: Callable[..., Any]) -> None:
    """The workflow's own node is left out of the tree, and its output is the result."""
    root = {"nodeId": "w", "nodeName": "W", "nodeType": "workflow", "sequence": 0}
    root |= {"status": "success", "input": {"a": 1}, "output": {"paid": True}}
    inner = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success", "sequence": 1}
    lines = stored(nodeExecutions=[root, inner | {"parentSequence": 0}]).out.splitlines()
    assert lines[-3:] == ['result  {"paid": true}', "1 node execution", "└── ● N · t"]


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


def test_a_short_prefix_names_the_ids_that_begin_so(tmp_path: Path, flightlog: Flightlog) -> None:
    """The complete id is found; an ambiguous or too short prefix lists the ids."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions([execution(name) for name in ("run-1", "run-10", "run_1")])
    assert flightlog("show", "run-1", "--db", path).code == 0
    for prefix in ("run", "r"):
        refused = flightlog("show", prefix, "--db", path)
        assert refused.code == 2
        assert all(name in refused.err for name in ("run-1", "run-10", "run_1"))


def test_a_node_that_asked_a_model_shows_the_conversation(stored: Callable[..., Any]) -> None:
    """Roles, texts and tool calls come in place of the payloads, which `--full` shows, too."""
    call = {"id": "c1", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
    node = {
        "nodeId": "n",
        "nodeName": "Ask",
        "nodeType": "t",
        "status": "success",
        "input": {
            "model": "m",
            "messages": [{"role": "user", "content": f"question {number}"} for number in range(9)],
        },
        "output": {
            "model": "m-1",
            "usage": {"prompt_tokens": 1_200, "completion_tokens": 1},
            "choices": [
                {"message": {"role": "assistant", "content": "a\x1b", "tool_calls": [call]}}
            ],
        },
    }
    shown = stored(nodeExecutions=[node]).out
    assert "conversation · m-1 · 1,200 input tokens · 1 output token" in shown
    assert "… 2 earlier messages: --full shows all" in shown
    assert "question 1" not in shown
    assert "question 2" in shown
    assert "a\\x1b" in shown
    assert '→ weather({"city": "Oslo"})' in shown
    assert "prompt_tokens" not in shown
    full = stored("--full", nodeExecutions=[node]).out
    assert "question 0" in full
    assert "prompt_tokens" in full
    assert "question" not in stored("--no-payloads", nodeExecutions=[node]).out
