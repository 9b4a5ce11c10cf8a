"""The watch distinguishes another process's checkpoint from a copy over the file."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from flightlog.store.sqlite.watch import FileWatch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/mem")


class InterruptedConnection(apsw.Connection):
    """Runs a function once, directly after the connection has read from the file."""

    after_read: Callable[[], object] | None = None

    def read(self, schema: str, which: int, offset: int, amount: int) -> tuple[bool, bytes]:
        """Read from the file, then run the function."""
        found = super().read(schema, which, offset, amount)
        after_read, self.after_read = self.after_read, None
        if after_read is not None:
            after_read()
        return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a history in WAL mode with one table."""
    path = tmp_path / "history.db"
    with _opened(path) as connection:
        connection.pragma("journal_mode", "wal")
        connection.execute("CREATE TABLE rows (value)")
    return path


@contextmanager
def _opened(path: Path) -> Iterator[InterruptedConnection]:
    connection = InterruptedConnection(str(path))
    connection.wal_autocheckpoint(0)
    try:
        yield connection
    finally:
        connection.close()


def _commit_and_checkpoint(connection: apsw.Connection) -> None:
    """Do what another process does that writes the history and bounds its log."""
    connection.execute("INSERT INTO rows VALUES (1)")
    connection.pragma("schema_version", connection.pragma("schema_version") + 1)
    pages, copied = connection.wal_checkpoint()
    assert pages == copied > 0


def test_another_threads_newer_knowledge_accuses_no_checkpoint(path: Path) -> None:
    """A thread that remembers a newer checkpoint meanwhile doesn't make an older one suspicious."""
    with _opened(path) as connection, _opened(path) as other:
        watch = FileWatch(path)
        connection.execute("SELECT * FROM rows").fetchall()
        watch.begin(connection)
        _commit_and_checkpoint(other)

        def remember_newer() -> None:
            _commit_and_checkpoint(other)
            assert watch.verify_change(other) is None

        assert watch.find_change() == "overwritten"
        connection.after_read = remember_newer
        assert watch.is_ours(connection)
        assert watch.find_change() is None
        watch.close()


def test_a_copy_over_the_file_is_noticed_after_the_first_commit(path: Path, tmp_path: Path) -> None:
    """A copy with a later generation is noticed although the log was empty at the watch's begin."""
    newer = tmp_path / "newer.db"
    shutil.copyfile(path, newer)
    with _opened(newer) as connection:
        _commit_and_checkpoint(connection)
    with _opened(path) as connection:
        watch = FileWatch(path)
        connection.execute("SELECT * FROM rows").fetchall()
        watch.begin(connection)
        connection.execute("INSERT INTO rows VALUES (2)")
        watch.note_commit(connection)
        shutil.copyfile(newer, path)
        assert watch.verify_change(connection) == "overwritten"
        watch.close()


def test_a_sync_reaches_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The synced descriptor is one of SQLite's, which stays open."""
    watch = FileWatch(path)
    synced: list[os.stat_result] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor)))
    watch.sync()
    assert synced == []
    with _opened(path) as connection:
        assert connection.execute("SELECT count(*) FROM rows").get == 0
        watch.sync()
        _commit_and_checkpoint(connection)
    assert [os.path.samestat(each, path.stat()) for each in synced] == [True]
    watch.close()
