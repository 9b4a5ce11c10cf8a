"""Records from clients that don't redact are stored and served without secrets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.cli import run
from flightlog.errors import InvalidSettingError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings

SECRET = "sk-" + hashlib.sha256(b"a test's secret").hexdigest()[:40]
RULES: dict[str, Any] = {
    "redact_keys": ("internal_ref",),
    "redact_patterns": ("EMP-[0-9]{6}",),
    "redact_except": ("output.**.session_token",),
}
RECORD: dict[str, Any] = {
    "id": "leaky",
    "workflowId": "w",
    "workflowName": "W",
    "status": "error",
    "startedAt": "2026-11-22T10:00:00Z",
    "trigger": {"type": "http", "data": {"headers": [["Authorization", f"Bearer {SECRET}"]]}},
    "nodeExecutions": [
        {
            "nodeId": "n",
            "nodeName": "N",
            "nodeType": "http",
            "status": "error",
            "input": {"apiKey": SECRET, "internalRef": "ref-0815-4711", "by": "EMP-123456"},
            "output": {"a": {"session_token": "kept-as-it-is-1"}, "note": f"tried {SECRET}"},
            "error": {"message": f"401 for {SECRET}", "stack": f"curl -H 'X-Api-Key: {SECRET}'"},
        }
    ],
    "error": {"message": f"401 for {SECRET}"},
    "tags": {"api_key": SECRET},
}
HIDDEN = (SECRET, "ref-0815-4711", "EMP-123456")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Choose the history's directory."""
    return tmp_path_factory.mktemp("history")


@pytest.fixture(scope="module")
def receiver(directory: Path) -> Iterator[Receiver]:
    """Run a receiver with its own rules."""
    settings = ReceiverSettings(port=0, spool_dir=directory / "spool", **RULES)
    with (
        ExecutionLogger(directory / "executions.db") as logger,
        Receiver(logger, settings).running() as receiver,
    ):
        yield receiver


def test_no_secret_reaches_the_disk_or_a_reader(receiver: Receiver, directory: Path) -> None:
    """No file of the history and no answer holds the secret; excepted values come back."""
    body = json.dumps(RECORD)
    many = {"content": body, "headers": {"content-type": "application/x-ndjson"}}
    assert httpx.post(f"{receiver.url}/api/executions", json=RECORD).is_success
    assert httpx.post(f"{receiver.url}/api/executions", **many).is_success  # type: ignore[arg-type]  # values of two types
    shown = httpx.get(f"{receiver.url}/api/executions/leaky").text
    written = b"".join(path.read_bytes() for path in directory.iterdir() if path.is_file())
    for secret in HIDDEN:
        assert secret not in shown
        assert secret.encode() not in written
    stored = json.loads(shown)["nodeExecutions"][0]
    assert stored["output"]["a"] == {"session_token": "kept-as-it-is-1"}
    assert stored["input"]["apiKey"].startswith("[REDACTED:")
    # Equal secrets stay equal, so that users can compare runs.
    assert stored["input"]["apiKey"] in stored["output"]["note"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("redact_patterns", "("),
        ("redact_keys", "--"),
        ("redact_except", "$.a"),
        ("redact_rules", "off:a"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_at_the_start(
    setting: str, value: str, directory: Path
) -> None:
    """A rule without effect is refused at the start, because users would trust the rule."""
    settings = ReceiverSettings(port=0, **{setting: (value,)})  # type: ignore[arg-type]  # the setting is chosen by name
    with (
        ExecutionLogger(directory / "other.db") as logger,
        pytest.raises(InvalidSettingError) as caught,
    ):
        Receiver(logger, settings)
    assert caught.value.setting.startswith(setting)


def test_an_import_removes_secrets_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import redacts other programs' records by the settings' rules, also in error messages."""
    monkeypatch.setenv("FLIGHTLOG_REDACT_KEYS", "internal_ref")
    monkeypatch.setenv("FLIGHTLOG_REDACT_PATTERNS", "EMP-[0-9]{6}")
    wrong = RECORD | {"id": "wrong", "status": SECRET}
    (tmp_path / "in.ndjson").write_text(f"{json.dumps(RECORD)}\n{json.dumps(wrong)}\n")
    assert run(["import", str(tmp_path / "in.ndjson"), "--db", str(tmp_path / "new.db")]) == 1
    said = capsys.readouterr()
    assert "1 refused" in said.out
    assert SECRET not in said.out + said.err
    with ExecutionLogger(tmp_path / "new.db") as logger:
        stored = logger.get_execution("leaky")
    assert stored is not None
    assert not any(secret in str(stored) for secret in HIDDEN)
