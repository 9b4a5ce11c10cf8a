from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, get_args

import pytest

from flightlog.record.lazy_records import LazyRecords
from flightlog.record.model import NO_RUN, RunKey, WorkflowExecution
from flightlog.store.ledger import Received
from flightlog.store.outcomes import PORTION_PARTS, Outcome, RecordBatch, Tally, divide
from flightlog.store.results import LogResult
from support.records import record


class WatchedRecords(LazyRecords):
    """Records that note how many were decoded."""

    decoded = 0

    def __getitem__(self, position: Any) -> Any:
        self.decoded += 1
        return super().__getitem__(position)


def test_a_portion_is_ready_before_the_next_records_are_decoded() -> None:
    """Only one more record is decoded than the portion holds, and all records are in a portion."""
    line = b'{"id":"e%d","workflowId":"w","workflowName":"W","status":"success","startedAt":"%s"}\n'
    count = 2 * PORTION_PARTS + 10
    body = b"".join(line % (n, b"2026-11-22T10:00:00Z") for n in range(count))
    records = WatchedRecords(body)
    sizes = []
    for portion in divide([records]):
        sizes.append(len(portion.records_by_run))
        assert records.decoded <= sum(sizes) + 1
    assert sizes == [PORTION_PARTS, PORTION_PARTS, 10]


def test_portions_keep_requests_and_message_numbers() -> None:
    """A portion may hold several requests; each run knows its requests."""
    message = {"processId": "p", "number": 7}
    requests: Sequence[Sequence[WorkflowExecution]] = [
        [record("a", message=message)],
        [record("b"), record("a", message={**message, "number": 8})],
        [],
    ]
    (portion,) = divide(requests)
    a, b = RunKey("a", NO_RUN), RunKey("b", NO_RUN)
    assert portion.runs_by_request == {0: {a: None}, 1: {b: None, a: None}}
    end = "2026-11-22T19:04:12.500000Z"
    assert portion.received_by_process == {"p": Received(numbers=[7, 8], latest=end)}
    assert [len(each) for each in portion.records_by_run.values()] == [2, 1]


@pytest.mark.parametrize("seed", range(20))
def test_a_tally_of_portions_equals_that_of_a_whole(seed: int) -> None:
    """However runs are spread over portions, each request counts each run once."""
    random = Random(seed)
    keys = [RunKey(f"e{number}", NO_RUN) for number in range(6)]
    fates = {key: random.choice(get_args(Outcome)) for key in keys}
    requests = [random.choices(keys, k=random.randrange(5)) for _ in range(4)]
    whole = Tally()
    whole.add(_make_portion(dict(enumerate(requests))), fates)
    parts = Tally()
    known: set[RunKey] = set()
    for place, wanted in enumerate(requests):
        for key in wanted:
            fate = fates[key]
            outcome: Outcome = "unchanged" if fate != "deleted" and key in known else fate
            parts.add(_make_portion({place: [key]}), {key: outcome})
            known.add(key)
    results = whole.make_results(4)
    assert parts.make_results(4) == results
    for wanted, result in zip(requests, results, strict=True):
        counted = result.created + result.changed + result.unchanged + len(result.deleted)
        assert counted == len(set(wanted))


def test_a_run_that_changes_in_a_later_portion_counts_as_changed() -> None:
    """The first request of the run counts the change."""
    key = RunKey("e", NO_RUN)
    tally = Tally()
    tally.add(_make_portion({0: [key]}), {key: "unchanged"})
    tally.add(_make_portion({0: [key], 1: [key]}), {key: "changed"})
    assert tally.make_results(2) == [LogResult(changed=1), LogResult(unchanged=1)]


def _make_portion(runs: dict[int, list[RunKey]]) -> RecordBatch:
    by_request = {place: dict.fromkeys(keys) for place, keys in runs.items()}
    return RecordBatch(records_by_run={}, received_by_process={}, runs_by_request=by_request)
