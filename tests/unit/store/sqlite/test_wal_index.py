"""SQLite's index of the log shows how far checkpoints have come."""

from __future__ import annotations

import sys
from pathlib import Path

import apsw
import pytest

from flightlog.store.sqlite.wal_index import WalIndex

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/mem")


@pytest.fixture
def connection(tmp_path: Path) -> apsw.Connection:
    """Open a database with a log of a few pages."""
    connection = apsw.Connection(str(tmp_path / "history.db"))
    connection.pragma("journal_mode", "wal")
    connection.wal_autocheckpoint(0)
    connection.execute("CREATE TABLE rows (value)")
    return connection


def test_progress_counts_the_copied_pages(tmp_path: Path, connection: apsw.Connection) -> None:
    """A checkpoint counts the pages that it copied; a commit doesn't change the progress."""
    index = WalIndex(tmp_path / "history.db-shm")
    before = index.read_progress()
    assert before is not None
    assert before.is_settled
    connection.execute("INSERT INTO rows VALUES (1)")
    assert index.read_progress() == before
    pages, copied = connection.wal_checkpoint()
    after = index.read_progress()
    assert after is not None
    assert after.is_settled
    assert pages == copied == int.from_bytes(after.copied, sys.byteorder) > 0
    assert after.salts == before.salts


def test_progress_has_other_salts_after_a_restart(
    tmp_path: Path, connection: apsw.Connection
) -> None:
    """A log that restarts has other salts."""
    index = WalIndex(tmp_path / "history.db-shm")
    before = index.read_progress()
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    after = index.read_progress()
    assert before is not None
    assert after is not None
    assert after.salts != before.salts


def test_progress_is_unknown_without_an_open_index(
    tmp_path: Path, connection: apsw.Connection
) -> None:
    """Without a mapped index, and after the database was closed, the progress is unknown."""
    assert WalIndex(tmp_path / "missing.db-shm").read_progress() is None
    index = WalIndex(tmp_path / "history.db-shm")
    connection.close()
    assert index.read_progress() is None
