from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flightlog.errors import FlightlogError, InvalidQueryError
from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite.sql import list_views, run_sql
from support.old_histories import make_old_history
from support.records import record

REFUSED = (
    "ATTACH 'other.db' AS other",
    "DETACH main",
    "INSERT INTO main.executions (id) VALUES ('x')",
    "INSERT INTO executions (id) VALUES ('x')",
    "UPDATE main.executions SET status = 'error'",
    "DELETE FROM main.executions",
    "WITH x AS (SELECT 1) DELETE FROM main.executions RETURNING id",
    "UPDATE main.executions SET status = 'error' RETURNING id",
    "REPLACE INTO main.executions (id) VALUES ('x')",
    "DROP TABLE main.executions",
    "DROP VIEW temp.executions",
    "ALTER TABLE main.executions RENAME TO gone",
    "CREATE TABLE main.mine (x)",
    "CREATE TEMP TABLE mine (x)",
    "CREATE TEMP VIEW mine AS SELECT 1",
    "CREATE VIRTUAL TABLE temp.mine USING fts5(x)",
    "CREATE VIRTUAL TABLE temp.mine USING dbstat",
    "CREATE TEMP TRIGGER mine INSTEAD OF DELETE ON executions BEGIN SELECT 1; END",
    "CREATE INDEX mine ON executions (name)",
    "VACUUM",
    "VACUUM INTO 'other.db'",
    "ANALYZE",
    "REINDEX",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT mine",
    "RELEASE mine",
    "PRAGMA writable_schema = 1",
    "PRAGMA query_only = 0",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA wal_checkpoint",
    "PRAGMA temp_store_directory = '.'",
    "PRAGMA user_version = 99",
    "PRAGMA trusted_schema = 1",
    "PRAGMA database_list",
    "SELECT * FROM pragma_database_list",
    "SELECT load_extension('./mine')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT fts3_tokenizer('simple', x'00')",
    "SELECT sqlite_log(1, 'x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('other.db', 'x')",
    "SELECT edit('x')",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM csv('other.csv')",
    "SELECT optimize(search_words) FROM search_words",
    "INSERT INTO search_words (search_words) VALUES ('optimize')",
)
LARGE = {"text": "word " * 3_000}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with payloads of each kind of storage."""
    path = tmp_path_factory.mktemp("source") / "executions.db"
    many = [
        record(
            f"run-{number}",
            nodeExecutions=[
                {
                    "nodeId": "charge",
                    "nodeName": "Charge",
                    "nodeType": "code",
                    "status": "success",
                    "input": {"number": number},
                    "output": {"items": [f"item {number} of many"] * 12, "total": number * 10},
                }
            ],
        )
        for number in range(600)
    ]
    with ExecutionLogger(path) as logger:
        logger.log_executions(many)
        logger.log_execution(record("large", trigger={"type": "http", "data": LARGE}))
    return path


@pytest.fixture
def history(source: Path, tmp_path: Path) -> Path:
    """A copy of the history, alone in its directory."""
    (tmp_path / "history").mkdir()
    return Path(shutil.copy(source, tmp_path / "history" / "executions.db"))


def read_rows(path: Path, statement: str, *, timeout_s: float = 60) -> list[Any]:
    """Run a statement, and read its rows."""
    with run_sql(path, statement, timeout_s=timeout_s) as result:
        return list(result.rows)


def files_in(directory: Path) -> dict[str, bytes]:
    """Read all files, apart from SQLite's shared memory, which holds locks."""
    return {
        path.name: path.read_bytes() for path in directory.iterdir() if path.suffix != ".db-shm"
    }


def test_payloads_are_json_text_however_they_are_stored(history: Path) -> None:
    """Small, compressed, dictionary-compressed and absent payloads come as JSON text or NULL."""
    statement = "SELECT trigger_data FROM executions WHERE id = 'large'"
    assert json.loads(read_rows(history, statement)[0][0]) == LARGE
    rows = read_rows(
        history,
        "SELECT input ->> '$.number', output ->> '$.total', output ->> '$.items[11]', logs "
        "FROM node_executions JOIN executions ON executions.id = execution_id "
        "WHERE executions.id <> 'large' ORDER BY 1",
    )
    assert rows == [(n, n * 10, f"item {n} of many", None) for n in range(600)]
    with run_sql(history, "SELECT count(*) FROM main.dictionaries", timeout_s=60) as result:
        assert next(result.rows) != (0,)


