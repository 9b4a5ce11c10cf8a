from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from flightlog.errors import InvalidQueryError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.histories import SingleHistory
from flightlog.receiver.waiting_deletions import MAX_WAITING, WaitingDeletions
from support.records import record

LONG_MS = 60_000


def test_a_deletion_is_carried_out_after_its_delay(
    six_runs: httpx.Client, logger: ExecutionLogger
) -> None:
    """The executions stay until then, and listeners hear of the deletion."""
    logger.log_execution(record("own"))
    gone = threading.Event()

    def notice(ids: tuple[str, ...]) -> None:
        if "own" in ids:
            gone.set()

    stop = logger.reader.subscribe(notice)
    answer = six_runs.post("/api/deletions", json={"ids": ["own"], "afterMs": 1}).json()
    assert answer["deleted"] == 0
    assert gone.wait(60)
    stop()
    assert logger.get_execution("own") is None
    cancelled = six_runs.delete(f"/api/deletions/{answer['waitingId']}").json()
    assert cancelled == {"cancelled": False}


def test_a_cancelled_deletion_deletes_nothing(
    six_runs: httpx.Client, logger: ExecutionLogger
) -> None:
    """A client can cancel once, and at most 60 s are possible."""
    logger.log_execution(record("kept"))
    body: dict[str, Any] = {"ids": ["kept"], "afterMs": LONG_MS}
    waiting_id = six_runs.post("/api/deletions", json=body).json()["waitingId"]
    path = f"/api/deletions/{waiting_id}"
    assert six_runs.delete(path).json() == {"cancelled": True}
    assert six_runs.delete(path).json() == {"cancelled": False}
    assert logger.delete_execution("kept")
    body["afterMs"] = LONG_MS + 1
    assert six_runs.post("/api/deletions", json=body).status_code == 400


def test_a_receiver_that_ends_carries_out_what_waits(logger: ExecutionLogger) -> None:
    """Nothing that a reader deleted comes back after a restart."""
    logger.log_execution(record("doomed"))
    waiting = WaitingDeletions(SingleHistory(logger))
    waiting.add(["doomed"], LONG_MS)
    waiting.close()
    assert logger.get_execution("doomed") is None


def test_only_so_many_deletions_wait(logger: ExecutionLogger) -> None:
    """Further deletions are refused, and possible again after others ended."""
    waiting = WaitingDeletions(SingleHistory(logger))
    first, *_ = [waiting.add([], LONG_MS) for _ in range(MAX_WAITING)]
    with pytest.raises(InvalidQueryError, match="afterMs"):
        waiting.add([], LONG_MS)
    assert waiting.cancel(first)
    waiting.add([], LONG_MS)
    waiting.close()


def test_a_deletion_of_a_project_leaves_what_moved_to_another(logger: ExecutionLogger) -> None:
    """The project counts when the deletion is carried out, and each project has its own number."""
    logger.log_executions([record("own", projectId="a"), record("moved", projectId="a")])
    waiting = WaitingDeletions(SingleHistory(logger))
    for _ in range(MAX_WAITING):
        waiting.add([], LONG_MS, "b")
    waiting.add(["own", "moved"], LONG_MS, "a")
    logger.log_execution(record("moved", projectId="b", revision=9))
    waiting.close()
    assert logger.get_execution("own") is None
    assert logger.get_execution("moved") is not None
