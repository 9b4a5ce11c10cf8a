"""The contract of every store; `conftest` makes the stores."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from flightlog.errors import InvalidQueryError, StoreClosedError
from flightlog.record.decoding import encode_execution
from flightlog.record.lazy_records import LazyRecords
from flightlog.record.merge import merge
from flightlog.record.model import NodeExecution, Trigger, WorkflowExecution
from flightlog.store.query import ExecutionQuery, HistoryFilter
from flightlog.store.results import LogResult
from flightlog.store.writer import ExecutionStore
from support.examples import examples
from support.records import record
from support.strategies import careless_records, json_values, payloads, raw

NewStore = Callable[[], ExecutionStore]


def ids(store: ExecutionStore, **query: Any) -> list[str]:
    """List the ids that a query finds, in the query's order."""
    return [found.id for found in store.find(ExecutionQuery(**query)).executions]


def started(minute: int) -> str:
    """Make a time in canonical form."""
    return f"2026-11-22T19:{minute:02d}:00.000000Z"


@settings(max_examples=examples(80), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(careless_records, min_size=1, max_size=6), st.data())
def test_what_is_stored_is_the_merge_in_any_order_and_grouping(
    new_store: NewStore, messages: list[WorkflowExecution], data: st.DataObject
) -> None:
    """Messages give the result of `merge` when reordered, repeated and grouped at random."""
    store = new_store()
    expected = {
        execution_id: merge([message for message in messages if message.id == execution_id])
        for execution_id in {message.id for message in messages}
    }
    shuffled = data.draw(st.permutations([*messages, messages[0]]))
    while shuffled:
        size = data.draw(st.integers(1, len(shuffled)))
        store.merge(shuffled[:size])
        shuffled = shuffled[size:]
    assert {name: store.get(name) for name in expected} == expected
    store.close()


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(payloads, min_size=1, max_size=5), json_values)
def test_every_payload_comes_back_as_it_went_in(
    store: ExecutionStore, values: list[Any], trigger: Any
) -> None:
    """Each payload comes back byte for byte, absent payloads as absent, read whole or alone."""
    nodes = tuple(
        NodeExecution(
            node_id="n", node_name="N", node_type="t", status="success", sequence=place,
            input=value, output=values[-place - 1],
        )
        for place, value in enumerate(values)
    )  # fmt: skip
    sent = replace(
        record("run"), node_executions=nodes, trigger=Trigger(type="http", data=raw(trigger))
    )
    fresh = replace(sent, id=f"run-{store.read_stats().total}")
    store.merge([fresh])
    assert store.get(fresh.id) == fresh
    found = store.get_payload(fresh.id, "trigger")
    assert found is not None
    assert found.data == raw(trigger)
    for node in nodes:
        found = store.get_payload(fresh.id, "input", node.sequence)
        assert (UNSET if found is None else found.data) == node.input


def test_a_payload_that_is_not_there_is_none(store: ExecutionStore) -> None:
    """A payload of an unknown execution, node execution or number is None."""
    store.merge([record("a")])
    assert store.get_payload("b", "trigger") is None
    for sequence in (1, -1, 2**63, 2**80):
        assert store.get_payload("a", "output", sequence) is None


def test_a_result_says_what_became_of_the_records(store: ExecutionStore) -> None:
    """A result distinguishes created, changed, unchanged and deleted executions."""
    running, ended = record("a", status="running"), record("a")
    assert store.merge([running, record("b")]) == LogResult(created=2)
    assert store.merge([ended, record("b")]) == LogResult(changed=1, unchanged=1)
    assert store.merge([ended, running]) == LogResult(unchanged=1)
    assert store.delete("a")
    assert store.merge([ended, record("b")]) == LogResult(unchanged=1, deleted=("a",))
    assert store.merge([]) == LogResult()


