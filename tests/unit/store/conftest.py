from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flightlog.store.sqlite import SqliteStore
from support.records import record


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
