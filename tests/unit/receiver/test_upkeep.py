"""Threads that work on the open histories in the background."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from flightlog.errors import StoreCapabilityError, StoreFullError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.histories import History, SingleHistory
from flightlog.receiver.upkeep import UpkeepThread


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
