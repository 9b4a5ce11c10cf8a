"""Migration from version 7, which has no tokens of models' calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite.migrate import SCHEMA_VERSION
from support.old_histories import make_old_history
from support.records import record

ANSWER = {
    "model": "m",
    "usage": {"prompt_tokens": 10, "completion_tokens": 1},
    "choices": [{"message": {"role": "assistant", "content": "Hi"}}],
}
NODE = {"nodeId": "n", "nodeName": "n", "nodeType": "t", "status": "success", "output": ANSWER}
RECORDS = [record(f"run-{number}", nodeExecutions=[NODE]) for number in range(3)]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a database of version 7: the data of today's code in the old tables."""
    source, path = tmp_path / "today.db", tmp_path / "executions.db"
    with ExecutionLogger(source) as logger:
        logger.log_executions(RECORDS)
    make_old_history(source, path, 7)
    return path


def test_executions_of_version_7_have_their_calls_after_the_migration(old: Path) -> None:
    """It is read as it is, without calls; after the migration every execution is indexed again."""
    with ExecutionLogger(old, read_only=True) as logger:
        assert logger.reader.health().schema_version == 7
        assert logger.reader.read_usage(["run-1"], ()) == {}
    with ExecutionLogger(old) as logger:
        health = logger.reader.health()
        assert (health.schema_version, health.not_indexed) == (SCHEMA_VERSION, 3)
        while logger.writer.index_portion().more:
            pass
        (usage,) = logger.reader.read_usage(["run-1"], ())["run-1"]
        assert (usage.model, usage.input_tokens, usage.output_tokens) == ("m", 10, 1)
        assert logger.get_execution("run-1") == RECORDS[1]
        assert logger.delete_execution("run-1")
        assert list(logger.reader.read_usage(["run-0", "run-1"], ())) == ["run-0"]


def test_a_history_without_an_index_stays_without_one(old: Path, tmp_path: Path) -> None:
    """The migration doesn't index what the history's owner has turned off."""
    source, path = tmp_path / "off.db", tmp_path / "old-off.db"
    with ExecutionLogger(source) as logger:
        logger.writer.choose_index("off")
        logger.log_executions(RECORDS)
    make_old_history(source, path, 7)
    with ExecutionLogger(path) as logger:
        assert logger.reader.health().not_indexed == 0
        assert not logger.writer.index_portion().more
        assert logger.reader.read_usage(["run-1"], ()) == {}
