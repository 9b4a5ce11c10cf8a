"""
Divide the records of a transaction into portions, and count what each portion did.

The rows of a portion are written before the next portion is decoded, so that the memory of a
transaction doesn't grow with the number of its records.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from flightlog.record.model import RunKey, WorkflowExecution, find_latest_time, make_run_key
from flightlog.store.ledger import Received
from flightlog.store.results import LogResult

PORTION_PARTS: Final = 500
"""The executions and node executions of a portion, if they come in several records."""

Outcome = Literal["created", "changed", "unchanged", "deleted"]

_CODES: Final[Mapping[Outcome, int]] = {"created": 0, "changed": 1, "unchanged": 2, "deleted": 3}
_CHANGED: Final = _CODES["changed"]
_UNCHANGED: Final = _CODES["unchanged"]
_RUNS_AT_ONCE: Final = 8_192


class RecordBatch(Struct, frozen=True, kw_only=True):
    """Some records of a transaction."""

    records_by_run: dict[RunKey, list[WorkflowExecution]]
    """The records of each run."""
    received_by_process: dict[str, Received]
    """The messages that brought the records."""
    runs_by_request: dict[int, dict[RunKey, None]]
    """The runs of each request, by the request's place."""


def divide(
    requests: Sequence[Sequence[WorkflowExecution]], most_parts: int = PORTION_PARTS
) -> Iterator[RecordBatch]:
    """
    Divide the records of requests into portions.

    Args:
        requests: The records of each request.
        most_parts: The executions and node executions of a portion; one record may have more.

    Yields:
        The portions in the order of the records; at least one.
    """
    portion = _make_portion()
    parts = 0
    for place, records in enumerate(requests):
        for record in records:
            size = 1 + len(record.node_executions)
            if parts and parts + size > most_parts:
                yield portion
                portion = _make_portion()
                parts = 0
            parts += size
            key = make_run_key(record)
            portion.records_by_run.setdefault(key, []).append(record)
            portion.runs_by_request.setdefault(place, {})[key] = None
            if record.message is not None:
                received = portion.received_by_process.setdefault(
                    record.message.process_id, Received()
                )
                received.numbers.append(record.message.number)
                received.latest = max(received.latest, find_latest_time(record))
    yield portion


def _make_portion() -> RecordBatch:
    return RecordBatch(records_by_run={}, received_by_process={}, runs_by_request={})


class Tally:
    """
    Counts the executions of each request by what the transaction did with them.

    If several requests have records of one execution, the first of these requests counts the
    execution as created or changed, and the others as unchanged.
    """

    def __init__(self) -> None:
        self._deleted: dict[int, dict[str, None]] = {}
        # The hash of each run, the code of its outcome, and its request; the keys of all runs would
        # take much memory.
        self._runs, self._codes, self._places = array("q"), array("B"), array("I")

    def add(self, portion: RecordBatch, outcomes: Mapping[RunKey, Outcome]) -> None:
        """
        Count a portion.

        Args:
            portion: The portion.
            outcomes: The outcome of each of its runs.
        """
        for place, keys in portion.runs_by_request.items():
            for key in keys:
                outcome = outcomes[key]
                if outcome == "deleted":
                    self._deleted.setdefault(place, {})[key.name] = None
                    continue
                self._runs.append(hash(key))
                self._codes.append(_CODES[outcome])
                self._places.append(place)

    def make_results(self, requests: int) -> list[LogResult]:
        """
        Make the results of the requests.

        Args:
            requests: The number of requests.

        Returns:
            The result of each request.
        """
        counts = [Counter[int]() for _ in range(requests)]
        # Equal runs are in one group, and the dict of a group is small.
        groups = 1 + len(self._runs) // _RUNS_AT_ONCE
        for group in range(groups):
            self._count_group(group, groups, counts)
        return [
            LogResult(
                created=count[_CODES["created"]],
                changed=count[_CHANGED],
                unchanged=count[_UNCHANGED],
                deleted=tuple(self._deleted.get(place, ())),
            )
            for place, count in enumerate(counts)
        ]

    def _count_group(self, group: int, groups: int, counts: Sequence[Counter[int]]) -> None:
        # The outcome of each run, its first request, and its last request.
        known: dict[int, tuple[int, int, int]] = {}
        for run, code, place in zip(self._runs, self._codes, self._places, strict=True):
            if run % groups != group:
                continue
            first_code, first, last = known.get(run, (code, place, place))
            if run not in known:
                counts[place][code] += 1
            elif last != place:
                counts[place][_UNCHANGED] += 1
            if code == _CHANGED and first_code == _UNCHANGED:
                counts[first][_UNCHANGED] -= 1
                counts[first][_CHANGED] += 1
                first_code = _CHANGED
            known[run] = (first_code, first, place)


def count_outcomes(outcomes: Mapping[RunKey, Outcome]) -> LogResult:
    """
    Count runs by what a transaction did with them.

    Args:
        outcomes: The outcome of each run.

    Returns:
        The numbers, and the names of the deleted runs.
    """
    counts = Counter(outcomes.values())
    return LogResult(
        created=counts["created"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        deleted=tuple(run.name for run, outcome in outcomes.items() if outcome == "deleted"),
    )
