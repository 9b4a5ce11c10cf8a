"""The contract of every store for merged states, and for copies of them between stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flightlog.errors import InvalidQueryError
from flightlog.record.model import RunKey, WorkflowExecution, make_run_key
from flightlog.record.registers import make_execution_registers, make_node_registers
from flightlog.record.state import ExecutionState, hash_state, join_states
from flightlog.store.query import ExecutionQuery
from flightlog.store.results import LogResult
from flightlog.store.states import MAX_STATE_NODES, MAX_STATES, ProcessNumbers, Tombstone
from flightlog.store.writer import ExecutionStore
from support.records import record
from support.strategies import records_of_runs

HISTORIES = 20 if settings().max_examples <= 100 else 1_000
"""The number of random histories; `make fuzz` tries more."""
NewStore = Callable[[], ExecutionStore]

ID = "order-7"
FIRST, SECOND, THIRD = (RunKey(ID, f"0193a7f2-8c1e-7c3a-9d51-{n:012}") for n in (1, 2, 3))


def read_parts(store: ExecutionStore, **chosen: Any) -> Iterator[ExecutionState]:
    """Read the states of all pages."""
    cursor = None
    while True:
        page = store.read_states(cursor=cursor, **chosen)
        yield from page.states
        cursor = page.next_cursor
        if cursor is None:
            return


def read_all(store: ExecutionStore, **chosen: Any) -> dict[RunKey, ExecutionState]:
    """Read the whole states by run."""
    parts: dict[RunKey, list[ExecutionState]] = {}
    for part in read_parts(store, **chosen):
        parts.setdefault(part.run, []).append(part)
    return {run: join_states(its_parts) for run, its_parts in parts.items()}


def hashes(store: ExecutionStore) -> dict[RunKey, str]:
    """Hash all states by run."""
    return {run: hash_state(state) for run, state in read_all(store).items()}


def make_state(message: WorkflowExecution) -> ExecutionState:
    """Make the state that consists of one message."""
    return ExecutionState(
        run=make_run_key(message),
        execution=make_execution_registers(message),
        nodes=make_node_registers(message),
        starred=message.starred,
    )


def expect(messages: list[WorkflowExecution]) -> dict[RunKey, str]:
    """Compute the hashes of the states of messages without a store."""
    states: dict[RunKey, list[ExecutionState]] = {}
    for message in messages:
        states.setdefault(make_run_key(message), []).append(make_state(message))
    return {run: hash_state(join_states(parts)) for run, parts in states.items()}


def shown(store: ExecutionStore) -> dict[str, WorkflowExecution]:
    """Read every execution as readers see it."""
    listed = store.find(ExecutionQuery(limit=1_000)).executions
    return {each.id: found for each in listed if (found := store.get(each.id)) is not None}


def copy(source: ExecutionStore, target: ExecutionStore) -> None:
    """Copy all states, a page at a time."""
    cursor = None
    while True:
        page = source.read_states(cursor=cursor)
        target.merge_states(page.states)
        cursor = page.next_cursor
        if cursor is None:
            return


@settings(max_examples=HISTORIES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records_of_runs, min_size=1, max_size=8), st.data())
def test_any_order_split_and_way_through_stores_gives_the_same_hashes(
    new_store: NewStore, messages: list[WorkflowExecution], data: st.DataObject
) -> None:
    """
    Each message goes to any of two stores, perhaps to both, and copies run in between.

    After a last copy in both directions the two stores have the hashes of the messages' merge, and
    show the same as a store that has received all messages at once.
    """
    stores = [new_store(), new_store()]
    left = data.draw(st.permutations([*messages, *messages[:2]]))
    while left:
        size = data.draw(st.integers(1, len(left)))
        target = data.draw(st.integers(0, 1))
        stores[target].merge(left[:size])
        left = left[size:]
        if data.draw(st.booleans()):
            copy(stores[target], stores[1 - target])
    copy(stores[0], stores[1])
    copy(stores[1], stores[0])
    alone = new_store()
    alone.merge(messages)
    assert hashes(stores[0]) == hashes(stores[1]) == hashes(alone) == expect(messages)
    assert shown(stores[0]) == shown(stores[1]) == shown(alone)
    total = alone.read_stats().total
    assert stores[0].read_stats().total == stores[1].read_stats().total == total
    for store in (*stores, alone):
        store.close()


def test_a_copied_crash_is_overruled_like_the_first_one(new_store: NewStore) -> None:
    """A presumed crash keeps its rank, so that the end that arrives later replaces it."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "running", "sequence": 0}
    running: dict[str, Any] = {
        "status": "running",
        "completedAt": None,
        "durationMs": None,
        "processId": "p",
    }
    source, target = new_store(), new_store()
    source.merge([record(**running, revision=1, nodeExecutions=[node])])
    source.mark_crashed("p")
    copy(source, target)
    (crashed,) = shown(target).values()
    assert crashed == next(iter(shown(source).values()))
    assert crashed.error is not None
    assert (crashed.error.kind, crashed.node_executions[0].status) == ("crashed", "error")
    end = record(processId="p", revision=2, nodeExecutions=[node | {"status": "success"}])
    for store in (source, target):
        store.merge([end])
    assert shown(target) == shown(source)
    assert hashes(target) == hashes(source)


def test_a_copy_changes_nothing_when_repeated_and_notes_no_message(new_store: NewStore) -> None:
    """A second copy reports unchanged executions. The ledger stays empty, and stars are added."""
    source, target = new_store(), new_store()
    source.merge([record("a", message={"processId": "p", "number": 1}), record("b", starred=True)])
    target.merge([record("a", starred=True)])
    states = source.read_states().states
    assert target.merge_states(states) == LogResult(created=1, unchanged=1)
    assert target.merge_states([*states, *states]) == LogResult(unchanged=2)
    assert {each.starred for each in read_all(target).values()} == {True}
    assert target.read_ledger().received == 0


