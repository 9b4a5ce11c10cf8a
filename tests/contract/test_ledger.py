"""The contract of every store for the numbers of messages."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flightlog.errors import InvalidQueryError, InvalidRecordError
from flightlog.record.decoding import convert_execution
from flightlog.record.model import MAX_COUNT, WorkflowExecution
from flightlog.store.results import Ledger, ProcessLedger
from flightlog.store.writer import ExecutionStore
from support.examples import examples
from support.records import record


def messages(process_id: str, numbers: Iterable[int]) -> list[WorkflowExecution]:
    """Make messages of one process with these numbers, all of one execution."""
    return [
        record(message={"processId": process_id, "number": number}, revision=number % 7)
        for number in numbers
    ]


def missing(store: ExecutionStore) -> dict[str, tuple[tuple[int, int], ...]]:
    """Map each process to its ranges of missing numbers."""
    return {each.process_id: each.missing_ranges for each in store.read_ledger().processes}


def test_an_empty_ledger_misses_nothing(store: ExecutionStore) -> None:
    """An empty ledger misses nothing, and neither does a ledger of records without numbers."""
    store.merge([record("a"), record("b")])
    assert store.read_ledger() == Ledger(received=0, missing=0, processes=())


def test_what_is_missing_is_named_by_process_and_number(store: ExecutionStore) -> None:
    """The ledger names gaps and a missing head, and counts a repeated message once."""
    store.merge(messages("p", [2, 3, 3, 7]))
    store.merge(messages("q", [1, 2]))
    store.merge(messages("p", [3, 9]))
    ledger = store.read_ledger()
    assert (ledger.received, ledger.missing) == (6, 5)
    (only,) = ledger.processes
    assert only == ProcessLedger(
        process_id="p",
        received=4,
        missing=5,
        missing_ranges=((1, 1), (4, 6), (8, 8)),
        last_seen=only.last_seen,
    )
    assert only.last_seen.startswith("2026-11-22T12:00:")
    store.merge(messages("p", [8, 1, 6, 5, 4]))
    assert store.read_ledger() == Ledger(received=11, missing=0, processes=())


def test_a_missing_tail_shows_once_the_process_says_how_far_it_is(store: ExecutionStore) -> None:
    """
    A missing tail shows once the process reports its highest number, also for an unknown process.

    A smaller number changes nothing.
    """
    store.merge(messages("p", [1, 2]))
    store.note_sent("p", 5)
    store.note_sent("p", 3)
    store.note_sent("q", 2)
    store.note_sent("r", 0)
    assert missing(store) == {"q": ((1, 2),), "p": ((3, 5),)}
    assert (store.read_ledger().received, store.read_ledger().missing) == (2, 5)
    store.merge(messages("p", [3, 4, 5]))
    assert missing(store) == {"q": ((1, 2),)}


def test_messages_count_whatever_became_of_their_records(store: ExecutionStore) -> None:
    """The ledger counts a record that changes nothing, and a record of a deleted execution."""
    store.merge(messages("p", [1]))
    assert store.merge(messages("p", [8])).unchanged == 1
    store.delete("run-1")
    assert store.merge(messages("p", [2])).deleted == ("run-1",)
    assert missing(store) == {"p": ((3, 7),)}
    assert store.read_ledger().received == 3


def test_a_message_is_not_kept_with_its_execution(store: ExecutionStore) -> None:
    """A store serves an execution with its process, and without the message of the record."""
    sent = record(
        processId="p", message={"processId": "child", "number": 1}, error={"message": "m"}
    )
    store.merge([sent])
    found = store.get("run-1")
    assert found is not None
    assert (found.process_id, found.message) == ("p", None)
    assert store.read_ledger().received == 1


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_grouping_gives_the_same_ledger(
    store: ExecutionStore, data: st.DataObject
) -> None:
    """The ledger depends only on the set of numbers, not on their order or grouping."""
    numbers = data.draw(st.lists(st.integers(1, 30), min_size=1, max_size=40))
    process_id = f"process-{store.read_ledger().received}-{data.draw(st.uuids())}"
    left = list(numbers)
    before = store.read_ledger()
    while left:
        size = data.draw(st.integers(1, len(left)))
        store.merge(messages(process_id, left[:size]))
        left = left[size:]
    wanted = set(range(1, max(numbers) + 1)) - set(numbers)
    found = missing(store).get(process_id, ())
    assert {n for first, last in found for n in range(first, last + 1)} == wanted
    after = store.read_ledger()
    assert after.received - before.received == len(set(numbers))
    assert after.missing - before.missing == len(wanted)
    store.merge(messages(process_id, wanted))


def test_an_answer_is_bounded_and_its_totals_are_exact(store: ExecutionStore) -> None:
    """An answer holds the newest 100 incomplete processes, with the newest 100 ranges of each."""
    for number in range(120):
        store.note_sent(f"process-{number}", 1)
    store.merge(messages("gaps", range(2, 602, 2)))
    ledger = store.read_ledger()
    assert (ledger.received, ledger.missing) == (300, 120 + 300)
    assert len(ledger.processes) == 100
    newest = ledger.processes[0]
    assert (newest.process_id, newest.missing) == ("gaps", 300)
    assert newest.missing_ranges == tuple((n, n) for n in range(401, 601, 2))
    assert ledger.processes[1].process_id == "process-119"


def test_totals_stay_exact_however_scattered_and_large_the_numbers(store: ExecutionStore) -> None:
    """A hostile client can cause neither an unbounded row nor an overflow of a sum."""
    store.merge(messages("scattered", range(2, 20_002, 2)))
    store.merge(messages("scattered", range(20_001, 20_003)))
    store.note_sent("huge-1", MAX_COUNT)
    store.merge(messages("huge-2", [MAX_COUNT]))
    ledger = store.read_ledger()
    assert ledger.received == 10_000 + 2 + 1
    assert ledger.missing == 10_000 + MAX_COUNT + MAX_COUNT - 1


@pytest.mark.parametrize(
    ("process_id", "last_number", "parameter"),
    [
        ("", 1, "process_id"),
        ("p" * 129, 1, "process_id"),
        ("a\nb", 1, "process_id"),
        ("p", -1, "last_number"),
        ("p", MAX_COUNT + 1, "last_number"),
    ],
)
def test_what_can_be_no_process_or_number_is_refused(
    store: ExecutionStore, process_id: str, last_number: int, parameter: str
) -> None:
    """A store refuses an impossible process or number, names the argument, and notes nothing."""
    with pytest.raises(InvalidQueryError) as caught:
        store.note_sent(process_id, last_number)
    assert caught.value.parameter == parameter
    assert store.read_ledger().missing == 0


@pytest.mark.parametrize("number", [0, -1, MAX_COUNT + 1])
def test_a_record_with_an_impossible_number_is_refused(number: int) -> None:
    """A store refuses a record with number 0, because numbers count from 1."""
    sent = {"id": "a", "workflowId": "w", "workflowName": "W", "status": "success"}
    message = {"processId": "p", "number": number}
    with pytest.raises(InvalidRecordError) as caught:
        convert_execution({**sent, "startedAt": "2026-11-22", "message": message})
    assert caught.value.path == "$.message.number"
