from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from flightlog.errors import InvalidRecordError, StoreBusyError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings, batching
from flightlog.receiver.batching import Batcher, Stored
from flightlog.receiver.histories import SingleHistory
from flightlog.receiver.leases import Leases
from flightlog.record.decoding import encode_execution
from flightlog.record.lazy_records import LISTED_BODY_BYTES
from flightlog.record.model import WorkflowExecution
from flightlog.redaction import Redactor
from flightlog.store.results import LogResult
from flightlog.store.sqlite import SqliteSettings, SqliteStore

MakeRecord = Callable[..., dict[str, Any]]


class WatchedStore(SqliteStore):
    """A store that notes its transactions, waits on request, and refuses one workflow."""

    def __init__(self, path: Path) -> None:
        self.calls: list[int] = []
        self.ids: list[str] = []
        self.called = threading.Event()
        self.go_on = threading.Event()
        super().__init__(path)

    def _merge(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult]:
        records = [item for request in requests for item in request]
        self.calls.append(len(records))
        self.ids += [each.id for each in records]
        self.called.set()
        assert self.go_on.wait(30)
        if any(record.workflow_id == "poison" for record in records):
            raise RuntimeError("a bug of the store")
        return super()._merge(requests)


class WatchedLogger(ExecutionLogger):
    """A history whose store is watched."""

    def __init__(self, path: Path) -> None:
        self.watched = WatchedStore(path)
        super().__init__(path, store=self.watched)
        self.calls = self.watched.calls
        self.ids = self.watched.ids
        self.called = self.watched.called
        self.go_on = self.watched.go_on


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[WatchedLogger]:
    """Make a watched history."""
    with WatchedLogger(tmp_path / "executions.db") as logger:
        yield logger


def batcher_of(logger: ExecutionLogger) -> Batcher:
    """Make a batcher as the receiver makes it."""
    return Batcher(SingleHistory(logger), Redactor(b"a key of the tests"), Leases(60))


def store_all(logger: WatchedLogger, bodies: list[bytes]) -> list[Stored | BaseException]:
    """Store the first body alone, while the other bodies arrive."""

    async def scenario() -> list[Stored | BaseException]:
        batcher = batcher_of(logger)
        try:
            first = asyncio.create_task(batcher.store(bodies[0], many=False, redacted=True))
            await asyncio.to_thread(logger.called.wait, 30)
            rest = [
                asyncio.create_task(batcher.store(body, many=False, redacted=True))
                for body in bodies[1:]
            ]
            await asyncio.sleep(0)
            logger.go_on.set()
            return await asyncio.gather(first, *rest, return_exceptions=True)
        finally:
            await asyncio.to_thread(batcher.close)

    return asyncio.run(scenario())


def test_what_arrives_during_a_commit_shares_the_next(
    watched: WatchedLogger, make_record: MakeRecord
) -> None:
    """Twenty bodies that arrive during a commit share one call of the logger."""
    records = [make_record() for _ in range(21)]
    outcomes = store_all(watched, [json.dumps(record).encode() for record in records])
    assert watched.calls == [1, 20]
    for record, outcome in zip(records, outcomes, strict=True):
        assert outcome == Stored(received=1, execution_id=record["id"], deleted=())


def test_a_batch_is_bounded(watched: WatchedLogger, make_record: MakeRecord) -> None:
    """One call takes at most 256 bodies."""
    body = json.dumps(make_record()).encode()
    store_all(watched, [body] * 301)
    assert watched.calls == [1, 256, 44]


def test_a_bad_body_does_not_fail_its_neighbours(
    watched: WatchedLogger, make_record: MakeRecord
) -> None:
    """A bad body gets its own error; its neighbours are stored together."""
    good = json.dumps(make_record()).encode()
    outcomes = store_all(watched, [good, good, b"{", good])
    assert isinstance(outcomes[2], InvalidRecordError)
    assert [isinstance(outcome, Stored) for outcome in outcomes] == [True, True, False, True]
    assert watched.calls == [1, 2]


def test_only_the_culprit_of_a_failed_batch_fails(
    watched: WatchedLogger, make_record: MakeRecord
) -> None:
    """When the store refuses a batch, each request is tried alone. Only the bad request fails."""
    good = json.dumps(make_record()).encode()
    poison = json.dumps(make_record(workflowId="poison")).encode()
    outcomes = store_all(watched, [good, good, poison, good])
    assert isinstance(outcomes[2], RuntimeError)
    assert [isinstance(outcome, Stored) for outcome in outcomes] == [True, True, False, True]


