"""
Redact large bodies in worker processes, so that one client's body never holds up other clients.

The pool starts a worker when the first large body arrives, gives it one body at a time, and ends it
after some idle time. Small and large bodies have separate workers, and among waiting bodies the
smaller ones come first. A worker that dies is replaced once for a body; after that the body is
redacted in this process, in a thread of its own. A body is never returned without redaction.

The receiver has a large body in memory once. If it holds one record, the body is cleared when the
worker has redacted the record, before the redacted record arrives here. Of many records, the
redacted ones take the places of the others in the body (`body_rewriting`).
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import logging
import threading
import time
from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from flightlog.child_process import LENGTH, ChildProcess, read_frame, write_frame
from flightlog.errors import BodyTooLargeError, InvalidRecordError
from flightlog.receiver.body_rewriting import BodyRewriter
from flightlog.redaction import Redactor, worker
from flightlog.redaction.worker import (
    DONE,
    INVALID,
    Configuration,
    changed_records,
)

_logger = logging.getLogger(__name__)

Changes: TypeAlias = Mapping[int, bytes | bytearray]
"""The JSON of the records that had secrets, by their position in the body."""

POOLED_BODY_BYTES: Final = 32 * 1024
"""A larger body is redacted in a worker."""
_SMALL_BYTES: Final = 1024 * 1024
"""A larger body waits only behind bodies of its kind."""
_BYTES_PER_S: Final = 1024 * 1024
"""A body waits as if it had arrived later by its size, so that no body waits forever."""
_IDLE_S: Final = 30.0
_TRIES: Final = 2


class BodyGivenUpError(Exception):
    """The receiver ends before the body is redacted."""


class RedactionInterruptedError(Exception):
    """The worker died while it handed over a body that is changed; the client sends it again."""


class Redacted(Struct, frozen=True, kw_only=True):
    """A redacted body."""

    changes: Changes
    """
    The records that had secrets, as far as the body does not hold them; a body of one record that
    is here must not be used.
    """
    notes: tuple[str, ...]
    """The values that the worker corrected, a sentence each."""


class RedactionPool:
    """
    Redacts bodies in worker processes.

    Args:
        redactor: The receiver's redactor; the workers get its rules and secrets.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._small = _Lane(redactor, "small")
        self._large = _Lane(redactor, "large")
        self._unanswered: set[_Job] = set()
        self._gives_up = False

    async def redact(
        self, body: bytes | bytearray, *, many: bool, is_kept: bool = False
    ) -> Redacted | None:
        """
        Redact a body.

        Args:
            body: JSON of one record, or NDJSON; the caller must not change the body.
            many: Whether the body is NDJSON.
            is_kept: Whether the body is needed afterwards, so that it must not be changed.

        Returns:
            The records that had secrets, redacted; None if the body holds no valid records.

        Raises:
            BodyGivenUpError: `give_up` was called.
            RedactionInterruptedError: The body was changed, and redacted records are lost.
        """
        if self._gives_up:
            raise BodyGivenUpError
        loop = asyncio.get_running_loop()
        job = _Job(body, many, loop.create_future())
        job.may_change = not is_kept and len(body) > _SMALL_BYTES
        self._unanswered.add(job)
        (self._small if len(body) <= _SMALL_BYTES else self._large).add(job)
        try:
            return await job.future
        finally:
            # If the client's request was canceled, nobody waits for the result.
            job.is_wanted = False
            self._unanswered.discard(job)

    def give_up(self) -> None:
        """Give up the bodies that wait or are being redacted, and all later ones; on the loop."""
        self._gives_up = True
        for job in self._unanswered:
            if not job.future.done():
                job.future.set_exception(BodyGivenUpError())

    def close(self) -> None:
        """End the workers; bodies that are being redacted are given up."""
        for lane in (self._small, self._large):
            lane.close()


class _Job:
    """One body to redact."""

    __slots__ = ("body", "future", "is_changed", "is_wanted", "many", "may_change")

    def __init__(
        self,
        body: bytes | bytearray,
        many: bool,
        future: asyncio.Future[Redacted | None],
    ) -> None:
        self.body = body
        self.many = many
        self.future = future
        self.is_wanted = True
        self.may_change = False
        self.is_changed = False

    def clear(self) -> None:
        """Clear the body, if that is allowed; the worker has redacted its only record."""
        if self.may_change and isinstance(self.body, bytearray):
            self.is_changed = True
            self.body.clear()

    def rewrite(self) -> BodyRewriter | None:
        """Begin to change a body of many records; None if that is not allowed."""
        if not (self.may_change and isinstance(self.body, bytearray)):
            return None
        self.is_changed = True
        return BodyRewriter(self.body)

    def settle(self, outcome: Redacted | Exception | None) -> None:
        """Hand over the outcome to the event loop; from any thread."""
        # A loop that is closed has no waiting requests.
        with contextlib.suppress(RuntimeError):
            self.future.get_loop().call_soon_threadsafe(self._set, outcome)

    def cancel(self) -> None:
        """Cancel the wait for the outcome; from any thread."""
        with contextlib.suppress(RuntimeError):
            self.future.get_loop().call_soon_threadsafe(self.future.cancel)

    def _set(self, outcome: Redacted | Exception | None) -> None:
        if self.future.done():
            return
        if isinstance(outcome, Exception):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


