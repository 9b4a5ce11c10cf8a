"""Migration from version 2, which has no stars and no index of sub-workflows."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.store.query import HistoryFilter
from flightlog.store.results import LogResult
from flightlog.store.sqlite.migrate import APPLICATION_ID, SCHEMA_VERSION
from support.records import record

SCHEMA = Path(__file__).with_name("version_2.sql")
RECORDS = [
    record(
        f"run-{number}",
        status="error" if number % 9 == 0 else "success",
        trigger={"type": "http", "data": {"order": [number % 50] * 60}},
        parentExecutionId="run-7" if number in {8, 9} else None,
        processId=f"p{number % 3}",
        error={"message": "declined", "type": "CardError"} if number % 9 == 0 else None,
    )
    for number in range(300)
]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a database of version 2: the data of today's code in the old tables."""
    source, path = tmp_path / "today.db", tmp_path / "executions.db"
    with ExecutionLogger(source) as logger:
        logger.log_executions(RECORDS)
        logger.log_executions([record("run-1", revision=2, trigger=None, processId="p1")])
        logger.delete_execution("run-0")
        logger.writer.note_sent("p1", 7)
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.execute(SCHEMA.read_text(encoding="utf-8"))
    connection.execute("ATTACH ? AS today", (str(source),))
    tables = [
        row[0]
        for row in connection.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'")
    ]
    for table in tables:
        columns = ", ".join(
            str(row[1]) for row in connection.execute(f"PRAGMA main.table_info({table})")
        )
        connection.execute(
            f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}"
        )
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", 2)
    connection.close()
    return path


def test_a_database_of_version_2_opens_without_loss(old: Path, tmp_path: Path) -> None:
    """Everything is unchanged, new messages merge with old records, and a backup exists."""
    with ExecutionLogger(old) as logger, ExecutionLogger(tmp_path / "today.db") as today:
        assert logger.reader.health().schema_version == SCHEMA_VERSION
        for sent in RECORDS:
            assert logger.get_execution(sent.id) == today.get_execution(sent.id)
        assert logger.get_stats() == today.get_stats()
        assert logger.reader.read_ledger() == today.reader.read_ledger()
        assert logger.log_execution(RECORDS[0]).deleted == ("run-0",)
        assert logger.log_execution(RECORDS[5]) == LogResult(unchanged=1)
    (backup,) = tmp_path.glob("*.backup")
    assert backup.name.startswith("executions.db.v2-")
    connection = apsw.Connection(str(backup))
    assert connection.pragma("user_version") == 2
    assert connection.execute("SELECT count(*) FROM executions").fetchall() == [(299,)]
    connection.close()


def test_what_is_new_works_on_what_is_old(old: Path) -> None:
    """Old executions can be starred, and their sub-workflows are found."""
    with ExecutionLogger(old) as logger:
        assert logger.writer.set_star("run-7", starred=True)
        starred = logger.reader.list_summaries(HistoryFilter(starred=True).make_page_query())
        assert [summary.id for summary in starred.summaries] == ["run-7"]
        outline = logger.reader.read_outline("run-7")
        assert outline is not None
        assert [child.id for child in outline.children] == ["run-8", "run-9"]


def test_it_has_todays_schema_afterwards(old: Path, tmp_path: Path) -> None:
    """Tables, columns, indexes and triggers equal those of a new database."""
    ExecutionLogger(old).close()
    ExecutionLogger(tmp_path / "new.db").close()
    shapes = []
    for path in (old, tmp_path / "new.db"):
        connection = apsw.Connection(str(path))
        names = connection.execute(
            "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall()
        columns = [
            (name, row[1:])
            for kind, name in names
            if kind == "table"
            for row in connection.execute(f"PRAGMA table_info({name})")
        ]
        shapes.append((names, columns))
        connection.close()
    assert shapes[0] == shapes[1]
