from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver

MakeRecord = Callable[..., dict[str, Any]]


async def seed_log_execution(url: str, execution_data: dict[str, Any]) -> httpx.Response:
    """Post as the client in Milestone 4 of the original specification does, but more patiently."""
    async with httpx.AsyncClient() as client:
        return await client.post(f"{url}/api/executions", json=execution_data)


def ndjson(*records: dict[str, Any]) -> bytes:
    """Write records as NDJSON."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_the_seeds_client_delivers(
    receiver: Receiver, logger: ExecutionLogger, make_record: MakeRecord
) -> None:
    """The client of the original specification gets 200, and its record is in the history."""
    record = make_record()
    response = asyncio.run(seed_log_execution(receiver.url, record))
    assert response.status_code == 200
    assert response.json() == {"success": True, "executionId": record["id"]}
    stored = logger.get_execution(record["id"])
    assert stored is not None
    assert stored.started_at == "2026-11-22T19:04:11.123456Z"


@pytest.mark.parametrize(
    "path",
    [
        "/api/executions",
        "//api/executions",
        "///api/executions",
        "/api/executions/",
        "//api/executions/",
    ],
)
def test_slashes_at_either_end_do_not_matter(
    path: str, receiver: Receiver, logger: ExecutionLogger, make_record: MakeRecord
) -> None:
    """A configured address with a trailing slash still delivers."""
    record = make_record()
    response = httpx.post(f"{receiver.url}{path}", json=record)
    assert response.status_code == 200
    assert logger.get_execution(record["id"]) is not None


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        "application/json ; charset=utf-8",
    ],
)
def test_json_is_taken_however_its_type_is_written(
    content_type: str, client: httpx.Client, make_record: MakeRecord
) -> None:
    """Case and parameters of the content type are ignored."""
    body = json.dumps(make_record(workflowName="Zoë 🛫"), ensure_ascii=False).encode()
    response = client.post("/api/executions", content=body, headers={"content-type": content_type})
    assert response.status_code == 200


def test_chunks_without_content_length(
    client: httpx.Client, logger: ExecutionLogger, make_record: MakeRecord
) -> None:
    """A chunked body of unknown length is stored whole."""
    record = make_record(trigger={"type": "http", "data": "x" * 3_000_000})
    body = json.dumps(record).encode()

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    response = client.post(
        "/api/executions", content=chunks(), headers={"content-type": "application/json"}
    )
    assert "content-length" not in response.request.headers
    assert response.status_code == 200
    stored = logger.get_payload(record["id"], "trigger")
    assert stored is not None
    assert bytes(stored) == json.dumps(record["trigger"]["data"]).encode()


def test_more_than_the_editors_ten_megabytes(
    client: httpx.Client, logger: ExecutionLogger, make_record: MakeRecord
) -> None:
    """A record over 12 MB, which the editor's own receiver loses, is stored whole."""
    record = make_record(trigger={"type": "http", "data": ["é" * 1000] * 6_300})
    body = json.dumps(record, ensure_ascii=False).encode()
    assert len(body) > 12_000_000
    response = client.post(
        "/api/executions", content=body, headers={"content-type": "application/json"}
    )
    assert response.status_code == 200
    stored = logger.get_payload(record["id"], "trigger")
    assert stored is not None
    assert json.loads(bytes(stored)) == record["trigger"]["data"]


def test_the_same_record_twice_is_one_execution(
    client: httpx.Client, make_record: MakeRecord
) -> None:
    """A repeated record succeeds and changes nothing."""
    record = make_record(workflowId="twice")
    for _ in range(2):
        assert client.post("/api/executions", json=record).status_code == 200
    assert client.get("/api/stats", params={"workflowId": "twice"}).json()["total"] == 1


def test_many_records_at_once(
    client: httpx.Client, logger: ExecutionLogger, make_record: MakeRecord
) -> None:
    """NDJSON stores every line except empty lines, with or without a final line end."""
    records = [make_record() for _ in range(5)]
    body = b"\n" + ndjson(*records[:3]) + b"\r\n" + ndjson(*records[3:]).rstrip()
    response = client.post(
        "/api/executions", content=body, headers={"content-type": "application/x-ndjson"}
    )
    assert response.json() == {"success": True, "received": 5, "deleted": []}
    assert all(logger.get_execution(record["id"]) for record in records)


