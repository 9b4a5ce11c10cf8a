from __future__ import annotations

from typing import Any

import httpx
import pytest


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
        ("/api/workflows", lambda it: sum(workflow["total"] for workflow in it["workflows"]) == 6),
        (
            "/api/workflows?q=declined",
            lambda it: (
                [each["total"] for each in it["workflows"]] == [1] and "searchedTo" not in it
            ),
        ),
        (
            "/api/comparison?status=error&after=2026-11-22T10:00Z&before=2026-11-22T10:06Z",
            lambda it: (it["current"]["total"], it["previous"]["total"]) == (1, 0),
        ),
        ("/api/projects", lambda it: it == {"projects": ["p1", "p2"], "nextCursor": None}),
        ("/api/nodes", lambda it: it["nodes"][0]["nodeName"] == "Charge"),
        ("/api/nodes?q=declined", lambda it: [each["total"] for each in it["nodes"]] == [1]),
        ("/api/errors", lambda it: it["complete"] and it["errors"][0]["count"] == 1),
        ("/api/errors?q=is:starred", lambda it: it["complete"] and not it["errors"]),
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
def test_the_other_reads(path: str, check: Any, six_runs: httpx.Client) -> None:
    """Each route answers in the shape that the viewer expects."""
    response = six_runs.get(path)
    assert response.status_code == 200
    assert check(response.json()), response.text


@pytest.mark.parametrize(
    ("path", "key", "cursor", "parameter"),
    [
        ("/api/workflows?limit=1", "workflows", "nextCursor", "cursor"),
        ("/api/projects?limit=1", "projects", "nextCursor", "cursor"),
    ],
)
def test_a_list_comes_whole_in_pages(
    path: str, key: str, cursor: str, parameter: str, six_runs: httpx.Client
) -> None:
    """Pages bring each item of the whole list once, in order."""
    whole = six_runs.get(path.partition("?")[0]).json()
    assert len(whole[key]) > 1
    assert whole[cursor] is None
    found: list[Any] = []
    following = None
    while found == [] or following is not None:
        query = "" if following is None else f"&{parameter}={following}"
        page = six_runs.get(f"{path}{query}").json()
        assert len(page[key]) == 1
        found += page[key]
        following = page[cursor]
    assert found == whole[key]
