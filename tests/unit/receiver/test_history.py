from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

import flightlog
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver

MakeRecord = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def client(receiver: Receiver) -> Iterator[httpx.Client]:
    """Make a client of a receiver with six executions of two workflows, a minute apart."""
    shared = {"workflowName": "W", "trigger": {"type": "http", "data": [1]}}
    with httpx.Client(base_url=receiver.url, timeout=30) as client:
        for minute in range(6):
            record = {
                **shared,
                "id": f"run-{minute}",
                "workflowId": "even" if minute % 2 == 0 else "odd",
                "projectId": "p1" if minute < 4 else "p2",
                "status": "error" if minute == 3 else "success",
                "executionMode": "test" if minute == 5 else "production",
                "startedAt": f"2026-11-22T10:0{minute}:00Z",
                "durationMs": 100,
            }
            assert client.post("/api/executions", json=record).status_code == 200
        yield client


def listed(client: httpx.Client, **params: Any) -> list[str]:
    """List the ids of a page, shortened to their minute."""
    response = client.get("/api/executions", params=params)
    assert response.status_code == 200
    return [execution["id"].removeprefix("run-") for execution in response.json()["executions"]]


def test_a_query_chooses_executions(client: httpx.Client) -> None:
    """`q` narrows the other parameters, and refuses an offset."""
    assert listed(client, q="status:success project:p1 duration:>=100ms", mode="production") == [
        "2",
        "1",
        "0",
    ]
    assert listed(client, q="trigger:1", limit=2) == ["5", "4"]
    answer = client.get("/api/executions", params={"q": "trigger:1", "offset": 1})
    assert (answer.status_code, answer.json()["path"]) == (400, "offset")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "543210"),
        ({"order": "oldest"}, "012345"),
        ({"workflowId": "odd"}, "531"),
        ({"projectId": "p2"}, "54"),
        ({"status": "error"}, "3"),
        ({"mode": "test"}, "5"),
        ({"after": "2026-11-22T10:03:00Z"}, "543"),
        ({"before": "2026-11-22T10:03:00"}, "210"),
        ({"after": "2026-11-22T12:01:00+02:00", "before": "2026-11-22T10:03Z"}, "21"),
        ({"limit": 2}, "54"),
        ({"limit": 2, "offset": 3}, "21"),
        ({"workflowId": "none"}, ""),
        ({"workflowId": "even", "projectId": "p1", "status": "success"}, "20"),
    ],
    ids=repr,
)
def test_filters_narrow_the_list(
    params: dict[str, Any], expected: str, client: httpx.Client
) -> None:
    """Each filter, alone and together, gives the matching executions in order."""
    assert listed(client, **params) == list(expected)


def test_pages_go_on_by_cursor(client: httpx.Client) -> None:
    """Following `nextCursor` brings each execution once and ends with null."""
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 4}
    while True:
        page = client.get("/api/executions", params=params).json()
        seen += [execution["id"] for execution in page["executions"]]
        if page["nextCursor"] is None:
            break
        params["cursor"] = page["nextCursor"]
    assert seen == [f"run-{minute}" for minute in (5, 4, 3, 2, 1, 0)]


def test_payloads_come_when_asked_for(client: httpx.Client) -> None:
    """A list has payloads only on request."""
    without = client.get("/api/executions", params={"limit": 1}).json()["executions"][0]
    assert without["trigger"] == {"type": "http"}
    params: dict[str, Any] = {"limit": 1, "payloads": "true"}
    assert client.get("/api/executions", params=params).json()["executions"][0]["trigger"] == {
        "type": "http",
        "data": [1],
    }


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"limit": "many"}, "limit"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": 10**30}, "offset"),
        ({"status": "done"}, "status"),
        ({"mode": "live"}, "mode"),
        ({"order": "random"}, "order"),
        ({"after": "soon"}, "after"),
        ({"before": "0000-01-01T00:00:00Z"}, "before"),
        ({"limits": 3}, "limits"),
        ({"limits": ""}, "limits"),
        ({"limit": [3, 4]}, "limit"),
        ({"payloads": "perhaps"}, "payloads"),
        ({"cursor": "\x00"}, "cursor"),
    ],
    ids=repr,
)
def test_a_bad_parameter_is_named(
    params: dict[str, Any], parameter: str, client: httpx.Client
) -> None:
    """An invalid value gets 400 with the parameter's name, never an empty list."""
    response = client.get("/api/executions", params=params)
    problem = response.json()
    assert response.status_code == 400
    assert (problem["code"], problem["path"]) == ("invalid_query", parameter)
    assert problem["error"] == "Failed to get execution history"


def test_statistics(client: httpx.Client) -> None:
    """Statistics cover all executions, a workflow, or a project within a workflow."""
    everything = client.get("/api/stats").json()
    assert (everything["total"], everything["error"]) == (6, 1)
    assert everything["meanDurationMs"] == pytest.approx(100)
    assert everything["lastStartedAt"] == "2026-11-22T10:05:00.000000Z"
    odd = client.get("/api/stats", params={"workflowId": "odd", "projectId": "p1"}).json()
    assert (odd["total"], odd["success"]) == (2, 1)


def test_health_tells_the_version_and_not_the_place(
    client: httpx.Client, logger: ExecutionLogger
) -> None:
    """`/health` reports that the history is readable, and hides its path."""
    response = client.get("/health")
    health = response.json()
    assert (health["status"], health["version"]) == ("ok", flightlog.__version__)
    assert health["history"]["executions"] == 6
    assert str(logger.path.parent) not in response.text


@pytest.mark.parametrize(
    "path",
    [
        "/api/executions/none",
        "/api/executions/none/trigger/data",
        "/api/executions/run-0/nodes/0/input",
        "/api/executions/run-0/nodes/99999999999999999999999/output",
        "/api/executions/run-0/nodes/-1/output",
        "/api/executions/%FF%00",
    ],
)
def test_what_is_absent_is_404(path: str, client: httpx.Client) -> None:
    """A missing execution, node or payload is a problem with the code `not_found`."""
    response = client.get(path)
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


def test_deleting_tells_whether_there_was_one(
    client: httpx.Client, make_record: MakeRecord
) -> None:
    """DELETE succeeds once; a second DELETE finds nothing."""
    record = make_record()
    client.post("/api/executions", json=record)
    path = f"/api/executions/{record['id']}"
    assert client.delete(path).json() == {"success": True}
    again = client.delete(path)
    assert again.status_code == 404
    assert again.json()["error"] == "Failed to delete execution"


def test_clearing_a_workflow_and_one_project_of_it(
    client: httpx.Client, make_record: MakeRecord
) -> None:
    """Clearing erases and counts one project's executions on request, and otherwise all."""
    for project in ("a", "a", "b"):
        record = make_record(workflowId="to/clear", projectId=project)
        client.post("/api/executions", json=record)
    path = "/api/workflows/to%2Fclear/executions"
    cleared = client.delete(path, params={"projectId": "a"})
    assert cleared.json() == {"success": True, "count": 2}
    assert client.delete(path).json() == {"success": True, "count": 1}
    assert client.delete(path).json() == {"success": True, "count": 0}