class _Lane:
    """Jobs of one kind, the thread that waits for their worker, and the worker."""

    def __init__(self, redactor: Redactor, name: str) -> None:
        self._redactor = redactor
        self._name = name
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, _Job]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        self._worker: _Worker | None = None
        self._is_closed = False

    def add(self, job: _Job) -> None:
        """Queue a job, and start the thread if there is none."""
        with self._changed:
            if self._is_closed:
                job.cancel()
                return
            order = time.monotonic() + len(job.body) / _BYTES_PER_S
            heapq.heappush(self._waiting, (order, next(self._numbers), job))
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name=f"flightlog-redaction-{self._name}"
                )
                self._thread.start()

    def close(self) -> None:
        """End the thread and its worker, and cancel the jobs."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
            thread = self._thread
            if self._worker is not None:
                self._worker.kill()
            for _, _, job in self._waiting:
                job.cancel()
            self._waiting.clear()
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            self._do(job)
            # An answered request must not stay in memory until the next request arrives.
            del job

    def _next(self) -> _Job | None:
        with self._changed:
            while True:
                if not self._waiting and not self._is_closed:
                    self._changed.wait(_IDLE_S)
                if self._is_closed or not self._waiting:
                    self._end_worker()
                    self._thread = None
                    return None
                _, _, job = heapq.heappop(self._waiting)
                if job.is_wanted:
                    return job

    def _do(self, job: _Job) -> None:
        for _ in range(_TRIES):
            try:
                job.settle(self._ready_worker().redact(job))
            except Exception as error:  # noqa: BLE001  another worker or this process takes over
                self._end_worker()
                if self._is_closed or not job.is_wanted:
                    job.cancel()
                    return
                _logger.warning(
                    "A worker that redacts large bodies ended early (%s: %s).",
                    type(error).__name__,
                    error,
                )
                if job.is_changed:
                    job.settle(RedactionInterruptedError())
                    return
            else:
                return
        notes: list[str] = []
        try:
            changes = dict(changed_records(self._redactor, job.body, notes, many=job.many))
            job.settle(Redacted(changes=changes, notes=tuple(notes)))
        except (InvalidRecordError, BodyTooLargeError):
            job.settle(None)
        except Exception as error:  # noqa: BLE001  the request's own answer reports the error
            job.settle(error)

    def _ready_worker(self) -> _Worker:
        if self._worker is None:
            started = _Worker(self._redactor)
            with self._changed:
                self._worker = started
                if self._is_closed:
                    started.kill()
            return started
        return self._worker

    def _end_worker(self) -> None:
        with self._changed:
            ended, self._worker = self._worker, None
        if ended is not None:
            ended.kill()
            ended.wait()


class _Worker:
    """A worker process."""

    def __init__(self, redactor: Redactor) -> None:
        key, rules, secrets = redactor.parts()
        self._process = ChildProcess(worker.__name__)
        configuration = Configuration(key=key, rules=rules, secrets=secrets)
        try:
            write_frame(self._process.input, msgspec.msgpack.encode(configuration))
        except BaseException:
            self.kill()
            self.wait()
            raise

    def redact(self, job: _Job) -> Redacted | None:
        """
        Redact one body.

        Args:
            job: The body.

        Returns:
            The changed records; None if the body holds no valid records.

        Raises:
            OSError: The worker died.
            EOFError: The worker died.
        """
        write_frame(self._process.input, b"1" if job.many else b"0")
        write_frame(self._process.input, job.body)
        changes: dict[int, bytearray] = {}
        rewriter = None
        while True:
            frame = read_frame(self._process.output)
            if frame == INVALID:
                return None
            # The position of a record begins with another byte.
            if frame.startswith(DONE):
                notes = msgspec.json.decode(frame[len(DONE) :], type=tuple[str, ...])
                if rewriter is not None:
                    rewriter.finish()
                return Redacted(changes=changes, notes=notes)
            if not job.many:
                job.clear()
            elif not job.is_changed:
                rewriter = job.rewrite()
            position = LENGTH.unpack(frame)[0]
            record = read_frame(self._process.output)
            if rewriter is None:
                changes[position] = record
            else:
                rewriter.replace(position, record)

    def kill(self) -> None:
        """End the process at once; from any thread."""
        self._process.kill()

    def wait(self) -> None:
        """Wait for the end of a killed process, so that no zombie remains."""
        self._process.wait()
