from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from support.records import record


def test_a_projects_manifest_draws_its_workflows(tmp_path: Path) -> None:
    """The manifest is served if the history belongs to a project; an unreadable manifest is 404."""
    manifest = tmp_path / ".lowcode" / "manifest.json"
    with (
        ExecutionLogger.for_project(tmp_path) as logger,
        Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
        httpx.Client(base_url=receiver.url, timeout=30) as client,
    ):
        assert client.get("/api/workflows/w/definition").status_code == 404
        empty = client.get("/api/workflows/w/definition", params={"orEmpty": "true"})
        assert empty.json() == {"nodes": [], "edges": []}
        node = {"type": "condition", "name": "Large?", "position": {"x": 1.5, "y": -2}}
        edge = {"id": "e", "source": "a", "target": "b", "sourceHandle": "true"}
        loop = {"type": "loop", "config": {"items": "x", "children": ["b", 7]}}
        nodes = {"a": node, "b": {"type": "log"}, "l": loop, "m": {"type": "log", "config": 7}}
        workflow = {"nodes": nodes, "edges": [edge]}
        manifest.write_text(json.dumps({"workflows": {"a/b": workflow, "bad": 7}}))
        assert client.get("/api/workflows/a%2Fb/definition").json() == {
            "nodes": [
                {"id": "a", "name": "Large?", "type": "condition", "x": 1.5, "y": -2.0},
                {"id": "b", "name": "b", "type": "log", "x": 0.0, "y": 0.0, "parent": "l"},
                {"id": "l", "name": "l", "type": "loop", "x": 0.0, "y": 0.0},
                {"id": "m", "name": "m", "type": "log", "x": 0.0, "y": 0.0},
            ],
            "edges": [{"source": "a", "target": "b", "handle": "true"}],
        }
        assert client.get("/api/workflows/bad/definition").status_code == 404
        manifest.write_text("{")
        assert client.get("/api/workflows/a%2Fb/definition").status_code == 404


def test_nodes_come_whole_in_pages(six_runs: httpx.Client, logger: ExecutionLogger) -> None:
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
        whole = six_runs.get(f"/api/executions/paged{path}").json()
        assert "nextNodesCursor" not in whole
        found: list[Any] = []
        query: str | None = ""
        while query is not None:
            page = six_runs.get(f"/api/executions/paged{path}?nodesLimit=10{query}").json()
            assert len(page[key]) <= 10
            found += page[key]
            following = page.get("nextNodesCursor")
            query = None if following is None else f"&nodesCursor={following}"
            if path:
                assert page["execution"]["nodes"]["total"] == 25
        assert found == whole[key]
        assert len(found) == 25
    logger.delete_execution("paged")
