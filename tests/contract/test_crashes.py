"""The contract of every store for processes that died."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from flightlog.record.merge import merge
from flightlog.record.model import WorkflowExecution
from flightlog.record.registers import NODE_CRASH
from flightlog.store.query import ExecutionQuery
from flightlog.store.results import LogResult
from flightlog.store.writer import ExecutionStore
from support.examples import examples
from support.records import record
from support.strategies import careless_records, node_verdicts, verdict

NewStore = Callable[[], ExecutionStore]


def running(execution_id: str = "run-1", revision: int = 1, **fields: Any) -> WorkflowExecution:
    """Make a running execution of process `p` with one ended node and two running nodes."""
    node = {"nodeName": "N", "nodeType": "t", "input": {"text": "in" * 100}}
    statuses = [
        ("fetch", "success"),
        ("loop", "running"),
        ("charge", "running"),
        ("mail", "pending"),
    ]
    nodes = [{**node, "nodeId": name, "status": status} for name, status in statuses]
    ended = {"completedAt": None, "durationMs": None}
    mine = {"processId": "p", "status": "running", "nodeExecutions": nodes, "revision": revision}
    return record(execution_id, **{**ended, **mine, **fields})


def stored(store: ExecutionStore, execution_id: str = "run-1") -> WorkflowExecution:
    """Read an execution that the store must have."""
    found = store.get(execution_id)
    assert found is not None
    return found


def test_import_of_a_crash_keeps_the_error_of_a_node_that_ran(store: ExecutionStore) -> None:
    """
    An export shows a crash in place of the error of a node that ran; importing it changes nothing.

    When the crash is overruled, the node's own error is shown again.
    """
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "running", "sequence": 0}
    error = {"message": "declined", "kind": "exception"}
    crash = {"message": "The process ended.", "kind": "crashed"}
    store.merge([record(status="error", error=crash, nodeExecutions=[{**node, "error": error}])])
    exported = stored(store)
    assert exported.node_executions[0].error == NODE_CRASH
    assert store.merge([exported]) == LogResult(unchanged=1)
    store.merge([record(status="success", nodeExecutions=[])])
    found = stored(store).node_executions[0]
    assert found.error is not None
    assert (found.status, found.error.message) == ("running", "declined")


def test_running_processes_are_those_with_executions_still_running(store: ExecutionStore) -> None:
    """
    Each process with a running execution is listed once.

    Processes whose executions ended, and executions without a process, aren't listed.
    """
    store.merge([running("a"), running("b"), running("c", processId="q")])
    store.merge([running("d", processId=None), record("e", processId="r")])
    assert store.list_running_processes() == ("p", "q")
    store.merge([record("c", revision=2)])
    assert store.list_running_processes() == ("p",)
    assert store.mark_crashed("p") == 2
    assert store.list_running_processes() == ()


def test_a_crash_is_shown_with_what_had_finished_and_what_ran(store: ExecutionStore) -> None:
    """A crash names the innermost running node, has no end time, and keeps every payload."""
    sent = running()
    store.merge([sent])
    assert store.mark_crashed("p") == 1
    found = stored(store)
    assert found.error == verdict(sent).error
    assert found.error is not None
    assert (found.status, found.error.kind, found.error.node_id) == ("error", "crashed", "charge")
    assert (found.completed_at, found.duration_ms, found.revision) == (None, None, 1)
    nodes = list(sent.node_executions)
    for place in (1, 2):
        nodes[place] = replace(nodes[place], status="error", error=NODE_CRASH)
    assert found.node_executions == tuple(nodes)
    assert store.read_stats().error == 1
    assert store.read_stats().running == 0
    (listed,) = store.find(ExecutionQuery(statuses=("error",))).executions
    assert listed.node_executions == tuple(
        replace(node, input=UNSET, output=UNSET) for node in nodes
    )


def test_marking_again_changes_nothing(store: ExecutionStore) -> None:
    """
    Marking an execution a second time changes nothing.

    Marking an unknown process, or an execution of another process, changes nothing either.
    """
    store.merge([running("a"), running("b", processId="q"), record("c", processId="p")])
    assert store.mark_crashed("p") == 1
    before = [store.get(name) for name in "abc"]
    assert store.mark_crashed("p") == 0
    assert store.mark_crashed("nobody") == 0
    assert [store.get(name) for name in "abc"] == before
    assert stored(store, "b").status == "running"
    assert stored(store, "c").status == "success"


def test_a_sign_of_life_with_a_greater_revision_overrules_the_verdict(
    store: ExecutionStore,
) -> None:
    """
    A heartbeat with a greater revision replaces a presumed crash, also on the nodes.

    A lease that ran out too early therefore leaves no trace.
    """
    sent = running()
    store.merge([sent])
    store.mark_crashed("p")
    alive = running(revision=2, nodeExecutions=[], trigger=None)
    assert store.merge([alive]) == LogResult(changed=1)
    assert stored(store) == merge([sent, alive])
    assert stored(store).node_executions == sent.node_executions
    assert store.list_running_processes() == ("p",)
    assert store.mark_crashed("p") == 1
    assert stored(store).status == "error"


def test_a_message_that_was_under_way_does_not_overrule_the_verdict(store: ExecutionStore) -> None:
    """
    A late message without a greater revision keeps the presumed crash.

    The store keeps its content.
    """
    store.merge([running(revision=5, nodeExecutions=[])])
    store.mark_crashed("p")
    store.merge([running(revision=4)])
    found = stored(store)
    assert found.status == "error"
    assert [node.status for node in found.node_executions] == [
        "success",
        "error",
        "error",
        "pending",
    ]


def test_a_reported_end_overrules_the_verdict(store: ExecutionStore) -> None:
    """
    A reported end replaces a presumed crash at any revision.

    Nodes that the report doesn't mention return to their state before the crash.
    """
    store.merge([running(revision=5)])
    store.mark_crashed("p")
    ended = running(revision=0).node_executions[1]
    end = replace(
        record(revision=2), node_executions=(replace(ended, status="success", output=UNSET),)
    )
    store.merge([end])
    found = stored(store)
    assert (found.status, found.error, found.duration_ms) == ("success", None, 1500)
    assert [node.status for node in found.node_executions] == [
        "success",
        "success",
        "running",
        "pending",
    ]
    assert [node.error for node in found.node_executions] == [None] * 4
    assert store.read_stats().success == 1


def test_an_export_of_a_crash_shows_the_same_where_it_is_imported(new_store: NewStore) -> None:
    """An imported export shows the crash, and a heartbeat replaces the crash there too."""
    here, there = new_store(), new_store()
    here.merge([running()])
    here.mark_crashed("p")
    there.merge([stored(here)])
    assert stored(there) == stored(here)
    for store in (here, there):
        store.merge([running(revision=2, nodeExecutions=[])])
    assert stored(there) == stored(here)
    assert stored(there).node_executions == running().node_executions


def test_very_many_executions_and_nodes_crash_at_once(store: ExecutionStore) -> None:
    """A store marks very many executions and nodes in portions, with right counts afterwards."""
    node = {"nodeName": "N", "nodeType": "t", "status": "running"}
    nodes = [{**node, "nodeId": "n", "sequence": place} for place in range(2_300)]
    store.merge([running(f"run-{number}", nodeExecutions=[]) for number in range(1_050)])
    store.merge([running("many", nodeExecutions=nodes)])
    assert store.mark_crashed("p") == 1_051
    assert store.read_stats().error == 1_051
    assert {node.status for node in stored(store, "many").node_executions} == {"error"}
    store.merge([running("many", revision=2, nodeExecutions=nodes[:1])])
    assert {node.status for node in stored(store, "many").node_executions} == {"running"}


@settings(max_examples=examples(80), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(careless_records, min_size=1, max_size=8), st.data())
def test_a_verdict_is_a_message_like_any_other(
    new_store: NewStore, messages: list[WorkflowExecution], data: st.DataObject
) -> None:
    """Marking at any moment gives the same result as merging messages and crash messages."""
    store = new_store()
    sent: dict[str, list[WorkflowExecution]] = {}
    while messages:
        size = data.draw(st.integers(1, len(messages)))
        store.merge(messages[:size])
        for message in messages[:size]:
            sent.setdefault(message.id, []).append(message)
        messages = messages[size:]
        process_id = data.draw(st.sampled_from([None, "process-1", "process-2", "worker-1"]))
        if process_id is not None:
            known = map(store.get, sent)
            mine = [each for each in known if each and each.process_id == process_id]
            alive = [each for each in mine if each.status == "running"]
            assert store.mark_crashed(process_id) == len(alive)
            for each in alive:
                sent[each.id].append(verdict(each))
            for parts in sent.values():
                parts.extend(node_verdicts(parts, process_id))
            assert process_id not in {each.process_id for each in store.list_unfinished()}
    assert {name: store.get(name) for name in sent} == {
        name: merge(parts) for name, parts in sent.items()
    }
    store.close()


CHARGE = {"nodeId": "charge", "nodeName": "Charge", "nodeType": "t", "status": "running"}


def statuses(store: ExecutionStore) -> dict[str, tuple[str, str | None]]:
    """Map each node to its status and the kind of its error."""
    return {
        node.node_id: (node.status, node.error.kind if node.error else None)
        for node in stored(store).node_executions
    }


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("end", ["success", "error", "running"])
def test_a_dead_worker_leaves_crashed_nodes_whether_or_not_the_execution_has_ended(
    store: ExecutionStore, end: str, order: int
) -> None:
    """
    A node names its own process, so only that node crashes.

    Its execution and the others stay.
    """
    own = {**CHARGE, "nodeId": "own", "sequence": 0}
    worker = {**CHARGE, "sequence": 5, "processId": "w"}
    left = running(nodeExecutions=[own])
    messages = [left, running(nodeExecutions=[worker], revision=3)]
    messages.append(running(status=end, nodeExecutions=[], revision=2))
    for message in messages[::-1] if order else messages:
        store.merge([message])
    assert store.mark_crashed("w") == 0
    assert stored(store).status == end
    assert statuses(store) == {"own": ("running", None), "charge": ("error", "crashed")}
    assert store.read_stats().error == (end == "error")


def test_a_node_left_running_in_an_ended_execution_crashes_with_its_process(
    store: ExecutionStore,
) -> None:
    """
    A running node in an ended execution stays running while its process lives.

    After the process died, nothing of the execution is running.
    """
    store.merge([running(nodeExecutions=[CHARGE]), record(nodeExecutions=[], revision=2)])
    assert [(each.process_id, each.node_executions) for each in store.list_unfinished()] == [
        ("p", 1)
    ]
    store.mark_crashed("q")
    assert statuses(store) == {"charge": ("running", None)}
    store.mark_crashed("p")
    assert statuses(store) == {"charge": ("error", "crashed")}
    assert stored(store).status == "success"
    assert store.list_unfinished() == ()


def test_a_worker_that_lives_after_all_overrules_the_verdict_on_its_node(
    store: ExecutionStore,
) -> None:
    """
    A heartbeat with a greater revision replaces a node's crash.

    So does the reported end, in any order.
    """
    worker = {**CHARGE, "processId": "w"}
    store.merge([running(nodeExecutions=[worker]), record(nodeExecutions=[], revision=9)])
    store.mark_crashed("w")
    store.merge([running(nodeExecutions=[worker])])
    assert statuses(store) == {"charge": ("error", "crashed")}
    store.merge([running(nodeExecutions=[worker], revision=2)])
    assert statuses(store) == {"charge": ("running", None)}
    store.mark_crashed("w")
    store.merge([running(nodeExecutions=[{**worker, "status": "success"}], revision=2)])
    assert statuses(store) == {"charge": ("success", None)}


def test_a_living_workers_node_does_not_crash_with_the_execution(store: ExecutionStore) -> None:
    """Only nodes of the dead process crash, and the execution's error names one of these nodes."""
    own = {**CHARGE, "nodeId": "own", "sequence": 0}
    worker = {**CHARGE, "sequence": 5, "processId": "w"}
    store.merge([running(nodeExecutions=[own, worker])])
    assert store.mark_crashed("p") == 1
    found = stored(store)
    assert found.error is not None
    assert found.error.node_id == "own"
    assert statuses(store) == {"own": ("error", "crashed"), "charge": ("running", None)}
    store.mark_crashed("w")
    assert statuses(store)["charge"] == ("error", "crashed")


def test_very_many_nodes_of_a_dead_worker_crash(store: ExecutionStore) -> None:
    """A store marks very many nodes in portions of one transaction each, with right counts."""
    nodes = [{**CHARGE, "sequence": place, "processId": "w"} for place in range(1_203)]
    store.merge([running(status="success", nodeExecutions=nodes)])
    assert [each.node_executions for each in store.list_unfinished()] == [1_203]
    store.mark_crashed("w")
    assert {node.status for node in stored(store).node_executions} == {"error"}
    assert store.list_unfinished() == ()