def test_a_record_in_parts_is_stored_like_a_whole_one(store: ExecutionStore) -> None:
    """The parts of a large record count as one execution, and give the same stored record."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success", "input": [1]}
    whole = record("whole", nodeExecutions=[node] * 1_200, tags={"a": "b"}, starred=True)
    body = encode_execution(replace(whole, id="parts"))
    parts = LazyRecords(body, many=False, divided_bytes=1_000)
    assert len(parts) == 3
    assert store.merge([whole]) == store.merge(parts) == LogResult(created=1)
    stored = [store.get(name) for name in ("whole", "parts")]
    assert stored[0] is not None
    assert stored[1] == replace(stored[0], id="parts")
    assert len(stored[0].node_executions) == 1_200
    assert store.merge(parts) == LogResult(unchanged=1)


def test_a_deleted_execution_does_not_come_back(store: ExecutionStore) -> None:
    """A store refuses late and repeated messages of a deleted execution, by its tombstone."""
    store.merge([record("a", status="running")])
    assert store.delete("a")
    store.merge([record("a")])
    assert store.get("a") is None
    assert store.get_payload("a", "trigger") is None
    assert ids(store) == []
    assert not store.delete("a")


def test_deleting_what_never_was_leaves_no_tombstone(store: ExecutionStore) -> None:
    """
    Deleting an unknown id leaves no tombstone.

    A mistyped id must not block a later execution.
    """
    assert not store.delete("a")
    assert store.merge([record("a")]).created == 1


def test_clearing_a_workflow_erases_its_executions_alone(store: ExecutionStore) -> None:
    """Clearing a workflow deletes its executions alone; a project narrows the deletion."""
    store.merge(
        [
            record("a", projectId="shop"),
            record("b", projectId="lab"),
            record("c"),
            record("d", workflowId="nightly"),
        ]
    )
    assert store.clear("order-intake", "shop") == 1
    assert sorted(ids(store)) == ["b", "c", "d"]
    assert store.clear("order-intake") == 2
    assert ids(store) == ["d"]
    assert store.clear("order-intake") == 0
    assert store.merge([record("a")]).deleted == ("a",)


def test_clearing_many_executions_erases_them_all(store: ExecutionStore) -> None:
    """Clearing deletes more executions than one transaction holds, and announces each deletion."""
    store.merge([record(f"run-{number}") for number in range(1_201)])
    portions: list[int] = []
    assert store.clear("order-intake", on_progress=portions.append) == 1_201
    assert sum(portions) == 1_201
    assert len(portions) > 1
    assert store.read_stats().total == 0


def test_clearing_what_is_old_leaves_the_new_and_the_running(store: ExecutionStore) -> None:
    """
    Clearing by age goes by the start of an execution, in any workflow.

    An execution that started at the given moment isn't older than the moment.
    """
    store.merge(
        [
            record("old", startedAt=started(1)),
            record("failed", startedAt=started(2), status="error", workflowId="nightly"),
            record("running", startedAt=started(1), status="running", completedAt=None),
            record("then", startedAt=started(3)),
            record("new", startedAt=started(4)),
        ]
    )
    assert store.clear_before(started(3)) == 2
    assert sorted(ids(store)) == ["new", "running", "then"]
    assert store.clear_before(started(3)) == 0
    assert store.read_stats().total == 3
    assert store.merge([record("old")]).deleted == ("old",)


def test_clearing_much_that_is_old_takes_several_transactions(store: ExecutionStore) -> None:
    """
    Clearing many old executions takes several transactions, so that other processes can write.

    The store announces each deletion.
    """
    store.merge([record(f"run-{number}", startedAt=started(1)) for number in range(1_201)])
    portions: list[int] = []
    assert store.clear_before(started(2), portions.append) == 1_201
    assert sum(portions) == 1_201
    assert len(portions) > 1


def test_lists_are_newest_first_and_narrow_by_every_filter(store: ExecutionStore) -> None:
    """A list is newest first, and each filter narrows the list, alone and together."""
    store.merge(
        [
            record("a", startedAt=started(1), projectId="shop", executionMode="test"),
            record("b", startedAt=started(2), status="error"),
            record("c", startedAt=started(3), workflowId="nightly", status="running"),
            record("d", startedAt=started(4), projectId="shop"),
        ]
    )
    assert ids(store) == ["d", "c", "b", "a"]
    assert ids(store, order="oldest") == ["a", "b", "c", "d"]
    assert ids(store, workflow_ids=("order-intake",)) == ["d", "b", "a"]
    assert ids(store, project_id="shop") == ["d", "a"]
    assert ids(store, statuses=("error",)) == ["b"]
    assert ids(store, execution_mode="test") == ["a"]
    assert ids(store, started_from=started(2), started_before=started(4)) == ["c", "b"]
    assert ids(store, workflow_ids=("order-intake",), statuses=("error",)) == ["b"]
    assert ids(store, workflow_ids=("order-intake",), statuses=("success",)) == ["d", "a"]
    assert ids(store, project_id="shop", statuses=("success",), execution_mode="test") == ["a"]
    assert ids(store, limit=2, offset=1) == ["c", "b"]


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_by_cursor_hold_each_execution_once(store: ExecutionStore, order: Any) -> None:
    """
    Pages by cursor hold each execution once.

    The claim holds when many executions start at the same moment, and while newer executions
    arrive.
    """
    store.merge([record(f"run-{n}", startedAt=started(n // 4)) for n in range(11)])
    expected = ids(store, order=order)
    seen: list[str] = []
    cursor = None
    while True:
        page = store.find(ExecutionQuery(limit=3, cursor=cursor, order=order))
        seen += [found.id for found in page.executions]
        cursor = page.next_cursor
        if cursor is None:
            break
        if order == "newest":
            store.merge([record(f"late-{len(seen)}", startedAt=started(50))])
    assert seen == expected


def test_lists_bring_nodes_and_payloads_only_when_asked(store: ExecutionStore) -> None:
    """A list holds nodes without payloads, and holds payloads only on request."""
    whole = record(tags={"k": "v"}, error={"message": "m", "stack": "s", "nodeId": "charge"})
    store.merge([whole])
    (listed,) = store.find(ExecutionQuery()).executions
    bare = tuple(replace(node, input=UNSET, output=UNSET) for node in whole.node_executions)
    assert listed == replace(whole, node_executions=bare, trigger=Trigger(type="http"))
    assert store.find(ExecutionQuery(payloads=True)).executions == (whole,)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1_001}, "limit"),
        ({"offset": -1}, "offset"),
        ({"cursor": "?"}, "cursor"),
        ({"cursor": "bm9wZQ=="}, "cursor"),
        ({"cursor": "é"}, "cursor"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(
    store: ExecutionStore, query: dict[str, Any], parameter: str
) -> None:
    """A store refuses a senseless query with an error that names the argument."""
    with pytest.raises(InvalidQueryError) as caught:
        store.find(ExecutionQuery(**query))
    assert caught.value.parameter == parameter


def test_stats_count_and_time_executions(store: ExecutionStore) -> None:
    """The mean is exact, percentiles are within 2 %, and running executions have no duration."""
    store.merge(
        [
            record(f"run-{number}", durationMs=number, startedAt=started(number % 60))
            for number in range(1, 101)
        ]
    )
    store.merge([record("bad", status="error", workflowId="nightly", durationMs=0)])
    store.merge([record("now", status="running", durationMs=5, startedAt=started(59))])
    stats = store.read_stats(HistoryFilter(workflow_ids=("order-intake",)))
    assert (stats.total, stats.success, stats.error, stats.running) == (101, 100, 0, 1)
    assert stats.mean_duration_ms == 50.5
    assert stats.p50_duration_ms == pytest.approx(50, rel=0.02)
    assert stats.p95_duration_ms == pytest.approx(95, rel=0.02)
    assert stats.p99_duration_ms == pytest.approx(99, rel=0.02)
    assert stats.last_started_at == started(59)
    assert store.read_stats().total == 102
    assert store.read_stats(HistoryFilter(workflow_ids=("nightly",))).p50_duration_ms == 0
    assert store.read_stats(HistoryFilter(project_id="shop")).total == 0
    assert store.read_stats(HistoryFilter(workflow_ids=("none",))).mean_duration_ms is None
    assert store.read_stats(HistoryFilter(workflow_ids=("none",))).last_started_at is None


def test_an_error_without_duration_is_timed_by_its_ends(store: ExecutionStore) -> None:
    """
    A failed execution without `durationMs` gets its duration from start and end; 0 is a duration.

    The editor's records omit `durationMs` on errors.
    """
    store.merge([record("a", durationMs=None, status="error"), record("b", durationMs=0)])
    found = {name: store.get(name) for name in ("a", "b")}
    assert found["a"] is not None
    assert found["b"] is not None
    assert (found["a"].duration_ms, found["b"].duration_ms) == (1500, 0)


def test_many_threads_write_and_read_one_store(store: ExecutionStore) -> None:
    """Concurrent threads lose and double nothing; records are stored when their call returns."""
    start = threading.Barrier(8)

    def work(thread: int) -> int:
        start.wait()
        created = 0
        for number in range(40):
            name = f"run-{number}" if number % 4 == 0 else f"run-{thread}-{number}"
            created += store.merge([record(name)]).created
            assert store.get(name) is not None
            store.find(ExecutionQuery(limit=5))
        return created

    with ThreadPoolExecutor(8) as pool:
        created = sum(pool.map(work, range(8)))
    assert created == store.read_stats().total == 10 + 8 * 30


def test_health_counts_executions_and_bytes(store: ExecutionStore) -> None:
    """Health reports the number of executions and the size in bytes."""
    store.merge([record("a"), record("b")])
    health = store.health()
    assert health.executions == 2
    assert health.size_bytes > 0
    assert health.schema_version >= 1
    assert health.settings


def test_a_closed_store_says_so(store: ExecutionStore) -> None:
    """A store can be closed twice; any other use of a closed store raises a clear error."""
    store.close()
    store.close()
    with pytest.raises(StoreClosedError):
        store.merge([record("a")])
    with pytest.raises(StoreClosedError):
        store.get("a")
    with pytest.raises(StoreClosedError):
        store.delete("a")


def test_text_of_every_kind_is_kept(store: ExecutionStore) -> None:
    """A store keeps names with NUL, quotes, newlines, emoji and right-to-left marks."""
    name = 'a\0b "quoted" \n {x} \u202e \U0001f600 \\ é'
    texts = {"workflowName": name, "workflowId": name, "tags": {name: name}}
    sent = record("a", **texts, error={"message": name})
    store.merge([sent])
    assert store.get("a") == sent
    assert ids(store, workflow_ids=(name,)) == ["a"]
