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
        self._waiting: deque[_Call[Request, Result]] = deque()

    def run(self, request: Request) -> Result:
        """
        Commit one request, and wait until the commit is done.

        Args:
            request: The request.

        Returns:
            The result that `commit` returned for this request.

        Raises:
            Exception: `commit` raised this error for this request. If a shared transaction fails,
                each request is first tried alone.
        """
        call: _Call[Request, Result] = _Call(request)
        self._waiting.append(call)
        with self._lock:
            while not call.answered:
                self._commit_waiting()
        if call.error is not None:
            raise call.error
        assert call.result is not None
        return call.result

    def _commit_waiting(self) -> None:
        calls = [
            self._waiting.popleft() for _ in range(min(len(self._waiting), self._max_requests))
        ]
        try:
            self._answer(calls)
        except Exception as error:  # noqa: BLE001 - each caller gets its own error, in its thread
            if len(calls) == 1:
                calls[0].error = error
            else:
                for call in calls:
                    self._commit_alone(call)
        finally:
            # Put unanswered calls back, because Ctrl-C in the committing thread does not answer the
            # others.
            self._waiting.extendleft(call for call in reversed(calls) if not call.answered)

    def _commit_alone(self, call: _Call[Request, Result]) -> None:
        try:
            self._answer([call])
        except Exception as error:  # noqa: BLE001 - as above
            call.error = error

    def _answer(self, calls: Sequence[_Call[Request, Result]]) -> None:
        results = self._commit([call.request for call in calls])
        for call, result in zip(calls, results, strict=True):
            call.result = result
