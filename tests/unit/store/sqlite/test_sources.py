"""The copies from which histories of older schemas are read."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flightlog.errors import (
    StoreUnavailableError,
)
from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite import sources
from support.editor import make_editor_database


def test_a_copy_is_renewed_when_its_source_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver that serves an older history shows the rows that its writer adds."""
    monkeypatch.setattr(sources, "_PAUSES_PER_COPY", 0)
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=False)
    with ExecutionLogger(path, read_only=True) as logger:
        assert logger.get_stats().total == 3
        script = (
            "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]);"
            "connection.execute(\"DELETE FROM executions WHERE id = 'run-1'\");"
            "connection.commit()"
        )
        subprocess.run([sys.executable, "-c", script, str(path)], check=True)
        deadline = threading.Event()
        for _ in range(300):
            if logger.get_stats().total == 2:
                break
            deadline.wait(0.02)
        assert logger.get_stats().total == 2


def test_copies_are_removed_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A private copy is readable by its owner alone, and is removed at the end."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    make_editor_database(tmp_path / "executions.db", later_columns=False)
    with ExecutionLogger(tmp_path / "executions.db", read_only=True):
        (copy,) = (tmp_path / "temporary").iterdir()
        assert stat.S_IMODE(copy.stat().st_mode) == 0o700
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_database_too_large_to_be_copied_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database too large for a copy is refused with a message that says what its owner can do."""
    monkeypatch.setattr(sources, "MAX_COPY_BYTES", 10_000)
    make_editor_database(tmp_path / "executions.db", later_columns=False)
    with pytest.raises(StoreUnavailableError, match="flightlog migrate"):
        ExecutionLogger(tmp_path / "executions.db", read_only=True)
