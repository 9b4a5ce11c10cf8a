"""The contract of every store for several runs under one id."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flightlog.record.decoding import decode_execution, encode_execution
from flightlog.record.merge import merge_runs
from flightlog.record.model import RunKey, WorkflowExecution, make_run_key
from flightlog.store.query import ExecutionQuery
from flightlog.store.results import LogResult
from flightlog.store.writer import ExecutionStore
from support.examples import examples
from support.records import record
from support.strategies import raw, records_of_runs

NewStore = Callable[[], ExecutionStore]

ID = "order-7"
FIRST, SECOND, THIRD = (RunKey(ID, f"0193a7f2-8c1e-7c3a-9d51-{n:012}") for n in (1, 2, 3))


def part(key: RunKey, **fields: Any) -> WorkflowExecution:
    """Make a part of a run, with the given fields in place of the usual fields."""
    return record(key.execution_id, runId=key.run_id, **fields)


def failed(key: RunKey) -> list[WorkflowExecution]:
    """Make the messages that capture sends for a run that fails at its second node."""
    node = {"nodeId": "charge", "nodeName": "Charge", "nodeType": "t", "sequence": 1}
    large = {"text": f"{key.run_id} " * 300}
    start: dict[str, Any] = {"status": "running", "completedAt": None, "durationMs": None}
    start["nodeExecutions"] = []
    error = {"message": f"declined in {key.run_id}"}
    return [
        part(key, **start, revision=1),
        part(key, **{**start, "nodeExecutions": [{**node, "status": "running", "input": large}]}),
        part(key, status="error", error=error, revision=3, nodeExecutions=[]),
    ]


def shown(store: ExecutionStore) -> dict[str, WorkflowExecution]:
    """Read every execution of a store by its id, each alone."""
    listed = store.find(ExecutionQuery(limit=1_000)).executions
    return {each.id: found for each in listed if (found := store.get(each.id)) is not None}


def test_a_second_start_under_an_id_is_a_second_run(store: ExecutionStore) -> None:
    """
    The id shows the newer run without anything of the first run.

    Its `retryOf` names the first run.
    """
    store.merge(failed(FIRST))
    assert store.get(ID) == store.get(FIRST.address)
    store.merge([part(SECOND)])
    newer = store.get(ID)
    assert newer == replace(part(SECOND), retry_of=FIRST.address)
    older = store.get(FIRST.address)
    assert older is not None
    assert (older.id, older.status, older.retry_of) == (FIRST.address, "error", None)
    assert [node.node_id for node in older.node_executions] == ["charge"]
    assert store.read_stats().total == 2
    assert (store.read_stats().error, store.read_stats().success) == (1, 1)


def test_parts_of_two_runs_in_any_order_give_the_same_history(new_store: NewStore) -> None:
    """
    Parts of two runs arrive interleaved, alone or together.

    Each run has exactly its own parts.
    """
    messages = [*failed(FIRST)[1:], part(SECOND)]
    expected = {each.id: each for each in merge_runs(messages)}
    for order in itertools.permutations(messages):
        for size in (1, 2, 3):
            store = new_store()
            for start in range(0, len(order), size):
                store.merge(order[start : start + size])
            assert shown(store) == expected
            store.close()


@settings(max_examples=examples(120), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records_of_runs, min_size=1, max_size=9), st.data())
def test_any_order_and_grouping_of_records_of_runs_gives_their_merge(
    new_store: NewStore, messages: list[WorkflowExecution], data: st.DataObject
) -> None:
    """The stored history is a pure function of the set of records that arrived."""
    expected = {each.id: each for each in merge_runs(messages)}
    store = new_store()
    left = data.draw(st.permutations([*messages, *messages[:2]]))
    while left:
        size = data.draw(st.integers(1, len(left)))
        store.merge(left[:size])
        left = left[size:]
    assert shown(store) == expected
    assert store.read_stats().total == len(expected)
    for record_of_run in messages:
        assert store.get(make_run_key(record_of_run).address) is not None
    store.close()


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records_of_runs, min_size=1, max_size=6), st.data())
def test_an_export_of_runs_is_the_same_history_where_it_is_imported(
    new_store: NewStore, messages: list[WorkflowExecution], data: st.DataObject
) -> None:
    """
    An import gives the same ids and links as the exported history.

    A second import changes nothing.
    """
    messages = [replace(each, error=None) for each in messages]
    here, there = new_store(), new_store()
    here.merge(messages)
    exported = [decode_execution(encode_execution(each)) for each in shown(here).values()]
    for each in data.draw(st.permutations(exported)):
        there.merge([each])
    links = {each.id: (each.run_id, each.retry_of) for each in exported}
    assert {each.id: (each.run_id, each.retry_of) for each in shown(there).values()} == links
    again = there.merge(exported)
    assert (again.created, again.changed, again.unchanged) == (0, 0, len(exported))
    here.close()
    there.close()


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records_of_runs, min_size=1, max_size=6))
def test_an_export_that_is_imported_into_its_own_history_changes_nothing(
    new_store: NewStore, messages: list[WorkflowExecution]
) -> None:
    """It holds at one revision what came in messages of several, which shows nothing new."""
    store = new_store()
    store.merge(messages)
    exported = [decode_execution(encode_execution(each)) for each in shown(store).values()]
    assert store.merge(exported) == LogResult(unchanged=len(exported))
    assert {each.id: each for each in exported} == shown(store)
    store.close()


def test_records_without_a_run_id_are_a_run_of_their_own(store: ExecutionStore) -> None:
    """
    Records without a run id merge with each other.

    Beside an identified run they are the oldest run.
    """
    store.merge([record(ID, status="running", tags={"a": "1"})])
    store.merge([record(ID, revision=2)])
    alone = store.get(ID)
    assert alone is not None
    assert (alone.status, alone.tags, alone.run_id) == ("success", {"a": "1"}, None)
    store.merge([part(FIRST, status="error")])
    store.merge([record(ID, revision=3, tags={"b": "2"})])
    address = make_run_key(record(ID)).address
    newer, older = store.get(ID), store.get(address)
    assert newer is not None
    assert older is not None
    assert (newer.status, newer.tags, newer.retry_of) == ("error", None, address)
    assert (older.status, older.tags, older.run_id) == ("success", {"b": "2"}, None)


def test_a_record_under_an_address_belongs_to_that_run(store: ExecutionStore) -> None:
    """
    A record under a run's address belongs to that run.

    The claim holds whether or not a newer run has the id by then, and when the record starts
    another run under the address.
    """
    store.merge([record(FIRST.address, tags={"a": "1"})])
    assert [each.id for each in store.find(ExecutionQuery()).executions] == [ID]
    store.merge([part(SECOND)])
    store.merge([record(FIRST.address, revision=2, tags={"b": "2"})])
    older = store.get(FIRST.address)
    assert older is not None
    assert older.tags == {"b": "2"}
    store.merge([record(FIRST.address, runId=THIRD.run_id)])
    assert sorted(shown(store)) == [ID, FIRST.address, SECOND.address]
    assert [each.retry_of for each in shown(store).values()].count(None) == 1


def test_a_retry_that_names_another_execution_keeps_its_link(store: ExecutionStore) -> None:
    """A `retryOf` from the sender wins over the link that follows from the order of runs."""
    store.merge([part(FIRST), part(SECOND, retryOf="elsewhere")])
    found = store.get(ID)
    assert found is not None
    assert found.retry_of == "elsewhere"


def test_a_deleted_run_stays_deleted_and_its_id_can_be_used_again(store: ExecutionStore) -> None:
    """A store refuses late parts of a deleted run, and accepts parts of older and newer runs."""
    store.merge([part(FIRST), part(SECOND)])
    assert store.delete(ID)
    assert store.get(ID) is None
    assert store.get(FIRST.address) is not None
    assert store.merge([part(SECOND, revision=9)]).deleted == (SECOND.address,)
    late = store.merge([part(FIRST, revision=9, tags={"late": "1"})])
    assert (late.changed, late.deleted) == (1, ())
    assert store.get(ID) is None
    assert store.merge([part(THIRD)]).created == 1
    newest = store.get(ID)
    assert newest is not None
    assert (newest.run_id, newest.retry_of) == (THIRD.run_id, SECOND.address)


def test_deleting_an_older_run_leaves_the_newer(store: ExecutionStore) -> None:
    """
    A deletion by address removes the older run alone.

    Counts stay right, and the store refuses late parts.
    """
    store.merge([*failed(FIRST), part(SECOND)])
    assert store.delete_many([FIRST.address, "never"]) == 1
    assert sorted(shown(store)) == [ID]
    assert store.merge(failed(FIRST)).deleted == (FIRST.address,)
    assert store.read_stats().total == 1
    store.merge([part(THIRD)])
    assert store.delete(THIRD.address)
    assert sorted(shown(store)) == [SECOND.address]


def test_a_deletion_of_records_without_a_run_id_refuses_only_such(store: ExecutionStore) -> None:
    """
    A tombstone without a run id refuses only records without a run id.

    A start that has a run id is a new run, so tombstones of earlier versions keep their meaning.
    """
    store.merge([record(ID)])
    store.delete(ID)
    assert store.merge([record(ID, revision=2)]).deleted == (ID,)
    assert store.merge([part(FIRST)]).created == 1


def test_a_star_stays_with_its_run(store: ExecutionStore) -> None:
    """A newer run takes over the id without the star; an exported star finds its run."""
    store.merge(failed(FIRST))
    store.set_star(ID, starred=True)
    store.merge([part(SECOND)])
    assert {name: each.starred for name, each in shown(store).items()} == {
        ID: False,
        FIRST.address: True,
    }
    store.merge([part(THIRD), part(SECOND, starred=True)])
    starred = {name for name, each in shown(store).items() if each.starred}
    assert starred == {FIRST.address, SECOND.address}
    assert store.set_star(SECOND.address, starred=False)


def test_payloads_of_each_run_are_its_own(store: ExecutionStore) -> None:
    """
    Each run keeps its own payloads.

    The claim holds after the older run moved, and after the newer run was deleted.
    """
    store.merge([*failed(FIRST), *failed(SECOND)])
    for place, key in ((FIRST.address, FIRST), (ID, SECOND), (SECOND.address, SECOND)):
        text = raw({"text": f"{key.run_id} " * 300})
        found = store.get_payload(place, "input", 1)
        assert found is not None
        assert found.data is not None
        assert bytes(found.data).replace(b" ", b"") == bytes(text).replace(b" ", b"")
        outline = store.read_outline(place)
        assert outline is not None
        assert [node.sequence for node in outline.nodes] == [1]
    store.delete(ID)
    assert store.get_payload(FIRST.address, "input", 1) is not None


def test_a_dead_process_crashes_its_own_run_alone(store: ExecutionStore) -> None:
    """A dead process crashes only its own run, whether that run is older or newer."""
    start = {"status": "running", "completedAt": None, "durationMs": None}
    store.merge([part(FIRST, processId="p", **start), part(SECOND, processId="q", **start)])
    assert store.mark_crashed("p") == 1
    statuses = {name: each.status for name, each in shown(store).items()}
    assert statuses == {ID: "running", FIRST.address: "error"}


def test_every_execution_that_a_new_run_changes_is_announced(store: ExecutionStore) -> None:
    """A store announces the id, the address of the older run, and a run whose link changed."""
    announced: list[str] = []
    store.merge([part(FIRST)])
    store.merge([part(THIRD)])
    store.subscribe(announced.extend)
    store.merge([part(SECOND)])
    assert sorted(announced) == [ID, SECOND.address]
    announced.clear()
    store.merge([part(RunKey(ID, "0193a7f2-8c1e-7c3a-9d51-000000000004"))])
    assert sorted(announced) == [ID, THIRD.address]


def test_lists_show_each_run_with_its_link(store: ExecutionStore) -> None:
    """Pages, summaries and outlines agree on `retryOf`."""
    store.merge([part(FIRST), part(SECOND)])
    listed = {each.id: each.retry_of for each in store.find(ExecutionQuery()).executions}
    assert listed == {ID: FIRST.address, FIRST.address: None}
    summaries = store.list_summaries(ExecutionQuery(ids=(ID, FIRST.address))).summaries
    assert {each.id for each in summaries} == {ID, FIRST.address}
    outline = store.read_outline(ID)
    assert outline is not None
    assert outline.execution.retry_of == FIRST.address


def test_a_thousand_runs_of_one_id_are_linked_in_order(store: ExecutionStore) -> None:
    """Each of a thousand runs of one constant id links to the run before it, late runs included."""
    keys = [RunKey("nightly", f"0193a7f2-8c1e-7c3a-9d51-{n:012}") for n in range(1_000)]
    late, in_time = keys[::7], [key for key in keys if key not in keys[::7]]
    for start in range(0, len(in_time), 100):
        store.merge([part(key, nodeExecutions=[]) for key in in_time[start : start + 100]])
    store.merge([part(key, nodeExecutions=[]) for key in reversed(late)])
    links = {each.run_id: each.retry_of for each in shown(store).values()}
    assert links == {
        key.run_id: before.address if before else None
        for before, key in zip([None, *keys], keys, strict=False)
    }


def test_sub_workflows_belong_to_the_run_that_ran_them(store: ExecutionStore) -> None:
    """Sub-workflows of a first run aren't shown with its retry, and lead back to the first run."""
    ran = {"parentExecutionId": ID}
    store.merge([part(FIRST), part(SECOND), record("unsure", **ran)])
    for name, key in (("first", FIRST), ("second", SECOND)):
        store.merge([record(name, **ran, parentRunId=key.run_id)])
    store.merge([record("by address", parentExecutionId=FIRST.address)])
    children = {}
    for place in (ID, FIRST.address):
        outline = store.read_outline(place)
        assert outline is not None
        children[place] = sorted(child.id for child in outline.children)
    assert children == {ID: ["second", "unsure"], FIRST.address: ["by address", "first"]}
    parents = {}
    for name in ("first", "second", "unsure"):
        outline = store.read_outline(name)
        assert outline is not None
        parents[name] = outline.execution.parent_execution_id
    assert parents == {"first": FIRST.address, "second": ID, "unsure": ID}
