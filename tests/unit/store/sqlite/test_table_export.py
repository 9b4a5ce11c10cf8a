from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite.sql import list_views, run_sql
from flightlog.store.sqlite.table_export import write_tables
from support.records import record


def test_the_plain_database_has_the_rows_of_the_views(tmp_path: Path) -> None:
    """Python's own SQLite reads the same columns and rows as `flightlog sql`."""
    failure = {"message": "declined", "type": "CardError", "kind": "exception", "stack": "at 1"}
    records = [
        record("whole", tags={"tier": "gold"}, name="Order 7", projectId="shop", retryOf="a"),
        record("bare", trigger=None, completedAt=None, durationMs=None, nodeExecutions=[]),
        record(
            "failed",
            status="error",
            executionMode="test",
            parentExecutionId="whole",
            trigger={"type": "cron", "data": "x" * 10_000, "isSimulated": True},
            error={**failure, "nodeId": "charge"},
            nodeExecutions=[
                {
                    "nodeId": "charge",
                    "nodeName": "Charge",
                    "nodeType": "code",
                    "status": "error",
                    "attempt": 2,
                    "input": {"letters": "é😀", "large": "y" * 10_000},
                    "output": None,
                    "error": failure,
                    "background": True,
                    "logs": [{"message": "trying"}],
                }
            ],
        ),
    ]
    with ExecutionLogger(tmp_path / "history.db") as logger:
        logger.log_executions(records)
        stored = [logger.get_execution(made.id) for made in records]
    assert write_tables(tmp_path / "plain.db", filter(None, stored)) == 3
    with closing(sqlite3.connect(tmp_path / "plain.db")) as plain:
        for view in list_views():
            statement = f"SELECT * FROM {view.name} ORDER BY 1, 2"
            cursor = plain.execute(statement)
            with run_sql(tmp_path / "history.db", statement, timeout_s=60) as result:
                assert tuple(column[0] for column in cursor.description) == result.columns
                assert cursor.fetchall() == [tuple(row) for row in result.rows]