def test_closing_stores_what_has_arrived(watched: WatchedLogger, make_record: MakeRecord) -> None:
    """Closing stores every body that the batcher has accepted."""
    watched.go_on.set()

    async def scenario() -> Stored:
        batcher = batcher_of(watched)
        body = json.dumps(make_record()).encode()
        storing = asyncio.create_task(batcher.store(body, many=False, redacted=True))
        await asyncio.sleep(0)
        await asyncio.to_thread(batcher.close)
        return await storing

    assert asyncio.run(scenario()).deleted == ()
    assert watched.get_stats().total == 1


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the database's write lock, as another process does."""
    connection = apsw.Connection(str(path))
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[ExecutionLogger]:
    """Open a history that waits only briefly for a lock."""
    path = tmp_path / "executions.db"
    store = SqliteStore(path, SqliteSettings(busy_timeout_ms=20))
    with ExecutionLogger(path, store=store) as logger:
        yield logger


def test_a_busy_history_is_503_and_nothing_is_stored(
    impatient: ExecutionLogger, make_record: MakeRecord
) -> None:
    """A locked history gives 503 and stores nothing; a later request succeeds."""
    record = make_record()
    with Receiver(impatient, ReceiverSettings(port=0)).running() as receiver:
        url = f"{receiver.url}/api/executions"
        with locked(impatient.path):
            response = httpx.post(url, json=record)
            assert response.status_code == 503
            assert response.headers["retry-after"] == "1"
            problem = response.json()
            assert (problem["code"], problem["retryable"]) == ("store_busy", True)
            assert str(impatient.path) not in response.text
            assert httpx.get(f"{url}/{record['id']}").status_code == 404
        assert httpx.post(url, json=record).status_code == 200


def test_a_retryable_failure_is_not_tried_one_by_one(
    impatient: ExecutionLogger, make_record: MakeRecord
) -> None:
    """A batch that finds the history busy fails as a whole, so that each body waits only once."""

    async def scenario() -> list[Stored | BaseException]:
        batcher = batcher_of(impatient)
        try:
            body = json.dumps(make_record()).encode()
            return await asyncio.gather(
                *(batcher.store(body, many=False, redacted=True) for _ in range(10)),
                return_exceptions=True,
            )
        finally:
            await asyncio.to_thread(batcher.close)

    with locked(impatient.path):
        outcomes = asyncio.run(scenario())
    assert [type(outcome) for outcome in outcomes] == [StoreBusyError] * 10


def test_an_unforeseen_failure_is_a_500_without_internals(
    watched: WatchedLogger, make_record: MakeRecord, caplog: pytest.LogCaptureFixture
) -> None:
    """The client learns only that the request failed; the log has the reason."""
    watched.go_on.set()
    with Receiver(watched, ReceiverSettings(port=0)).running() as receiver:
        url = f"{receiver.url}/api/executions"
        response = httpx.post(url, json=make_record(workflowId="poison"))
        assert httpx.post(url, json=make_record()).status_code == 200
    assert response.status_code == 500
    assert response.json()["code"] == "internal_error"
    assert response.json()["success"] is False
    assert "bug of the store" not in response.text
    assert "bug of the store" in caplog.text


