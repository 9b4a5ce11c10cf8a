"""The viewer's routes over HTTP; tests/contract/test_views.py covers their content."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from support.records import record


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
        ({"q": "declined OR trigger.orderId:7 project:p2"}, "543"),
        ({"q": "node:Charge output.charged:true", "status": "error"}, "3"),
        ({"q": "started:2026-11-22T15:32..2026-11-22T15:33", "timeZone": "Asia/Kolkata"}, "32"),
        ({"q": "started:2026-11-22T10:02", "direction": "newer"}, "2"),
        ({"q": ""}, "543210"),
        ({"sort": "newest"}, "543210"),
        ({"sort": "longest", "q": "duration:>=0ms"}, "543210"),
        ({"sort": "shortest", "limit": 2, "status": ["success", "error"]}, "01"),
    ],
    ids=repr,
)
def test_the_filters_of_summaries(
    params: dict[str, Any], expected: str, six_runs: httpx.Client
) -> None:
    """Each filter works by its name in the URL."""
    page = six_runs.get("/api/summaries", params=params).json()
    assert [summary["id"].removeprefix("run-") for summary in page["summaries"]] == list(expected)


@pytest.mark.parametrize("path", ["/api/summaries", "/api/executions"])
def test_an_error_of_a_query_names_the_column(path: str, six_runs: httpx.Client) -> None:
    """The problem says where the fault is and what was probably meant."""
    answer = six_runs.get(path, params={"q": "declined status:failed"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["path"]) == (400, "invalid_query", "q")
    assert "at column 17: `failed` is no value of `status`" in problem["detail"]
    assert "Did you mean `status:error`?" in problem["hint"]
    assert (problem["column"], problem["length"]) == (17, 6)
    assert problem["suggestion"] == "declined status:error"
    for zone in ("Mars/Base", "../x", "America"):
        answer = six_runs.get(path, params={"q": "x", "timeZone": zone})
        assert (answer.status_code, answer.json()["path"]) == (400, "timeZone")


def test_any_id_can_be_asked_for_and_erased(
    six_runs: httpx.Client, logger: ExecutionLogger
) -> None:
    """An id may hold any printable character: commas, spaces, other scripts."""
    odd = ["a,b", ",", "a b ", "50%2C&id=x", "été 🛩️"]
    logger.log_executions([record(item) for item in odd])
    page = six_runs.get("/api/summaries", params={"id": odd}).json()
    assert {summary["id"] for summary in page["summaries"]} == set(odd)
    assert six_runs.post("/api/deletions", json={"ids": odd}).json() == {"deleted": len(odd)}


def test_a_summary_on_the_wire(six_runs: httpx.Client) -> None:
    """A summary omits absent values, and keeps false and null."""
    page = six_runs.get("/api/summaries", params={"status": "error"}).json()
    assert page["olderCursor"] is None
    assert page["searchedTo"] is None
    (summary,) = page["summaries"]
    assert summary["error"] == {"message": "declined", "nodeId": "charge"}
    assert summary["nodes"] == {"total": 1, "done": 1, "failed": 0, "strip": "s"}
    assert summary["starred"] is False
    assert "tags" not in summary
