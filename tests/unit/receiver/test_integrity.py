"""A receiver serves a damaged history at once, and salvages it in the background."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

from flightlog.clock import utc_now
from flightlog.logger import ExecutionLogger
from flightlog.receiver.histories import SingleHistory
from flightlog.receiver.integrity import IntegrityThread
from flightlog.store.sqlite.repair import find_unsalvaged, quarantine
from support.damage import overwrite_pages
from support.records import record

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
