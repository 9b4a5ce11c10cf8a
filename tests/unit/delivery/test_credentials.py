"""A process with a token delivers to the receiver that knows the token, and to no other program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flightlog.clock import utc_now
from flightlog.delivery import DeliveryResult, make_destination
from flightlog.delivery.credentials import Credentials, read_token
from flightlog.delivery.http import HttpDestination
from flightlog.errors import InvalidSettingError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.rights import Right
from flightlog.receiver.tokens import TokenDirectory
from flightlog.record.decoding import encode_execution
from flightlog.secret_key import SecretKey
from support.programs import program_command, program_environment
from support.records import record
from support.strangers import stranger

RECEIVERS = SecretKey(b"the key of the receiver's machine")
OWN = SecretKey(b"the key of the workflow's machine")
LINE = encode_execution(record("run-1"))
UNKNOWN = f"flt_{'0' * 8}_{'1' * 64}"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver with another key, which takes records only with credentials."""
    settings = ReceiverSettings(port=0, spool_dir=tmp_path / "spool", ingest_needs_right=True)
    with (
        ExecutionLogger(tmp_path / "history.db") as logger,
        Receiver(logger, settings, RECEIVERS).running() as receiver,
    ):
        yield receiver


@pytest.fixture
def tokens(tmp_path: Path) -> TokenDirectory:
    """The tokens of its history."""
    return TokenDirectory.beside(tmp_path / "history.db")


def deliver(url: str, token: str | None = None) -> DeliveryResult:
    """Deliver a record with a token, and close the connection."""
    destination = HttpDestination(url, OWN, token=token)
    try:
        return destination.send([LINE])
    finally:
        destination.close()


def has_run(tmp_path: Path, execution_id: str) -> bool:
    """Return whether the history has a run."""
    with ExecutionLogger(tmp_path / "history.db", read_only=True) as logger:
        return logger.get_execution(execution_id) is not None


def test_records_of_a_process_with_a_token_are_never_missing(
    receiver: Receiver, tokens: TokenDirectory, tmp_path: Path
) -> None:
    """The ledger counts neither the records nor the newest number of such a process."""
    token, _ = tokens.create([Right.INGEST])
    destination = HttpDestination(receiver.url, OWN, token=token)
    line = encode_execution(record("run-1", message={"processId": "remote", "number": 1}))
    assert destination.send([line]).outcome == "delivered"
    assert destination.report_process("remote", last_number=1, ended=True)
    destination.close()
    assert has_run(tmp_path, "run-1")
    with ExecutionLogger(tmp_path / "history.db", read_only=True) as logger:
        ledger = logger.reader.read_ledger()
    assert (ledger.received, ledger.missing) == (0, 0)


def test_records_arrive_with_a_token_and_are_confirmed(
    receiver: Receiver, tokens: TokenDirectory, tmp_path: Path
) -> None:
    """The key of the workflow's machine is another one; a record that is none is refused."""
    token, _ = tokens.create([Right.INGEST])
    destination = HttpDestination(receiver.url, OWN, token=token)
    assert destination.send([LINE]).outcome == "delivered"
    assert destination.send([b'{"id":"x"}']).outcome == "rejected"
    assert destination.report_process("process", last_number=1, ended=True)
    assert destination.verify()
    destination.close()
    assert has_run(tmp_path, "run-1")
    assert deliver(receiver.url).outcome == "later"


def test_a_revoked_token_delivers_nothing(receiver: Receiver, tokens: TokenDirectory) -> None:
    """On an open connection and on a new one; the reason says what to check."""
    token, stored = tokens.create([Right.INGEST])
    destination = HttpDestination(receiver.url, OWN, token=token)
    assert destination.send([LINE]).outcome == "delivered"
    tokens.revoke(stored.id)
    refused = destination.send([LINE])
    assert (refused.outcome, "no right" in refused.reason) == ("later", True)
    destination.close()
    again = destination.send([LINE])
    destination.close()
    assert (again.outcome, "flightlog token list" in again.reason) == ("later", True)


