from __future__ import annotations

import httpx
import pytest


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
def test_a_bad_parameter_is_named(path: str, parameter: str, six_runs: httpx.Client) -> None:
    """Every route names an invalid parameter."""
    problem = six_runs.get(path).json()
    assert (problem["code"], problem["path"]) == ("invalid_query", parameter)


def test_an_empty_parameter_is_absent(six_runs: httpx.Client) -> None:
    """A parameter without a value filters nothing, whatever its type."""
    whole = six_runs.get("/api/summaries").json()
    names = ("workflowId", "status", "mode", "after", "minDurationMs", "id", "limit", "cursor")
    empty = "&".join(f"{name}=" for name in names)
    assert six_runs.get(f"/api/summaries?{empty}").json() == whole
