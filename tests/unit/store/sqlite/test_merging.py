from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw

from flightlog.store.sqlite import SqliteStore
from support.records import record

NODES = [
    {"nodeId": name, "nodeName": name, "nodeType": "t", "status": status, "sequence": place}
    for place, (name, status) in enumerate([("fetch", "success"), ("charge", "running")])
]


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Read the rows as another program reads them in the file."""
    connection = apsw.Connection(str(path))
    found = connection.execute(sql).fetchall()
    connection.close()
    return found


def test_rows_and_counts_of_nodes_follow_their_executions_crash(tmp_path: Path) -> None:
    """
    SQL finds the shown state.

    The claim holds while the crash stands, and after an end or heartbeat replaced the crash.
    """
    path = tmp_path / "history.db"
    store = SqliteStore(path)
    sent = record(status="running", processId="p", nodeExecutions=NODES, revision=1)
    store.merge([sent])
    seen = []
    for step in (
        lambda: store.mark_crashed("p"),
        lambda: store.merge([record(status="running", nodeExecutions=[], revision=2)]),
        lambda: store.mark_crashed("p"),
        lambda: store.merge([record(revision=3, nodeExecutions=[])]),
    ):
        step()
        shown = rows(path, "SELECT status, error_kind FROM node_executions ORDER BY sequence")
        counted = rows(path, "SELECT status, count FROM node_aggregates ORDER BY node_id")
        seen.append((shown[1], counted[0]))
        assert (shown[0], counted[1]) == (("success", None), ("success", 1))
    crashed = (("error", "crashed"), ("error", 1))
    running = (("running", None), ("running", 1))
    assert seen == [crashed, running, crashed, running]
    store.close()
