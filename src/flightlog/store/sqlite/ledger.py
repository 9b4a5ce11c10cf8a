"""
Keep the ledger: the messages received from each process, and how many the process has sent.

Each process numbers its messages from 1. The ledger stores received numbers as ranges; deliveries
in order leave one range per process. The ledger does not record which execution a message belongs
to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import apsw

from flightlog.clock import Clock
from flightlog.record.times import normalize_time
from flightlog.store.ledger import (
    LISTED,
    Range,
    Received,
    make_ledger,
    make_process_numbers,
    note_numbers,
)
from flightlog.store.results import Ledger
from flightlog.store.sqlite.queries import fetch_all, fetch_one, load_queries
from flightlog.store.states import ProcessNumbers

_queries: Final = load_queries("ledger.sql")


class LedgerWriter:
    """
    Notes messages, within transactions that its caller opens.

    Args:
        connection: The writing connection.
        clock: No sign of life is later than this time.
    """

    def __init__(self, connection: apsw.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def note(self, received: Mapping[str, Received]) -> None:
        """
        Note that messages were received.

        The time of the delivery is no sign of life, because the process may have died before.

        Args:
            received: The messages, by process id.
        """
        now = normalize_time(self._clock().isoformat())
        for process_id, messages in received.items():
            ranges = ((number, number) for number in messages.numbers)
            self._note(process_id, ranges, 0, min(messages.latest, now))

    def note_sent(self, process_id: str, last_number: int, seen: str) -> None:
        """
        Note the number of a process's newest message.

        Args:
            process_id: The process.
            last_number: The number of its newest message; a smaller number than noted changes
                nothing.
            seen: A sign of life, canonical time.
        """
        self._note(process_id, (), last_number, seen)

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
        self._note(process.process_id, process.ranges, process.last_number, times[1])
        self._connection.execute(_queries["set_seen"], (*times, process.process_id))

    def _note(
        self, process_id: str, received: Iterable[Range], last_number: int, seen: str
    ) -> None:
        row = fetch_one(self._connection, _queries["process"], (process_id,))
        ranges, count, last, _ = row or ("[]", 0, 0, "")
        self._connection.execute(
            _queries["note_process"],
            {
                **note_numbers(ranges, count, last, received, last_number),
                "id": process_id,
                "seen": seen,
            },
        )


def read_process_numbers(
    connection: apsw.Connection, after: str | None, limit: int
) -> tuple[ProcessNumbers, ...]:
    """Read the whole ledger; see `ExecutionReader.read_process_numbers`."""
    rows = fetch_all(connection, _queries["processes"], (after or "", limit))
    return make_process_numbers(rows)


def find_process(connection: apsw.Connection, process_id: str) -> tuple[int, str] | None:
    """
    Find what is known of a process.

    Args:
        connection: Any connection.
        process_id: The process.

    Returns:
        The highest number that it is known to have sent, and its last sign of life; None when the
        process is unknown.
    """
    row = fetch_one(connection, _queries["process"], (process_id,))
    return None if row is None else (row[2], row[3])


def read_ledger(connection: apsw.Connection) -> Ledger:
    """Count received messages and list missing messages; see `ExecutionReader.read_ledger`."""
    received = fetch_one(connection, _queries["received"])
    # Sum in Python, because the numbers that a client claims to have sent may exceed SQLite's sum.
    missing = sum(row[0] for row in connection.execute(_queries["missing"]))
    rows = fetch_all(connection, _queries["incomplete"], (LISTED,))
    return make_ledger(received[0] if received else 0, missing, rows)
