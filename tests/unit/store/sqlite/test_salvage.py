"""A salvage takes whole payloads and rows of a known form, and nothing else."""

from __future__ import annotations

from pathlib import Path

import apsw

from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite.raw_pages import Row
from flightlog.store.sqlite.salvage import recognize, salvage
from support.records import record


def test_a_payload_with_a_wrong_digest_is_lost(tmp_path: Path) -> None:
    """A payload whose bytes were changed is replaced by a placeholder, and counted."""
    path, target = tmp_path / "history.db", tmp_path / "readable.db"
    with ExecutionLogger(path) as logger:
        logger.log_execution(record(trigger={"type": "http", "data": "sound " * 100}))
        logger.log_execution(record("run-2", trigger={"type": "http", "data": "bad " * 100}))
    connection = apsw.Connection(str(path))
    connection.execute(
        "UPDATE payloads SET data = (SELECT data FROM payloads ORDER BY id LIMIT 1) WHERE id = "
        "(SELECT trigger_data FROM executions WHERE id = 'run-2')"
    )
    connection.close()
    target.touch()
    found = salvage(path, target)
    assert (found.executions, found.lost_payloads) == (2, 1)
    with ExecutionLogger(target, read_only=True) as logger:
        assert b"sound" in bytes(logger.get_payload("run-1", "trigger") or b"")
        assert b"lost with a damaged page" in bytes(logger.get_payload("run-2", "trigger") or b"")


def test_nodes_of_lost_executions_are_counted(tmp_path: Path) -> None:
    """A node execution without its execution is no part of a history."""
    path, target = tmp_path / "history.db", tmp_path / "readable.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions([record("run-1"), record("run-2")])
    connection = apsw.Connection(str(path))
    connection.execute("DELETE FROM executions WHERE id = 'run-1'")
    connection.close()
    target.touch()
    found = salvage(path, target)
    assert (found.executions, found.stray_node_executions) == (1, 1)


def test_saved_queries_are_salvaged(tmp_path: Path) -> None:
    """Also so many, and such long ones, that they fill several pages."""
    path, target = tmp_path / "history.db", tmp_path / "readable.db"
    queries = {f"query {number}": "w" * (number * 20 + 1) for number in range(200)}
    with ExecutionLogger(path) as logger:
        for name, query in queries.items():
            logger.writer.save_query(name, query)
    target.touch()
    salvage(path, target)
    with ExecutionLogger(target, read_only=True) as logger:
        saved = logger.reader.list_saved_queries()
    assert {each.name: each.query for each in saved} == queries


def test_rows_of_other_forms_are_not_recognized() -> None:
    """Rows with other types of values belong to no table that is needed."""
    for values in ((), (1, 2), (None, "a", 1, "b"), (None, 1, 2, b"short", b""), ("a", "b", "c")):
        assert recognize(Row(rowid=1, values=values)) is None
        assert recognize(Row(rowid=None, values=values)) is None
