"""The contract of every store for the announcement of changes."""

from __future__ import annotations

from flightlog.record.model import WorkflowExecution
from flightlog.store.writer import ExecutionStore
from support.records import record


def of(process_id: str, execution_id: str) -> WorkflowExecution:
    """Make a running execution of a process."""
    ended = {"completedAt": None, "durationMs": None}
    return record(execution_id, **ended, processId=process_id, status="running")


def test_every_change_is_told_once_it_can_be_read(store: ExecutionStore) -> None:
    """
    A store announces each creation, change and deletion once, when the change is readable.

    A record that adds nothing new isn't announced.
    """
    received: list[tuple[str, ...]] = []
    seen: list[bool] = []

    def note(execution_ids: tuple[str, ...]) -> None:
        received.append(execution_ids)
        seen.append(all(store.get(execution_id) for execution_id in execution_ids))

    store.subscribe(note)
    store.merge([record("a"), record("b"), of("p", "c")])
    store.merge([record("a"), record("b", revision=1)])
    store.merge([record("a")])
    store.mark_crashed("p")
    store.mark_crashed("p")
    store.delete("a")
    store.delete("a")
    store.clear("order-intake")
    assert [sorted(ids) for ids in received] == [["a", "b", "c"], ["b"], ["c"], ["a"], ["b", "c"]]
    assert seen == [True, True, True, False, False]


def test_a_subscription_ends_and_its_faults_are_its_own(store: ExecutionStore) -> None:
    """
    A subscription can end.

    A subscriber that raises hinders neither the store nor other subscribers.
    """
    received: list[tuple[str, ...]] = []

    def fail(execution_ids: tuple[str, ...]) -> None:
        raise ValueError(execution_ids)

    store.subscribe(fail)
    unsubscribe = store.subscribe(received.append)
    assert store.merge([record("a")]).created == 1
    unsubscribe()
    unsubscribe()
    assert store.merge([record("b")]).created == 1
    assert received == [("a",)]
