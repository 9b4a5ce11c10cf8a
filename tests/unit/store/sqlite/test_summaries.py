"""Lists of executions."""

from __future__ import annotations

import apsw

from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite import (
    SqliteStore,
    selection,
)
from flightlog.store.sqlite.queries import load_queries
from support.query_plans import plan
from support.records import record


def test_a_page_is_read_by_keys(connection: apsw.Connection) -> None:
    """A page reads its executions by ordinal, and their nodes by the index of nodes."""
    steps = plan(connection, selection.SELECT_BY_ORDINALS, ("[1,2]",))
    assert "SCAN executions" not in steps
    assert "SCAN" not in plan(connection, load_queries("reader.sql")["payload_key"], (1,))
    letters = plan(connection, load_queries("summaries.sql")["progress"], ('["run-1"]',))
    assert "SEARCH node_executions USING INDEX node_executions_by_execution" in letters


def test_lists_read_no_payload(store: SqliteStore) -> None:
    """Neither a page nor an outline with large payloads reads a payload."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    store.merge([record("it", nodeExecutions=[{**node, "output": ["x" * 1_000] * 100}])])
    connection = apsw.Connection(str(store.health().location))
    connection.execute("UPDATE payloads SET data = zeroblob(10)")
    connection.close()
    page = store.list_summaries(ExecutionQuery(limit=500))
    assert len(page.summaries) == 41
    found = store.read_outline("it")
    assert found is not None
    assert found.nodes[0].output is not None
    assert found.nodes[0].output.redacted is None
