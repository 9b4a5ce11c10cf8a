from __future__ import annotations

import httpx

from flightlog.receiver.handlers import ROUTES
from flightlog.receiver.openapi import DESCRIBED_ROUTES

from .conftest import document

METHODS = {
    ("/api/executions", "get"),
    ("/api/executions", "post"),
    ("/api/executions/{execution_id}", "get"),
    ("/api/executions/{execution_id}", "delete"),
    ("/api/workflows/{workflow_id}/executions", "delete"),
    ("/api/processes/{process_id}", "put"),
    ("/api/stats", "get"),
    ("/api/counts", "get"),
    ("/api/space", "get"),
    ("/api/series", "get"),
    ("/api/workflows", "get"),
    ("/api/projects", "get"),
    ("/api/nodes", "get"),
    ("/api/errors", "get"),
    ("/api/comparison", "get"),
    ("/api/summaries", "get"),
    ("/api/triggers", "get"),
    ("/api/query/fields", "get"),
    ("/api/query/nearest", "get"),
    ("/api/query/saved", "get"),
    ("/api/query/saved/{name}", "put"),
    ("/api/query/saved/{name}", "delete"),
    ("/api/facets", "get"),
    ("/api/events", "get"),
    ("/api/deletions", "post"),
    ("/api/deletions/{waiting_id}", "delete"),
    ("/api/exports", "post"),
    ("/api/executions/{execution_id}/outline", "get"),
    ("/api/executions/{execution_id}/share", "get"),
    ("/api/executions/{execution_id}/models", "get"),
    ("/api/usage", "get"),
    ("/api/executions/{execution_id}/star", "put"),
    ("/api/executions/{execution_id}/star", "delete"),
    ("/api/workflows/{workflow_id}/definition", "get"),
    *(
        (f"/api/executions/{{execution_id}}/{place}{question}", "get")
        for place in (
            "trigger/data",
            *(f"nodes/{{sequence}}/{kind}" for kind in ("input", "output", "logs")),
        )
        for question in ("", "/raw", "/tree", "/table", "/search", "/select")
    ),
    ("/health", "get"),
    ("/api/audit", "get"),
    ("/api/links", "post"),
    ("/api/sessions", "post"),
    ("/api/sessions", "delete"),
}


def test_every_route_is_described(client: httpx.Client) -> None:
    """The document describes each route with a name, a sentence and its problems."""
    paths = document(client)["paths"]
    assert {(path, method) for path, item in paths.items() for method in item} == METHODS
    assert len(METHODS) == len(ROUTES) + len(DESCRIBED_ROUTES)
    operations = [operation for item in paths.values() for operation in item.values()]
    assert len({operation["operationId"] for operation in operations}) == len(METHODS)
    for operation in operations:
        assert operation["summary"].endswith(".")
        problems = {
            status: response for status, response in operation["responses"].items() if status >= "4"
        }
        assert {"403", "500", "503"} <= set(problems)
        for problem in problems.values():
            schema = problem["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


def test_every_whole_number_has_both_limits(client: httpx.Client) -> None:
    """A number that the receiver refuses is outside of the limits of the document."""
    numbers = []
    for route in document(client)["paths"].values():
        for operation in route.values():
            for parameter in operation.get("parameters", ()):
                schema = parameter["schema"]
                kinds = [schema, schema.get("items", {}), *schema.get("anyOf", ())]
                numbers += [
                    (parameter["name"], kind) for kind in kinds if kind.get("type") == "integer"
                ]
    assert len(numbers) > 20
    for name, schema in numbers:
        assert {"minimum", "maximum"} <= schema.keys(), name


def test_no_page_that_loads_from_elsewhere(client: httpx.Client) -> None:
    """The receiver serves only the document; a documentation site would load from the network."""
    for path in ("/schema", "/schema/redoc", "/openapi.json/swagger", "/docs"):
        assert client.get(path).status_code == 404
