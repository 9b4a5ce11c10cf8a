"""A receiver as a destination, and servers that are no such receiver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from flightlog.delivery.http import HttpDestination
from flightlog.errors import InvalidSettingError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.record.decoding import encode_execution
from flightlog.secret_key import CHALLENGE_HEADER, PROOF_HEADER, SecretKey
from support.records import record
from support.strangers import stranger

OURS = SecretKey(b"the key of this installation")
OTHERS = SecretKey(b"the key of another installation")
LINE = encode_execution(record("run-1"))


@pytest.fixture
def logger(tmp_path: Path) -> Iterator[ExecutionLogger]:
    """A history."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        yield logger


@pytest.fixture
def receiver(logger: ExecutionLogger, tmp_path: Path) -> Iterator[Receiver]:
    """A receiver of this installation."""
    settings = ReceiverSettings(port=0, spool_dir=tmp_path / "spool", max_body_bytes=200_000)
    with Receiver(logger, settings, OURS).running() as receiver:
        yield receiver


def test_our_receiver_is_believed(receiver: Receiver, logger: ExecutionLogger) -> None:
    """Confirmed records are in the history, and the connection is kept."""
    destination = HttpDestination(receiver.url, OURS)
    assert destination.send([LINE]).outcome == "delivered"
    assert destination.send([LINE, encode_execution(record("run-2"))]).outcome == "delivered"
    destination.close()
    assert logger.get_execution("run-1") is not None
    assert logger.get_execution("run-2") is not None


def test_a_deleted_execution_is_delivered(receiver: Receiver, logger: ExecutionLogger) -> None:
    """A record of a deleted execution counts as delivered, too."""
    destination = HttpDestination(receiver.url, OURS)
    destination.send([LINE])
    logger.delete_execution("run-1")
    assert destination.send([LINE]).outcome == "delivered"
    destination.close()
    assert logger.get_execution("run-1") is None


def test_a_record_that_is_none_is_rejected(receiver: Receiver) -> None:
    """A record is set aside only if a receiver of this installation refuses it."""
    destination = HttpDestination(receiver.url, OURS)
    answer = destination.send([b'{"id":"x"}'])
    destination.close()
    assert answer.outcome == "rejected"
    assert "workflowId" in answer.reason


def test_too_much_at_once_is_told(receiver: Receiver) -> None:
    """A body over the receiver's limit is no failure, because fewer records at once will fit."""
    destination = HttpDestination(receiver.url, OURS)
    assert destination.send([LINE] * 1000).outcome == "too_large"
    assert destination.send([LINE]).outcome == "delivered"
    destination.close()


def test_a_receiver_of_another_installation_is_told_nothing(
    receiver: Receiver, logger: ExecutionLogger
) -> None:
    """Without the same key neither side trusts the other."""
    destination = HttpDestination(receiver.url, OTHERS)
    answer = destination.send([LINE])
    destination.close()
    assert answer.outcome == "later"
    assert "FLIGHTLOG_KEY" in answer.reason
    assert logger.get_execution("run-1") is None


def test_an_impostor_gets_no_record_and_no_signature() -> None:
    """A server that responds to everything with 200 is asked for a proof and gets nothing more."""
    with stranger() as other:
        destination = HttpDestination(other.url, OURS)
        assert destination.send([LINE]).outcome == "later"
        assert not destination.report_process("p", last_number=1, ended=True)
        destination.close()
    assert {(method, path) for method, path, _, _ in other.requests} == {("GET", "/health")}
    assert not any(body for _, _, _, body in other.requests)
    assert not any("Signature" in name for _, _, headers, _ in other.requests for name in headers)


def test_a_redirect_is_not_followed() -> None:
    """A redirect proves nothing."""
    with stranger() as target, stranger(lambda *_: (302, {"location": target.url})) as other:
        destination = HttpDestination(other.url, OURS)
        assert destination.send([LINE]).outcome == "later"
        destination.close()
    assert target.requests == []


