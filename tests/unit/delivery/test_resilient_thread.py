"""Flightlog's own threads in the workflow's process."""

from __future__ import annotations

import threading
from queue import SimpleQueue

import pytest

from flightlog.delivery import ResilientThread, resilient_thread

WAIT_S = 30.0


@pytest.mark.parametrize("kind", [MemoryError, RecursionError, KeyboardInterrupt, SystemExit])
def test_a_step_that_raises_costs_that_step_only(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    """The thread continues with the next step, whatever was raised."""
    monkeypatch.setattr(resilient_thread, "PAUSE_S", 0.0)
    steps = iter([kind(), kind(), None, kind(), False])

    def step() -> bool:
        outcome = next(steps)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome is None

    thread = ResilientThread("test", step)
    thread.start()
    thread.join(WAIT_S)
    assert next(steps, "none left") == "none left"


def test_a_worker_that_is_started_twice_runs_once() -> None:
    """An exception may interrupt the start of a thread, and the thread is then started again."""
    runs: SimpleQueue[int] = SimpleQueue()

    def step() -> bool:
        runs.put(threading.get_ident())
        return False

    thread = ResilientThread("test", step)
    for _ in range(3):
        thread.start()
    thread.join(WAIT_S)
    for other in threading.enumerate():
        if other.name == "test":
            other.join(WAIT_S)
    assert runs.qsize() == 1


def test_a_worker_that_was_never_started_is_not_waited_for() -> None:
    """If no thread can be started, the end of the process doesn't wait for one."""
    ResilientThread("test", lambda: False).join(1e9)
