from __future__ import annotations

import httpx

from .conftest import document


def test_the_ingest_route_is_described_from_the_record(client: httpx.Client) -> None:
    """
    The document describes the ingest route, a plain ASGI route, with both kinds of body.

    Both kinds of answer are described too.
    """
    whole = document(client)
    ingest = whole["paths"]["/api/executions"]["post"]
    content = ingest["requestBody"]["content"]
    assert set(content) == {"application/json", "application/x-ndjson"}
    record = content["application/json"]["schema"]
    assert record == {"$ref": "#/components/schemas/WorkflowExecution"}
    problems = {"400", "401", "403", "408", "410", "413", "415", "503", "507"}
    assert problems <= set(ingest["responses"])
    required = whole["components"]["schemas"]["WorkflowExecution"]["required"]
    assert sorted(required) == ["id", "startedAt", "status", "workflowId", "workflowName"]