@pytest.mark.parametrize(
    ("status", "headers", "retry_after_s"),
    [
        (200, {}, None),
        (500, {}, None),
        (429, {"retry-after": "7"}, 7.0),
        (503, {"retry-after": "99999999"}, 3600.0),
        (503, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        (503, {"retry-after": "soon"}, None),
        (503, {"retry-after": "nan"}, None),
        (503, {"retry-after": "Mon, 01 Jan 9999999999999999999 00:00:00 GMT"}, None),
        (503, {"retry-after": "Mon, 01 Jan 2030 00:00:00 +9999999999999999"}, None),
        (410, {}, None),
        (400, {}, None),
    ],
)
def test_an_answer_without_a_receipt_confirms_nothing(
    status: int, headers: dict[str, str], retry_after_s: float | None
) -> None:
    """Only the receiver's receipt counts, whatever a gateway in between responds."""

    def gateway(method: str, asked: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        if method == "GET":
            return 200, {PROOF_HEADER: OURS.make_proof(asked[CHALLENGE_HEADER])}
        return status, headers

    with stranger(gateway) as other:
        destination = HttpDestination(other.url, OURS)
        answer = destination.send([LINE])
        destination.close()
    assert answer.outcome == "later"
    assert answer.retry_after_s == retry_after_s


def test_nobody_there_is_no_fault() -> None:
    """A refused connection, or an unknown host name, is reported as the reason."""
    destination = HttpDestination("http://127.0.0.1:9", OURS)
    answer = destination.send([LINE])
    assert answer.outcome == "later"
    assert "127.0.0.1:9" in answer.reason
    assert not destination.report_process("p", last_number=1, ended=False)


def test_a_proxy_is_not_used_for_this_machine(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loopback is reached directly, whatever proxy the environment names."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    destination = HttpDestination(receiver.url, OURS)
    assert destination.send([LINE]).outcome == "delivered"
    destination.close()


@pytest.mark.parametrize("name", ["0.0.0.0", "[::ffff:127.0.0.1]", "LocalHost"])
def test_whatever_this_machine_is_called_needs_no_proxy(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each address of this machine is reached directly."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with stranger() as other:
        destination = HttpDestination(f"http://{name}:{other.url.rpartition(':')[2]}", OURS)
        assert destination.send([LINE]).outcome == "later"
        destination.close()
    assert [path for _, path, _, _ in other.requests] == ["/health"]


def test_a_proxy_is_used_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other machines are reached through the environment's proxy, with the whole address."""
    with stranger() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        destination = HttpDestination("http://flightlog.internal:3000/base", OURS)
        assert destination.send([LINE]).outcome == "later"
        destination.close()
    assert [path for _, path, _, _ in proxy.requests] == [
        "http://flightlog.internal:3000/base/health"
    ]


def test_each_connection_is_challenged_anew() -> None:
    """A proof for one challenge is not valid for another challenge."""
    proofs = {PROOF_HEADER: OURS.make_proof("an old challenge")}
    with stranger(lambda *_: (200, proofs)) as other:
        destination = HttpDestination(other.url, OURS)
        destination.send([LINE])
        destination.send([LINE])
        destination.close()
    challenges = {headers[CHALLENGE_HEADER] for _, _, headers, _ in other.requests}
    assert len(challenges) == 2


@pytest.mark.parametrize(
    "url", ["http://", "http://[", "http://u:p@host:3000", "http://host:99999"]
)
def test_an_address_that_is_none_is_told_at_once(url: str) -> None:
    """An invalid URL raises an error that doesn't repeat a password."""
    with pytest.raises(InvalidSettingError) as caught:
        HttpDestination(url, OURS)
    assert "u:p" not in str(caught.value)


def test_a_process_that_ended_is_told(receiver: Receiver, logger: ExecutionLogger) -> None:
    """An ended process's running executions are crashed; a renewed lease changes nothing."""
    running = record(
        "run-1", status="running", completedAt=None, processId="p", nodeExecutions=[], error=None
    )
    destination = HttpDestination(receiver.url, OURS)
    assert destination.send([encode_execution(running)]).outcome == "delivered"
    assert destination.report_process("p", last_number=1, ended=False)
    before = logger.get_execution("run-1")
    assert before is not None
    assert before.status == "running"
    assert destination.report_process("p", last_number=1, ended=True)
    destination.close()
    execution = logger.get_execution("run-1")
    assert execution is not None
    assert execution.error is not None
    assert execution.error.kind == "crashed"


def test_an_ipv6_address_needs_no_port() -> None:
    """The last part of an address in brackets isn't parsed as its port."""
    destination = HttpDestination("http://[::]", OURS)
    assert "not known" not in destination.send([LINE]).reason
