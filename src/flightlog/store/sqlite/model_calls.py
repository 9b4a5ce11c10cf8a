"""
Keep the tokens of models' calls, so that lists can show them without reading payloads.

The calls are a part of the search index: its pass over the payloads finds them, and they are
written, forgotten and built anew with it. Costs are not stored, because prices change.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

import apsw

from flightlog.errors import InvalidQueryError
from flightlog.models import MAX_BYTES, ModelCall, Usage, choose_counted, read_encoded_call
from flightlog.store.query import MAX_IDS, HistoryFilter
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.payloads import StoredValue
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.reader import SqliteReads
from flightlog.store.surveying import COUNTED_EXECUTIONS, survey
from flightlog.store.usage import UsageTotals

SIGN: Final = b'"usage'
"""The JSON of every answer that states its tokens has these bytes."""
_MOST_BYTES: Final = 16 << 20
"""The size of all outputs that are searched for calls in an execution too large for the index."""
_MOST_NODES: Final = 10_000
_MOST_TOKENS: Final = 10**10
"""A larger number is no count of tokens, and sums of such numbers could overflow."""
_MODEL_CHARACTERS: Final = 200

_queries: Final = load_queries("model_calls.sql")


class StoredCall(NamedTuple):
    """The tokens of a call."""

    model: str | None
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None


def find_calls(
    connection: apsw.Connection,
    codec: Codec,
    execution_id: str,
    signed: Collection[StoredValue] | None,
) -> tuple[StoredCall, ...]:
    """
    Find the calls of models in an execution.

    Args:
        connection: A connection within a read transaction.
        codec: Decompresses payloads.
        execution_id: The id of the execution's row.
        signed: The payloads that contain `SIGN`; None if they have not been searched for it.

    Returns:
        The calls whose tokens are known, in the order of their nodes.
    """
    if signed is not None and not signed:
        return ()
    payloads = _Payloads(connection, codec)
    found: list[ModelCall] = []
    for asked, answered in fetch_all(connection, _queries["nodes"], (execution_id, _MOST_NODES)):
        if signed is not None and answered not in signed:
            continue
        answer = payloads.read(answered)
        if answer is None or SIGN not in answer:
            continue
        call = read_encoded_call(payloads.read(asked), answer)
        if call is not None:
            found.append(call)
    counted = choose_counted(found)
    calls = (_make_row(call) for call, counts in zip(found, counted, strict=True) if counts)
    return tuple(each for each in calls if each[1:] != (None, None, None))


class _Payloads:
    def __init__(self, connection: apsw.Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec
        self._left = _MOST_BYTES

    def read(self, value: StoredValue) -> bytes | None:
        if not isinstance(value, int):
            return None if value is None else str(value).encode()
        size = min(MAX_BYTES, self._left)
        row = fetch_one(self._connection, _queries["payload"], (value, size))
        if row is None:
            return None
        data = self._codec.decompress(self._connection, row[0])
        self._left -= len(data)
        return data


def _make_row(call: ModelCall) -> StoredCall:
    counts = (
        None if count is None or count > _MOST_TOKENS else count
        for count in (call.input_tokens, call.cached_tokens, call.output_tokens)
    )
    model = None if call.model is None else call.model[:_MODEL_CHARACTERS]
    return StoredCall(model, *counts)


def write_calls(
    connection: apsw.Connection, entries: Iterable[tuple[int, Sequence[StoredCall]]]
) -> None:
    """
    Write the calls of executions in place of earlier ones; call this within a transaction.

    Args:
        connection: The writing connection.
        entries: The ordinal and the calls of each execution; without calls, none are left.
    """
    written = list(entries)
    forget_calls(connection, json.dumps([ordinal for ordinal, _ in written]))
    connection.executemany(
        _queries["write"],
        ((ordinal, place, *call) for ordinal, calls in written for place, call in enumerate(calls)),
    )


def forget_calls(connection: apsw.Connection, ordinals: str) -> None:
    """
    Delete the calls of executions.

    Args:
        connection: The writing connection.
        ordinals: The executions, a JSON list.
    """
    connection.execute(_queries["forget"], (ordinals,))


def read_usage(
    connection: apsw.Connection, ids: Sequence[str], limits: Sequence[int]
) -> dict[str, tuple[Usage, ...]]:
    """Add up the tokens of each execution; see `ExecutionReader.read_usage`."""
    if len(ids) > MAX_IDS:
        raise InvalidQueryError(
            "id", f"holds {len(ids)} ids", hint=f"At most {MAX_IDS} can be asked for at once."
        )
    if not ids or not _has_calls(connection):
        return {}
    bound = {"ids": json.dumps(list(dict.fromkeys(ids))), "limits": json.dumps(list(limits))}
    found: dict[str, list[Usage]] = {}
    for execution_id, *columns in fetch_all(connection, _queries["sum_by_execution"], bound):
        found.setdefault(execution_id, []).append(_make_usage(tuple(columns)))
    return {execution_id: tuple(usages) for execution_id, usages in found.items()}


def sum_usage(
    connection: apsw.Connection, codec: Codec, chosen: HistoryFilter, limits: Sequence[int]
) -> UsageTotals:
    """Add up the tokens of many executions; see `ExecutionReader.sum_usage`."""
    if not _has_calls(connection):
        return UsageTotals(usages=(), searched_to=None)
    found = survey(SqliteReads(connection, codec), chosen, COUNTED_EXECUTIONS)
    ordinals = json.dumps([position.ordinal for position in found.positions])
    bound = {"ordinals": ordinals, "limits": json.dumps(list(limits))}
    rows = fetch_all(connection, _queries["sum_all"], bound)
    return UsageTotals(usages=tuple(map(_make_usage, rows)), searched_to=found.searched_to)


def _has_calls(connection: apsw.Connection) -> bool:
    return fetch_one(connection, _queries["exists"]) is not None


def _make_usage(row: Row) -> Usage:
    model, calls, asked, cached, answered, largest, is_complete = row
    return Usage(
        model=model,
        calls=calls,
        input_tokens=int(asked),
        cached_tokens=int(cached),
        output_tokens=int(answered),
        largest_input=largest,
        is_complete=bool(is_complete),
    )
