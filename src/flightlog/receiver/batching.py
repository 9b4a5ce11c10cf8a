"""
Collect bodies that arrive at the same time, and store them together in one worker thread.

A commit of many records costs the same as a commit of one record, so all bodies that arrive during
one commit share the next. `ingest` receives the bodies and writes the answers.
`flightlog.redaction` removes secrets that clients have not removed: `redaction_pool` redacts large
bodies and those of clients whose bodies took long, and the worker thread redacts the others, for a
short time between two commits.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from flightlog.errors import BodyTooLargeError, InvalidRecordError
from flightlog.receiver.histories import History, HistoryProvider, group_records
from flightlog.receiver.leases import Leases
from flightlog.receiver.redaction_pool import (
    POOLED_BODY_BYTES,
    Changes,
    Redacted,
    RedactionPool,
)
from flightlog.record.decoding import decode_execution, decode_lines
from flightlog.record.lazy_records import LISTED_BODY_BYTES, LazyRecords
from flightlog.record.model import WorkflowExecution, make_run_name
from flightlog.redaction import Redactor
from flightlog.store.results import LogResult

MAX_BATCH_REQUESTS: Final = 256
MAX_BATCH_BYTES: Final = 32 * 1024 * 1024
MAX_PARTS: Final = 200_000
"""The largest number of executions and node executions in one body."""
_PART_NAMES: Final = (b'"nodeId"', b'"workflowId"')
_NO_RECORD: Final = "the body holds no record"
GATHER_S: Final = 0.001
REDACTION_S: Final = 0.02
"""How long the worker thread redacts before it commits; further bodies share the next commit."""


SLOW_BODY_S: Final = 0.01
"""After a body whose redaction took more processor time, a client's bodies go to the workers."""
SLOW_CLIENT_S: Final = 10.0
"""How long they go there, seconds."""
_MOST_SLOW_CLIENTS: Final = 1000
_LEAST_S: Final = 1e-4
_HALVED_AFTER_S: Final = 0.5


class Stored(Struct, frozen=True, kw_only=True):
    """The result of storing one request's records; the records are on disk."""

    received: int
    """The number of the records."""
    execution_id: str
    """The execution of the first record."""
    deleted: tuple[str, ...]
    """The executions with deleted runs; the records of these runs were not stored."""
    is_empty: bool = False
    """Whether all records belong to deleted runs, so that no record was stored."""
    notes: tuple[str, ...] = ()
    """The values that were corrected before storing, one sentence each."""


class _Request:
    __slots__ = (
        "body",
        "client",
        "deleted",
        "future",
        "many",
        "notes",
        "outcome",
        "parts",
        "received",
        "records",
        "redacted",
        "redaction",
        "senders",
    )

    def __init__(
        self,
        body: bytes | bytearray,
        *,
        many: bool,
        redacted: bool,
        redaction: Redacted | None,
        client: Hashable,
        future: asyncio.Future[Stored],
    ) -> None:
        self.body = body
        self.many = many
        self.redacted = redacted
        self.redaction = redaction
        self.client = client
        self.future = future
        self.records: Sequence[WorkflowExecution] = ()
        self.received = 0
        self.parts: dict[History, Sequence[WorkflowExecution]] = {}
        self.senders: set[str] = set()
        self.notes: list[str] = []
        self.deleted: set[str] = set()
        self.outcome: Stored | Exception | None = None


