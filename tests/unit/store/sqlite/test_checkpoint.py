from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from flightlog.store.sqlite import SqliteSettings, checkpoint
from flightlog.store.sqlite.checkpoint import Checkpointer
from flightlog.store.sqlite.connection import ReaderPool
from flightlog.store.sqlite.watch import FileWatch


class InterruptedConnection(apsw.Connection):
    """Runs a function once, directly after the connection has read a pragma."""

    after_pragma: Callable[[], object] | None = None

    def pragma(self, name: str, *value: Any) -> Any:  # type: ignore[override]
        """Read or write a pragma, then run the function."""
        found = super().pragma(name, *value)
        after_pragma, self.after_pragma = self.after_pragma, None
        if after_pragma is not None:
            after_pragma()
        return found


def test_the_generation_never_goes_back(tmp_path: Path) -> None:
    """Other processes that run checkpoints at the same moment don't lose their counts."""
    path = tmp_path / "history.db"
    connection, other = InterruptedConnection(str(path)), apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.execute("CREATE TABLE rows (value)")
    watch = FileWatch(path)
    readers = ReaderPool(path, SqliteSettings(), lambda: apsw.Connection(str(path)))
    checkpointer = Checkpointer(path, connection, SqliteSettings(), watch, readers)
    generations = []

    def count_on() -> None:
        for _ in range(3):
            with contextlib.suppress(apsw.BusyError):
                other.pragma("schema_version", other.pragma("schema_version") + 1)
        generations.append(other.pragma("schema_version"))

    connection.after_pragma = count_on
    checkpointer.empty_log()
    generations.append(other.pragma("schema_version"))
    assert len(generations) == 2
    assert generations == sorted(generations)
    for each in (connection, other):
        each.close()
    watch.close()


def test_a_copy_repeats_until_little_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer then has little to copy, and the log begins anew."""
    path = tmp_path / "history.db"
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.wal_autocheckpoint(0)
    settings = SqliteSettings(checkpoint_bytes=2**16)
    watch = FileWatch(path)
    watch.begin(connection)
    readers = ReaderPool(path, settings, lambda: apsw.Connection(str(path)))
    checkpointer = Checkpointer(path, connection, settings, watch, readers)
    synced: list[None] = []
    monkeypatch.setattr(watch, "sync", lambda: synced.append(None))
    monkeypatch.setattr(checkpoint, "_REST_BYTES", 0)
    connection.execute("CREATE TABLE rows (value)")
    connection.execute("INSERT INTO rows VALUES (zeroblob(200000))")
    checkpointer.after_commit()
    assert connection.pragma("synchronous") == 2
    checkpointer.finish()
    assert len(synced) == checkpoint._MOST_COPIES
    checkpointer.after_commit()
    size = watch.log.stat().st_size
    connection.execute("INSERT INTO rows VALUES (zeroblob(100000))")
    assert watch.log.stat().st_size < size
    connection.close()
    watch.close()
