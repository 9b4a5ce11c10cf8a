"""Only clients and receivers of one installation authenticate each other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from flightlog.delivery import make_destination
from flightlog.errors import StoreBusyError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver
from flightlog.secret_key import SecretKey, load_secret_key

from .conftest import INSTALLATION, FailingLogger

MakeRecord = Callable[..., dict[str, Any]]


SECRET = "sk-" + hashlib.sha256(b"a test's secret").hexdigest()[:40]


JSON = {"content-type": "application/json"}


def signed(body: bytes, installation: SecretKey = INSTALLATION) -> dict[str, str]:
    """Make the headers of a signed body."""
    return JSON | {"flightlog-signature": installation.make_signature(body)}


@pytest.mark.parametrize("size", [0, 200_000])
def test_a_signed_body_gets_a_receipt(
    size: int, own: httpx.Client, failing: FailingLogger, make_record: MakeRecord
) -> None:
    """The answer confirms a small or large body, and the record is stored unchanged."""
    record = make_record(trigger={"type": "http", "data": {"token": SECRET, "more": "x" * size}})
    body = json.dumps(record).encode()
    answer = own.post("/api/executions", content=body, headers=signed(body))
    assert answer.status_code == 200
    assert answer.headers["flightlog-receipt"] == INSTALLATION.make_receipt(200, body)
    stored = failing.get_payload(record["id"], "trigger")
    assert stored is not None
    assert SECRET.encode() in bytes(stored)


def test_an_unsigned_body_is_stored_without_its_secrets(
    own: httpx.Client, failing: FailingLogger, make_record: MakeRecord
) -> None:
    """An unsigned body is stored without its secrets, and gets no receipt."""
    record = make_record(trigger={"type": "http", "data": {"note": f"the key is {SECRET}"}})
    answer = own.post("/api/executions", json=record)
    assert answer.status_code == 200
    assert "flightlog-receipt" not in answer.headers
    stored = failing.get_payload(record["id"], "trigger")
    assert stored is not None
    assert SECRET.encode() not in bytes(stored)
    assert b"[REDACTED:" in bytes(stored)


@pytest.mark.parametrize("signature", ["", "0" * 64, "ü", "x" * 10_000])
def test_a_wrong_signature_stores_nothing(
    signature: str, own: httpx.Client, failing: FailingLogger, make_record: MakeRecord
) -> None:
    """A wrong signature gets 401 without a receipt; the hint says how machines share a secret."""
    record = make_record()
    headers = {**JSON, "flightlog-signature": signature.encode("latin-1")}
    answer = own.post("/api/executions", json=record, headers=headers)  # type: ignore[arg-type]  # httpx accepts both types
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    assert "FLIGHTLOG_KEY" in answer.json()["hint"]
    assert "flightlog-receipt" not in answer.headers
    assert failing.get_execution(record["id"]) is None


def test_a_signature_of_another_installation_or_body_is_wrong(
    own: httpx.Client, failing: FailingLogger, make_record: MakeRecord
) -> None:
    """Another key's signature, or another body's, stores nothing."""
    record = make_record()
    body = json.dumps(record).encode()
    for headers in (signed(body, SecretKey(b"somebody else's key")), signed(body + b" ")):
        answer = own.post("/api/executions", content=body, headers=headers)
        assert answer.status_code == 401
    twice = [*signed(body).items(), ("flightlog-signature", INSTALLATION.make_signature(body))]
    assert own.post("/api/executions", content=body, headers=twice).status_code == 401
    assert failing.get_execution(record["id"]) is None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StoreBusyError("h.db", 5), 503),
        (RuntimeError("a bug"), 500),
    ],
)
def test_a_failure_has_a_receipt_too(
    error: Exception,
    status: int,
    own: httpx.Client,
    failing: FailingLogger,
    make_record: MakeRecord,
) -> None:
    """A failure has a receipt, so that a client can trust that its batch wasn't stored."""
    body = json.dumps(make_record()).encode()
    failing.error = error
    try:
        answer = own.post("/api/executions", content=body, headers=signed(body))
    finally:
        failing.error = None
    assert answer.status_code == status
    assert answer.headers["flightlog-receipt"] == INSTALLATION.make_receipt(status, body)


def test_refused_and_deleted_records_have_a_receipt_and_an_unread_body_has_none(
    own: httpx.Client, failing: FailingLogger, make_record: MakeRecord
) -> None:
    """400 and 410 carry a receipt for the body; 413 carries none, because no body was read."""
    record = make_record()
    failing.log_execution(record)
    failing.delete_execution(record["id"])
    for body, status in ((b"{}", 400), (json.dumps(record).encode(), 410)):
        answer = own.post("/api/executions", content=body, headers=signed(body))
        assert answer.status_code == status
        assert answer.headers["flightlog-receipt"] == INSTALLATION.make_receipt(status, body)
    body = b" " * 400_000
    answer = own.post("/api/executions", content=body, headers=signed(body))
    assert answer.status_code == 413
    assert "flightlog-receipt" not in answer.headers


@pytest.mark.parametrize("field", ["status", "startedAt"])
def test_a_problem_does_not_echo_a_secret(
    field: str, own: httpx.Client, make_record: MakeRecord
) -> None:
    """A problem quotes a record only in redacted form."""
    answer = own.post("/api/executions", json=make_record(**{field: SECRET[:38]}))
    assert answer.status_code == 400
    assert SECRET[:38] not in answer.text


def test_our_own_client_delivers_to_our_own_receiver(
    receiver: Receiver, logger: ExecutionLogger, make_record: MakeRecord
) -> None:
    """The client in `flightlog.delivery` accepts the receiver's answers."""
    record = make_record(processId="delivering", status="running")
    destination = make_destination(receiver.url, load_secret_key())
    assert destination.send([json.dumps(record).encode()]).outcome == "delivered"
    assert destination.send([b"{}"]).outcome == "rejected"
    assert destination.report_process("delivering", last_number=1, ended=False)
    stored = logger.get_execution(record["id"])
    assert stored is not None
    assert stored.status == "running"
    assert destination.report_process("delivering", last_number=1, ended=True)
    stored = logger.get_execution(record["id"])
    assert stored is not None
    assert stored.error is not None
    assert stored.error.kind == "crashed"
    destination.close()