def test_pages_are_bounded_and_continue_within_an_execution(
    store: ExecutionStore, new_store: NewStore
) -> None:
    """An execution with many nodes is read in parts, and many executions on several pages."""
    node = {"nodeName": "N", "nodeType": "t", "status": "success"}
    nodes = [{**node, "nodeId": f"n{number}"} for number in range(MAX_STATE_NODES + 5)]
    few = [record(f"e{number:03}", nodeExecutions=[]) for number in range(MAX_STATES + 1)]
    store.merge([record("large", nodeExecutions=nodes), *few])
    first = store.read_states()
    assert len(first.states) <= MAX_STATES
    assert first.next_cursor is not None
    parts = list(read_parts(store))
    assert max(len(part.nodes) for part in parts) <= MAX_STATE_NODES
    assert len(read_all(store)) == MAX_STATES + 2
    target = new_store()
    copy(store, target)
    assert hashes(target) == hashes(store)
    with pytest.raises(InvalidQueryError):
        store.read_states(cursor="x")


def test_large_payloads_divide_pages_and_stay_byte_for_byte(new_store: NewStore) -> None:
    """Payloads of more than a page divide an execution; a copy has the same bytes."""
    node = {"nodeName": "N", "nodeType": "t", "status": "success"}
    texts = [f"{number}" * (9 * 2**20) for number in range(3)]
    nodes = [{**node, "nodeId": "n", "sequence": n, "input": text} for n, text in enumerate(texts)]
    source, target = new_store(), new_store()
    source.merge([record("large", nodeExecutions=nodes), record("z")])
    assert [len(part.nodes) for part in read_parts(source)][:3] == [1, 1, 1]
    copy(source, target)
    assert hashes(target) == hashes(source)
    assert shown(target) == shown(source)


def test_chosen_runs_are_read_by_their_ids_and_their_addresses(store: ExecutionStore) -> None:
    """A run that a newer run has displaced is found; unknown runs are left out."""
    store.merge([record(ID, runId=FIRST.run_id), record(ID, runId=SECOND.run_id), record("other")])
    found = read_all(store, runs=[FIRST, SECOND, THIRD])
    assert set(found) == {FIRST, SECOND}
    assert found == {run: state for run, state in read_all(store).items() if run in found}
    with pytest.raises(InvalidQueryError):
        store.read_states([FIRST] * (MAX_STATES + 1))


def test_a_state_of_a_deleted_execution_stays_deleted(store: ExecutionStore) -> None:
    """A copy does not bring back what was deleted in the target."""
    store.merge([record("a")])
    states = store.read_states().states
    store.delete("a")
    assert store.merge_states(states) == LogResult(deleted=("a",))
    assert store.read_states().states == ()


def test_tombstones_are_copied_for_runs_that_are_not_stored(new_store: NewStore) -> None:
    """A copied deletion keeps late records away. A stored run stays, and is reported."""
    source, target = new_store(), new_store()
    source.merge([record("a"), record("b")])
    source.delete_many(["a", "b"])
    target.merge([record("b")])
    tombstones = source.read_tombstones()
    assert [each.run.execution_id for each in tombstones] == ["a", "b"]
    assert source.read_tombstones(tombstones[0].run, 1) == tombstones[1:]
    (kept,) = target.merge_tombstones([*tombstones, *tombstones])[:1]
    assert kept == tombstones[1].run
    assert target.merge([record("a"), record("b", revision=9)]).deleted == ("a",)
    assert target.read_tombstones() == tombstones[:1]


def test_a_tombstone_of_another_run_of_an_id_gives_the_same_ids_and_links(
    new_store: NewStore,
) -> None:
    """Older and newer runs of a deleted run have the same ids and links in both stores."""
    runs = [record(ID, runId=run.run_id) for run in (FIRST, SECOND, THIRD)]
    for deleted in (SECOND, THIRD):
        source, target = new_store(), new_store()
        source.merge(runs)
        source.delete(deleted.address)
        target.merge([each for each in runs if each.run_id != deleted.run_id])
        assert target.merge_tombstones(source.read_tombstones()) == ()
        assert shown(target) == shown(source)
        assert target.merge_tombstones([Tombstone(run=FIRST, deleted_at="x")]) == (FIRST,)


def test_joined_ledgers_count_each_number_once(new_store: NewStore) -> None:
    """The numbers of both ledgers count once, whatever their size, and gaps are filled."""
    source, target = new_store(), new_store()
    for store, numbers in ((source, (1, 2, 5)), (target, (2, 3))):
        store.merge([record(message={"processId": "p", "number": n}) for n in numbers])
    source.note_sent("q", 4)
    processes = source.read_process_numbers()
    assert [(each.process_id, each.last_number, each.ranges) for each in processes] == [
        ("p", 5, ((1, 2), (5, 5))),
        ("q", 4, ()),
    ]
    assert source.read_process_numbers("p", 1) == processes[1:]
    target.merge_process_numbers([*processes, *processes])
    ledger = target.read_ledger()
    assert (ledger.received, ledger.missing) == (4, 5)
    last = 2**62
    huge = ProcessNumbers(
        process_id="q",
        last_number=last,
        ranges=((1, last),),
        first_seen="2026-01-01T00:00:00.000000Z",
        last_seen="2027-01-01T00:00:00.000000Z",
    )
    target.merge_process_numbers([huge])
    assert target.read_process_numbers("p") == (huge,)
