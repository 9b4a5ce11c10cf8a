"""The routes for a search box."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from flightlog.query import parse
from flightlog.query.fields import FIELDS
from support.queries import READER

TEXT_FIELDS = [
    *("id", "workflow", "name", "error", "node", "tag"),
    *("trigger", "input", "output", "logs"),
]


def test_the_fields_are_those_of_the_language(client: httpx.Client) -> None:
    """Each field has a meaning, an example that is a query, and the values to offer."""
    fields = client.get("/api/query/fields").json()["fields"]
    assert [field["name"] for field in fields] == list(FIELDS)
    by_name = {field["name"]: field for field in fields}
    for field in fields:
        assert set(field) == {"name", "type", "meaning", "example", "values", "takesPath"}
        assert parse(field["example"], READER) is not None
        for value in field["values"] or ():
            assert parse(f"{field['name']}:{value}", READER) is not None
    assert by_name["status"]["values"] == ["running", "success", "error", "crashed"]
    assert "timeout" in by_name["error.kind"]["values"]
    assert by_name["output"]["values"] is None
    assert (by_name["output"]["takesPath"], by_name["node"]["takesPath"]) == (True, False)


@pytest.mark.parametrize(
    ("query", "searched", "nearest"),
    [
        ("any.orderId:7 error:refused", ["any", "error"], ("any.orderId:7", 6, False)),
        ("node:Charge output.charged:false", ["node", "output"], ("node:Charge", 6, False)),
        ("input.orderId:7", ["input"], ("any.orderId:7", 6, False)),
        ("status:running", ["status"], None),
        ("xyzzy plugh", TEXT_FIELDS, None),
        ("", [], None),
    ],
)  # fmt: skip
def test_an_empty_result_is_explained(
    query: str, searched: list[str], nearest: tuple[Any, ...] | None, six_runs: httpx.Client
) -> None:
    """The answer names the searched fields, and a similar query that has results."""
    answer = six_runs.get("/api/query/nearest", params={"q": query}).json()
    assert answer["searched"] == searched
    found = answer["nearest"]
    assert (found and (found["q"], found["count"], found["more"])) == nearest


def test_the_nearest_query_keeps_the_other_filters(six_runs: httpx.Client) -> None:
    """The nearest query has results among the executions of the chosen workflow and status."""
    params = {"q": "any.orderId:7 error:refused", "workflowId": "odd", "status": "error"}
    answer = six_runs.get("/api/query/nearest", params=params).json()
    assert answer["nearest"] == {"q": "any.orderId:7", "count": 1, "more": False}
    bad = six_runs.get("/api/query/nearest", params={"q": "status:failed"})
    assert (bad.status_code, bad.json()["path"]) == (400, "q")


def test_facets_take_the_filters_of_summaries(six_runs: httpx.Client) -> None:
    """The facets count the executions that query and filters choose."""
    params = {"q": "any.orderId:7", "projectId": "p1", "mode": "production"}
    page = six_runs.get("/api/facets", params=params).json()
    assert (page["executions"], page["searchedTo"]) == (4, None)
    assert page["facets"]["workflow"] == [
        {"value": "even", "label": "Order intake", "count": 2, "term": "workflow:even"},
        {"value": "odd", "label": "Order intake", "count": 2, "term": "workflow:odd"},
    ]
    assert [each["value"] for each in page["facets"]["status"]] == ["success", "error"]
    assert page["facets"]["errorKind"] == []


def test_a_row_says_where_it_matches(six_runs: httpx.Client) -> None:
    """Rows have matches for texts and payloads, and none without a query."""
    rows = six_runs.get("/api/summaries", params={"q": "declined"}).json()["summaries"]
    assert [row["matches"] for row in rows] == [
        [{"node": None, "path": "error", "snippet": "declined\nand more", "highlights": [[0, 8]]}]
    ]
    rows = six_runs.get(
        "/api/summaries", params={"q": "node:Charge input.amount:>1", "id": "run-0"}
    )
    assert rows.json()["summaries"][0]["matches"] == [
        {
            "node": "Charge",
            "nodeId": "charge",
            "sequence": 0,
            "path": "input.amount",
            "pointer": "/amount",
            "snippet": "4200",
            "highlights": [[0, 4]],
        }
    ]
    rows = six_runs.get("/api/summaries", params={"q": "duration:>=0ms"}).json()["summaries"]
    assert [row["matches"] for row in rows] == [[]] * 6
    assert "matches" not in six_runs.get("/api/summaries").json()["summaries"][0]


def test_counts_and_series_follow_the_search(six_runs: httpx.Client) -> None:
    """The numbers above a list are those of the list."""
    counts = six_runs.get("/api/counts", params={"q": "declined OR project:p2"}).json()
    assert counts == {"total": 3, "success": 2, "error": 1, "running": 0}
    assert six_runs.get("/api/counts", params={"text": "declined"}).json()["total"] == 1
    params = {"q": "project:p2", "after": "2026-11-22T10:00Z", "before": "2026-11-22T10:06Z"}
    points = six_runs.get("/api/series", params={**params, "points": 6}).json()["points"]
    assert [point["success"] for point in points] == [0, 0, 0, 0, 1, 1]


def test_saved_queries_are_listed_replaced_and_deleted(client: httpx.Client) -> None:
    """A name may have any sign; the query's text comes back as it was sent."""
    name, path = "Über 50 % / card?", "/api/query/saved/%C3%9Cber%2050%20%25%20%2F%20card%3F"
    assert client.get("/api/query/saved").json() == {"queries": []}
    for query in ("status:error", ' error:"timed out"  after:-7d'):
        answer = client.put(path, json={"query": query})
        assert (answer.status_code, answer.json()) == (200, {"name": name, "query": query})
        assert client.get("/api/query/saved").json() == {"queries": [answer.json()]}
    assert client.delete(path).json() == {"success": True}
    missing = client.delete(path)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("a", {"query": "status:failed"}, 400),
        ("a", {"query": ""}, 400),
        ("a", {"query": 7}, 400),
        ("a", {}, 400),
        ("%20a", {"query": "a"}, 400),
        ("a%00", {"query": "a"}, 400),
        ("%FF%FE", {"query": "a"}, 200),
    ],
)
def test_a_query_that_cannot_be_saved_gets_a_problem(
    name: str, body: dict[str, Any], status: int, client: httpx.Client
) -> None:
    """Bytes of a name that are no UTF-8 are replaced, as in every path."""
    assert client.put(f"/api/query/saved/{name}", json=body).status_code == status
