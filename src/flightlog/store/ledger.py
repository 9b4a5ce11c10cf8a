"""
The numbers of messages: which were received from each process, and which are missing.

Each process numbers its messages from 1. A ledger keeps received numbers as ranges; deliveries in
order leave one range per process. Each store keeps the ledgers of its processes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import msgspec
from msgspec import Struct, field

from flightlog.errors import InvalidQueryError
from flightlog.record.model import MAX_COUNT, check_id
from flightlog.record.times import normalize_time
from flightlog.store.results import Ledger, ProcessLedger
from flightlog.store.row_functions import Row
from flightlog.store.states import ProcessNumbers

MAX_RANGES: Final = 4_096
"""
Ranges kept per process. Beyond this limit, the lowest gaps are still counted but no longer listed.
"""
LISTED: Final = 100
"""The largest number of processes in an answer, and of missing ranges of each process."""

NOTED_AGAIN_S: Final = 30
"""A heartbeat so soon after the noted sign of life is not noted, seconds."""

Range = tuple[int, int]


class Received(Struct):
    """Messages of one process that were received together."""

    numbers: list[int] = field(default_factory=list)
    """The numbers of the messages."""
    latest: str = ""
    """The latest time in the records, canonical: the process was alive at this time."""


decode_ranges: Final = msgspec.json.Decoder(list[Range]).decode
"""Reads ranges from the JSON text that a store keeps."""
_encode: Final = msgspec.json.Encoder().encode


def encode_ranges(ranges: list[Range]) -> str:
    """
    Write ranges as the JSON text that a store keeps.

    Args:
        ranges: The ranges.

    Returns:
        The text.
    """
    return _encode(ranges).decode()


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


def find_sign_of_life(
    known: tuple[int, str] | None, last_number: int, now: datetime, *, is_alive: bool
) -> str | None:
    """
    Find the time to note with a report about a process.

    Args:
        known: The highest known number of the process, and its last sign of life; None for an
            unknown process.
        last_number: The number of its newest message.
        now: The time of the report.
        is_alive: Whether the report is a heartbeat.

    Returns:
        Canonical time; None if the report adds nothing.
    """
    moment = normalize_time(now.isoformat())
    if known is None:
        return moment
    number, last_seen = known
    noted_before = normalize_time((now - timedelta(seconds=NOTED_AGAIN_S)).isoformat())
    if last_number <= number and not (is_alive and last_seen < noted_before):
        return None
    return moment if is_alive else last_seen


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


def note_numbers(
    kept: str, count: int, last: int, received: Iterable[Range], last_number: int
) -> dict[str, int | str]:
    """
    Add numbers to what a store keeps of a process.

    Args:
        kept: The received ranges, as `encode_ranges` writes them.
        count: The number of received messages.
        last: The newest number that is known.
        received: The received ranges to add, in any order.
        last_number: The newest number that the process has sent by its own word.

    Returns:
        The columns `received`, `missing`, `last_number` and `ranges`.
    """
    ranges, added = add_ranges(decode_ranges(kept), received)
    last = max(last, last_number, ranges[-1][1] if ranges else 0)
    return {
        "received": count + added,
        "missing": last - count - added,
        "last_number": last,
        "ranges": encode_ranges(limit_ranges(ranges)),
    }


def limit_ranges(ranges: list[Range]) -> list[Range]:
    """
    Join the lowest of too many ranges.

    Args:
        ranges: The ranges of a process.

    Returns:
        At most `MAX_RANGES` ranges.
    """
    beyond = len(ranges) - MAX_RANGES
    return ranges if beyond <= 0 else [(ranges[0][0], ranges[beyond][1]), *ranges[beyond + 1 :]]


def find_gaps(ranges: list[Range], last_number: int) -> tuple[Range, ...]:
    """
    Find the missing numbers of a process.

    Args:
        ranges: The received numbers.
        last_number: The highest known number.

    Returns:
        The newest `LISTED` ranges of missing numbers.
    """
    edges = [(0, 0), *ranges, (last_number + 1, last_number + 1)]
    gaps = [
        (ended + 1, begun - 1) for (_, ended), (begun, _) in pairwise(edges) if begun > ended + 1
    ]
    return tuple(gaps[-LISTED:])


def make_ledger(received: int, missing: int, rows: Iterable[Row]) -> Ledger:
    """
    Make the ledger of all processes from its rows.

    Args:
        received: The number of received messages.
        missing: The number of missing messages.
        rows: For each process with missing messages, the most recently heard of first: its id, the
            numbers of received and missing messages, its last number, when it was last heard of,
            and the stored ranges.

    Returns:
        The ledger.
    """
    return Ledger(
        received=received,
        missing=missing,
        processes=tuple(
            ProcessLedger(
                process_id=process_id,
                received=count,
                missing=lost,
                missing_ranges=find_gaps(decode_ranges(ranges), last),
                last_seen=last_seen,
            )
            for process_id, count, lost, last, last_seen, ranges in rows
        ),
    )


def make_process_numbers(rows: Iterable[Row]) -> tuple[ProcessNumbers, ...]:
    """
    Make the received numbers of processes from their rows.

    Args:
        rows: The id, last number and stored ranges of each process, and when it was first and last
            heard of.

    Returns:
        The processes.
    """
    return tuple(
        ProcessNumbers(
            process_id=process_id,
            last_number=last_number,
            ranges=tuple(decode_ranges(ranges)),
            first_seen=first_seen,
            last_seen=last_seen,
        )
        for process_id, last_number, ranges, first_seen, last_seen in rows
    )