class Batcher:
    """
    Stores bodies of records, many requests at once.

    Args:
        histories: Choose the history of each record.
        redactor: Removes secrets that clients have not removed.
        leases: Renews the lease of every process that sent a record.
    """

    def __init__(self, histories: HistoryProvider, redactor: Redactor, leases: Leases) -> None:
        self._histories = histories
        self._redactor = redactor
        self._pool = RedactionPool(redactor)
        self._leases = leases
        self._deferred: list[_Request] = []
        # The time that redaction took for each client; the clients with the least come first.
        self._spent_s: dict[Hashable, float] = {}
        # The clients whose bodies go to the workers, and until when.
        self._slow_until: dict[Hashable, float] = {}
        self._halved_at = 0.0
        self._arrived: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, name="flightlog-ingest")
        self._worker.start()

    async def store(
        self,
        body: bytes | bytearray,
        *,
        many: bool,
        redacted: bool,
        client: Hashable = None,
        is_kept: bool = False,
    ) -> Stored:
        """
        Read and store one body: all of its records or none.

        If the records belong to several histories, each history stores all of its records or none.
        The body can be sent again, because a repetition changes nothing.

        Args:
            body: JSON of one record, or NDJSON; the caller must not change the body afterwards.
            many: Whether the body is NDJSON.
            redacted: Whether the client has removed the secrets.
            client: The client's connection; clients share the time for redaction.
            is_kept: Whether the body is needed afterwards; other bodies may be changed.

        Returns:
            The result; the records are on disk when this method returns.

        Raises:
            InvalidRecordError: The body can't be read; no record was stored.
            BodyTooLargeError: The body has too many executions and node executions.
            StoreError: The store failed; no record was stored.
            BodyGivenUpError: The receiver ends before the body is redacted; no record was stored.
            RedactionInterruptedError: A worker died; no record was stored.
        """
        _check_number(body)
        redaction = None
        if not redacted and (len(body) > POOLED_BODY_BYTES or self._is_slow(client)):
            redaction = await self._pool.redact(body, many=many, is_kept=is_kept)
        future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._arrived.put(
            _Request(
                body,
                many=many,
                redacted=redacted,
                redaction=redaction,
                client=client,
                future=future,
            )
        )
        return await future

    def give_up(self) -> None:
        """Give up the bodies that wait for a worker process; on the event loop's thread."""
        self._pool.give_up()

    def close(self) -> None:
        """Store the bodies that have arrived, then end the worker thread and the pool."""
        self._pool.close()
        self._arrived.put(None)
        self._worker.join()

    def _work(self) -> None:
        expected = 1
        while batch := self._gather(expected):
            self._store(batch)
            expected = len(batch) + len(self._deferred) + self._arrived.qsize()
            _settle_soon(batch)
            # Answered requests must not stay in memory until the next request arrives.
            batch.clear()

    def _gather(self, expected: int) -> list[_Request]:
        # Wait briefly, because clients that were just answered send their next record at once, and
        # one commit can store all of these records.
        batch, self._deferred = self._deferred, []
        size = sum(len(request.body) for request in batch)
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
            if not deadline:
                deadline = time.monotonic() + GATHER_S
            batch.append(request)
            size += len(request.body)
        return batch

    def _store(self, batch: list[_Request]) -> None:
        self._read_all(batch)
        self._leases.renew(set().union(*(request.senders for request in batch)))
        self._log([request for request in batch if request.outcome is None])

    def _read_all(self, batch: list[_Request]) -> None:
        """Read the bodies of a batch; defer what can't be redacted in the time for one commit."""
        # Other clients must not wait for the redaction of one client's many bodies.
        batch.sort(key=self._order)
        spent_s = 0.0
        for place, request in enumerate(batch):
            is_redacted_here = _count_redaction_bytes(request) > 0
            # Each batch redacts at least one body, so that no body is deferred forever.
            if is_redacted_here and spent_s > REDACTION_S:
                self._deferred = batch[place:]
                del batch[place:]
                return
            began, processor_began = time.monotonic(), time.thread_time()
            try:
                self._read(request)
            except Exception as error:  # noqa: BLE001  the request's own answer reports the error
                request.outcome = error
            if is_redacted_here:
                seconds = time.monotonic() - began
                spent_s += max(seconds, _LEAST_S)
                self._note_spent(request.client, seconds)
                if time.thread_time() - processor_began > SLOW_BODY_S:
                    self._note_slow(request.client)

    def _order(self, request: _Request) -> tuple[float, int]:
        size = _count_redaction_bytes(request)
        return (self._spent_s.get(request.client, 0.0) if size else -1.0, size)

    def _note_spent(self, client: Hashable, seconds: float) -> None:
        now = time.monotonic()
        if now - self._halved_at > _HALVED_AFTER_S:
            # Old bodies count less and less, and clients that are gone are forgotten.
            self._halved_at = now
            self._spent_s = {
                each: spent / 2 for each, spent in self._spent_s.items() if spent > _LEAST_S
            }
        self._spent_s[client] = self._spent_s.get(client, 0.0) + seconds

    def _note_slow(self, client: Hashable) -> None:
        if len(self._slow_until) >= _MOST_SLOW_CLIENTS:
            # The event loop's thread reads the old dict meanwhile.
            self._slow_until = {}
        self._slow_until[client] = time.monotonic() + SLOW_CLIENT_S

    def _is_slow(self, client: Hashable) -> bool:
        until = self._slow_until.get(client)
        if until is not None and until < time.monotonic():
            self._slow_until.pop(client, None)
            return False
        return until is not None

    def _read(self, request: _Request) -> None:
        """Decode a request's records, redact them, and choose their histories."""
        redaction, request.redaction = request.redaction, None
        changes = {} if redaction is None else redaction.changes
        if changes and not request.many:
            # The body is no longer needed, and may be cleared already.
            request.body, changes = changes[0], {}
        is_redacted = request.redacted or redaction is not None
        if len(request.body) > LISTED_BODY_BYTES:
            self._read_lazily(request, changes, is_redacted=is_redacted)
        else:
            self._read_list(request, changes, is_redacted=is_redacted)
        if redaction is not None:
            # Redacted records, which the body may hold already, have no wrong values any more.
            request.notes = list(redaction.notes)

    def _read_lazily(self, request: _Request, changes: Changes, *, is_redacted: bool) -> None:
        prepare = None if request.redacted else _remove_number if is_redacted else self._redact
        records = LazyRecords(
            request.body,
            changes,
            prepare,
            many=request.many,
            divided_bytes=LISTED_BODY_BYTES,
        )
        if not records:
            raise InvalidRecordError(_NO_RECORD)
        histories: set[History] = set()
        for record in records.read(request.notes):
            request.senders.update(_list_senders([record]))
            histories.add(self._histories.choose_for_record(record))
        # A single record is already in memory.
        request.records = [record] if len(records) == 1 else records
        request.received = records.received
        if len(histories) == 1:
            request.parts = {histories.pop(): request.records}
        else:
            request.parts = {**group_records(self._histories, request.records)}

    def _read_list(self, request: _Request, changes: Changes, *, is_redacted: bool) -> None:
        records = _decode(request)
        for position, json in changes.items():
            records[position] = decode_execution(json, [])
        if not request.redacted:
            prepare = _remove_number if is_redacted else self._redact
            records = list(map(prepare, records))
        request.records = records
        request.received = len(records)
        request.senders = set(_list_senders(records))
        request.parts = {**group_records(self._histories, records)}

    def _redact(self, record: WorkflowExecution) -> WorkflowExecution:
        return self._redactor.record(_remove_number(record))

    def _log(self, requests: list[_Request]) -> None:
        # Each history stores the records of many requests in one transaction.
        parts: dict[History, list[tuple[_Request, Sequence[WorkflowExecution]]]] = {}
        for request in requests:
            for history, records in request.parts.items():
                parts.setdefault(history, []).append((request, records))
        for history, chosen in parts.items():
            outcomes = _merge(history, [records for _, records in chosen])
            for (request, _), outcome in zip(chosen, outcomes, strict=True):
                if isinstance(outcome, LogResult):
                    request.deleted.update(outcome.deleted)
                else:
                    request.outcome = outcome
        for request in requests:
            if request.outcome is None:
                request.outcome = _make_result(request)


