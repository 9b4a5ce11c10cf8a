from __future__ import annotations

import re
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apsw
import pytest

from flightlog.errors import StoreForeignError, StoreVersionError
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import encode_execution
from flightlog.store.sqlite.migrate import APPLICATION_ID, SCHEMA_VERSION, load_migrations
from flightlog.store.sqlite.queries import read_sql
from support.editor import make_editor_database
from support.records import record


def schema_of(sql: str) -> list[tuple[Any, ...]]:
    """Read the schema that some SQL creates, sorted, without comments and layout."""
    connection = apsw.Connection(":memory:")
    connection.execute(sql)
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema "
        "WHERE name NOT LIKE 'seed_%' AND tbl_name NOT LIKE 'seed_%' ORDER BY type, name"
    ).fetchall()
    connection.close()
    return [(*row, _plain(text)) for *row, text in rows]


def _plain(sql: str | None) -> str:
    words = re.sub(r"--.*", "", sql or "")
    return re.sub(r"\s*([(),])\s*", r"\1", re.sub(r"\s+", " ", words)).strip()


def backups(path: Path) -> list[Path]:
    """List the backups beside a database."""
    return sorted(path.parent.glob("*.backup"))


def test_tables_that_no_version_had_are_refused_without_a_copy(tmp_path: Path) -> None:
    """Tables of today without a version are no history, however often it is tried."""
    path = tmp_path / "executions.db"
    connection = apsw.Connection(str(path))
    connection.execute(read_sql("schema.sql"))
    connection.close()
    path.chmod(0o600)
    for read_only in (True, False, False):
        with pytest.raises(StoreForeignError):
            ExecutionLogger(path, read_only=read_only)
    assert backups(path) == []


@pytest.mark.parametrize("later_columns", [False, True])
def test_an_editors_database_opens_without_loss(tmp_path: Path, later_columns: bool) -> None:
    """Each row, payload, time and error is kept; numbers of any size are unchanged."""
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=later_columns, executions=450)
    with ExecutionLogger(path) as logger:
        assert logger.get_stats().total == 450
        assert logger.get_stats("order-intake").error == 150
        good, bad = logger.get_execution("run-1"), logger.get_execution("run-2")
    assert good is not None
    assert bad is not None
    assert good.workflow_name == "Order intäke"
    assert good.started_at == "2025-12-21T10:00:00.500000Z"
    assert good.duration_ms == bad.duration_ms == 1500
    assert b'{"orderId": 123456789012345678901234567890, "": null}' in encode_execution(good)
    assert [node.node_id for node in good.node_executions] == ["fetch", "charge"]
    assert [node.sequence for node in good.node_executions] == [0, 1]
    assert b'{"text": "fetchfetch' in encode_execution(good)
    assert good.trigger is not None
    assert (good.execution_mode, good.trigger.is_simulated) == (
        ("production", True) if later_columns else (None, None)
    )
    assert bad.error is not None
    assert (bad.error.message, bad.error.stack, bad.error.node_id) == (
        "declined",
        "Traceback …",
        "charge",
    )


def test_the_old_file_is_backed_up_first(tmp_path: Path) -> None:
    """The backup is the editor's unchanged database, readable by its owner alone, and made once."""
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=True)
    for _ in range(2):
        with ExecutionLogger(path) as logger:
            assert logger.reader.health().schema_version == SCHEMA_VERSION
    (backup,) = backups(path)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    connection = sqlite3.connect(backup)
    assert connection.execute("SELECT count(*) FROM executions").fetchone() == (3,)
    assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    connection.close()


def test_a_copy_that_a_killed_process_left_is_begun_anew(tmp_path: Path) -> None:
    """An unfinished copy has its own name, and the next migration replaces it."""
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=False)
    partial = tmp_path / "executions.db.v0-partial.backup"
    partial.write_bytes(b"half of a page")
    ExecutionLogger(path).close()
    (backup,) = backups(path)
    assert backup != partial
    connection = sqlite3.connect(backup)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_created_at_and_file_settings_are_carried_over(tmp_path: Path) -> None:
    """Data that no record carries is kept too, and the file can shrink like a new file."""
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=False)
    ExecutionLogger(path).close()
    connection = apsw.Connection(str(path))
    created = connection.execute("SELECT DISTINCT created_at FROM executions").fetchall()
    assert created == [("2025-12-21T10:00:03.000000Z",)]
    assert connection.pragma("auto_vacuum") == 2
    assert connection.pragma("application_id") == APPLICATION_ID
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    names = connection.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'seed%'").fetchall()
    assert names == []
    connection.close()


