from __future__ import annotations

import logging
from pathlib import Path

import pytest

from flightlog.errors import InvalidSettingError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.histories import SingleHistory
from flightlog.receiver.indexing import IndexThread
from support.records import record
from support.waiting import until


def test_a_receiver_indexes_what_waits(tmp_path: Path) -> None:
    """Executions from before the receiver and from its own time are indexed while it serves."""
    settings = ReceiverSettings(port=0, spool_dir=tmp_path / "spool")
    with ExecutionLogger(tmp_path / "history.db") as logger:
        logger.log_executions([record(f"run-{number}") for number in range(30)])
        assert logger.reader.health().not_indexed == 30
        with Receiver(logger, settings).running():
            until(lambda: logger.reader.health().not_indexed == 0, "old executions indexed")
            logger.log_execution(record("new"))
            until(lambda: logger.reader.health().not_indexed == 0, "a new execution indexed")
        assert logger.reader.health().search_index == "full"


def test_a_receiver_sets_the_content_of_the_index(tmp_path: Path) -> None:
    """The setting is kept by the history, and a change builds the index anew."""
    settings = ReceiverSettings(port=0, spool_dir=tmp_path / "spool", search_index="words")
    with ExecutionLogger(tmp_path / "history.db") as logger:
        logger.log_execution(record())
        with Receiver(logger, settings).running():
            until(lambda: logger.reader.health().search_index == "words", "the setting")
            until(lambda: logger.reader.health().not_indexed == 0, "the execution indexed")
    with pytest.raises(InvalidSettingError, match="search_index"):
        ReceiverSettings(search_index="some")  # type: ignore[arg-type]


def test_a_history_that_is_away_is_indexed_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault is logged, and does not end the thread."""
    logger = ExecutionLogger(tmp_path / "history.db")
    logger.close()
    with caplog.at_level(logging.WARNING):
        thread = IndexThread(SingleHistory(logger))
        until(lambda: caplog.records, "a warning")
        thread.close()
    assert "Executions can't be indexed now" in caplog.text


def test_a_history_for_reading_has_no_thread(tmp_path: Path) -> None:
    """Nothing is written to a history that is open for reading only."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        logger.log_execution(record())
    with ExecutionLogger(tmp_path / "history.db", read_only=True) as logger:
        thread = IndexThread(SingleHistory(logger))
        assert not thread._thread.is_alive()
        thread.close()
