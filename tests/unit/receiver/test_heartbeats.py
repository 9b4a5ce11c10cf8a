from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import heartbeats
from flightlog.secret_key import load_secret_key

MakeRecord = Callable[..., dict[str, Any]]


def put(client: httpx.Client, process_id: str, **news: Any) -> httpx.Response:
    """Send a heartbeat of a process, as Flightlog's own client does."""
    body = msgspec.json.encode({"processId": process_id, **news})
    headers = {
        "content-type": "application/json",
        "flightlog-signature": load_secret_key().make_signature(body),
    }
    path = f"/api/processes/{process_id.replace('/', '%2F')}"
    answer = client.put(path, content=body, headers=headers)
    if answer.status_code != 401:
        receipt = load_secret_key().make_receipt(answer.status_code, body)
        assert answer.headers["flightlog-receipt"] == receipt
    return answer


def post_signed(client: httpx.Client, record: dict[str, Any]) -> httpx.Response:
    """Send a signed record, as Flightlog's own client does."""
    body = msgspec.json.encode(record)
    headers = {
        "content-type": "application/json",
        "flightlog-signature": load_secret_key().make_signature(body),
    }
    return client.post("/api/executions", content=body, headers=headers)


def test_a_stranger_has_no_say_in_the_ledger(client: httpx.Client, make_record: MakeRecord) -> None:
    """A number without a signature stays out of the ledger; its record is stored."""
    before = client.get("/health").json()["ledger"]
    record = make_record(message={"processId": "forged", "number": 9})
    assert client.post("/api/executions", json=record).is_success
    assert client.get("/health").json()["ledger"] == before


def test_a_number_that_never_came_is_missing(client: httpx.Client, make_record: MakeRecord) -> None:
    """The ledger in /health shows how many records arrived, and the missing numbers by process."""
    for number in (1, 2, 5):
        message = {"processId": "m/7", "number": number}
        assert post_signed(client, make_record(message=message)).is_success
    before = client.get("/health").json()["ledger"]
    answer = put(client, "m/7", lastNumber=7)
    assert answer.json() == {"success": True, "crashed": 0}
    ledger = client.get("/health").json()["ledger"]
    assert ledger["missing"] == before["missing"] + 2
    assert ledger["processes"][0] == {
        "processId": "m/7",
        "received": 3,
        "missing": 4,
        "missingRanges": [[3, 4], [6, 7]],
    }


def test_a_process_that_ended_leaves_nothing_running(
    client: httpx.Client, logger: ExecutionLogger, make_record: MakeRecord
) -> None:
    """The end of a process crashes its own running executions; a second report changes nothing."""
    dead = make_record(status="running", processId="dead")
    living = make_record(status="running", processId="living")
    for record in (dead, living):
        assert client.post("/api/executions", json=record).is_success
    assert put(client, "dead", lastNumber=0, ended=True).json() == {"success": True, "crashed": 1}
    assert put(client, "dead", lastNumber=0, ended=True).json() == {"success": True, "crashed": 0}
    crashed, running = (logger.get_execution(record["id"]) for record in (dead, living))
    assert crashed is not None
    assert crashed.error is not None
    assert crashed.error.kind == "crashed"
    assert running is not None
    assert running.status == "running"


def test_a_stranger_cannot_end_a_process(client: httpx.Client, make_record: MakeRecord) -> None:
    """A report without a signature, or with the signature of another body, changes nothing."""
    record = make_record(status="running", processId="mine")
    assert client.post("/api/executions", json=record).is_success
    body = msgspec.json.encode({"processId": "other", "lastNumber": 0, "ended": True})
    headers = {"content-type": "application/json"}
    assert client.put("/api/processes/mine", content=body, headers=headers).status_code == 401
    headers["flightlog-signature"] = load_secret_key().make_signature(body)
    answer = client.put("/api/processes/mine", content=body, headers=headers)
    assert (answer.status_code, answer.json()["path"]) == (400, "$.processId")
    stored = client.get(f"/api/executions/{record['id']}").json()
    assert stored["status"] == "running"


@pytest.mark.parametrize(
    ("news", "code"),
    [
        ({}, "invalid_record"),
        ({"lastNumber": -1}, "invalid_record"),
        ({"lastNumber": 2**63}, "invalid_record"),
        ({"lastNumber": "7"}, "invalid_record"),
        ({"lastNumber": 7, "ended": "yes"}, "invalid_record"),
    ],
)
def test_news_that_cannot_be_read_is_refused(
    news: dict[str, Any], code: str, client: httpx.Client
) -> None:
    """An unreadable heartbeat is refused, and the problem names the place."""
    answer = put(client, "p", **news)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_an_id_that_is_none_is_refused(client: httpx.Client) -> None:
    """A process id has 1 to 128 characters; any other is refused."""
    answer = put(client, "p" * 129, lastNumber=1)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_query")


def test_health_stays_small_however_much_is_missing(client: httpx.Client) -> None:
    """/health shows ten processes and counts all, because every client requests /health first."""
    before = client.get("/health").json()["ledger"]["missing"]
    for number in range(30):
        assert put(client, f"lossy-{number}", lastNumber=1_000).is_success
    answer = client.get("/health")
    assert answer.json()["ledger"]["missing"] == before + 30_000
    assert len(answer.json()["ledger"]["processes"]) == 10
    assert len(answer.content) < 8_192


@pytest.mark.parametrize(("number", "is_read"), [("7.0", True), ("7e0", True), ("7.5", False)])
def test_a_whole_number_may_have_a_fraction_of_zero(number: str, is_read: bool) -> None:
    """The newest number is an integer as JSON Schema counts integers."""
    content = f'{{"processId": "p", "lastNumber": {number}, "x": [1]}}'.encode()
    if is_read:
        assert heartbeats._read(content).last_number == 7
    else:
        with pytest.raises(msgspec.ValidationError):
            heartbeats._read(content)
