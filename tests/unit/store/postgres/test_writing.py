from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flightlog.errors import StoreError
from flightlog.record.model import WorkflowExecution
from flightlog.store.postgres import PostgresSettings, PostgresStore
from flightlog.store.sqlite import SqliteStore
from support.records import record

if TYPE_CHECKING:
    from support.postgres import PostgresHistories

RUNS = 12


def make_messages() -> list[WorkflowExecution]:
    """Make the messages of a few executions, with payloads that they share."""
    messages = []
    for number in range(RUNS):
        for revision, status in enumerate(("running", "running", "success")):
            node = {
                "nodeId": f"node-{revision}",
                "nodeName": "N",
                "nodeType": "t",
                "status": "success",
                "sequence": revision,
                "input": {"text": f"shared by many {revision} " * 20},
                "output": {"number": number, "text": "x" * 200},
            }
            messages.append(
                record(
                    f"run-{number}",
                    status=status,
                    revision=revision,
                    durationMs=number,
                    nodeExecutions=[node],
                    message={"processId": f"p-{number % 3}", "number": number * 3 + revision + 1},
                )
            )
    return messages


def send(store: PostgresStore, messages: Sequence[WorkflowExecution], seed: int) -> None:
    """Merge messages in a random order and grouping."""
    order = random.Random(seed)
    left = list(messages)
    order.shuffle(left)
    while left:
        size = order.randint(1, 6)
        store.merge(left[:size])
        left = left[size:]


def count_rows(
    histories: PostgresHistories, settings: PostgresSettings
) -> list[tuple[object, ...]]:
    """Compare the counts with a scan: the statuses whose counts differ."""
    return histories.query(
        "SELECT coalesce(a.status, e.status), a.total, e.total FROM "
        "(SELECT status, sum(count) AS total FROM execution_aggregates GROUP BY 1) AS a "
        "FULL JOIN (SELECT status, count(*) AS total FROM executions GROUP BY 1) AS e "
        "USING (status) WHERE coalesce(a.total, 0) <> coalesce(e.total, 0)",
        settings,
    )


def test_receivers_that_merge_the_same_runs_agree_with_one_sqlite_history(
    open_store: Callable[[], PostgresStore],
    postgres_histories: PostgresHistories,
    settings: PostgresSettings,
    tmp_path: Path,
) -> None:
    """Two receivers with two threads each merge everything, in four orders, without a deadlock."""
    messages = make_messages()
    stores = [open_store(), open_store()]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda seed: send(stores[seed % 2], messages, seed), range(4)))
    alone = SqliteStore(tmp_path / "history.db")
    alone.merge(messages)
    for number in range(RUNS):
        assert stores[0].get(f"run-{number}") == alone.get(f"run-{number}")
    assert stores[1].read_stats() == alone.read_stats()
    ledgers = stores[1].read_ledger(), alone.read_ledger()
    assert ledgers[0].received == ledgers[1].received == len(messages)
    assert count_rows(postgres_histories, settings) == []
    refs: list[Any] = postgres_histories.query("SELECT sum(refs) FROM payloads", settings)
    assert refs == [(2 * len(messages),)]
    alone.close()


def test_cut_connections_lose_no_acknowledged_record(
    open_store: Callable[[], PostgresStore],
    postgres_histories: PostgresHistories,
    settings: PostgresSettings,
) -> None:
    """
    Every record whose merge returned is stored, once.

    A merge either succeeds on another connection or fails with a retryable error.
    """
    stores = [open_store(), open_store()]
    acknowledged: list[str] = []
    is_over = threading.Event()

    def work(thread: int) -> None:
        number = 0
        while not is_over.is_set():
            sent = record(f"run-{thread}-{number}", trigger={"type": "http", "data": "x" * 300})
            try:
                stores[thread % 2].merge([sent])
            except StoreError as error:
                if not error.retryable:
                    raise
            else:
                acknowledged.append(sent.id)
                number += 1

    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(work, thread) for thread in range(4)]
        for portion in range(1, 9):
            while len(acknowledged) < 20 * portion and not any(task.done() for task in tasks):
                is_over.wait(0.005)
            postgres_histories.cut_connections()
        is_over.set()
        for task in tasks:
            task.result()
    found = postgres_histories.query("SELECT id FROM executions", settings)
    assert {row[0] for row in found} >= set(acknowledged)
    assert count_rows(postgres_histories, settings) == []
    refs: list[Any] = postgres_histories.query("SELECT refs FROM payloads", settings)
    assert refs == [(len(found),)]
