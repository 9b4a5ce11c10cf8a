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
