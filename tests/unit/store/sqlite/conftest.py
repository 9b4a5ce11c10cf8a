from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from flightlog.store.sqlite import SqliteStore
from support.records import record


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    """Open a database with some executions."""
    path: Path = tmp_path_factory.mktemp("plans") / "history.db"
    store = SqliteStore(path)
    store.merge([record(f"run-{number}") for number in range(50)])
    store.close()
    connection = apsw.Connection(str(path))
    yield connection
    connection.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Make forty executions, of which the oldest failed."""
    store = SqliteStore(tmp_path / "history.db")
    store.merge(
        [
            record(
                f"run-{number:02d}",
                startedAt=f"2026-11-22T10:{number:02d}:00Z",
                error={"message": "declined"} if number == 0 else None,
                status="error" if number == 0 else "success",
            )
            for number in range(40)
        ]
    )
    yield store
    store.close()
