"""Test runs as the editor starts them: a child process, stdin, markers, exit code, history."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flightlog.editor_output import FoundRecord, read_test_run
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import encode_execution
from flightlog.record.model import WorkflowExecution
from flightlog.record.placeholders import END_MARKER, START_MARKER
from flightlog.runtime.testmode import write_record
from support.programs import PROGRAMS
from support.workflows import list_statuses, plain

HEAD = """
from __future__ import annotations

import sys
from typing import Any

from flightlog.runtime import HttpEndpoint, Node, Run, Workflow

workflow = Workflow(
    "order-intake",
    "Order intake",
    trigger=HttpEndpoint(path="/orders/{id}"),
    inputs={"amount": {"type": "number", "required": True}},
    secrets=("SHOP_KEY",),
    LIBRARIES
)


@workflow.node("double", "Double", "pythonFunction", pinned=PINNED)
async def double(node: Node) -> Any:
    def body(input):
        print("a stray line")
        print("__CATALYST_EXECUTION_START__")
        sys.stdout.flush()
        return input["amount"] * 2 / input.get("by", 1)

    return await node.call(body)


@workflow.steps
async def steps(run: Run) -> None:
    run.step(double)


if __name__ == "__main__":
    workflow.main()
"""


def _run(
    place: Path,
    given: Any,
    *,
    pinned: str = "",
    key: str | None = "test-mode-key-012345",
    libraries: str = "",
    **variables: str,
) -> tuple[int, bytes, bytes]:
    module = place / "workflow.py"
    head = HEAD.replace(", pinned=PINNED", pinned).replace("    LIBRARIES\n", libraries)
    module.write_text(head, encoding="utf-8")
    environment = {
        **os.environ,
        "CATALYST_EXECUTION_MODE": "test",
        "FLIGHTLOG_URL": f"sqlite:{place / 'history.db'}",
        "FLIGHTLOG_SPOOL_DIR": str(place / "spool"),
        **({} if key is None else {"SHOP_KEY": key}),
        **variables,
    }
    ended = subprocess.run(
        [sys.executable, str(module)],
        input=given if isinstance(given, bytes) else json.dumps(given).encode(),
        capture_output=True,
        check=False,
        env=environment,
        timeout=60,
    )
    return ended.returncode, ended.stdout, ended.stderr


def _record(output: bytes) -> WorkflowExecution:
    (found,) = read_test_run(output)
    assert isinstance(found, FoundRecord)
    return found.record


def test_a_test_run_prints_its_record_and_delivers_it(tmp_path: Path) -> None:
    """Standard output has the same record as the history; the code's own output goes to stderr."""
    code, out, err = _run(tmp_path, {"amount": 4})
    assert code == 0
    record = _record(out)
    assert (record.status, record.execution_mode) == ("success", "test")
    assert record.trigger is not None
    assert (record.trigger.type, record.trigger.is_simulated) == ("httpEndpoint", True)
    assert plain(record.trigger.data) == {"amount": 4}
    (double,) = record.node_executions
    assert plain(double.output) == 8
    assert b"a stray line" in err
    with ExecutionLogger(tmp_path / "history.db") as logger:
        stored = logger.get_execution(record.id)
    assert stored is not None
    assert list_statuses(stored) == list_statuses(record)


def test_a_run_of_the_run_button_has_the_trigger_http(tmp_path: Path) -> None:
    """The editor's button sends a whole request, for any trigger of the workflow."""
    request = {"method": "POST", "path": "/api/x", "pathParams": {}, "query": {}, "headers": {}}
    _, out, _ = _run(tmp_path, {**request, "body": {"amount": 4}})
    record = _record(out)
    assert record.trigger is not None
    assert (record.trigger.type, record.execution_mode) == ("http", "test")


@pytest.mark.parametrize(
    ("member", "variable", "used"),
    [
        ("run-1", "", "run-1"),
        (None, "run-2", "run-2"),
        ("run-1", "run-2", "run-1"),
        ("a\nb", "run-2", None),
    ],
)
def test_the_caller_can_name_the_execution(
    tmp_path: Path, member: str | None, variable: str, used: str | None
) -> None:
    """The request of the Run button goes before the environment; what is no id is not used."""
    request = {"method": "POST", "path": "/orders/7", "pathParams": {"id": "7"}, "query": {}}
    named = {} if member is None else {"executionId": member}
    code, out, err = _run(
        tmp_path, {**request, **named, "body": {"amount": 1}}, CATALYST_EXECUTION_ID=variable
    )
    assert code == 0
    record = _record(out)
    assert record.status == "success"
    assert used in {record.id, None}
    assert (b"no execution id" in err) is (used is None)
    (double,) = record.node_executions
    assert plain(double.input) == {"amount": 1, "id": "7"}


