from __future__ import annotations

import logging
from pathlib import Path

import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.histories import SingleHistory
from flightlog.receiver.retention import RetentionThread
from flightlog.store.query import ExecutionQuery
from flightlog.store.retention import RetentionPolicy
from support.records import record
from support.waiting import until


def test_a_receiver_keeps_its_history_within_the_policy(tmp_path: Path) -> None:
    """Old executions go while the receiver serves."""
    settings = ReceiverSettings(
        port=0, spool_dir=tmp_path / "spool", retention=RetentionPolicy(keep_executions=2)
    )
    with ExecutionLogger(tmp_path / "history.db") as logger:
        logger.log_executions(
            [record(f"run-{day}", startedAt=f"2026-01-0{day}T12:00:00Z") for day in range(1, 9)]
        )
        with Receiver(logger, settings).running():
            until(lambda: logger.get_stats().total == 2, "six executions removed")
        left = logger.query(ExecutionQuery()).executions
        assert [each.id for each in left] == ["run-8", "run-7"]


def test_a_receiver_keeps_failures_alone(tmp_path: Path) -> None:
    """Successful executions go when they end, except the newest and the starred ones."""
    settings = ReceiverSettings(
        port=0, spool_dir=tmp_path / "spool", retention=RetentionPolicy(keep_status="error")
    )
    fates = {1: "success", 2: "error", 3: "success", 4: "success", 5: "running", 6: "success"}
    with ExecutionLogger(tmp_path / "history.db") as logger:
        logger.log_executions(
            [
                record(f"run-{day}", startedAt=f"2026-01-0{day}T12:00:00Z", status=status)
                for day, status in fates.items()
            ]
        )
        logger.writer.set_star("run-3", starred=True)
        with Receiver(logger, settings).running():
            until(lambda: logger.get_stats().total == 4, "two executions removed")
        left = logger.query(ExecutionQuery()).executions
        assert [each.id for each in left] == ["run-6", "run-5", "run-3", "run-2"]


def test_a_history_that_is_away_is_pruned_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault is logged, and does not end the thread."""
    logger = ExecutionLogger(tmp_path / "history.db")
    logger.close()
    with caplog.at_level(logging.WARNING):
        thread = RetentionThread(SingleHistory(logger), RetentionPolicy(keep_days=1))
        until(lambda: caplog.records, "a warning")
        thread.close()
    assert "Old executions can't be removed now" in caplog.text


def test_without_limits_there_is_no_thread(tmp_path: Path) -> None:
    """A policy without limits costs nothing."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        thread = RetentionThread(SingleHistory(logger), RetentionPolicy())
        assert not thread._thread.is_alive()
        thread.close()
