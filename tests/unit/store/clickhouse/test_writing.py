"""Tests of insertions whose greatest values are the merge."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Raw

from flightlog.record.model import RunKey, WorkflowExecution
from flightlog.record.registers import make_execution_registers, make_node_registers
from flightlog.record.state import ExecutionState, hash_state, join_states
from flightlog.store.clickhouse import ClickHouseStore
from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.writer import ExecutionStore
from support.records import record
from support.strategies import records_of_runs

if TYPE_CHECKING:
    from support.clickhouse import ClickHouseHistories

_numbers: Final = itertools.count()
_FAST: Final = SqliteSettings(synchronous="normal")
HISTORIES = 4 if settings().max_examples <= 100 else 1_000
"""The number of random histories; `make fuzz` tries more."""


def read_hashes(store: ExecutionStore) -> dict[RunKey, str]:
    """Hash all states by run."""
    return {run: hash_state(join_states(parts)) for run, parts in _read_parts(store)}


def _read_parts(store: ExecutionStore) -> Iterator[tuple[RunKey, list[ExecutionState]]]:
    parts: dict[RunKey, list[ExecutionState]] = {}
    cursor = None
    while True:
        page = store.read_states(cursor=cursor)
        for state in page.states:
            parts.setdefault(state.run, []).append(state)
        cursor = page.next_cursor
        if cursor is None:
            break
    yield from parts.items()


@settings(max_examples=HISTORIES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records_of_runs, min_size=1, max_size=6), st.data())
def test_any_order_and_grouping_gives_the_hashes_of_sqlite(
    clickhouse_histories: ClickHouseHistories,
    tmp_path: Path,
    messages: list[WorkflowExecution],
    data: st.DataObject,
) -> None:
    """Two writers of one database get the messages in any order, some twice."""
    taken = clickhouse_histories.take()
    left = data.draw(st.permutations([*messages, *messages[:2]]))
    path = tmp_path / f"{next(_numbers)}.db"
    with ExitStack() as stores:
        expected = stores.enter_context(closing(SqliteStore(path, _FAST)))
        writers = [
            stores.enter_context(closing(ClickHouseStore(clickhouse_histories.url, taken)))
            for _ in range(2)
        ]
        expected.merge(messages)
        while left:
            size = data.draw(st.integers(1, len(left)))
            writers[data.draw(st.integers(0, 1))].merge(left[:size])
            left = left[size:]
        assert read_hashes(writers[0]) == read_hashes(expected)
    clickhouse_histories.give_back(taken)


def test_rows_of_the_server_alone_are_the_merge(open_store: Callable[[], ClickHouseStore]) -> None:
    """Two writers that read before the other one wrote still give the joined state."""
    first, second = open_store(), open_store()
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "sequence": 0}
    begun = record(
        status="running",
        completedAt=None,
        durationMs=None,
        revision=1,
        nodeExecutions=[node | {"status": "running", "input": "x" * 200}],
    )
    ended = record(revision=2, nodeExecutions=[node | {"status": "success", "output": "y"}])
    # A new state is inserted whole, as if nothing had been read.
    for store, message in ((second, ended), (first, begun)):
        store.merge_states(
            [
                ExecutionState(
                    run=RunKey(message.id, "00000000-0000-0000-0000-000000000000"),
                    execution=make_execution_registers(message),
                    nodes=make_node_registers(message),
                )
            ]
        )
    found = first.get(begun.id)
    assert found is not None
    assert (found.status, found.revision) == ("success", 2)
    (shown,) = found.node_executions
    assert shown.status == "success"
    assert shown.input == Raw(b'"' + b"x" * 200 + b'"')
    assert shown.output == Raw(b'"y"')


def test_payloads_of_one_version_are_compared_by_their_bytes(
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """The greater payload stays in either order, also where both begin alike."""
    common = "a" * 300
    for number, order in enumerate(("12", "21")):
        store = open_store()
        for last in order:
            trigger = {"type": "t", "data": common + last}
            store.merge([record(f"run-{number}", trigger=trigger)])
        found = store.get(f"run-{number}")
        assert found is not None
        assert found.trigger is not None
        assert found.trigger.data == Raw(f'"{common}2"'.encode())


def test_a_shared_id_is_noted_with_repeated_records(
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """A connection may be lost after two runs of an id were stored and before that was noted."""
    store = open_store()
    runs = [
        record("a", runId=f"0193a7f2-8c1e-7c3a-9d51-{number:012}", revision=number)
        for number in (1, 2)
    ]
    store._connection.run("RENAME TABLE reused_ids TO away")
    with pytest.raises(DatabaseError):
        store.merge(runs)
    store._connection.run("RENAME TABLE away TO reused_ids")
    assert store.merge(runs).unchanged == 2
    found = {each.id for each in store.find(ExecutionQuery()).executions}
    assert found == {"a", RunKey("a", runs[0].run_id or "").address}
