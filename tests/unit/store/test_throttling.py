"""Portions adapt to the time that they take, and removing gets its turns."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from flightlog.store.throttling import (
    PORTION_S,
    PortionSizer,
    RemovalTurns,
    Share,
    SliceSize,
    Stopwatch,
)


def run(sizer: PortionSizer, step_s: float, monkeypatch: pytest.MonkeyPatch) -> int:
    """Do a portion whose every step takes the processor for a time."""
    clock = itertools.count(0, 3 * sizer.size * step_s)
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(time, "thread_time", lambda: 0.0)
    sizer.begin()
    sizer.end(sizer.size)
    return sizer.size


def test_portions_grow_to_the_time_that_they_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each portion is at most twice as large as the last one, and none is larger than allowed."""
    sizer = PortionSizer(10, 500)
    sizes = [run(sizer, PORTION_S / 100, monkeypatch) for _ in range(8)]
    assert sizes[:3] == [20, 40, 80]
    assert sizes[-1] in {99, 100}
    assert [run(sizer, 1e-9, monkeypatch) for _ in range(4)][-1] == 500


def test_slow_portions_shrink_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A portion is never smaller than one step, and a portion without work changes nothing."""
    sizer = PortionSizer(400, 500)
    assert run(sizer, PORTION_S / 20, monkeypatch) in {19, 20}
    assert run(sizer, PORTION_S * 5, monkeypatch) == 1
    sizer.begin()
    sizer.end(0)
    assert sizer.size == 1


def test_the_size_of_slices_follows_their_time() -> None:
    """After a slow slice the next one is smaller, and after a quick one at most twice as large."""
    slices = SliceSize(100, 10, 1_000, 0.01)
    slices.adapt(100, 0.02)
    assert slices.size == 50
    slices.adapt(50, 0.001)
    assert slices.size == 100
    slices.adapt(100, 10)
    assert slices.size == 10


def test_a_small_slice_leaves_the_size_as_it_is() -> None:
    """A slice that ended for want of work doesn't make the next one smaller."""
    slices = SliceSize(100, 10, 1_000, 0.01)
    slices.adapt(20, 0.02)
    assert slices.size == 100


def test_a_stopwatch_counts_processor_time() -> None:
    """A stopwatch never runs backwards, and counts work."""
    stopwatch = Stopwatch()
    first = stopwatch.read_s()
    sum(range(100_000))
    assert 0 <= first < stopwatch.read_s()


def test_the_share_of_some_work() -> None:
    """A share is 0 without work, and at most 1."""
    share = Share()
    assert share.take() == 0
    with share.measuring():
        sum(range(100_000))
    assert 0 < share.take() <= 1
    assert share.take() == 0


def test_a_removal_that_waits_keeps_new_calls_waiting() -> None:
    """A removal that waits for the lock asks new calls to wait, until it has its turn."""
    lock = threading.Lock()
    turns = RemovalTurns(lock, lambda _: None)
    waits, is_done = threading.Event(), threading.Event()

    def remove() -> None:
        waits.set()
        with turns.take():
            is_done.set()

    with lock:
        thread = threading.Thread(target=remove)
        thread.start()
        waits.wait()
        while turns._no_removal_waits.is_set():
            pass
    is_done.wait()
    thread.join()
    assert turns._no_removal_waits.is_set()
    assert not lock.locked()
