from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode
from flightlog.logger import ExecutionLogger
from support.records import record

Flightlog = Callable[..., Any]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Make a history of which nothing is indexed, with a running execution."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions([record(f"run-{number}") for number in range(30)])
        logger.log_execution(record("now", status="running", completedAt=None, durationMs=None))
    return path


def test_reindex_indexes_every_execution(flightlog: Flightlog, db: Path) -> None:
    """The command says what it did, and doctor shows what is left."""
    assert "search index: full, 31 not indexed yet" in flightlog("doctor", "--db", db).out
    ended = flightlog("reindex", "--db", db)
    assert ended.code == ExitCode.OK
    assert "Indexed 31 executions." in ended.out
    out = flightlog("doctor", "--db", db).out
    assert "search index: full" in out
    assert "not indexed yet" not in out


def test_the_content_of_the_index_is_chosen_and_remembered(flightlog: Flightlog, db: Path) -> None:
    """`words` and `off` stay until another content is chosen; other words are refused."""
    assert flightlog("reindex", "--search-index", "words", "--db", db).code == ExitCode.OK
    assert flightlog("reindex", "--db", db).code == ExitCode.OK
    assert "search index: words" in flightlog("doctor", "--db", db).out
    assert "queries scan" in flightlog("reindex", "--search-index", "off", "--db", db).out
    with ExecutionLogger(db) as logger:
        logger.log_execution(record("later"))
        health = logger.reader.health()
        assert (health.search_index, health.not_indexed) == ("off", 0)
    ended = flightlog("reindex", "--search-index", "some", "--db", db)
    assert ended.code != ExitCode.OK
    assert "Write `full`, `words` or `off`." in ended.err
