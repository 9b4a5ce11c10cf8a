"""Commands that read change nothing; commands that write migrate and report it. Also `doctor`."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flightlog.store.sqlite.migrate import SCHEMA_VERSION

Flightlog = Callable[..., Any]


def test_migrate_says_from_where_to_where_and_where_the_backup_is(
    editors: Path, flightlog: Flightlog
) -> None:
    """The second migration reports that there is nothing to do."""
    ended = flightlog("migrate", "--db", editors)
    (backup,) = editors.parent.glob("*.backup")
    assert ended.code == 0
    assert f"to {SCHEMA_VERSION}" in ended.out
    assert "the editor's own" in ended.out
    assert str(backup) in ended.out
    again = flightlog("migrate", "--db", editors)
    assert again.code == 0
    assert "Nothing to do" in again.out
    assert len(list(editors.parent.glob("*.backup"))) == 1


def test_the_way_back_from_a_migration_is_the_backup(editors: Path, flightlog: Flightlog) -> None:
    """The backup equals the editor's original history."""
    rows = sqlite3.connect(editors).execute("SELECT * FROM executions").fetchall()
    assert flightlog("migrate", "--db", editors).code == 0
    (backup,) = editors.parent.glob("*.backup")
    shutil.move(backup, editors)
    assert sqlite3.connect(editors).execute("SELECT * FROM executions").fetchall() == rows


def test_migrate_makes_no_history(tmp_path: Path, flightlog: Flightlog) -> None:
    """A mistyped name does not create a file."""
    ended = flightlog("migrate", "--db", tmp_path / "missing.db")
    assert ended.code == 1
    assert not (tmp_path / "missing.db").exists()


def test_the_statements_of_a_cluster_are_printed(tmp_path: Path, flightlog: Flightlog) -> None:
    """No server is asked; another store has no such statements."""
    ended = flightlog(
        "migrate", "--db", "clickhouse://nowhere/history", "--cluster", "main", "--print"
    )
    assert ended.code == 0
    assert "CREATE DATABASE IF NOT EXISTS history ON CLUSTER main;" in ended.out
    refused = flightlog("migrate", "--db", tmp_path / "a.db", "--cluster", "main")
    assert refused.code == 2
    assert "ClickHouse" in refused.err