def test_a_missing_library_is_a_failed_run_that_names_the_command(tmp_path: Path) -> None:
    """No node runs."""
    code, out, err = _run(
        tmp_path, {"amount": 1}, libraries='    libraries=["psycopg", "no_such"],\n'
    )
    assert code == 0
    record = _record(out)
    assert record.status == "error"
    assert record.error is not None
    assert "pip install no_such`" in record.error.message
    assert b"pip install no_such`" in err
    assert record.node_executions == ()


def test_a_whole_request_may_stand_on_stdin(tmp_path: Path) -> None:
    """The request's body, query and path become the input."""
    request = {"method": "POST", "path": "/orders/7", "params": {"id": "7"}, "query": {}}
    code, out, _ = _run(tmp_path, {**request, "body": {"amount": 1}})
    assert code == 0
    (double,) = _record(out).node_executions
    assert plain(double.input) == {"amount": 1, "id": "7"}


@pytest.mark.parametrize(
    ("given", "key", "nodes"),
    [
        ({"amount": 1, "by": 0}, "test-mode-key-012345", 1),
        ({}, "test-mode-key-012345", 0),
        (b"{no json", "test-mode-key-012345", 0),
        (b"[" * 100_000, "test-mode-key-012345", 0),
        ({"amount": 1}, None, 0),
        ({"amount": 1}, "abc", 0),
    ],
)
def test_a_failed_test_run_prints_its_record_and_exits_with_0(
    tmp_path: Path, given: Any, key: str | None, nodes: int
) -> None:
    """The editor reads the record only then; stderr has a reason without a traceback."""
    code, out, err = _run(tmp_path, given, key=key)
    assert code == 0
    record = _record(out)
    assert record.status == "error"
    assert record.error is not None
    assert len(record.node_executions) == nodes
    assert err.strip()
    assert b"Traceback" not in err


def test_markers_in_the_data_do_no_harm(tmp_path: Path) -> None:
    """Markers within the data come back unchanged."""
    words = f"{START_MARKER.decode()} {END_MARKER.decode()}"
    code, out, _ = _run(tmp_path, {"amount": 1, words: words})
    assert code == 0
    assert out.count(START_MARKER) == out.count(END_MARKER) == 1
    trigger = _record(out).trigger
    assert trigger is not None
    assert plain(trigger.data)[words] == words


def test_pinned_data_takes_a_node_s_place(tmp_path: Path) -> None:
    """The pinned output replaces the node's run."""
    code, out, _ = _run(tmp_path, {"amount": 1}, pinned=', pinned={"from": "the editor"}')
    assert code == 0
    (double,) = _record(out).node_executions
    assert plain(double.output) == {"from": "the editor"}


def test_a_secret_in_the_result_is_not_printed(tmp_path: Path) -> None:
    """The output lacks even a secret that JSON writes with escapes."""
    pinned = ', pinned={"key": __import__("os").environ["SHOP_KEY"]}'
    code, out, _ = _run(tmp_path, {"amount": 1}, pinned=pinned, key='a "quoted" \\ key')
    assert code == 0
    assert b"[SECRET]" in out
    assert b"quoted" not in out


def test_a_record_is_printed_even_when_recording_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record states how the run ended, even if no message could be stored."""
    shutil.copyfile(PROGRAMS / "spool_refuses_every_message.py", tmp_path / "sitecustomize.py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code, out, _ = _run(tmp_path, {"amount": 4})
    assert code == 0
    assert (_record(out).status, _record(out).workflow_id) == ("success", "order-intake")


def test_a_record_without_nodes_has_an_empty_list() -> None:
    """The editor's window maps over the list, also for a workflow of a trigger alone."""
    record = WorkflowExecution(
        id="a",
        workflow_id="w",
        workflow_name="W",
        status="success",
        started_at="2026-11-22T19:04:11Z",
    )
    printed = write_record([encode_execution(record)], b"7")
    (line,) = [line for line in printed.splitlines() if line.startswith(b"{")]
    assert json.loads(line)["nodeExecutions"] == []
    assert json.loads(line)["result"] == 7
