"""If redaction fails, the unredacted data is neither kept nor sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from flightlog.capture import Recorder
from flightlog.record.decoding import decode_execution, encode_execution
from flightlog.redaction import Redactor
from flightlog.redaction.engine import Engine
from flightlog.redaction.scan import Scan
from flightlog.redaction.tokens import TokenRules

NOBODY = "http://127.0.0.1:9"
SECRET = "hunter22correcthorse"
ENTRIES: list[tuple[type, str]] = [
    (Engine, "__init__"),
    (Engine, "payload"),
    (Engine, "text"),
    (Engine, "tags"),
    (Engine, "is_clean"),
    (Scan, "run"),
    (Scan, "_look"),
    (TokenRules, "__init__"),
    (Redactor, "payload"),
    (Redactor, "text"),
    (Redactor, "tags"),
    (Redactor, "_ready"),
]
FAULTS = [ValueError, MemoryError, RecursionError]


class Failure(Exception):  # noqa: N818 - its name is what a record shows
    """An exception whose class has a secret in its name."""


Failure.__qualname__ = f"password={SECRET}"


def breaking(fault: type[Exception]) -> Callable[..., NoReturn]:
    """Make a method that raises, with the secret in its message."""

    def broken(*args: Any, **kwargs: Any) -> NoReturn:
        raise fault(SECRET)

    return broken


def run_workflow(recorder: Recorder) -> None:
    """Record a run with the secret in every text that isn't an id."""
    text = f"password={SECRET}"
    trigger = {"type": text, "data": {"password": SECRET}}
    try:
        with recorder.execution(trigger=trigger, tags={text: text, SECRET: SECRET}) as run:
            with run.node("first", text, text, input=[text]) as node:
                node.input = {"password": SECRET}
                node.output = text
                node.fail(text, kind=text)
            with run.node("second") as node:
                list(node.stream([text, text]))
            with run.node("third"):
                raise Failure(text)
    except Failure:
        pass


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("owner", "name"), ENTRIES, ids=[name for _, name in ENTRIES])
def test_no_message_holds_what_redaction_failed_on(
    owner: type,
    name: str,
    fault: type[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wherever redaction raises, no message and no file holds the secret."""
    messages: list[bytes] = []
    recorder = Recorder(
        "w", f"password={SECRET}", url=NOBODY, spool_dir=tmp_path, observer=messages.append
    )
    # The search for the new secret is compiled on first use, which is after the fault.
    recorder.register_secret(SECRET)
    if name not in {"__init__", "_ready"}:
        recorder._context.redactor.text("")
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, breaking(fault))
        run_workflow(recorder)
    recorder.close(0)
    secret = SECRET.encode()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert messages
    assert files
    assert not any(secret in message for message in messages)
    assert not any(secret in path.read_bytes() for path in files)


def test_working_redaction_leaves_no_secret_in_any_text(tmp_path: Path) -> None:
    """Names, types, tags and the class of an exception are redacted like payloads."""
    messages: list[bytes] = []
    recorder = Recorder(
        "w", f"password={SECRET}", url=NOBODY, spool_dir=tmp_path, observer=messages.append
    )
    recorder.register_secret(SECRET)
    run_workflow(recorder)
    recorder.close(0)
    assert messages
    assert not any(SECRET.encode() in message for message in messages)


def test_name_is_redacted_again_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name on which redaction failed once is redacted again the next time."""
    messages: list[bytes] = []
    recorder = Recorder("w", url=NOBODY, spool_dir=tmp_path, observer=messages.append)
    with monkeypatch.context() as patched:
        patched.setattr(Engine, "text", breaking(MemoryError))
        with recorder.execution() as run, run.node("charge", "Charge card"):
            pass
    assert messages
    assert not any(b"Charge card" in message for message in messages)
    with recorder.execution() as run, run.node("charge", "Charge card"):
        pass
    recorder.close(0)
    assert any(b"Charge card" in message for message in messages)


def whole_record() -> bytes:
    """Return a record with the secret in every text that isn't an id."""
    text = f"password={SECRET}"
    error = {"message": text, "stack": text, "kind": text, "type": text}
    node = {
        "nodeId": "n",
        "nodeName": text,
        "nodeType": text,
        "status": "error",
        "input": {"password": SECRET},
        "output": [text],
        "error": error,
    }
    record = {
        "id": "run",
        "workflowId": "w",
        "workflowName": text,
        "status": "error",
        "startedAt": "2026-11-22T10:00:00Z",
        "trigger": {"type": text, "data": text},
        "nodeExecutions": [node],
        "error": error,
        "tags": {text: text, SECRET: SECRET, "password": SECRET},
    }
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    ("owner", "name"),
    [entry for entry in ENTRIES if entry[0] is not Redactor or entry[1] == "_ready"],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_no_record_of_a_client_holds_what_redaction_failed_on(
    owner: type, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the receiver and the import, data on which redaction failed becomes only a placeholder."""
    redactor = Redactor(b"k" * 32, secrets=[SECRET])
    record = decode_execution(whole_record())
    monkeypatch.setattr(owner, name, breaking(ValueError))
    assert SECRET.encode() not in encode_execution(redactor.record(record))


def test_record_of_a_client_is_redacted_in_every_text() -> None:
    """The class of an error is redacted like other texts."""
    redactor = Redactor(b"k" * 32, secrets=[SECRET])
    redacted = redactor.record(decode_execution(whole_record()))
    assert SECRET.encode() not in encode_execution(redacted)
    assert redacted.error is not None
    assert "[REDACTED:" in str(redacted.error.type)
