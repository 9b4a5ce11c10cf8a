"""Keep the ledgers of processes in PostgreSQL; see `flightlog.store.ledger`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from flightlog.clock import Clock
from flightlog.record.times import normalize_time
from flightlog.store.ledger import (
    LISTED,
    Range,
    make_ledger,
    make_process_numbers,
    note_numbers,
)
from flightlog.store.postgres.statements import (
    Connection,
    fetch_all,
    fetch_one,
    load_queries,
    run,
)
from flightlog.store.results import Ledger
from flightlog.store.states import ProcessNumbers

_queries: Final = load_queries("ledger.sql")


class LedgerWriter:
    """
    Notes messages, within transactions that its caller opens.

    Args:
        connection: The writing connection.
        clock: The time at which a process was last heard of.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def note(self, received: Mapping[str, Iterable[int]]) -> None:
        """
        Note that messages were received.

        Args:
            received: The numbers of the messages, by process id.
        """
        self._note(
            {
                process_id: ([(number, number) for number in numbers], 0)
                for process_id, numbers in received.items()
            }
        )

    def note_sent(self, process_id: str, last_number: int) -> None:
        """
        Note the number of a process's newest message.

        Args:
            process_id: The process.
            last_number: The number of its newest message; a smaller number than noted changes
                nothing.
        """
        self._note({process_id: ([], last_number)})

    def join(self, process: ProcessNumbers) -> None:
        """
        Join what another ledger holds of a process.

        Args:
            process: The numbers of the process.
        """
        self._note({process.process_id: ([*process.ranges], process.last_number)}, process)

    def _note(
        self,
        noted: Mapping[str, tuple[list[Range], int]],
        process: ProcessNumbers | None = None,
    ) -> None:
        if not noted:
            return
        now = normalize_time(self._clock().isoformat())
        first, last_seen = (
            (now, now) if process is None else (process.first_seen, process.last_seen)
        )
        ids = sorted(noted)
        # The inserted rows are locked, and so are the others: several receivers may hear of a
        # process at the same time.
        run(self._connection, _queries["make"], {"ids": ids, "first": first, "last": last_seen})
        for process_id, ranges_text, count, last, was_first, was_last in fetch_all(
            self._connection, _queries["lock"], {"ids": ids}
        ):
            run(
                self._connection,
                _queries["write"],
                {
                    **note_numbers(ranges_text, count, last, *noted[process_id]),
                    "id": process_id,
                    "first": was_first if process is None else min(first, was_first),
                    "last": now if process is None else max(last_seen, was_last),
                },
            )


def find_newest_number(connection: Connection, process_id: str) -> int | None:
    """
    Find the highest number that a process is known to have sent.

    Args:
        connection: Any connection.
        process_id: The process.

    Returns:
        The number; None when the process is unknown.
    """
    row = fetch_one(connection, _queries["newest"], {"id": process_id})
    return None if row is None else row[0]


def read_ledger(connection: Connection) -> Ledger:
    """Count received messages and list missing messages; see `ExecutionReader.read_ledger`."""
    sums = fetch_one(connection, _queries["sums"])
    received, missing = sums or (0, 0)
    rows = fetch_all(connection, _queries["incomplete"], {"limit": LISTED})
    return make_ledger(received, missing, rows)


def read_process_numbers(
    connection: Connection, after: str | None, limit: int
) -> tuple[ProcessNumbers, ...]:
    """Read the whole ledger; see `ExecutionReader.read_process_numbers`."""
    rows = fetch_all(connection, _queries["processes"], {"after": after or "", "limit": limit})
    return make_process_numbers(rows)
