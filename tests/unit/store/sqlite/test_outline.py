"""Outlines of executions."""

from __future__ import annotations

import apsw
import pytest

from flightlog.store.sqlite import (
    node_pages,
    reader,
)
from flightlog.store.sqlite.queries import load_queries
from support.query_plans import plan


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
