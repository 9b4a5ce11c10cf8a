from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from flightlog.store.base import ExecutionQuery
from flightlog.store.sqlite import SqliteStore
from flightlog.store.sqlite.reader import compile_query
from support.records import record


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    """Open a database with some executions."""
    path: Path = tmp_path_factory.mktemp("plans") / "history.db"
    store = SqliteStore(path)
    store.merge([record(f"run-{number}") for number in range(50)])
    store.close()
    connection = apsw.Connection(str(path))
    yield connection
    connection.close()


def plan(connection: apsw.Connection, sql: str, bound: tuple[object, ...] = ()) -> str:
    """List SQLite's plan for a statement, a line for each step."""
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", bound)
    return "\n".join(str(row[3]) for row in rows)


QUERIES = [
    ExecutionQuery(
        workflow_id=workflow_id,
        project_id=project_id,
        status=status,  # type: ignore[arg-type]  # product() loses the literal types
        execution_mode=mode,  # type: ignore[arg-type]  # the same reason
        started_from=since,
        cursor=cursor,
        order=order,  # type: ignore[arg-type]  # the same reason
    )
    for workflow_id, project_id, status, mode, since, cursor, order in itertools.product(
        (None, "order-intake"),
        (None, "shop"),
        (None, "success", "error"),
        (None, "test"),
        (None, "2026-11-22T00:00:00.000000Z"),
        (None, "32303236.1"),
        ("newest", "oldest"),
    )
]


def test_every_list_comes_from_an_index_in_its_order(connection: apsw.Connection) -> None:
    """Every combination of filters uses an index in order: no table scan, no temporary sort."""
    for query in QUERIES:
        steps = plan(connection, *compile_query(query))
        assert steps.startswith("SEARCH executions USING INDEX executions_"), query
        assert "SCAN" not in steps, query
        assert "TEMP B-TREE" not in steps, query


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (ExecutionQuery(), "executions_by_time (started_at>?)"),
        (
            ExecutionQuery(workflow_id="w"),
            "executions_by_workflow (workflow_id=? AND started_at>?)",
        ),
        (ExecutionQuery(status="error"), "executions_by_status (status=? AND started_at>?)"),
        (ExecutionQuery(project_id="p"), "executions_by_project (project_id=? AND started_at>?)"),
        (
            ExecutionQuery(workflow_id="w", status="error"),
            "executions_unsuccessful (workflow_id=? AND status=? AND started_at>?)",
        ),
        (
            ExecutionQuery(workflow_id="w", status="success"),
            "executions_by_workflow (workflow_id=? AND started_at>?)",
        ),
        (
            ExecutionQuery(started_from="2026"),
            "SEARCH executions USING INDEX executions_by_time (started_at>?)",
        ),
    ],
)
def test_the_first_filter_chooses_the_index(
    connection: apsw.Connection, query: ExecutionQuery, index: str
) -> None:
    """The history by workflow, by status and by time each have their own index."""
    assert index in plan(connection, *compile_query(query))


def test_an_execution_and_its_nodes_are_found_by_index(connection: apsw.Connection) -> None:
    """Reading an execution searches indexes and never scans."""
    assert "SEARCH" in plan(connection, "SELECT * FROM executions WHERE id = 'a'")
    steps = plan(
        connection,
        "SELECT * FROM node_executions WHERE execution_id IN (SELECT value FROM json_each('[]')) "
        "ORDER BY execution_id, sequence, node_id",
    )
    assert "node_executions_by_execution (execution_id=?)" in steps
    assert "TEMP B-TREE" not in steps


def test_a_cascade_finds_its_nodes_by_index(connection: apsw.Connection) -> None:
    """The foreign key is the original schema's; deleting an execution finds its nodes by index."""
    (key,) = connection.execute("PRAGMA foreign_key_list(node_executions)").fetchall()
    assert (key[2], key[3], key[4], key[6]) == ("executions", "execution_id", "id", "CASCADE")
    steps = plan(connection, "DELETE FROM node_executions WHERE execution_id = 'a'")
    assert "node_executions_by_execution" in steps
