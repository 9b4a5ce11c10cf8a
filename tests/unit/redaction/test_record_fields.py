"""Every text field of a record is redacted, except for ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest
from msgspec import Raw, Struct

from flightlog.record.model import ExecutionError, NodeExecution, Trigger, WorkflowExecution
from flightlog.redaction import Redactor
from support.token_samples import token_sample

SECRET = token_sample("github-token").secret
REDACTOR = Redactor(b"k" * 32)
KEPT = {
    # Records are joined by ids, and addressed by them.
    "id",
    "workflow_id",
    "node_id",
    "project_id",
    "parent_execution_id",
    "parent_run_id",
    "retry_of",
    "process_id",
    "run_id",
    # Times, and words of a fixed list.
    "started_at",
    "completed_at",
    "status",
    "execution_mode",
    # Part of the message, which a receiver drops.
    "message",
}


def takes_text(kind: Any) -> bool:
    """Check whether a field holds a text."""
    return kind is str or str in get_args(kind)


def filled(made: Struct) -> Struct:
    """Put a secret into each text field of a struct that isn't kept."""
    kept = KEPT - ({"message"} if isinstance(made, ExecutionError) else set())
    fields = {
        field.name: f"say {SECRET}"
        for field in msgspec.structs.fields(made)
        if takes_text(field.type) and field.name not in kept
    }
    return msgspec.structs.replace(made, **fields)


@pytest.mark.parametrize("where", ["execution", "trigger", "node", "errors", "tags", "payloads"])
def test_a_secret_in_any_text_field_is_removed(where: str) -> None:
    """Fields are found by their types, so that a new field fails here until it is redacted."""
    times = {"started_at": "2026-01-01T00:00:00Z"}
    record = WorkflowExecution(
        id="e",
        workflow_id="w",
        workflow_name="W",
        status="error",
        **times,  # type: ignore[arg-type]
    )
    node = NodeExecution(node_id="n", node_name="N", node_type="t", status="error")
    error = filled(ExecutionError(message="m"))
    payload = Raw(f'{{"a":["{SECRET}"]}}'.encode())
    trigger = Trigger(type="t", data=payload if where == "payloads" else msgspec.UNSET)
    makers: dict[str, Callable[[], Struct]] = {
        "execution": lambda: filled(record),
        "trigger": lambda: msgspec.structs.replace(record, trigger=filled(trigger)),
        "node": lambda: msgspec.structs.replace(record, node_executions=(filled(node),)),
        "errors": lambda: msgspec.structs.replace(
            record,
            error=error,
            node_executions=(msgspec.structs.replace(node, error=error),),
        ),
        "tags": lambda: msgspec.structs.replace(
            record, tags={SECRET: "x", "note": SECRET, "password": "hunter2"}
        ),
        "payloads": lambda: msgspec.structs.replace(
            record,
            trigger=trigger,
            node_executions=(msgspec.structs.replace(node, input=payload, output=payload),),
        ),
    }
    made = makers[where]()
    assert isinstance(made, WorkflowExecution)
    assert SECRET in str(msgspec.json.encode(made))
    redacted = str(msgspec.json.encode(REDACTOR.record(made)))
    assert SECRET not in redacted
    assert "hunter2" not in redacted
    assert "[REDACTED:" in redacted
