"""The viewer's routes over HTTP; tests/contract/test_views.py covers their content."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.record.model import decode_lines
from support.records import record


@pytest.fixture(scope="module")
def client(receiver: Receiver, logger: ExecutionLogger) -> Iterator[httpx.Client]:
    """Make a client of a receiver with six executions of two workflows, a minute apart."""
    with httpx.Client(base_url=receiver.url, timeout=30) as client:
        logger.log_executions(
            [
                record(
                    f"run-{minute}",
                    workflowId="even" if minute % 2 == 0 else "odd",
                    projectId="p1" if minute < 4 else "p2",
                    status="error" if minute == 3 else "success",
                    error={"message": "declined\nand more", "nodeId": "charge"}
                    if minute == 3
                    else None,
                    executionMode="test" if minute == 5 else "production",
                    startedAt=f"2026-11-22T10:0{minute}:00Z",
                    durationMs=100 * minute,
                )
                for minute in range(6)
            ]
        )
        yield client


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "543210"),
        ({"workflowId": ["odd", "even"], "status": ["error", "running"]}, "3"),
        ({"projectId": "p2"}, "54"),
        ({"mode": "test"}, "5"),
        ({"trigger": "http", "limit": 2}, "54"),
        ({"after": "2026-11-22T11:02:00+01:00", "before": "2026-11-22T10:04Z"}, "32"),
        ({"minDurationMs": 100, "maxDurationMs": 200}, "21"),
        ({"text": "DECLINED"}, "3"),
        ({"nodeId": "charge"}, "3"),
        ({"id": ["run-1", "run-4", "none"], "workflowId": "even"}, "4"),
        ({"direction": "newer", "limit": 2}, "10"),
        ({"at": "2026-11-22T10:03:30Z", "limit": 2}, "32"),
        ({"starred": "true"}, ""),
    ],
    ids=repr,
)
def test_the_filters_of_summaries(
    params: dict[str, Any], expected: str, client: httpx.Client
) -> None:
    """Each filter works by its name in the URL."""
    page = client.get("/api/summaries", params=params).json()
    assert [one["id"].removeprefix("run-") for one in page["summaries"]] == list(expected)


def test_any_id_can_be_asked_for_and_erased(client: httpx.Client, logger: ExecutionLogger) -> None:
    """An id may hold any printable character: commas, spaces, other scripts."""
    odd = ["a,b", ",", "a b ", "50%2C&id=x", "été 🛩️"]
    logger.log_executions([record(one) for one in odd])
    page = client.get("/api/summaries", params={"id": odd}).json()
    assert {one["id"] for one in page["summaries"]} == set(odd)
    assert client.post("/api/deletions", json={"ids": odd}).json() == {"deleted": len(odd)}


def test_a_summary_on_the_wire(client: httpx.Client) -> None:
    """A summary omits absent values, and keeps false and null."""
    page = client.get("/api/summaries", params={"status": "error"}).json()
    assert page["olderCursor"] is None
    assert page["searchedTo"] is None
    (summary,) = page["summaries"]
    assert summary["error"] == {"message": "declined", "nodeId": "charge"}
    assert summary["nodes"] == {"total": 1, "done": 1, "failed": 0, "strip": "s"}
    assert summary["starred"] is False
    assert "tags" not in summary


@pytest.mark.parametrize(
    ("path", "check"),
    [
        ("/api/counts", lambda it: (it["total"], it["error"]) == (6, 1)),
        ("/api/counts?workflowId=odd&workflowId=even&projectId=p2", lambda it: it["total"] == 2),
        (
            "/api/series?after=2026-11-22T10:00Z&before=2026-11-22T10:06Z&points=6",
            lambda it: (
                it["stepMs"] == 60_000
                and [p["success"] for p in it["points"]] == [1, 1, 1, 0, 1, 1]
            ),
        ),
        ("/api/workflows", lambda it: sum(one["total"] for one in it["workflows"]) == 6),
        ("/api/projects", lambda it: it == {"projects": ["p1", "p2"], "nextCursor": None}),
        ("/api/nodes", lambda it: it["nodes"][0]["nodeName"] == "Charge"),
        ("/api/errors", lambda it: it["complete"] and it["errors"][0]["count"] == 1),
        (
            "/api/executions/run-3/outline",
            lambda it: (
                it["execution"]["error"]["message"] == "declined\nand more"
                and it["previousId"] == "run-1"
                and it["nodes"][0]["input"] == {"bytes": 15, "redacted": False, "truncated": False}
            ),
        ),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_the_other_reads(path: str, check: Any, client: httpx.Client) -> None:
    """Each route answers in the shape that the viewer expects."""
    response = client.get(path)
    assert response.status_code == 200
    assert check(response.json()), response.text


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/summaries?limit=0", "limit"),
        ("/api/summaries?status=done", "status"),
        ("/api/summaries?at=soon", "at"),
        ("/api/summaries?cursor=?", "cursor"),
        ("/api/summaries?direction=up", "direction"),
        ("/api/summaries?minDurationMs=long", "minDurationMs"),
        (f"/api/summaries?id={'&id='.join(map(str, range(501)))}", "id"),
        ("/api/counts?after=soon", "after"),
        ("/api/series?points=0", "points"),
        ("/api/nodes?limit=0", "limit"),
        ("/api/errors?limit=9999", "limit"),
        ("/api/executions/run-1/nodes/0/output/tree?limit=0", "limit"),
        ("/api/executions/run-1/nodes/0/output/tree?offset=-1", "offset"),
        ("/api/executions/run-1/nodes/0/output/tree?path=none", "path"),
        ("/api/executions/run-1/nodes/0/output/tree?path=/~2", "path"),
        ("/api/executions/run-1/nodes/0/output/select?jsonpath=no", "jsonpath"),
        ("/api/executions/run-1/nodes/0/output/select?jsonpath=$[?@==1e999]", "jsonpath"),
        ("/api/summaries?mode=null", "mode"),
        ("/api/summaries?colour=red", "colour"),
        ("/api/events?until=1", "until"),
        ("/api/projects?cursor=x", "cursor"),
        ("/api/workflows?cursor=1.2", "cursor"),
        ("/api/executions/run-1?nodesCursor=1", "nodesCursor"),
        ("/api/executions/run-1/outline?nodesLimit=10001", "nodesLimit"),
        (f"/api/executions/run-1/nodes/0/output/search?q={'x' * 1_001}", "q"),
        ("/api/executions/run-1/nodes/0/output/raw?as=html", "as"),
    ],
)
def test_a_bad_parameter_is_named(path: str, parameter: str, client: httpx.Client) -> None:
    """Every route names an invalid parameter."""
    problem = client.get(path).json()
    assert (problem["code"], problem["path"]) == ("invalid_query", parameter)


def test_stars_deletions_and_exports(client: httpx.Client, logger: ExecutionLogger) -> None:
    """Executions can be starred, exported and deleted; an import of the export keeps the star."""
    logger.log_executions([record(f"own-{number}", workflowId="own") for number in range(3)])
    assert client.put("/api/executions/own-0/star").json() == {"success": True, "starred": True}
    assert client.put("/api/executions/none/star").status_code == 404
    starred = client.get("/api/summaries", params={"starred": "true"}).json()["summaries"]
    assert [one["id"] for one in starred] == ["own-0"]
    exported = client.post("/api/exports", json={"ids": ["own-1", "own-0", "none", "own-1"]})
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    assert exported.headers["content-disposition"].startswith("attachment; filename=")
    lines = decode_lines(exported.content)
    assert [(one.id, one.starred) for one in lines] == [("own-1", False), ("own-0", True)]
    unstarred = client.delete("/api/executions/own-0/star").json()
    assert unstarred == {"success": True, "starred": False}
    chosen = {"ids": ["own-0", "own-1", "own-2", "none"]}
    assert client.post("/api/deletions", json=chosen).json() == {"deleted": 3}
    assert client.post("/api/deletions", json=chosen).json() == {"deleted": 0}


def test_a_projects_manifest_draws_its_workflows(tmp_path: Path) -> None:
    """The manifest is served if the history belongs to a project; an unreadable manifest is 404."""
    manifest = tmp_path / ".lowcode" / "manifest.json"
    with (
        ExecutionLogger.for_project(tmp_path) as logger,
        Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
        httpx.Client(base_url=receiver.url, timeout=30) as client,
    ):
        assert client.get("/api/workflows/w/definition").status_code == 404
        node = {"type": "condition", "name": "Large?", "position": {"x": 1.5, "y": -2}}
        edge = {"id": "e", "source": "a", "target": "b", "sourceHandle": "true"}
        workflow = {"nodes": {"a": node, "b": {"type": "log"}}, "edges": [edge]}
        manifest.write_text(json.dumps({"workflows": {"a/b": workflow, "bad": 7}}))
        assert client.get("/api/workflows/a%2Fb/definition").json() == {
            "nodes": [
                {"id": "a", "name": "Large?", "type": "condition", "x": 1.5, "y": -2.0},
                {"id": "b", "name": "b", "type": "log", "x": 0.0, "y": 0.0},
            ],
            "edges": [{"source": "a", "target": "b", "handle": "true"}],
        }
        assert client.get("/api/workflows/bad/definition").status_code == 404
        manifest.write_text("{")
        assert client.get("/api/workflows/a%2Fb/definition").status_code == 404


@pytest.mark.parametrize("question", ["tree?path=/none", "raw?path=/none/0", "table"])
def test_a_place_that_is_not_there_is_named(question: str, client: httpx.Client) -> None:
    """A pointer to nothing, or to no list of objects, is 404 with its own code."""
    answer = client.get(f"/api/executions/run-1/nodes/0/output/{question}")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_place")
    assert answer.json()["path"] == "path"


def test_an_empty_parameter_is_absent(client: httpx.Client) -> None:
    """A parameter without a value filters nothing, whatever its type."""
    whole = client.get("/api/summaries").json()
    names = ("workflowId", "status", "mode", "after", "minDurationMs", "id", "limit", "cursor")
    empty = "&".join(f"{name}=" for name in names)
    assert client.get(f"/api/summaries?{empty}").json() == whole


@pytest.mark.parametrize(
    ("path", "key", "cursor", "parameter"),
    [
        ("/api/workflows?limit=1", "workflows", "nextCursor", "cursor"),
        ("/api/projects?limit=1", "projects", "nextCursor", "cursor"),
    ],
)
def test_a_list_comes_whole_in_pages(
    path: str, key: str, cursor: str, parameter: str, client: httpx.Client
) -> None:
    """Pages bring each item of the whole list once, in order."""
    whole = client.get(path.partition("?")[0]).json()
    assert len(whole[key]) > 1
    assert whole[cursor] is None
    found: list[Any] = []
    following = None
    while found == [] or following is not None:
        query = "" if following is None else f"&{parameter}={following}"
        page = client.get(f"{path}{query}").json()
        assert len(page[key]) == 1
        found += page[key]
        following = page[cursor]
    assert found == whole[key]


def test_nodes_come_whole_in_pages(client: httpx.Client, logger: ExecutionLogger) -> None:
    """Pages of an execution and its outline bring each node once, and whole counts of progress."""
    nodes = [
        {
            "nodeId": f"n{number}",
            "nodeName": "N",
            "nodeType": "t",
            "status": "success",
            "sequence": number,
            "output": number,
        }
        for number in range(25)
    ]
    logger.log_execution(record("paged", nodeExecutions=nodes))
    for path, key in (("", "nodeExecutions"), ("/outline", "nodes")):
        whole = client.get(f"/api/executions/paged{path}").json()
        assert "nextNodesCursor" not in whole
        found: list[Any] = []
        query: str | None = ""
        while query is not None:
            page = client.get(f"/api/executions/paged{path}?nodesLimit=10{query}").json()
            assert len(page[key]) <= 10
            found += page[key]
            following = page.get("nextNodesCursor")
            query = None if following is None else f"&nodesCursor={following}"
            if path:
                assert page["execution"]["nodes"]["total"] == 25
        assert found == whole[key]
        assert len(found) == 25
    logger.delete_execution("paged")
