"""Receivers of a history on a ClickHouse server whose connections and answers fail."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from typing import Final

import httpx
import pytest

from flightlog.errors import StoreDisconnectedError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.record.model import WorkflowExecution
from flightlog.store.clickhouse import ClickHouseSettings, ClickHouseStore
from flightlog.store.query import ExecutionQuery
from support.clickhouse_server import Fault, FaultyClickHouse
from support.records import record
from support.waiting import until

_THREADS: Final = 3
_BATCHES: Final = 4
_SETTINGS: Final = ClickHouseSettings(is_synced=False, poll_interval_s=0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyClickHouse]:
    """Start a server, which takes seconds."""
    with FaultyClickHouse(tmp_path_factory.mktemp("clickhouse") / "data") as started:
        yield started


def make_record(process: int, number: int) -> WorkflowExecution:
    """Make a record that its process sends as a message of this number."""
    return record(
        f"{process}-{number}",
        status=("success", "error")[number % 2],
        trigger={"type": "http", "data": {"text": f"{process}-{number} " * 20}},
        message={"processId": f"process-{process}", "number": number},
    )


def test_acknowledged_records_are_stored_once_whatever_fails(server: FaultyClickHouse) -> None:
    """A client repeats what isn't acknowledged; then nothing is lost, and counts are a scan's."""
    url = server.url + "_struck"
    failures: Counter[str] = Counter()
    with ExitStack() as stack:
        stores = [stack.enter_context(closing(ClickHouseStore(url, _SETTINGS))) for _ in range(2)]

        def send(process: int) -> None:
            random = Random(process)
            for batch in range(_BATCHES):
                records = [make_record(process, 2 * batch + each) for each in (1, 2)]
                while True:
                    try:
                        # The balancer chooses another receiver for each attempt.
                        random.choice(stores).merge(records)
                    except StoreDisconnectedError as error:
                        failures[type(error).__name__] += 1
                    else:
                        break

        # Each kind strikes, and at any statement.
        server.choose_at_random(0.1, seed=7)
        for fault in Fault:
            server.order(fault, skipped=1)
        threads = [threading.Thread(target=send, args=(each,)) for each in range(_THREADS)]
        for thread in threads:
            thread.start()
        server.cut_connections()
        for thread in threads:
            thread.join()
        server.choose_at_random(0.0, seed=0)
        assert server.count_faults().keys() == {fault.name for fault in Fault}
        assert failures
        reader = stores[0]
        found = reader.find(ExecutionQuery(limit=200)).executions
        expected = {f"{each}-{number}" for each in range(_THREADS) for number in range(1, 9)}
        assert sorted(each.id for each in found) == sorted(expected)
        assert all(len(each.node_executions) == 1 for each in found)
        counted = reader.read_stats()
        scanned = Counter(each.status for each in found)
        assert (counted.success, counted.error) == (scanned["success"], scanned["error"])
        ledger = reader.read_ledger()
        assert (ledger.received, ledger.missing) == (len(expected), 0)


def test_a_receiver_refuses_records_until_its_server_is_back(
    server: FaultyClickHouse, tmp_path: Path
) -> None:
    """Without its server the receiver answers 503, and then 200; other receivers hear of it."""
    heard: list[str] = []
    url = server.url + "_away"
    with ExitStack() as stack:
        store = ClickHouseStore(url, _SETTINGS)
        logger = stack.enter_context(ExecutionLogger(url, store=store))
        other = stack.enter_context(closing(ClickHouseStore(url, _SETTINGS)))
        other.subscribe(heard.extend)
        receiver = Receiver(logger, ReceiverSettings(port=0, spool_dir=tmp_path / "spool"))
        stack.enter_context(receiver.running())
        client = stack.enter_context(httpx.Client(base_url=receiver.url))
        sent = {
            "id": "a",
            "workflowId": "w",
            "workflowName": "W",
            "status": "success",
            "startedAt": "2026-11-22T19:04:11Z",
        }
        assert client.post("/api/executions", json=sent).status_code == 200
        until(lambda: "a" in heard, "another receiver heard of the record")
        server.kill()
        refused = client.post("/api/executions", json={**sent, "id": "b"})
        assert (refused.status_code, refused.json()["code"]) == (503, "store_disconnected")
        assert int(refused.headers["retry-after"]) > 0
        assert client.get("/api/summaries").status_code == 503
        server.start()
        assert client.post("/api/executions", json={**sent, "id": "b"}).status_code == 200
        listed = client.get("/api/summaries").json()["summaries"]
        assert [each["id"] for each in listed] == ["b", "a"]
        until(lambda: "b" in heard, "another receiver hears again")
