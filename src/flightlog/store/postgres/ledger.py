"""Keep the ledgers of processes in PostgreSQL; see `flightlog.store.ledger`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

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


class _News(Struct, kw_only=True):
    seen: str
    ranges: list[Range] = field(default_factory=list)
    last_number: int = 0
    first_seen: str | None = None


class LedgerWriter:
    """
    Notes messages, within transactions that its caller opens.

    Args:
        connection: The writing connection.
        clock: No sign of life is later than this time.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
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
        self._note(
            {
                process_id: _News(
                    ranges=[(number, number) for number in messages.numbers],
                    seen=min(messages.latest, now),
                )
                for process_id, messages in received.items()
            }
        )

    def note_sent(self, process_id: str, last_number: int, seen: str) -> None:
        """
        Note the number of a process's newest message.

        Args:
            process_id: The process.
            last_number: The number of its newest message; a smaller number than noted changes
                nothing.
            seen: A sign of life, canonical time.
        """
        self._note({process_id: _News(last_number=last_number, seen=seen)})

    def join(self, process: ProcessNumbers) -> None:
        """
        Join what another ledger holds of a process.

        Args:
            process: The numbers of the process.
        """
        news = _News(
            ranges=[*process.ranges],
            last_number=process.last_number,
            first_seen=process.first_seen,
            seen=process.last_seen,
        )
        self._note({process.process_id: news})

    def _note(self, noted: Mapping[str, _News]) -> None:
        if not noted:
            return
        ids = sorted(noted)
        seen = [noted[process_id].seen for process_id in ids]
        # The inserted rows are locked, and so are the others: several receivers may hear of a
        # process at the same time.
        run(self._connection, _queries["make"], {"ids": ids, "seen": seen})
        for process_id, ranges_text, count, last, was_first, was_last in fetch_all(
            self._connection, _queries["lock"], {"ids": ids}
        ):
            news = noted[process_id]
            run(
                self._connection,
                _queries["write"],
                {
                    **note_numbers(ranges_text, count, last, news.ranges, news.last_number),
                    "id": process_id,
                    "first": min(news.first_seen or was_first, was_first),
                    "last": max(news.seen, was_last),
                },
            )


def find_process(connection: Connection, process_id: str) -> tuple[int, str] | None:
    """
    Find what is known of a process.

    Args:
        connection: Any connection.
        process_id: The process.

    Returns:
        The highest number that it is known to have sent, and its last sign of life; None when the
        process is unknown.
    """
    row = fetch_one(connection, _queries["newest"], {"id": process_id})
    return None if row is None else (row[0], row[1])


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
