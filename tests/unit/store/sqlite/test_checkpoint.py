from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

from flightlog.store.sqlite import SqliteSettings
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