def test_rows_that_no_record_could_be_are_kept_in_the_nearest_form(tmp_path: Path) -> None:
    """Odd text in an old database is kept in its nearest valid form."""
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=False)
    connection = sqlite3.connect(path)
    connection.execute(
        "UPDATE executions SET status = 'cancelled', started_at = 'never', "
        "trigger_data = 'not json' WHERE id = 'run-0'"
    )
    connection.execute(
        "INSERT INTO node_executions (execution_id, node_id, node_name, node_type, status, "
        "error_stack) VALUES ('run-0', 'x', 'X', 't', 'skipped', 'stack without message')"
    )
    connection.commit()
    connection.close()
    with ExecutionLogger(path) as logger:
        odd = logger.get_execution("run-0")
    assert odd is not None
    assert odd.status == "error"
    assert odd.started_at == "2025-12-21T10:00:03.000000Z"
    assert b'"data":"not json"' in encode_execution(odd)
    assert odd.node_executions[2].error is not None
    assert odd.node_executions[2].error.stack == "stack without message"


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """One transaction: no half-migrated file, the version is kept, and no copy is left."""
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=False)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE payloads (mine INTEGER)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreForeignError, match="payloads"):
        ExecutionLogger(path)
    assert backups(path) == []
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM executions").fetchone() == (3,)
    assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    connection.close()


def test_ten_migrators_at_once_migrate_once(tmp_path: Path) -> None:
    """Ten concurrent migrators migrate once; the later migrators find a current file."""
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=True, executions=60)

    def open_and_count(_: int) -> int:
        with ExecutionLogger(path) as logger:
            return logger.get_stats().total

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(open_and_count, range(10))) == [60] * 10
    assert len(backups(path)) == 1


def test_ten_creators_at_once_make_one_database(tmp_path: Path) -> None:
    """Ten concurrent creators make one database."""
    path = tmp_path / "executions.db"

    def log(number: int) -> None:
        with ExecutionLogger(path) as logger:
            logger.log_execution(record(f"run-{number}"))

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(log, range(10)))
    with ExecutionLogger(path) as logger:
        assert logger.get_stats().total == 10
    assert backups(path) == []


def test_a_newer_database_is_refused_untouched(tmp_path: Path) -> None:
    """A newer database is refused; the error names its version and the remedy."""
    path = tmp_path / "executions.db"
    ExecutionLogger(path).close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", SCHEMA_VERSION + 1)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreVersionError, match="pip install -U flightlog") as caught:
        ExecutionLogger(path)
    assert (caught.value.found, caught.value.supported) == (SCHEMA_VERSION + 1, SCHEMA_VERSION)
    assert path.read_bytes() == before


def test_another_programs_file_is_refused_untouched(tmp_path: Path) -> None:
    """Another program's database, and a file that isn't a database, are refused."""
    database, text = tmp_path / "other.db", tmp_path / "notes.txt"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.commit()
    connection.close()
    text.write_text("Buy milk. " * 500)
    for path in (database, text):
        before = path.read_bytes()
        with pytest.raises(StoreForeignError, match="--db"):
            ExecutionLogger(path)
        assert path.read_bytes() == before


def test_the_schema_is_what_all_migrations_lead_to() -> None:
    """`schema.sql` equals the result of all migrations, and no version is missing."""
    editor = "CREATE TABLE executions (id TEXT); CREATE TABLE node_executions (execution_id TEXT);"
    migrated = schema_of(editor + "".join(load_migrations().values()))
    assert migrated == schema_of(read_sql("schema.sql"))
    assert list(load_migrations()) == list(range(1, SCHEMA_VERSION + 1))
