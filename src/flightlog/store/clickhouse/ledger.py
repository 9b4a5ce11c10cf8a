"""
Keep the ledgers of processes in ClickHouse; see `flightlog.store.ledger`.

Each insertion adds ranges of numbers, and a reader joins them. A process with many ranges gets
their union as new rows, and then the joined rows are deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from flightlog.clock import Clock
from flightlog.record.times import normalize_time
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.ledger import (
    LISTED,
    Range,
    Received,
    add_ranges,
    encode_ranges,
    make_ledger,
    make_process_numbers,
)
from flightlog.store.results import Ledger
from flightlog.store.row_functions import Row
from flightlog.store.states import ProcessNumbers

_JOINED_ROWS: Final = 200
"""The rows of a process beyond which they are joined."""


class LedgerWriter:
    """
    Notes messages.

    Args:
        connection: The connection.
        clock: No sign of life is later than this time.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._inserted: dict[str, int] = {}

    def note(self, received: Mapping[str, Received]) -> None:
        """
        Note that messages were received.

        The time of the delivery is no sign of life, because the process may have died before.

        Args:
            received: The messages, by process id.
        """
        now = normalize_time(self._clock().isoformat())
        self._insert(
            {
                process_id: add_ranges([], [(number, number) for number in messages.numbers])[0]
                for process_id, messages in received.items()
            }
        )
        seen = {each: min(messages.latest, now) for each, messages in received.items()}
        self._insert_processes([(each, 0, time, time) for each, time in seen.items()])

    def note_sent(self, process_id: str, last_number: int, seen: str) -> None:
        """
        Note the number of a process's newest message.

        Args:
            process_id: The process.
            last_number: The number; a smaller one than noted changes nothing.
            seen: A sign of life, canonical time.
        """
        self._insert_processes([(process_id, last_number, seen, seen)])

    def join(self, processes: Iterable[ProcessNumbers]) -> None:
        """
        Join what another ledger holds.

        Args:
            processes: The numbers of processes.
        """
        known = list(processes)
        self._insert({each.process_id: [*each.ranges] for each in known})
        self._insert_processes(
            [(each.process_id, each.last_number, each.first_seen, each.last_seen) for each in known]
        )

    def _insert(self, ranges: Mapping[str, list[Range]]) -> None:
        rows = [(process, *each) for process, its_ranges in ranges.items() for each in its_ranges]
        self._connection.insert("received_ranges", ("process_id", "first", "last"), rows)
        for process, its_ranges in ranges.items():
            count = self._inserted.get(process, 0) + len(its_ranges)
            self._inserted[process] = count
            if count > _JOINED_ROWS:
                self._join_rows(process)

    def _join_rows(self, process_id: str) -> None:
        stored = _read_ranges(self._connection, [process_id]).get(process_id, [])
        union = add_ranges([], stored)[0]
        self._inserted[process_id] = len(union)
        outdated = sorted(set(stored) - set(union))
        if not outdated:
            return
        rows = [(process_id, *each) for each in union]
        self._connection.insert("received_ranges", ("process_id", "first", "last"), rows)
        self._connection.run(
            f"DELETE FROM {self._connection.database}.received_ranges "
            "WHERE process_id = %s AND (first, last) IN %s",
            (process_id, outdated),
        )

    def _insert_processes(self, rows: list[Row]) -> None:
        columns = ("id", "last_number", "first_seen", "last_seen")
        self._connection.insert("processes", columns, rows)


def _read_ranges(connection: Connection, ids: list[str]) -> dict[str, list[Range]]:
    found: dict[str, list[Range]] = {}
    if ids:
        sql = (
            f"SELECT DISTINCT process_id, first, last FROM {connection.database}.received_ranges "
            "WHERE process_id IN %s"
        )
        for process_id, first, last in connection.fetch_all(sql, (ids,)):
            found.setdefault(process_id, []).append((first, last))
    return found


def _read_processes(connection: Connection, after: str, limit: int) -> list[Row]:
    return connection.fetch_all(
        "SELECT id, max(last_number), min(first_seen), max(last_seen) "
        f"FROM {connection.database}.processes WHERE id > %s GROUP BY id ORDER BY id LIMIT %s",
        (after, limit),
    )


def find_process(connection: Connection, process_id: str) -> tuple[int, str] | None:
    """
    Find what is known of a process.

    Args:
        connection: The connection.
        process_id: The process.

    Returns:
        The highest number that it is known to have sent, and its last sign of life; None when the
        process is unknown.
    """
    row = connection.fetch_one(
        "SELECT max(last_number), count(), max(last_seen) "
        f"FROM {connection.database}.processes WHERE id = %s",
        (process_id,),
    )
    if row is None or not row[1]:
        return None
    ranges = _read_ranges(connection, [process_id]).get(process_id, [])
    return max([int(row[0]), *(last for _, last in ranges)]), row[2]


def _list_all(connection: Connection) -> Iterable[tuple[str, int, str, str, list[Range]]]:
    after = ""
    while rows := _read_processes(connection, after, 1_000):
        ranges = _read_ranges(connection, [row[0] for row in rows])
        for process_id, last_number, first_seen, last_seen in rows:
            union = add_ranges([], ranges.get(process_id, []))[0]
            last = max(last_number, union[-1][1] if union else 0)
            yield process_id, last, first_seen, last_seen, union
        after = rows[-1][0]


def read_ledger(connection: Connection) -> Ledger:
    """Count received messages and list missing messages; see `ExecutionReader.read_ledger`."""
    received = missing = 0
    incomplete: list[Row] = []
    for process_id, last, _, last_seen, union in _list_all(connection):
        count = sum(end - start + 1 for start, end in union)
        received += count
        missing += last - count
        if last > count:
            row = (process_id, count, last - count, last, last_seen, encode_ranges(union))
            incomplete.append(row)
    incomplete.sort(key=lambda row: (row[4], row[2]), reverse=True)
    return make_ledger(received, missing, incomplete[:LISTED])


def read_process_numbers(
    connection: Connection, after: str | None, limit: int
) -> tuple[ProcessNumbers, ...]:
    """Read the whole ledger; see `ExecutionReader.read_process_numbers`."""
    rows = _read_processes(connection, after or "", limit)
    ranges = _read_ranges(connection, [row[0] for row in rows])
    found = []
    for process_id, last_number, first_seen, last_seen in rows:
        union = add_ranges([], ranges.get(process_id, []))[0]
        last = max(last_number, union[-1][1] if union else 0)
        found.append((process_id, last, encode_ranges(union), first_seen, last_seen))
    return make_process_numbers(found)
