"""Count runs that are one node called outside of any execution, by the place of the call."""

from __future__ import annotations

import re
from typing import Any, Final, Protocol

import msgspec

from flightlog.store.metrics import OutsideCalls, OutsideCallSite
from flightlog.store.record_reader import ReadStore
from flightlog.store.row_functions import Row

LOOKED_AT: Final = 10_000
"""The number of executions examined, the newest first."""
# Skip larger data, because a call's place is short, and other clients may use the same trigger type
# for large data.
_LARGEST_BYTES: Final = 8 * 1024
_NUMBER: Final = re.compile(r"[0-9]+")


class _Caller(msgspec.Struct, frozen=True, rename="camel"):
    """The part of the trigger's data that capture writes."""

    called_from: str | None = None
    thread: str | None = None


_decoder: Final = msgspec.json.Decoder(_Caller)


class OutsideCallStore(ReadStore, Protocol):
    """Reads calls outside of executions, all in one snapshot."""

    def fetch_direct_calls(self, most: int, largest_bytes: int) -> list[Row]:
        """
        Read the runs among the newest executions that are one node called outside of any execution.

        A row has the workflow, its name, the trigger data if it is not too large, whether the run
        has a parent, its id and its first node.

        Args:
            most: How many of the newest executions are examined.
            largest_bytes: The size up to which trigger data is read.

        Returns:
            The rows.
        """
        ...

    def has_more(self, number: int) -> bool:
        """
        Check whether there are more executions than a number.

        Args:
            number: The number.

        Returns:
            Whether there are more executions.
        """
        ...


def read_outside_calls(reads: OutsideCallStore) -> OutsideCalls:
    """
    Count runs outside of executions; see `ExecutionReader.count_outside_calls`.

    Args:
        reads: Reads the rows.

    Returns:
        The runs by the place of the call.
    """
    rows = reads.fetch_direct_calls(LOOKED_AT, _LARGEST_BYTES)
    load = reads.make_loader([row[2] for row in rows])
    newest: dict[tuple[Any, ...], tuple[Row, _Caller]] = {}
    counts: dict[tuple[Any, ...], int] = {}
    linked: dict[tuple[Any, ...], int] = {}
    for row in rows:
        workflow_id, _, data, is_linked, _, node_id = row
        caller = _caller(load(data))
        # Replace numbers, because the threads of one pool differ only in their numbers.
        thread = _NUMBER.sub("#", caller.thread or "")
        place = workflow_id, node_id, caller.called_from, thread
        newest.setdefault(place, (row, caller))
        counts[place] = counts.get(place, 0) + 1
        linked[place] = linked.get(place, 0) + is_linked
    places = sorted(newest, key=lambda place: -counts[place])
    return OutsideCalls(
        places=tuple(
            OutsideCallSite(
                workflow_id=newest[place][0][0],
                workflow_name=newest[place][0][1],
                node_id=newest[place][0][5],
                called_from=newest[place][1].called_from,
                thread=newest[place][1].thread,
                count=counts[place],
                linked=linked[place],
                last_execution_id=newest[place][0][4],
            )
            for place in places
        ),
        count=len(rows),
        complete=not reads.has_more(LOOKED_AT),
    )


def _caller(data: object) -> _Caller:
    try:
        return _decoder.decode(data) if isinstance(data, msgspec.Raw) else _Caller()
    except msgspec.MsgspecError:
        # Another client may use the same trigger type for any data.
        return _Caller()
