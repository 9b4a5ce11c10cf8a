"""
Keep the ledger: the messages received from each process, and how many the process has sent.

Each process numbers its messages from 1. The ledger stores received numbers as ranges; deliveries
in order leave one range per process. The ledger does not record which execution a message belongs
to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

import apsw
import msgspec

from flightlog.clock import Clock
from flightlog.errors import InvalidQueryError
from flightlog.record.model import MAX_COUNT, check_id
from flightlog.record.times import normalize_time
from flightlog.store.results import Ledger, ProcessLedger
from flightlog.store.sqlite.queries import fetch_all, fetch_one, load_queries
from flightlog.store.states import ProcessNumbers

MAX_RANGES: Final = 4_096
"""
Ranges kept per process. Beyond this limit, the lowest gaps are still counted but no longer listed.
"""
_LISTED: Final = 100
"""The largest number of processes in an answer, and of missing ranges of each process."""

Range = tuple[int, int]

_queries: Final = load_queries("ledger.sql")
_decode: Final = msgspec.json.Decoder(list[Range]).decode
_encode: Final = msgspec.json.Encoder().encode


class LedgerWriter:
    """
    Notes messages, within transactions that its caller opens.

    Args:
        connection: The writing connection.
        clock: The time at which a process was last heard of.
    """

    def __init__(self, connection: apsw.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def note(self, received: Mapping[str, Iterable[int]]) -> None:
        """
        Note that messages were received.

        Args:
            received: The numbers of the messages, by process id.
        """
        for process_id, numbers in received.items():
            self._note(process_id, ((number, number) for number in numbers), 0)

    def note_sent(self, process_id: str, last_number: int) -> None:
        """
        Note the number of a process's newest message.

        Args:
            process_id: The process.
            last_number: The number of its newest message; a smaller number than noted changes
                nothing.
        """
        self._note(process_id, (), last_number)

    def join(self, process: ProcessNumbers) -> None:
        """
        Join what another ledger holds of a process.

        Args:
            process: The numbers of the process.
        """
        row = fetch_one(self._connection, _queries["seen"], (process.process_id,))
        times = (process.first_seen, process.last_seen)
        if row is not None:
            times = (min(times[0], row[0]), max(times[1], row[1]))
        self._note(process.process_id, process.ranges, process.last_number)
        self._connection.execute(_queries["set_seen"], (*times, process.process_id))

    def _note(self, process_id: str, received: Iterable[Range], last_number: int) -> None:
        row = fetch_one(self._connection, _queries["process"], (process_id,))
        ranges, count, last = (_decode(row[0]), row[1], row[2]) if row else ([], 0, 0)
        ranges, added = add_ranges(ranges, received)
        last = max(last, last_number, ranges[-1][1] if ranges else 0)
        self._connection.execute(
            _queries["note_process"],
            {
                "id": process_id,
                "received": count + added,
                "missing": last - count - added,
                "last_number": last,
                "now": normalize_time(self._clock().isoformat()),
                "ranges": _encode(_limit_ranges(ranges)).decode(),
            },
        )


def check_process(process_id: str, last_number: int) -> None:
    """
    Check a process and the number of its newest message, as a client names them.

    Args:
        process_id: The process.
        last_number: The number.

    Raises:
        InvalidQueryError: The id or the number is invalid.
    """
    try:
        check_id(process_id, "process_id")
    except ValueError as error:
        raise InvalidQueryError(
            "process_id", f"is {process_id[:40]!r}", hint=f"{error}.".replace("`", "")
        ) from error
    if not 0 <= last_number <= MAX_COUNT:
        raise InvalidQueryError(
            "last_number", f"is {last_number}", hint=f"It must be from 0 to {MAX_COUNT}."
        )


def add_ranges(ranges: Iterable[Range], added: Iterable[Range]) -> tuple[list[Range], int]:
    """
    Add ranges of numbers to ranges.

    Args:
        ranges: The first and last number of each range, in ascending order; no two ranges touch.
        added: Ranges in any order; they may overlap.

    Returns:
        The union of the ranges, and how many of the added numbers are new.
    """
    all_ranges: list[Range] = []
    before = 0
    for first, last in ranges:
        before += last - first + 1
        all_ranges.append((first, last))
    all_ranges += added
    all_ranges.sort()
    after = 0
    union: list[Range] = []
    for first, last in all_ranges:
        if union and first <= union[-1][1] + 1:
            begun, ended = union.pop()
            after -= ended - begun + 1
            first, last = begun, max(last, ended)  # noqa: PLW2901 - extends this range
        union.append((first, last))
        after += last - first + 1
    return union, after - before


def read_process_numbers(
    connection: apsw.Connection, after: str | None, limit: int
) -> tuple[ProcessNumbers, ...]:
    """Read the whole ledger; see `ExecutionReader.read_process_numbers`."""
    rows = fetch_all(connection, _queries["processes"], (after or "", limit))
    return tuple(
        ProcessNumbers(
            process_id=process_id,
            last_number=last_number,
            ranges=tuple(_decode(ranges)),
            first_seen=first_seen,
            last_seen=last_seen,
        )
        for process_id, last_number, ranges, first_seen, last_seen in rows
    )


def _limit_ranges(ranges: list[Range]) -> list[Range]:
    beyond = len(ranges) - MAX_RANGES
    return ranges if beyond <= 0 else [(ranges[0][0], ranges[beyond][1]), *ranges[beyond + 1 :]]


def find_newest_number(connection: apsw.Connection, process_id: str) -> int | None:
    """
    Find the highest number that a process is known to have sent.

    Args:
        connection: Any connection.
        process_id: The process.

    Returns:
        The number; None when the process is unknown.
    """
    row = fetch_one(connection, _queries["process"], (process_id,))
    return None if row is None else row[2]


def read_ledger(connection: apsw.Connection) -> Ledger:
    """Count received messages and list missing messages; see `ExecutionReader.read_ledger`."""
    received = fetch_one(connection, _queries["received"])
    # Sum in Python, because the numbers that a client claims to have sent may exceed SQLite's sum.
    missing = sum(row[0] for row in connection.execute(_queries["missing"]))
    rows = fetch_all(connection, _queries["incomplete"], (_LISTED,))
    return Ledger(
        received=received[0] if received else 0,
        missing=missing,
        processes=tuple(
            ProcessLedger(
                process_id=process_id,
                received=count,
                missing=lost,
                missing_ranges=_find_gaps(_decode(ranges), last),
                last_seen=last_seen,
            )
            for process_id, count, lost, last, last_seen, ranges in rows
        ),
    )


def _find_gaps(ranges: list[Range], last_number: int) -> tuple[Range, ...]:
    edges = [(0, 0), *ranges, (last_number + 1, last_number + 1)]
    gaps = [
        (ended + 1, begun - 1) for (_, ended), (begun, _) in pairwise(edges) if begun > ended + 1
    ]
    return tuple(gaps[-_LISTED:])
