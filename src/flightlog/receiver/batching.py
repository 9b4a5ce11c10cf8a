"""
Gathers bodies that arrive at the same time, and stores them together in one worker thread.

A commit costs the same for one record as for many, so whatever arrived during one commit shares
the next. How bodies arrive and how answers look is `ingest`'s business; what is secret in them,
where their clients didn't remove it, is `flightlog.redaction`'s.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from typing import Final

import msgspec
from msgspec import Struct

from flightlog.errors import FlightlogError, InvalidRecordError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.leases import Leases
from flightlog.record.model import WorkflowExecution, decode_execution, decode_lines, run_name
from flightlog.redaction import Redactor

MAX_BATCH_REQUESTS: Final = 256
MAX_BATCH_BYTES: Final = 32 * 1024 * 1024
GATHER_S: Final = 0.001


class Stored(Struct, frozen=True, kw_only=True):
    """What became of one request's records; they are on disk."""

    execution_ids: tuple[str, ...]
    """The executions that its records tell of, in their order."""
    deleted: tuple[str, ...]
    """Those of them of which runs were deleted before: the records of those were not stored."""
    is_empty: bool = False
    """Whether all of its records were of such runs, so that nothing was stored."""
    notes: tuple[str, ...] = ()
    """Which values were corrected before they were stored, a sentence each."""


class _Request:
    __slots__ = ("body", "future", "many", "notes", "outcome", "records", "redacted")

    def __init__(
        self,
        body: bytes | bytearray,
        *,
        many: bool,
        redacted: bool,
        future: asyncio.Future[Stored],
    ) -> None:
        self.body = body
        self.many = many
        self.redacted = redacted
        self.future = future
        self.records: list[WorkflowExecution] = []
        self.notes: list[str] = []
        self.outcome: Stored | Exception | None = None


class Batcher:
    """
    Stores bodies of records, many requests at once.

    Args:
        logger: Where to.
        redactor: Removes the secrets of records whose clients didn't.
        leases: Told of every process that a record comes from.
    """

    def __init__(self, logger: ExecutionLogger, redactor: Redactor, leases: Leases) -> None:
        self._logger = logger
        self._redactor = redactor
        self._leases = leases
        self._arrived: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, name="flightlog-ingest")
        self._worker.start()

    async def store(self, body: bytes | bytearray, *, many: bool, redacted: bool) -> Stored:
        """
        Read and store one body; all of its records or none.

        Args:
            body: JSON of one record, or NDJSON; must not change any more.
            many: Whether it is NDJSON.
            redacted: Whether its client has removed the secrets.

        Returns:
            What became of it. When this returns it is on disk.

        Raises:
            InvalidRecordError: It can't be read; nothing of it was stored.
            StoreError: The store refused; nothing of it was stored.
        """
        future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._arrived.put(_Request(body, many=many, redacted=redacted, future=future))
        return await future

    def close(self) -> None:
        """Store what has arrived, then end the worker thread."""
        self._arrived.put(None)
        self._worker.join()

    def _work(self) -> None:
        expected = 1
        while batch := self._gather(expected):
            self._store(batch)
            expected = len(batch) + self._arrived.qsize()
            _settle_soon(batch)
            # What was answered must not stay in memory until the next request comes.
            batch.clear()

    def _gather(self, expected: int) -> list[_Request]:
        # Clients that were just answered send their next record within a moment: one commit for
        # all of them is worth that wait.
        batch: list[_Request] = []
        size = 0
        deadline = 0.0
        while len(batch) < MAX_BATCH_REQUESTS and size < MAX_BATCH_BYTES:
            wait = None
            if batch:
                wait = max(0.0, deadline - time.monotonic()) if len(batch) < expected else 0.0
            try:
                request = self._arrived.get(timeout=wait)
            except queue.Empty:
                break
            if request is None:
                if batch:
                    self._arrived.put(None)
                break
            if not batch:
                deadline = time.monotonic() + GATHER_S
            batch.append(request)
            size += len(request.body)
        return batch

    def _store(self, batch: list[_Request]) -> None:
        for request in batch:
            try:
                request.records = self._read(request)
            except Exception as error:  # noqa: BLE001  the request's own answer tells of it
                request.outcome = error
        self._leases.renew(_senders(batch))
        readable = [request for request in batch if request.outcome is None]
        if not readable:
            return
        try:
            self._log(readable)
        except Exception as error:  # noqa: BLE001  the requests' answers tell of it
            if len(readable) == 1 or (isinstance(error, FlightlogError) and error.retryable):
                for request in readable:
                    request.outcome = error
            else:
                self._log_each(readable)

    def _read(self, request: _Request) -> list[WorkflowExecution]:
        records = _decode(request)
        if request.redacted:
            return records
        return [self._redactor.record(_unnumbered(record)) for record in records]

    def _log_each(self, requests: list[_Request]) -> None:
        # One of them is the culprit; its neighbours must not suffer for it.
        for request in requests:
            try:
                self._log([request])
            except Exception as error:  # noqa: BLE001  the request's own answer tells of it
                request.outcome = error

    def _log(self, requests: list[_Request]) -> None:
        if len(requests) == 1:
            records = requests[0].records
        else:
            records = [record for request in requests for record in request.records]
        deleted = frozenset(self._logger.log_executions(records).deleted)
        for request in requests:
            ids = tuple(record.id for record in request.records)
            notes = tuple(request.notes)
            request.outcome = Stored(execution_ids=ids, deleted=(), notes=notes)
            if deleted:
                gone = [record.id for record in request.records if run_name(record) in deleted]
                request.outcome = Stored(
                    execution_ids=ids,
                    deleted=tuple(dict.fromkeys(gone)),
                    is_empty=len(gone) == len(ids),
                    notes=notes,
                )


def _decode(request: _Request) -> list[WorkflowExecution]:
    if not request.many:
        return [decode_execution(request.body, request.notes)]
    records = decode_lines(request.body, request.notes)
    if not records:
        raise InvalidRecordError("the body holds no record")
    return records


def _unnumbered(record: WorkflowExecution) -> WorkflowExecution:
    # Only our own clients have a say in the ledger.
    return record if record.message is None else msgspec.structs.replace(record, message=None)


def _senders(requests: list[_Request]) -> set[str]:
    senders = set()
    for request in requests:
        for record in request.records:
            if record.message is not None:
                # A forked worker sends records of an execution that its parent runs.
                senders.add(record.message.process_id)
                continue
            if record.process_id is not None:
                senders.add(record.process_id)
            senders.update(node.process_id for node in record.node_executions if node.process_id)
    return senders


def _settle_soon(batch: list[_Request]) -> None:
    answers = [(request.future, request.outcome) for request in batch]
    batch[0].future.get_loop().call_soon_threadsafe(_settle, answers)


def _settle(answers: list[tuple[asyncio.Future[Stored], Stored | Exception | None]]) -> None:
    for future, outcome in answers:
        if future.done():
            continue
        if isinstance(outcome, Stored):
            future.set_result(outcome)
        else:
            assert outcome is not None
            future.set_exception(outcome)
