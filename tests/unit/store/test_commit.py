from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from flightlog.store.commit import GroupCommit


def test_calls_that_wait_share_one_transaction() -> None:
    """Calls that wait for a commit share the next transaction; each call gets its own result."""
    lock = threading.Lock()
    transactions: list[list[int]] = []

    def commit(requests: Sequence[int]) -> list[int]:
        transactions.append(sorted(requests))
        return [request * 10 for request in requests]

    group = GroupCommit(commit, lock)
    with ThreadPoolExecutor(8) as pool:
        with lock:
            answers = [pool.submit(group.run, number) for number in range(1, 9)]
            while len(group._waiting) < len(answers):
                threading.Event().wait(0.001)
        assert [answer.result() for answer in answers] == [n * 10 for n in range(1, 9)]
    assert transactions == [list(range(1, 9))]


def test_an_interrupted_commit_leaves_the_others_to_commit_themselves() -> None:
    """Ctrl-C interrupts the committing thread; the calls that wait for that thread lose nothing."""
    lock = threading.Lock()
    committed: list[int] = []
    interrupted = threading.Event()

    def commit(requests: Sequence[int]) -> list[int]:
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt
        committed.extend(requests)
        return list(requests)

    def run(number: int) -> int:
        try:
            return group.run(number)
        except KeyboardInterrupt:
            return -1

    group = GroupCommit(commit, lock)
    with ThreadPoolExecutor(4) as pool:
        with lock:
            answers = [pool.submit(run, number) for number in range(1, 5)]
            while len(group._waiting) < len(answers):
                threading.Event().wait(0.001)
        results = sorted(answer.result() for answer in answers)
    assert results[0] == -1
    assert set(results[1:]) <= set(committed)
    assert sorted(committed) == [1, 2, 3, 4]


def test_a_failure_stays_with_the_call_that_caused_it() -> None:
    """A failed shared transaction is retried call by call, so that only the faulty call fails."""
    lock = threading.Lock()

    def commit(requests: Sequence[int]) -> list[int]:
        if 3 in requests:
            raise ValueError("three")
        return list(requests)

    group = GroupCommit(commit, lock)
    with ThreadPoolExecutor(4) as pool:
        with lock:
            answers = [pool.submit(group.run, number) for number in range(1, 5)]
            while len(group._waiting) < len(answers):
                threading.Event().wait(0.001)
        for number, answer in enumerate(answers, 1):
            if number == 3:
                with pytest.raises(ValueError, match="three"):
                    answer.result()
            else:
                assert answer.result() == number


def test_other_work_gives_way_to_calls_that_wait() -> None:
    """Other work waits until a transaction has begun for the calls that wait, and no longer."""
    lock = threading.Lock()
    begun: list[str] = []

    def commit(requests: Sequence[int]) -> list[int]:
        begun.append("calls")
        return list(requests)

    def work() -> None:
        group.give_way(60)
        with lock:
            begun.append("work")

    group = GroupCommit(commit, lock)
    group.give_way(60)
    with ThreadPoolExecutor(2) as pool:
        with lock:
            answer = pool.submit(group.run, 1)
            while not group.are_waiting:
                threading.Event().wait(0.001)
            other = pool.submit(work)
        answer.result()
        other.result()
    assert begun == ["calls", "work"]
    assert not group.are_waiting
    group.give_way(60)


def test_other_work_gives_way_for_a_limited_time() -> None:
    """Calls that never get the lock don't stop other work forever."""
    lock = threading.Lock()
    group: GroupCommit[int, int] = GroupCommit(list, lock)
    with ThreadPoolExecutor(1) as pool, lock:
        answer = pool.submit(group.run, 1)
        while not group.are_waiting:
            threading.Event().wait(0.001)
        group.give_way(0.01)
        assert group.are_waiting
        assert not answer.done()
