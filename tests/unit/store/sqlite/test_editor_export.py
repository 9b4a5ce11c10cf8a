"""The history as the editor's own database, and as views with the seed's columns."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from flightlog.cli import run as run_command
from flightlog.logger import ExecutionLogger
from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite.editor_export import open_seed_views, write_editor_database
from support.records import record

SEED_COLUMNS = {
    "seed_executions": (
        "id workflow_id workflow_name status started_at completed_at duration_ms trigger_type "
        "trigger_data error_message error_stack error_node_id created_at"
    ),
    "seed_node_executions": (
        "id execution_id node_id node_name node_type status started_at completed_at duration_ms "
        "input output error_message error_stack"
    ),
}


def node(name: str, **fields: Any) -> dict[str, Any]:
    """Make a node execution."""
    return {"nodeId": name, "nodeName": name, "nodeType": "log", "status": "success", **fields}


def test_the_schema_is_the_editors(tmp_path: Path) -> None:
    """The five indexes, the autoincrement and the columns without NULL are there."""
    path = tmp_path / "editor.db"
    write_editor_database(path, [])
    with sqlite3.connect(path) as database:
        names = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        assert {name for name in names if name.startswith("idx_")} == {
            "idx_executions_workflow",
            "idx_executions_status",
            "idx_executions_started",
            "idx_node_executions_execution",
            "idx_node_executions_node",
        }
        assert "sqlite_sequence" in names
        needed = {
            table: [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[3]]
            for table in ("executions", "node_executions")
        }
    assert needed == {
        "executions": [
            "workflow_id",
            "workflow_name",
            "status",
            "started_at",
            "trigger_type",
            "trigger_data",
        ],
        "node_executions": ["execution_id", "node_id", "node_name", "node_type", "status"],
    }


def test_values_are_as_the_editor_writes_them(tmp_path: Path) -> None:
    """Times have milliseconds, durations are whole, and an input is always an object."""
    path = tmp_path / "editor.db"
    nodes = [node("a", input=[1], output=0, durationMs=8.6), node("b", status="skipped")]
    failed = record("x", status="error", trigger=None, nodeExecutions=nodes, error={"message": ""})
    assert write_editor_database(path, [record("run"), failed]) == 2
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("SELECT * FROM executions WHERE id = 'x'").fetchone())
        rows = database.execute(
            "SELECT node_id, duration_ms, input, output FROM node_executions "
            "WHERE execution_id = 'x' ORDER BY id"
        ).fetchall()
    assert row["started_at"] == "2026-11-22T19:04:11.000Z"
    assert row["created_at"] == "2026-11-22 19:04:11"
    assert (row["trigger_type"], row["trigger_data"]) == ("unknown", "{}")
    assert (row["execution_mode"], row["is_simulated"], row["error_message"]) == ("test", 0, "")
    assert [tuple(found) for found in rows] == [
        ("a", 9, '{"value":[1]}', "0"),
        ("b", None, "{}", None),
    ]


def test_the_command_writes_a_file_that_flightlog_reads_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Large payloads come back too; an existing file and standard output are refused."""
    large = record("big", trigger={"type": "http", "data": {"text": "x" * 100_000}})
    history, out = tmp_path / "h.db", tmp_path / "editor.db"
    with ExecutionLogger(history) as logger:
        logger.log_executions([record("run"), large])
    command = ["export", str(out), "--format", "editor", "--db", str(history)]
    assert run_command(command) == 0
    assert run_command(command) == 2
    assert run_command(["export", "--format", "editor", "--db", str(history)]) == 2
    assert "a database is no stream" in capsys.readouterr().err
    with ExecutionLogger(out) as logger:
        found = logger.query(ExecutionQuery(order="oldest", payloads=True)).executions
        assert {execution.id for execution in found} == {"run", "big"}
        again = logger.get_execution("big")
    assert again is not None
    assert again.trigger is not None
    assert large.trigger is not None
    assert again.trigger.data == large.trigger.data
    assert again.node_executions[0].input is not UNSET


def test_views_have_the_seeds_columns_and_payloads_as_text(tmp_path: Path) -> None:
    """Payloads of any size are JSON text, and nothing can be written."""
    path = tmp_path / "h.db"
    data = {"text": "y" * 50_000}
    with ExecutionLogger(path) as logger:
        logger.log_execution(record("big", trigger={"type": "http", "data": data}))
    views = open_seed_views(path)
    try:
        for view, columns in SEED_COLUMNS.items():
            names = [row[1] for row in views.execute(f"PRAGMA table_info({view})")]
            assert names == columns.split()
        (text,) = views.execute("SELECT trigger_data FROM seed_executions").fetchall()[0]
        assert json.loads(str(text)) == data
        (given,) = views.execute("SELECT input FROM seed_node_executions").fetchall()[0]
        assert json.loads(str(given)) == {"amount": 4200}
    finally:
        views.close()
