"""Threads that work on the open histories in the background."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from flightlog.clock import utc_now
from flightlog.errors import InvalidSettingError, StoreCapabilityError, StoreFullError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.histories import History, SingleHistory
from flightlog.receiver.upkeep import IndexThread, IntegrityThread, UpkeepThread
from flightlog.store.sqlite.repair import find_unsalvaged, quarantine
from support.damage import overwrite_pages
from support.records import record
from support.waiting import until


class Failing(UpkeepThread):
    """Fails in two ways, and then succeeds."""

    name = "test-upkeep"
    failure = "The test can't work now"
    interval_s = 0.001
    longest_pause_s = 0.003

    def __init__(self, histories: SingleHistory) -> None:
        self.pauses: list[float] = []
        self.has_worked = threading.Event()
        super().__init__(histories)

    def work_on(self, history: History) -> None:
        """Note the pause before, and fail."""
        del history
        self.pauses.append(self._pause_s)
        match len(self.pauses):
            case 1:
                raise StoreFullError("history.db")
            case 2 | 3:
                raise ZeroDivisionError
            case 5:
                self.has_worked.set()
            case _:
                pass


class Unable(UpkeepThread):
    """Works on two histories, of which one belongs to a store that can't do the work."""

    name = "test-upkeep"
    failure = "The test can't work now"
    interval_s = 0.001

    def __init__(self, histories: TwoHistories) -> None:
        self.tried: list[History] = []
        self.has_worked = threading.Event()
        super().__init__(histories)

    def work_on(self, history: History) -> None:
        """Fail in the first history."""
        self.tried.append(history)
        if history == self._histories.list_open()[0]:
            raise StoreCapabilityError("postgresql:", "the work")
        if len(self.tried) > 3:
            self.has_worked.set()


class TwoHistories(SingleHistory):
    """A history, and another one."""

    def __init__(self, logger: ExecutionLogger) -> None:
        super().__init__(logger)
        self._both = (SingleHistory(logger), self)

    def list_open(self) -> Sequence[History]:
        """List both."""
        return self._both


def test_a_store_that_cannot_do_the_work_is_tried_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so once, and the other history is worked on as usual."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        histories = TwoHistories(logger)
        thread = Unable(histories)
        assert thread.has_worked.wait(30)
        thread.close()
    assert thread.tried.count(histories.list_open()[0]) == 1
    assert caplog.text.count("The test can't work now") == 1


def test_failures_are_logged_and_tried_again_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each failure doubles the pause, up to the longest; a success begins anew."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        thread = Failing(SingleHistory(logger))
        assert thread.has_worked.wait(30)
        thread.close()
    assert thread.pauses[:5] == [0.001, 0.002, 0.003, 0.003, 0.001]
    assert caplog.text.count("The test can't work now") == 3
    assert "ZeroDivisionError" in caplog.text


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


DEADLINE_S = 60


def test_a_thread_salvages_what_waits(tmp_path: Path) -> None:
    """Records are taken before the salvage, and the salvaged executions appear beside them."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions([record(f"run-{number}") for number in range(200)])
    aside = quarantine(path, "a test", utc_now)
    overwrite_pages(aside, 2, Random(1), first=8)
    with ExecutionLogger(path) as logger:
        logger.log_execution(record("new"))
        thread = IntegrityThread(SingleHistory(logger))
        try:
            deadline = time.monotonic() + DEADLINE_S
            while find_unsalvaged(path) and time.monotonic() < deadline:
                time.sleep(0.02)
        finally:
            thread.close()
        assert find_unsalvaged(path) == []
        assert logger.get_stats().total > 100
        assert logger.get_execution("new") is not None


def test_a_history_that_is_only_read_is_not_checked(tmp_path: Path) -> None:
    """There is no thread, and nothing is written."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_execution(record())
    with ExecutionLogger(path, read_only=True) as logger:
        IntegrityThread(SingleHistory(logger)).close()
    assert [each.name for each in tmp_path.iterdir()] == ["history.db"]
