"""Count runs that are one node called outside of any execution, by the place of the call."""

from __future__ import annotations

import re
from typing import Any, Final

import apsw
import msgspec

from flightlog.store.metrics import OutsideCalls, OutsideCallSite
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.payloads import make_loader, read_payloads
from flightlog.store.sqlite.queries import Row, fetch_all

LOOKED_AT: Final = 10_000
"""The number of executions examined, the newest first."""
# Skip larger data, because a call's place is short, and other clients may use the same trigger type
# for large data.
_LARGEST_BYTES: Final = 8 * 1024
_SELECT: Final = f"""
SELECT workflow_id, workflow_name,
  CASE WHEN typeof(trigger_data) = 'integer' AND {_LARGEST_BYTES} <
    (SELECT size FROM payloads WHERE payloads.id = trigger_data) THEN NULL ELSE trigger_data END,
  parent_execution_id IS NOT NULL, id,
  (SELECT node_id FROM node_executions WHERE execution_id = executions.id
   ORDER BY sequence, node_id LIMIT 1)
FROM executions
WHERE trigger_type = 'direct' AND ordinal IN
  (SELECT ordinal FROM executions ORDER BY started_at DESC LIMIT {LOOKED_AT})
ORDER BY started_at DESC, ordinal DESC
"""
_COUNT: Final = f"SELECT 1 FROM executions LIMIT 1 OFFSET {LOOKED_AT}"
_NUMBER: Final = re.compile(r"[0-9]+")


class _Caller(msgspec.Struct, frozen=True, rename="camel"):
    """The part of the trigger's data that capture writes."""

    called_from: str | None = None
    thread: str | None = None


_decoder: Final = msgspec.json.Decoder(_Caller)


def read_outside_calls(connection: apsw.Connection, codec: Codec) -> OutsideCalls:
    """Count runs outside of executions; see `ExecutionReader.count_outside_calls`."""
    rows = fetch_all(connection, _SELECT, ())
    load = make_loader(read_payloads(connection, codec, [row[2] for row in rows]))
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
        complete=not fetch_all(connection, _COUNT, ()),
    )


def _caller(data: object) -> _Caller:
    try:
        return _decoder.decode(data) if isinstance(data, msgspec.Raw) else _Caller()
    except msgspec.MsgspecError:
        # Another client may use the same trigger type for any data.
        return _Caller()