@pytest.mark.parametrize("statement", REFUSED)
def test_everything_but_reading_is_refused(
    history: Path, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing, other files, extensions and pragmas are refused, and every file stays as it was."""
    monkeypatch.chdir(history.parent)
    before = files_in(history.parent)
    for text in (statement, f"SELECT 1; {statement}"):
        with pytest.raises(InvalidQueryError):
            read_rows(history, text)
    # EXPLAIN runs nothing, so SQLite may show the program of a statement that it would refuse.
    with contextlib.suppress(InvalidQueryError):
        read_rows(history, f"EXPLAIN {statement}")
    assert files_in(history.parent) == before
    assert read_rows(history, "SELECT count(*) FROM executions") == [(601,)]


def test_another_database_cant_be_read(history: Path, tmp_path: Path) -> None:
    """No way of naming a file leads to another database."""
    other = tmp_path / "other.db"
    with ExecutionLogger(other) as logger:
        logger.log_execution(record("secret"))
    for statement in (
        f"ATTACH '{other}' AS other",
        f"SELECT * FROM '{other}'.executions",
        f"SELECT * FROM 'file:{other}'",
        f"PRAGMA temp_store_directory = '{other}'",
    ):
        with pytest.raises(InvalidQueryError):
            read_rows(history, statement)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("", "returns no rows"),
        ("-- nothing", "returns no rows"),
        ("SELEC 1", "syntax error"),
        ("SELECT missing FROM executions", "no such column: missing"),
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("SELECT 1; nonsense", "more than one statement"),
        ("SELECT :name", "parameter"),
        ("SELECT ?", "parameter"),
        ("SELECT zeroblob(1000000000)", "256 MiB"),
        ("SELECT json('{')", "malformed JSON"),
        ('SELECT output ->> "$.total" FROM node_executions', 'no such column: "$.total"'),
        (f"SELECT '{'x' * 1_000_001}'", "makes a value"),
    ],
)
def test_a_wrong_statement_names_its_fault(history: Path, statement: str, reason: str) -> None:
    """Each fault has its reason and a hint."""
    with pytest.raises(InvalidQueryError) as raised:
        read_rows(history, statement)
    assert reason in raised.value.message
    assert raised.value.hint


def test_the_place_of_a_fault_is_counted_in_characters(history: Path) -> None:
    """The fault's column counts characters instead of bytes."""
    statement = "SELECT 'ééé', missing FROM executions"
    with pytest.raises(InvalidQueryError) as raised:
        read_rows(history, statement)
    fault = raised.value.fault
    assert fault is not None
    assert statement[fault.column - 1 :].startswith("missing")


def test_an_endless_statement_ends_at_its_time_limit(history: Path) -> None:
    """A recursion without end raises, before its first row and between rows."""
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT "
    for statement in (endless + "max(x) FROM n", endless + "x FROM n WHERE x % 1000 = 0"):
        with (
            pytest.raises(InvalidQueryError, match=r"longer than 0\.2 s"),
            run_sql(history, statement, timeout_s=0.2) as result,
        ):
            for _ in result.rows:
                pass


def test_columns_of_one_name_are_numbered(history: Path) -> None:
    """Each column has a name of its own, so that a JSON object holds all of them."""
    with run_sql(history, "SELECT 1 AS a, 2 AS a, 3 AS a_2", timeout_s=60) as result:
        assert result.columns == ("a", "a_2", "a_2_2")


def test_comments_and_semicolons_may_follow(history: Path) -> None:
    """A statement may end with a semicolon and a comment."""
    assert read_rows(history, "SELECT 1; -- the end\n ;") == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT name FROM pragma_table_info('executions') LIMIT 1",
        "PRAGMA table_info(node_executions)",
        "EXPLAIN QUERY PLAN SELECT * FROM executions WHERE id = 'x'",
        "SELECT value FROM executions, json_each(trigger_data) LIMIT 1",
        "SELECT median(duration_ms) FROM executions",
        "SELECT row_number() OVER (ORDER BY started_at) FROM executions LIMIT 1",
        "SELECT status FROM main.executions LIMIT 1",
        "SELECT payload_json(output) FROM main.node_executions LIMIT 1",
        "VALUES (1)",
    ],
)
def test_reading_in_every_form_is_permitted(history: Path, statement: str) -> None:
    """Schema, plans, JSON, statistics, windows and the raw tables can be read."""
    assert read_rows(history, statement)


def test_a_history_of_an_older_schema_is_read(history: Path, tmp_path: Path) -> None:
    """The views show a history of an older schema, and the file stays as it was."""
    path = tmp_path / "old.db"
    make_old_history(history, path, 4)
    before = path.read_bytes()
    assert read_rows(path, "SELECT count(*) FROM executions") == [(601,)]
    assert path.read_bytes() == before


def test_a_missing_history_is_no_query_error(tmp_path: Path) -> None:
    """The history's own errors pass."""
    with pytest.raises(FlightlogError, match="does not exist"):
        read_rows(tmp_path / "none.db", "SELECT 1")


def test_the_views_list_their_columns() -> None:
    """The list names both views with their columns."""
    executions, nodes = list_views()
    assert (executions.name, nodes.name) == ("executions", "node_executions")
    assert {"id", "trigger_data", "tags"} <= set(executions.columns)
    assert {"execution_id", "input", "output", "logs"} <= set(nodes.columns)
