"""
Divide the records of a transaction into portions, and count what each portion did.

The rows of a portion are written before the next portion is decoded, so that the memory of a
transaction doesn't grow with the number of its records.
"""

from __future__ import annotations

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
_REQUESTS: Final = 1 << 16


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
        self._counts: dict[int, Counter[int]] = {}
        self._deleted: dict[int, dict[str, None]] = {}
        # By the hash of the run, because the keys of all runs would take much memory: the code of
        # the outcome, the first request of the run, and the last one.
        self._known: dict[int, int] = {}

    def add(self, portion: RecordBatch, outcomes: Mapping[RunKey, Outcome]) -> None:
        """
        Count a portion.

        Args:
            portion: The portion.
            outcomes: The outcome of each of its runs.
        """
        for place, keys in portion.runs_by_request.items():
            counts = self._counts.setdefault(place, Counter())
            for key in keys:
                outcome = outcomes[key]
                if outcome == "deleted":
                    self._deleted.setdefault(place, {})[key.name] = None
                else:
                    self._count(place, counts, hash(key), _CODES[outcome])

    def _count(self, place: int, counts: Counter[int], key: int, code: int) -> None:
        known = self._known.get(key)
        if known is None:
            counts[code] += 1
            self._known[key] = _pack(code, place, place)
            return
        first_code, first, last = _unpack(known)
        if last != place:
            counts[_UNCHANGED] += 1
        if code == _CHANGED and first_code == _UNCHANGED:
            self._counts[first][_UNCHANGED] -= 1
            self._counts[first][_CHANGED] += 1
            first_code = _CHANGED
        self._known[key] = _pack(first_code, first, place)

    def make_results(self, requests: int) -> list[LogResult]:
        """
        Make the results of the requests.

        Args:
            requests: The number of requests.

        Returns:
            The result of each request.
        """
        results = []
        for place in range(requests):
            counts = self._counts.get(place, Counter())
            results.append(
                LogResult(
                    created=counts[_CODES["created"]],
                    changed=counts[_CHANGED],
                    unchanged=counts[_UNCHANGED],
                    deleted=tuple(self._deleted.get(place, ())),
                )
            )
        return results


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


def _pack(code: int, first: int, last: int) -> int:
    # Python shares small numbers, and most transactions have a single request of many runs.
    return (last * _REQUESTS + first) * len(_CODES) + code


def _unpack(packed: int) -> tuple[int, int, int]:
    places, code = divmod(packed, len(_CODES))
    last, first = divmod(places, _REQUESTS)
    return code, first, last