def test_one_bad_line_and_none_is_stored(
    client: httpx.Client, logger: ExecutionLogger, make_record: MakeRecord
) -> None:
    """NDJSON is stored as a whole or not at all, and the answer names line and field."""
    good = make_record()
    body = ndjson(good, {**make_record(), "status": "unknown"})
    response = client.post(
        "/api/executions", content=body, headers={"content-type": "application/x-ndjson"}
    )
    assert response.status_code == 400
    problem = response.json()
    assert (problem["code"], problem["line"], problem["path"]) == (
        "invalid_record",
        2,
        "$.status",
    )
    assert logger.get_execution(good["id"]) is None


@pytest.mark.parametrize("body", [b"", b"\n \r\n"])
def test_no_record_at_all_is_refused(body: bytes, client: httpx.Client) -> None:
    """NDJSON without a record is refused, because such a body stores nothing."""
    response = client.post(
        "/api/executions", content=body, headers={"content-type": "application/x-ndjson"}
    )
    assert response.status_code == 400
    assert response.json()["success"] is False


def test_a_deleted_execution_stays_deleted(client: httpx.Client, make_record: MakeRecord) -> None:
    """A late record of a deleted execution gets 410 and restores nothing."""
    record = make_record()
    client.post("/api/executions", json=record)
    client.delete(f"/api/executions/{record['id']}")
    response = client.post("/api/executions", json=record)
    assert response.status_code == 410
    problem = response.json()
    assert (problem["code"], problem["success"]) == ("execution_deleted", False)
    assert client.get(f"/api/executions/{record['id']}").status_code == 404


def test_deleted_ones_among_many(client: httpx.Client, make_record: MakeRecord) -> None:
    """NDJSON names the deleted executions, and gets 410 only if all its records were deleted."""
    gone, kept = make_record(), make_record()
    client.post("/api/executions", json=gone)
    client.delete(f"/api/executions/{gone['id']}")
    headers = {"content-type": "application/x-ndjson"}
    mixed = client.post("/api/executions", content=ndjson(gone, kept, gone), headers=headers)
    assert mixed.json() == {"success": True, "received": 3, "deleted": [gone["id"]]}
    alone = client.post("/api/executions", content=ndjson(gone, gone), headers=headers)
    assert alone.status_code == 410


def test_concurrent_posts_are_all_stored(receiver: Receiver, make_record: MakeRecord) -> None:
    """Eight concurrent clients each get their own answer, and all records are in the history."""
    workflow_id = "concurrent"

    def post_some(_client: int) -> None:
        with httpx.Client(base_url=receiver.url, timeout=30) as client:
            for _ in range(25):
                record = make_record(workflowId=workflow_id)
                answer = client.post("/api/executions", json=record).json()
                assert answer == {"success": True, "executionId": record["id"]}

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(post_some, range(8)))
    stats = httpx.get(f"{receiver.url}/api/stats", params={"workflowId": workflow_id}).json()
    assert stats["total"] == 200


def test_a_new_run_under_the_id_of_a_deleted_one_is_stored(
    client: httpx.Client, make_record: MakeRecord
) -> None:
    """
    A new run is stored beside late records of the deleted run, which the answer names.

    Late records of the deleted run alone get 410.
    """
    first = make_record(runId="0193a7f2-8c1e-7c3a-9d51-000000000001")
    second = {**first, "runId": "0193a7f2-8c1e-7c3a-9d51-000000000002", "status": "error"}
    assert client.post("/api/executions", json=first).is_success
    assert client.delete(f"/api/executions/{first['id']}").is_success
    lines = "".join(f"{json.dumps(each)}\n" for each in (first, second))
    mixed = client.post(
        "/api/executions", content=lines, headers={"content-type": "application/x-ndjson"}
    )
    assert mixed.json() == {"success": True, "received": 2, "deleted": [first["id"]]}
    assert client.post("/api/executions", json=first).status_code == 410
    assert client.post("/api/executions", json=second).is_success
    stored = client.get(f"/api/executions/{first['id']}").json()
    assert (stored["runId"], stored["status"]) == (second["runId"], "error")
    assert stored["retryOf"] == f"{first['id']}@run-{first['runId']}"
