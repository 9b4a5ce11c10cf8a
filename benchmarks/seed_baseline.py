"""
The seed's `ExecutionLogger`, ported plainly to `sqlite3`, as the baseline of the benchmarks.

The port uses the seed's schema and statements word for word: a transaction for each run, and a
further query for each execution that is read. Foreign keys and a cache of 16 MB are on, as in the
SQLite build of `better-sqlite3`. That build also sets `synchronous=NORMAL` for a write-ahead log.
By default this port keeps SQLite's own FULL, so that both sides of a comparison promise the same
durability.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias

Execution: TypeAlias = dict[str, Any]
"""A record as `json.loads` reads it, because the seed's receiver passes such records."""
Row: TypeAlias = tuple[Any, ...]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS executions (
  id TEXT PRIMARY KEY,
  workflow_id TEXT NOT NULL,
  workflow_name TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at TEXT NOT NULL,
  completed_at TEXT,
  duration_ms INTEGER,
  trigger_type TEXT NOT NULL,
  trigger_data TEXT NOT NULL,
  error_message TEXT,
  error_stack TEXT,
  error_node_id TEXT,
  created_at TEXT DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS node_executions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  execution_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  node_name TEXT NOT NULL,
  node_type TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at TEXT,
  completed_at TEXT,
  duration_ms INTEGER,
  input TEXT,
  output TEXT,
  error_message TEXT,
  error_stack TEXT,
  FOREIGN KEY (execution_id) REFERENCES executions(id) ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS idx_executions_workflow
  ON executions(workflow_id);
CREATE INDEX IF NOT EXISTS idx_executions_status
  ON executions(status);
CREATE INDEX IF NOT EXISTS idx_executions_started
  ON executions(started_at DESC);
CREATE INDEX IF NOT EXISTS idx_node_executions_execution
  ON node_executions(execution_id);
CREATE INDEX IF NOT EXISTS idx_node_executions_node
  ON node_executions(node_id);
"""

_INSERT_EXECUTION: Final = """
INSERT INTO executions (
  id, workflow_id, workflow_name, status, started_at,
  completed_at, duration_ms, trigger_type, trigger_data,
  error_message, error_stack, error_node_id
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_INSERT_NODE: Final = """
INSERT INTO node_executions (
  execution_id, node_id, node_name, node_type, status,
  started_at, completed_at, duration_ms, input, output,
  error_message, error_stack
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_SELECT_HISTORY: Final = """
SELECT * FROM executions
WHERE workflow_id = ?
ORDER BY started_at DESC
LIMIT ? OFFSET ?
"""

_SELECT_NODES: Final = """
SELECT * FROM node_executions
WHERE execution_id = ?
ORDER BY id ASC
"""


class SeedLogger:
    """
    The seed's `ExecutionLogger`.

    Args:
        path: The database; created if missing.
        synchronous: `normal` is the setting of `better-sqlite3`, which isn't durable.
    """

    def __init__(self, path: Path, *, synchronous: Literal["full", "normal"] = "full") -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA cache_size = -16000")
        if synchronous == "normal":
            self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def log_execution(self, execution: Execution) -> None:
        """
        Insert one execution with its node executions, in one transaction.

        Args:
            execution: The execution's record.
        """
        self._db.execute("BEGIN")
        try:
            self._db.execute(_INSERT_EXECUTION, execution_row(execution))
            for node in execution["nodeExecutions"]:
                self._db.execute(_INSERT_NODE, node_row(execution, node))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def insert_rows(self, executions: list[Row], nodes: list[Row]) -> None:
        """
        Insert prepared rows in one transaction, which is the fastest use of this schema.

        Args:
            executions: The rows of `execution_row`.
            nodes: The rows of `node_row`.
        """
        self._db.execute("PRAGMA foreign_keys = OFF")
        self._db.execute("BEGIN")
        self._db.executemany(_INSERT_EXECUTION, executions)
        self._db.executemany(_INSERT_NODE, nodes)
        self._db.execute("COMMIT")
        self._db.execute("PRAGMA foreign_keys = ON")

    def get_executions(self, workflow_id: str, limit: int = 50, offset: int = 0) -> list[Execution]:
        """
        List a workflow's executions, newest first, with all payloads.

        Args:
            workflow_id: The workflow's id.
            limit: The largest number of executions.
            offset: The number of newer executions to skip.

        Returns:
            The records.
        """
        rows = self._db.execute(_SELECT_HISTORY, (workflow_id, limit, offset)).fetchall()
        return [self._execution(row) for row in rows]

    def get_execution(self, execution_id: str) -> Execution | None:
        """
        Read one execution with all payloads.

        Args:
            execution_id: The execution's id.

        Returns:
            The record; None if the execution is missing.
        """
        row = self._db.execute("SELECT * FROM executions WHERE id = ?", (execution_id,)).fetchone()
        return None if row is None else self._execution(row)

    def delete_execution(self, execution_id: str) -> None:
        """
        Delete an execution and all its node executions.

        Args:
            execution_id: The execution's id.
        """
        self._db.execute("DELETE FROM executions WHERE id = ?", (execution_id,))

    def clear_workflow_executions(self, workflow_id: str) -> None:
        """
        Delete all executions of a workflow.

        Args:
            workflow_id: The workflow's id.
        """
        self._db.execute("DELETE FROM executions WHERE workflow_id = ?", (workflow_id,))

    def close(self) -> None:
        """Close the database, which also empties its write-ahead log."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _execution(self, row: sqlite3.Row) -> Execution:
        nodes = self._db.execute(_SELECT_NODES, (row["id"],)).fetchall()
        return {
            "id": row["id"],
            "workflowId": row["workflow_id"],
            "workflowName": row["workflow_name"],
            "status": row["status"],
            "startedAt": row["started_at"],
            "completedAt": row["completed_at"] or None,
            "durationMs": row["duration_ms"] or None,
            "trigger": {"type": row["trigger_type"], "data": json.loads(row["trigger_data"])},
            "nodeExecutions": [_node(node) for node in nodes],
            "error": _error(row, node_id=row["error_node_id"] or None),
        }


def stringify(value: object) -> str:
    """
    Write a payload as JSON.stringify does: compact, with other scripts unescaped.

    Args:
        value: The payload's value.

    Returns:
        The JSON text.
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def execution_row(execution: Execution, stringify: Callable[[object], str] = stringify) -> Row:
    """
    Make the seed's row of one execution.

    Args:
        execution: The execution's record.
        stringify: Writes a payload as JSON.

    Returns:
        The values of the row's columns.
    """
    trigger, error = execution["trigger"], execution.get("error") or {}
    return (
        execution["id"],
        execution["workflowId"],
        execution["workflowName"],
        execution["status"],
        execution["startedAt"],
        execution.get("completedAt") or None,
        execution.get("durationMs") or None,
        trigger["type"],
        stringify(trigger["data"]),
        error.get("message") or None,
        error.get("stack") or None,
        error.get("nodeId") or None,
    )


def node_row(
    execution: Execution, node: Execution, stringify: Callable[[object], str] = stringify
) -> Row:
    """
    Make the seed's row of one node execution.

    Args:
        execution: The record of the node's execution.
        node: The node execution within the record.
        stringify: Writes a payload as JSON.

    Returns:
        The values of the row's columns.
    """
    error = node.get("error") or {}
    return (
        execution["id"],
        node["nodeId"],
        node["nodeName"],
        node["nodeType"],
        node["status"],
        node.get("startedAt") or None,
        node.get("completedAt") or None,
        node.get("durationMs") or None,
        stringify(node["input"]),
        stringify(node["output"]) if node.get("output") else None,
        error.get("message") or None,
        error.get("stack") or None,
    )


def _node(row: sqlite3.Row) -> Execution:
    return {
        "nodeId": row["node_id"],
        "nodeName": row["node_name"],
        "nodeType": row["node_type"],
        "status": row["status"],
        "startedAt": row["started_at"] or None,
        "completedAt": row["completed_at"] or None,
        "durationMs": row["duration_ms"] or None,
        "input": json.loads(row["input"]),
        "output": json.loads(row["output"]) if row["output"] else None,
        "error": _error(row),
    }


def _error(row: sqlite3.Row, **more: Any) -> Execution | None:
    if not row["error_message"]:
        return None
    return {"message": row["error_message"], "stack": row["error_stack"] or None, **more}
