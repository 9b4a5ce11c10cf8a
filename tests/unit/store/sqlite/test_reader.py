from __future__ import annotations

import itertools
import re

import apsw
import pytest

from flightlog.store.positions import Position
from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite.selection import compile_search, split_filter
from support.query_plans import plan

QUERIES = [
    ExecutionQuery(
        workflow_ids=workflows,
        project_id=project_id,
        statuses=statuses,  # type: ignore[arg-type]  # product() loses the literal types
        execution_mode=mode,  # type: ignore[arg-type]  # the same reason
        started_from=since,
        order=order,  # type: ignore[arg-type]  # the same reason
    )
    for workflows, project_id, statuses, mode, since, order in itertools.product(
        ((), ("order-intake",)),
        (None, "shop"),
        ((), ("success",), ("error",)),
        (None, "test"),
        (None, "2026-11-22T00:00:00.000000Z"),
        ("newest", "oldest"),
    )
]


def test_every_list_comes_from_an_index_in_its_order(connection: apsw.Connection) -> None:
    """Every combination of filters uses an index in order: no table scan, no temporary sort."""
    for query, start in itertools.product(QUERIES, (None, Position("2026", 1))):
        (search,) = split_filter(query)
        steps = plan(connection, *compile_search(search, query, start))
        assert re.match("SEARCH executions USING (COVERING )?INDEX executions_", steps), query
        assert "SCAN" not in steps, query
        assert "TEMP B-TREE" not in steps, query


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (ExecutionQuery(), "executions_by_time (started_at>?)"),
        (
            ExecutionQuery(workflow_ids=("w",)),
            "executions_by_workflow (workflow_id=? AND started_at>?)",
        ),
        (ExecutionQuery(statuses=("error",)), "executions_by_status (status=? AND started_at>?)"),
        (ExecutionQuery(project_id="p"), "executions_by_project (project_id=? AND started_at>?)"),
        (
            ExecutionQuery(workflow_ids=("w",), statuses=("error",)),
            "executions_unsuccessful (workflow_id=? AND status=? AND started_at>?)",
        ),
        (
            ExecutionQuery(workflow_ids=("w",), statuses=("success",)),
            "executions_by_workflow (workflow_id=? AND started_at>?)",
        ),
        (
            ExecutionQuery(started_from="2026"),
            "executions_by_time (started_at>?)",
        ),
    ],
)
def test_the_first_filter_chooses_the_index(
    connection: apsw.Connection, query: ExecutionQuery, index: str
) -> None:
    """The history by workflow, by status and by time each have their own index."""
    (search,) = split_filter(query)
    assert index in plan(connection, *compile_search(search, query))


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
