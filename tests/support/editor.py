"""Databases in the form that the editor's TypeScript logger makes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

SEED_SCHEMA = """
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
CREATE INDEX IF NOT EXISTS idx_executions_workflow ON executions(workflow_id);
CREATE INDEX IF NOT EXISTS idx_executions_status ON executions(status);
CREATE INDEX IF NOT EXISTS idx_executions_started ON executions(started_at DESC);
CREATE INDEX IF NOT EXISTS idx_node_executions_execution ON node_executions(execution_id);
CREATE INDEX IF NOT EXISTS idx_node_executions_node ON node_executions(node_id);
"""
LATER_COLUMNS = """
ALTER TABLE executions ADD COLUMN execution_mode TEXT DEFAULT 'test';
ALTER TABLE executions ADD COLUMN is_simulated INTEGER DEFAULT 0;
"""


def make_editor_database(path: Path, *, later_columns: bool, executions: int = 3) -> None:
    """
    Write a database with the editor's schema and rows.

    Args:
        path: The file to create.
        later_columns: Whether to add `execution_mode` and `is_simulated`.
        executions: The number of executions; each third fails, each node carries about 1 KB.
    """
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(SEED_SCHEMA)
    if later_columns:
        connection.executescript(LATER_COLUMNS)
    for number in range(executions):
        failed = number % 3 == 2
        connection.execute(
            "INSERT INTO executions (id, workflow_id, workflow_name, status, started_at, "
            "completed_at, duration_ms, trigger_type, trigger_data, error_message, error_stack, "
            "error_node_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                f"run-{number}",
                "order-intake",
                "Order intäke",
                "error" if failed else "success",
                f"2025-12-2{number % 7}T10:00:00.5",
                f"2025-12-2{number % 7}T10:00:02Z",
                None if failed else 1500,
                "httpEndpoint",
                '{"orderId": 123456789012345678901234567890, "": null}',
                "declined" if failed else None,
                "Traceback …" if failed else None,
                "charge" if failed else None,
                "2025-12-21 10:00:03",
            ),
        )
        for node in ("fetch", "charge"):
            connection.execute(
                "INSERT INTO node_executions (execution_id, node_id, node_name, node_type, status, "
                "started_at, completed_at, duration_ms, input, output, error_message) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    f"run-{number}",
                    node,
                    node.title(),
                    "httpRequest",
                    "success",
                    "2025-12-21T10:00:01.000Z",
                    "2025-12-21T10:00:02.000Z",
                    1000,
                    "{}",
                    '{"text": "%s"}' % (node * 200),
                    None,
                ),
            )
    if later_columns:
        connection.execute(
            "UPDATE executions SET execution_mode = 'production', is_simulated = 1 "
            "WHERE id = 'run-1'"
        )
    connection.commit()
    connection.close()
