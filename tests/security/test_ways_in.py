"""Every text field of a record but its ids is free of secrets, whichever way the record came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from flightlog import ExecutionLogger
from flightlog.capture import RedactionRules
from flightlog.cli import run
from flightlog.receiver import Receiver, ReceiverSettings
from support.recordings import recording
from support.token_samples import token_sample

SECRET: Final = token_sample("github-token").secret
_ERROR: Final = {
    "message": f"refused {SECRET}",
    "stack": f"curl -H 'X-Api-Key: {SECRET}'",
    "kind": SECRET,
    "type": f"app.{SECRET}",
}
RECORD: Final[dict[str, Any]] = {
    "id": "e",
    "workflowId": "w",
    "workflowName": f"W {SECRET}",
    "name": f"run with {SECRET}",
    "status": "error",
    "startedAt": "2026-11-22T10:00:00Z",
    "trigger": {"type": f"by {SECRET}", "data": {"a": [SECRET], SECRET: 1}},
    "tags": {SECRET: "x", "note": SECRET},
    "error": _ERROR,
    "nodeExecutions": [
        {
            "nodeId": "n",
            "nodeName": f"N {SECRET}",
            "nodeType": SECRET,
            "status": "error",
            "input": [SECRET],
            "output": {"text": f"got {SECRET}"},
            "logs": [{"time": "", "level": "INFO", "logger": "a", "message": f"key {SECRET}"}],
            "error": _ERROR,
        }
    ],
}


@contextmanager
def _receiving(directory: Path) -> Iterator[str]:
    settings = ReceiverSettings(port=0, spool_dir=directory / "spool")
    with (
        ExecutionLogger(directory / "history.db") as logger,
        Receiver(logger, settings).running() as receiver,
    ):
        yield f"{receiver.url}/api/executions"


def _send_one(directory: Path) -> None:
    with _receiving(directory) as url:
        assert httpx.post(url, json=RECORD).is_success


def _send_many(directory: Path) -> None:
    with _receiving(directory) as url:
        headers = {"content-type": "application/x-ndjson"}
        assert httpx.post(url, content=json.dumps(RECORD), headers=headers).is_success


def _send_large(directory: Path) -> None:
    """Send a body that a worker process redacts."""
    with _receiving(directory) as url:
        trigger = RECORD["trigger"] | {"data": {"a": SECRET, "b": "lorem ipsum " * 10_000}}
        assert httpx.post(url, json=RECORD | {"trigger": trigger}, timeout=60).is_success


def _import_file(directory: Path) -> None:
    file = directory / "in.json"
    file.write_text(json.dumps(RECORD))
    assert run(["import", str(file), "--db", str(directory / "history.db")]) == 0
    file.unlink()


def _log(directory: Path) -> None:
    with ExecutionLogger(directory / "history.db", redaction=RedactionRules()) as logger:
        logger.log_execution(RECORD)


WAYS: Final = (_send_one, _send_many, _send_large, _import_file, _log)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_no_way_in_leaves_a_secret_in_any_field(way: Any, tmp_path: Path) -> None:
    """No file of the history holds the secret, and the record is there."""
    way(tmp_path)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert SECRET.encode() not in written
    with ExecutionLogger(tmp_path / "history.db", read_only=True) as logger:
        stored = logger.get_execution("e")
    assert stored is not None
    assert SECRET not in str(stored)
    assert stored.workflow_name.startswith("W [REDACTED:")


def test_capture_leaves_no_secret_in_any_field(tmp_path: Path) -> None:
    """Names, types, tags, triggers, logs, errors and payloads are redacted before the spool."""

    class RefusedError(Exception):
        """An error whose class is named after a secret."""

    RefusedError.__qualname__ = SECRET
    with recording(tmp_path) as made:
        recorder = made.recorder.for_part(f"part {SECRET}")
        trigger = {"type": f"by {SECRET}", "data": {SECRET: SECRET}}
        tags = {SECRET: "x", "note": SECRET}

        def fail() -> None:
            with (
                recorder.execution(trigger=trigger, name=f"run {SECRET}", tags=tags) as execution,
                execution.node(f"N {SECRET}", type=SECRET, input=[SECRET]) as node,
            ):
                node.output = {"text": SECRET}
                raise RefusedError(f"no {SECRET}")

        with pytest.raises(RefusedError):
            fail()
        lines = made.lines()
    shown = [json.loads(line) for line in lines]
    for message in shown:
        for ids in (message, *message.get("nodeExecutions", ())):
            # A name that was given as an id is an id.
            for name in ("id", "workflowId", "nodeId", "parentExecutionId"):
                ids.pop(name, None)
        (message.get("error") or {}).pop("nodeId", None)
    assert SECRET not in json.dumps(shown)
    assert any("[REDACTED:" in json.dumps(message) for message in shown)