@pytest.mark.parametrize("kind", ["unknown", "over", "read"])
def test_a_token_without_the_right_delivers_nothing(
    kind: str, receiver: Receiver, tokens: TokenDirectory, tmp_path: Path
) -> None:
    """A token that was never made, one that has ended, and one for reading."""
    over = utc_now() - timedelta(days=1)
    made = {
        "unknown": UNKNOWN,
        "over": tokens.create([Right.INGEST], expires_at=over)[0],
        "read": tokens.create([Right.READ])[0],
    }
    answer = deliver(receiver.url, made[kind])
    assert answer.outcome == "later"
    assert made[kind] not in answer.reason
    assert not has_run(tmp_path, "run-1")


def test_no_token_is_sent_to_another_program() -> None:
    """A program that answers 200 to everything gets the public part of the token alone."""
    with stranger(lambda _method, _headers: (200, {})) as other:
        answer = deliver(other.url, UNKNOWN)
    assert answer.outcome == "later"
    assert other.requests
    assert "1" * 64 not in repr(other.requests)


def test_no_token_is_sent_in_the_clear() -> None:
    """Another machine must serve https; nothing is connected to otherwise."""
    answer = deliver("http://192.0.2.1:3000", UNKNOWN)
    assert (answer.outcome, "use https" in answer.reason) == ("later", True)


def test_the_token_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that is no token is an error that doesn't show the text."""
    assert read_token({}) is None
    assert read_token({"FLIGHTLOG_TOKEN": f" {UNKNOWN}\n"}) == UNKNOWN
    monkeypatch.setenv("FLIGHTLOG_TOKEN", "hunter2")
    with pytest.raises(InvalidSettingError, match="FLIGHTLOG_TOKEN") as caught:
        make_destination("http://localhost:3000", OWN)
    assert "hunter2" not in str(caught.value)


def test_a_token_and_the_key_prove_different_things() -> None:
    """A proof, or a receipt, of one is none of the other."""
    by_key, by_token = Credentials(OWN), Credentials(OWN, UNKNOWN)
    assert not by_token.is_proof(OWN.make_proof("c"), "c")
    assert by_key.is_proof(OWN.make_proof("c"), "c")
    assert not by_token.is_receipt(OWN.make_receipt(200, b""), 200, b"")
    assert by_key.is_receipt(OWN.make_receipt(200, b""), 200, b"")
    assert UNKNOWN[-64:] not in repr(by_token.challenge("c"))


def test_a_recorder_uses_the_token_and_keeps_it_nowhere(
    receiver: Receiver, tokens: TokenDirectory, tmp_path: Path
) -> None:
    """Neither the spool nor the record has it, also if a node's output has it."""
    token, _ = tokens.create([Right.INGEST])
    environment = {
        **program_environment(),
        "FLIGHTLOG_TOKEN": token,
        "FLIGHTLOG_KEY": "the key of the workflow's machine",
        "FLIGHTLOG_URL": "http://127.0.0.1:1",
    }
    spool_dir = tmp_path / "other-machine"
    command = program_command("capture_leaks_its_token", spool_dir)
    subprocess.run(command, env=environment, check=True, timeout=60)
    spools = [path for path in spool_dir.rglob("*") if path.is_file()]
    assert spools
    assert not any(token.encode() in path.read_bytes() for path in spools)
    command = [sys.executable, "-m", "flightlog.cli", "deliver", "--url", receiver.url]
    command += ["--spool-dir", str(spool_dir)]
    subprocess.run(command, env=environment, check=True, timeout=60)
    assert has_run(tmp_path, "leaks")
    assert not any(
        token.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    )
    with ExecutionLogger(tmp_path / "history.db", read_only=True) as logger:
        found = logger.get_execution("leaks")
        assert found is not None
        assert json.loads(encode_execution(found))["nodeExecutions"][0]["output"]
    assert os.environ.get("FLIGHTLOG_TOKEN") is None
