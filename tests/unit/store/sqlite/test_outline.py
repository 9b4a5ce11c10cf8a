"""Outlines of executions."""

from __future__ import annotations

import apsw
import pytest

from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite import (
    SqliteStore,
    node_pages,
    reader,
    selection,
)
from flightlog.store.sqlite.queries import load_queries
from support.query_plans import plan
from support.records import record


@pytest.mark.parametrize(
    "name",
    ["previous", "next", "previous_success", "previous_failed", "children", "usual_of_workflow"],
)
def test_an_outline_is_read_by_indexes(connection: apsw.Connection, name: str) -> None:
    """An outline reads neighbours, sub-workflows and usual durations by index."""
    sql = load_queries("outline.sql")[name]
    steps = plan(connection, sql, ("a", "b", "c")[: sql.count("?3") * 2 + 1])
    for table in ("executions", "execution_aggregates", "payloads"):
        assert f"SCAN {table}" not in steps
    for sql, bound in (
        (reader.SELECT_EXECUTION, ("a",)),
        (node_pages.SELECT_PAGE, ("a", 0, "", 10)),
    ):
        steps = plan(connection, sql, bound)
        assert "SCAN" not in steps
        assert "TEMP B-TREE" not in steps


def test_a_page_is_read_by_keys(connection: apsw.Connection) -> None:
    """A page reads its executions by ordinal, and their nodes by the index of nodes."""
    steps = plan(connection, selection.SELECT_BY_ORDINALS, ("[1,2]",))
    assert "SCAN executions" not in steps
    assert "SCAN" not in plan(connection, load_queries("reader.sql")["payload_key"], (1,))
    letters = plan(connection, load_queries("outline.sql")["progress"], ('["run-1"]',))
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
