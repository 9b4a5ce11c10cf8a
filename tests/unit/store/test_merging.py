from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw

from flightlog.record.merge import merge
from flightlog.store.merging import ROWS_AT_ONCE
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


def test_a_node_in_several_portions_of_one_transaction_keeps_every_change(tmp_path: Path) -> None:
    """Rows that wait to be written are found when a later record of the run names their nodes."""

    def nodes(count: int, **changed: Any) -> list[dict[str, Any]]:
        plain = [
            {"nodeId": "n", "nodeName": "n", "nodeType": "t", "status": "running", "sequence": at}
            for at in range(count)
        ]
        return [{**plain[0], **changed}, *plain[1:]]

    first, second, third = (
        record(status="running", revision=1, nodeExecutions=nodes(ROWS_AT_ONCE)),
        record(status="running", revision=1, nodeExecutions=nodes(ROWS_AT_ONCE, attempt=2)),
        record(status="running", revision=1, nodeExecutions=nodes(1, startedAt="2026-11-22T10:00")),
    )
    store = SqliteStore(tmp_path / "history.db")
    store.merge([first])
    store.merge([second, third])
    stored = store.get(first.id)
    assert stored is not None
    assert stored == merge([first, second, third])
    assert stored.node_executions[0].attempt == 2
    store.close()