def test_redaction_of_many_bodies_leaves_time_for_other_commits(
    watched: WatchedLogger, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the time for redaction is used up, further bodies share the next commits."""
    monkeypatch.setattr(batching, "REDACTION_S", 0.0)
    bodies = [json.dumps(make_record(id=f"e{number}")).encode() for number in range(6)]

    async def scenario() -> list[Stored]:
        batcher = batcher_of(watched)
        try:
            first = asyncio.create_task(batcher.store(bodies[0], many=False, redacted=True))
            await asyncio.to_thread(watched.called.wait, 30)
            rest = [
                asyncio.create_task(batcher.store(body, many=False, redacted=number >= 4))
                for number, body in enumerate(bodies[1:], 1)
            ]
            await asyncio.sleep(0)
            watched.go_on.set()
            return await asyncio.gather(first, *rest)
        finally:
            await asyncio.to_thread(batcher.close)

    stored = asyncio.run(scenario())
    assert [each.execution_id for each in stored] == [f"e{number}" for number in range(6)]
    # The two redacted bodies and one other body come first; then one body for each commit.
    assert watched.calls == [1, 3, 1, 1]


def test_bodies_of_a_slow_client_go_to_the_workers(
    watched: WatchedLogger, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a body that took long to redact, a worker redacts the client's next bodies."""
    monkeypatch.setattr(batching, "SLOW_BODY_S", -1.0)
    secret = "hunter2x9"
    bodies = [
        json.dumps(make_record(id=f"e{number}", tags={"password": secret})).encode()
        for number in range(2)
    ]
    watched.go_on.set()

    async def scenario() -> set[str]:
        batcher = batcher_of(watched)
        try:
            for body in bodies:
                await batcher.store(body, many=False, redacted=False, client="slow")
            return {thread.name for thread in threading.enumerate()}
        finally:
            await asyncio.to_thread(batcher.close)

    assert "flightlog-redaction-small" in asyncio.run(scenario())
    for number in range(2):
        stored = watched.get_execution(f"e{number}")
        assert stored is not None
        assert stored.tags is not None
        assert stored.tags["password"].startswith("[REDACTED:")


def test_the_client_with_the_least_redaction_comes_first(
    watched: WatchedLogger, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client whose bodies took time to redact doesn't hold up a client that sent none before."""
    monkeypatch.setattr(batching, "REDACTION_S", 0.0)
    bodies = [json.dumps(make_record(id=f"e{number}")).encode() for number in range(5)]
    clients = ["costly", "costly", "costly", "new", "costly"]

    async def scenario() -> None:
        batcher = batcher_of(watched)
        tasks = []
        try:
            for number, (body, client) in enumerate(zip(bodies, clients, strict=True)):
                tasks.append(
                    asyncio.create_task(
                        batcher.store(body, many=False, redacted=False, client=client)
                    )
                )
                if number == 0:
                    await asyncio.to_thread(watched.called.wait, 30)
            await asyncio.sleep(0)
            watched.go_on.set()
            await asyncio.gather(*tasks)
        finally:
            await asyncio.to_thread(batcher.close)

    asyncio.run(scenario())
    assert watched.ids[:2] == ["e0", "e3"]
    assert sorted(watched.ids) == [f"e{number}" for number in range(5)]


@pytest.mark.parametrize("redacted", [True, False])
def test_a_large_body_of_many_records_is_stored_in_portions(
    redacted: bool, tmp_path: Path, make_record: MakeRecord
) -> None:
    """Each record arrives once; only a signed body changes the ledger, and secrets are removed."""
    records = [
        make_record(
            id=f"e{number}",
            trigger={"type": "http", "data": {"password": "hunter2-hunter2", "text": "x" * 900}},
            message={"processId": "p", "number": number + 1},
        )
        for number in range(700)
    ]
    body = bytearray(b"\n".join(json.dumps(each).encode() for each in records))
    with ExecutionLogger(tmp_path / "executions.db") as logger:
        logger.log_execution(records[3])
        logger.writer.delete("e3")

        async def scenario() -> Stored:
            batcher = batcher_of(logger)
            try:
                return await batcher.store(body, many=True, redacted=redacted)
            finally:
                await asyncio.to_thread(batcher.close)

        stored = asyncio.run(scenario())
        assert (stored.received, stored.execution_id, stored.deleted) == (700, "e0", ("e3",))
        assert logger.get_stats().total == 699
        found = logger.get_execution("e699")
        assert found is not None
        assert (b"hunter2" in encode_execution(found)) == redacted
        numbers = logger.reader.read_process_numbers()
        assert [each.ranges for each in numbers] == ([((1, 700),)] if redacted else [((4, 4),)])


@pytest.mark.parametrize("many", [True, False])
@pytest.mark.parametrize("redacted", [True, False])
def test_a_large_record_is_stored_in_parts(
    redacted: bool, many: bool, tmp_path: Path, make_record: MakeRecord
) -> None:
    """It counts as one record and one message, and comes back whole, without secrets."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    nodes = [{**node, "output": {"password": f"hunter2-{n}-{'x' * 600}"}} for n in range(1_200)]
    record = make_record(nodeExecutions=nodes, message={"processId": "p", "number": 1})
    body = bytearray(json.dumps(record).encode())
    assert len(body) > LISTED_BODY_BYTES
    with ExecutionLogger(tmp_path / "executions.db") as logger:

        async def scenario() -> Stored:
            batcher = batcher_of(logger)
            try:
                return await batcher.store(body, many=many, redacted=redacted)
            finally:
                await asyncio.to_thread(batcher.close)

        stored = asyncio.run(scenario())
        assert (stored.received, stored.execution_id) == (1, record["id"])
        found = logger.get_execution(record["id"])
        assert found is not None
        assert [each.sequence for each in found.node_executions] == list(range(1_200))
        assert (b"hunter2" in encode_execution(found)) == redacted
        numbers = logger.reader.read_process_numbers()
        assert [each.ranges for each in numbers] == ([((1, 1),)] if redacted else [])
