"""
Group commit: calls that arrive during a transaction share the next transaction.

There is no separate thread. The caller that gets the lock commits for all waiting callers. Many
callers thus share one sync to disk, and a single caller waits for no other.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from flightlog.errors import FlightlogError

Request = TypeVar("Request")
Result = TypeVar("Result")


class _Call(Generic[Request, Result]):
    def __init__(self, request: Request) -> None:
        self.request = request
        self.result: Result | None = None
        self.error: Exception | None = None

    @property
    def answered(self) -> bool:
        return self.result is not None or self.error is not None


class GroupCommit(Generic[Request, Result]):
    """
    Gathers concurrent requests into shared transactions.

    Args:
        commit: Runs one transaction for several requests and returns a result for each, or raises
            and stores nothing. Two threads never call `commit` at once.
        lock: Held during `commit`, and by all other users of the same connection.
        max_requests: The largest number of requests in one transaction.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Request]], Sequence[Result]],
        lock: threading.Lock,
        max_requests: int = 256,
    ) -> None:
        self._commit = commit
        self._lock = lock
        self._max_requests = max_requests
        # A deque needs no lock of its own: callers append at one end while the thread that commits
        # takes from the other end.
        self._waiting: deque[_Call[Request, Result]] = deque()
        self._none_waits = threading.Event()
        self._none_waits.set()

    @property
    def are_waiting(self) -> bool:
        """Whether calls wait for the lock."""
        return bool(self._waiting)

    def give_way(self, timeout_s: float) -> None:
        """
        Wait until a transaction has begun for the calls that wait; call this without the lock.

        A thread that releases the lock and takes it again would otherwise be faster than the
        callers, which have to wake up first.

        Args:
            timeout_s: The longest time to wait, seconds.
        """
        self._none_waits.wait(timeout_s)

    def run(self, request: Request) -> Result:
        """
        Commit one request, and wait until the commit is done.

        Args:
            request: The request.

        Returns:
            The result that `commit` returned for this request.

        Raises:
            Exception: `commit` raised this error for this request; see `run_each`.
        """
        (outcome,) = self.run_each([request])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def run_each(self, requests: Sequence[Request]) -> list[Result | Exception]:
        """
        Commit several requests, and wait until all commits are done.

        If a shared transaction fails, each request is tried alone, unless the error is retryable:
        then all requests failed for a reason that is in none of them.

        Args:
            requests: The requests.

        Returns:
            For each request, the result that `commit` returned or the error that it raised.
        """
        calls: list[_Call[Request, Result]] = [_Call(request) for request in requests]
        self._waiting.extend(calls)
        self._none_waits.clear()
        # The thread that gets the lock commits for all that wait. So a caller often finds its calls
        # answered when it gets the lock at last, and commits nothing.
        with self._lock:
            while not all(call.answered for call in calls):
                self._commit_waiting()
            # The call may have been answered between the two lines before the lock.
            self._note_waiting()
        outcomes: list[Result | Exception] = []
        for call in calls:
            if call.error is not None:
                outcomes.append(call.error)
            else:
                assert call.result is not None
                outcomes.append(call.result)
        return outcomes

    def _commit_waiting(self) -> None:
        calls = [
            self._waiting.popleft() for _ in range(min(len(self._waiting), self._max_requests))
        ]
        self._note_waiting()
        try:
            self._answer(calls)
        except Exception as error:  # noqa: BLE001 - each caller gets its own error, in its thread
            if len(calls) == 1 or (isinstance(error, FlightlogError) and error.retryable):
                for call in calls:
                    call.error = error
            else:
                for call in calls:
                    self._commit_alone(call)
        finally:
            # Put unanswered calls back, because Ctrl-C in the committing thread does not answer the
            # others.
            self._waiting.extendleft(call for call in reversed(calls) if not call.answered)

    def _note_waiting(self) -> None:
        if not self._waiting:
            self._none_waits.set()

    def _commit_alone(self, call: _Call[Request, Result]) -> None:
        try:
            self._answer([call])
        except Exception as error:  # noqa: BLE001 - as above
            call.error = error

    def _answer(self, calls: Sequence[_Call[Request, Result]]) -> None:
        results = self._commit([call.request for call in calls])
        for call, result in zip(calls, results, strict=True):
            call.result = result
