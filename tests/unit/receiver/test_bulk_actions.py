from __future__ import annotations

import httpx

from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import decode_lines
from support.records import record


def test_stars_deletions_and_exports(six_runs: httpx.Client, logger: ExecutionLogger) -> None:
    """Executions can be starred, exported and deleted; an import of the export keeps the star."""
    logger.log_executions([record(f"own-{number}", workflowId="own") for number in range(3)])
    assert six_runs.put("/api/executions/own-0/star").json() == {"success": True, "starred": True}
    assert six_runs.put("/api/executions/none/star").status_code == 404
    starred = six_runs.get("/api/summaries", params={"starred": "true"}).json()["summaries"]
    assert [summary["id"] for summary in starred] == ["own-0"]
    exported = six_runs.post("/api/exports", json={"ids": ["own-1", "own-0", "none", "own-1"]})
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    assert exported.headers["content-disposition"].startswith("attachment; filename=")
    lines = decode_lines(exported.content)
    assert [(execution.id, execution.starred) for execution in lines] == [
        ("own-1", False),
        ("own-0", True),
    ]
    unstarred = six_runs.delete("/api/executions/own-0/star").json()
    assert unstarred == {"success": True, "starred": False}
    chosen = {"ids": ["own-0", "own-1", "own-2", "none"]}
    assert six_runs.post("/api/deletions", json=chosen).json() == {"deleted": 3}
    assert six_runs.post("/api/deletions", json=chosen).json() == {"deleted": 0}
