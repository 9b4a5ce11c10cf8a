"""Migration from version 5, which has no search index."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.query import Reader, parse
from flightlog.store.query import EVERYTHING
from flightlog.store.sqlite import index_reading
from flightlog.store.sqlite.migrate import SCHEMA_VERSION
from support.old_histories import make_old_history
from support.queries import READER
from support.records import record

RECORDS = [record(f"run-{number}", tags={"order": f"A-{number}"}) for number in range(20)]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a database of version 5: the data of today's code in the old tables."""
    source, path = tmp_path / "today.db", tmp_path / "executions.db"
    with ExecutionLogger(source) as logger:
        logger.log_executions(RECORDS)
    make_old_history(source, path, 5)
    return path


def find(logger: ExecutionLogger, text: str, reader: Reader = READER) -> list[str]:
    """Find the ids of executions."""
    query = EVERYTHING.narrow(parse(text, reader)).make_page_query()
    return [summary.id for summary in logger.reader.list_summaries(query).summaries]


def test_a_database_of_version_5_is_indexed_after_the_migration(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read as it is; afterwards its executions wait to be indexed, the newest first."""
    monkeypatch.setattr(index_reading, "MOST_EXECUTIONS", 8)
    with ExecutionLogger(old, read_only=True) as logger:
        assert logger.get_execution("run-1") == RECORDS[1]
        assert logger.reader.health().schema_version == 5
        assert find(logger, "A-7") == ["run-7"]
    with ExecutionLogger(old) as logger:
        health = logger.reader.health()
        assert (health.schema_version, health.not_indexed) == (SCHEMA_VERSION, 20)
        assert find(logger, "A-7") == ["run-7"]
        # The migration noted them for an index of version 1, which is then built anew.
        assert logger.writer.index_portion().executions == 0
        assert logger.writer.index_portion().executions == 8
        left = apsw.Connection(str(old)).execute("SELECT max(ordinal) FROM search_pending").get
        assert left == 12
        while logger.writer.index_portion().more:
            pass
        assert logger.reader.health().not_indexed == 0
        assert find(logger, "A-7") == ["run-7"]
        assert logger.delete_execution("run-7")
        assert find(logger, "A-7") == []
