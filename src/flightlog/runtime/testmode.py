"""
A test run, as the editor starts it: trigger data on stdin, the record on stdout between markers.

All other output of the workflow goes to stderr, so that nothing else can appear in the record.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from uuid_utils import uuid7

from flightlog.capture.encoding import encode_value
from flightlog.errors import TriggerRefusedError
from flightlog.record.decoding import decode_execution, encode_execution
from flightlog.record.merge import merge
from flightlog.record.model import MAX_ID_CHARACTERS, ExecutionError, WorkflowExecution
from flightlog.record.placeholders import END_MARKER, START_MARKER
from flightlog.runtime.inputs import make_input
from flightlog.runtime.runner import Outcome, Start, WorkflowRunner
from flightlog.runtime.triggers import HttpEndpoint, WebhookReceiver
from flightlog.runtime.workflow_definition import WorkflowDefinition

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN_BUTTON: Final = "http"
"""The trigger's type in the record of a run that the editor's Run button starts."""
MODE_VARIABLE: Final = "CATALYST_EXECUTION_MODE"
DRAIN_TIMEOUT_S: Final = 3.0
_WHOLE: Final = 1 << 40
ID_VARIABLE: Final = "CATALYST_EXECUTION_ID"
_ID_MEMBER: Final = "executionId"
_OF_A_REQUEST: Final = frozenset(
    {"method", "path", "pathParams", "query", "headers", "params", _ID_MEMBER}
)
_OF_A_WHOLE_REQUEST: Final = frozenset({"method", "path"})


def is_requested() -> bool:
    """
    Check whether the environment requests a test run.

    Returns:
        Whether this is a test run.
    """
    return os.environ.get(MODE_VARIABLE, "").strip().lower() == "test"


def run(runner: WorkflowRunner) -> int:
    """
    Run a workflow once with the trigger data from stdin, and print the record.

    Args:
        runner: Runs the workflow.

    Returns:
        The exit code: 0, because the record says how the run ended. The editor reads the record
        only of a process that ended with 0.
    """
    messages: list[bytes] = []
    with _redirect_stdout() as out:
        runner.observe(messages.append)
        start = _start(runner.definition, sys.stdin.buffer.read())
        try:
            outcome = asyncio.run(runner.execute(start))
        except (KeyboardInterrupt, asyncio.CancelledError) as error:
            outcome = Outcome(
                execution_id=start.execution_id or "", error=RuntimeError(repr(error))
            )
        # Deliver first, because a reader of the record may search the history for it at once.
        runner.recorder.close(DRAIN_TIMEOUT_S)
        result = None if outcome.error is not None else _write_result(runner, outcome)
        _write(
            out, write_record(messages or [_write_bare_record(runner.definition, outcome)], result)
        )
    if outcome.error is not None:
        print(runner.secrets.conceal(str(outcome.error)), file=sys.stderr)  # noqa: T201 - for people
    return 0


def write_record(messages: list[bytes], result: bytes | None = None) -> bytes:
    """
    Write a run's record for stdout.

    Args:
        messages: Partial records of one execution.
        result: The run's result as JSON, for the record's field `result`.

    Returns:
        The merged record between the markers; markers within the record are written with escapes.
    """
    merged = merge(map(decode_execution, messages))
    record = encode_execution(merged)
    if not merged.node_executions:
        # The editor's own record always has this list.
        record = record[:-1] + b',"nodeExecutions":[]}'
    if result is not None:
        record = record[:-1] + b',"result":' + result + b"}"
    for marker in (START_MARKER, END_MARKER):
        # A marker can occur only within a JSON text, where the escape means the same character.
        record = record.replace(marker, marker.replace(b"__", b"\\u005f\\u005f", 1))
    return b"\n%b\n%b\n%b\n" % (START_MARKER, record, END_MARKER)


def _write_result(runner: WorkflowRunner, outcome: Outcome) -> bytes:
    text = encode_value(outcome.value, _WHOLE).decode("utf-8")
    return runner.secrets.conceal(text).encode()


def _write_bare_record(workflow: WorkflowDefinition, outcome: Outcome) -> bytes:
    # Recording may have failed, but the run's outcome is still known.
    error = None if outcome.error is None else ExecutionError(message=str(outcome.error))
    return encode_execution(
        WorkflowExecution(
            id=outcome.execution_id,
            workflow_id=workflow.id,
            workflow_name=workflow.name,
            status="success" if error is None else "error",
            started_at=datetime.now(UTC).isoformat(),
            execution_mode="test",
            error=error,
        )
    )


def _start(workflow: WorkflowDefinition, text: bytes) -> Start:
    trigger = workflow.trigger
    refusal: Exception | None = None
    data: Any
    try:
        data = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        data = text.decode("utf-8", "replace")
        refusal = TriggerRefusedError(
            400, f"The trigger's data is no JSON: {error}.", hint="Write JSON to stdin."
        )
        refusal.__cause__ = error
    given = data
    is_request = _is_request(data)
    if is_request and (
        isinstance(trigger, (HttpEndpoint, WebhookReceiver)) or data.keys() >= _OF_A_WHOLE_REQUEST
    ):
        given = make_input(data, workflow.inputs)
    execution_id = _read_id(data if is_request else {})
    return Start(
        type=RUN_BUTTON if is_request and data.keys() >= _OF_A_WHOLE_REQUEST else trigger.type,
        data=data,
        input=given,
        refusal=refusal,
        execution_id=execution_id or str(uuid7()),
        test=True,
    )


def _read_id(request: Mapping[str, Any]) -> str | None:
    for given in (request.get(_ID_MEMBER), os.environ.get(ID_VARIABLE)):
        if isinstance(given, str) and given:
            if len(given) <= MAX_ID_CHARACTERS and given.isprintable():
                return given
            shown = f"{given[:MAX_ID_CHARACTERS]!r}"
            print(f"{shown} is no execution id; a new one is used.", file=sys.stderr)  # noqa: T201
    return None


def _is_request(data: Any) -> bool:
    if not isinstance(data, Mapping):
        return False
    # The editor sends only a body, or a whole request.
    return "body" in data and not data.keys() - _OF_A_REQUEST - {"body"}


def _write(out: int, text: bytes) -> None:
    while text:
        text = text[os.write(out, text) :]


@contextmanager
def _redirect_stdout() -> Iterator[int]:
    sys.stdout.flush()
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        yield out
    finally:
        sys.stdout.flush()
        os.dup2(out, 1)
        os.close(out)