def _merge(
    history: History, requests: list[Sequence[WorkflowExecution]]
) -> Sequence[LogResult | Exception]:
    try:
        return history.log(requests)
    except Exception as error:  # noqa: BLE001  the requests' answers report the error
        return [error] * len(requests)


def _make_result(request: _Request) -> Stored:
    deleted: list[str] = []
    if request.deleted:
        deleted = [
            record.id for record in request.records if make_run_name(record) in request.deleted
        ]
    return Stored(
        received=request.received,
        execution_id=request.records[0].id,
        deleted=tuple(dict.fromkeys(deleted)),
        is_empty=len(deleted) == len(request.records),
        notes=tuple(request.notes),
    )


def _decode(request: _Request) -> list[WorkflowExecution]:
    if not request.many:
        return [decode_execution(request.body, request.notes)]
    records = decode_lines(request.body, request.notes)
    if not records:
        raise InvalidRecordError(_NO_RECORD)
    return records


def _check_number(body: bytes | bytearray) -> None:
    # Count before decoding, because a decoded record takes many times the memory of its JSON.
    may_have_more = len(body) > MAX_PARTS * len(_PART_NAMES[0])
    if may_have_more and sum(body.count(name) for name in _PART_NAMES) > MAX_PARTS:
        raise BodyTooLargeError(MAX_PARTS, "executions and node executions")


def _count_redaction_bytes(request: _Request) -> int:
    return 0 if request.redacted or request.redaction is not None else len(request.body)


def _remove_number(record: WorkflowExecution) -> WorkflowExecution:
    # Only this installation's own clients may change the ledger.
    return record if record.message is None else msgspec.structs.replace(record, message=None)


def _list_senders(records: Iterable[WorkflowExecution]) -> Iterator[str]:
    for record in records:
        if record.message is not None:
            # A forked worker sends records of an execution that its parent runs.
            yield record.message.process_id
            continue
        if record.process_id is not None:
            yield record.process_id
        for node in record.node_executions:
            if node.process_id:
                yield node.process_id


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
