"""
Find the tokens of models' calls, so that lists can show them without reading payloads.

SQLite finds calls as a part of the search index, and PostgreSQL when it stores an execution. Costs
are not stored, because prices change. Each store implements the statements behind the protocols.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple, Protocol

from flightlog.errors import InvalidQueryError
from flightlog.models import MAX_BYTES, ModelCall, Usage, choose_counted, read_encoded_call
from flightlog.store.positions import Position
from flightlog.store.query import MAX_IDS, HistoryFilter
from flightlog.store.record_reader import ReadStore
from flightlog.store.row_functions import Row
from flightlog.store.surveying import COUNTED_EXECUTIONS, survey
from flightlog.store.usage import UsageTotals

SIGN: Final = b'"usage'
"""The JSON of every answer that states its tokens has these bytes."""
_MOST_BYTES: Final = 16 << 20
"""The size of all outputs that are searched for calls in an execution too large for the index."""
_MOST_NODES: Final = 10_000
_MODEL_CHARACTERS: Final = 200


class StoredCall(NamedTuple):
    """The tokens of a call."""

    model: str | None
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None


class CallStore(Protocol):
    """Reads the payloads of node executions one by one, all in one snapshot."""

    def fetch_answers(self, row_id: str, most: int) -> list[Row]:
        """Read input and output of an execution's nodes that have an output, in order."""
        ...

    def read_payload(self, value: Any, most_bytes: int) -> bytes | None:
        """Read the payload of a column; None if there is none, or a stored one is larger."""
        ...


class UsageStore(ReadStore, Protocol):
    """Adds up stored calls, all in one snapshot, by model and by the prices that apply."""

    def has_calls(self) -> bool:
        """Check whether any execution has calls."""
        ...

    def sum_by_execution(self, ids: Sequence[str], limits: Sequence[int]) -> list[Row]:
        """Read the id of an execution and the columns of `sum_all` for it."""
        ...

    def sum_all(self, positions: Sequence[Position], limits: Sequence[int]) -> list[Row]:
        """
        Add up the calls of executions.

        A row has the model, the number of calls, input, cached and output tokens, the largest input
        of a call, and whether input and output are known.
        """
        ...


def find_calls(
    reads: CallStore, row_id: str, signed: Collection[Any] | None
) -> tuple[StoredCall, ...]:
    """
    Find the calls of models in an execution.

    Args:
        reads: Reads the rows and payloads.
        row_id: The id of the execution's row.
        signed: The payloads that contain `SIGN`; None if they have not been searched for it.

    Returns:
        The calls whose tokens are known, in the order of their nodes.
    """
    if signed is not None and not signed:
        return ()
    left = _MOST_BYTES
    found: list[ModelCall] = []
    for asked, answered in reads.fetch_answers(row_id, _MOST_NODES):
        if signed is not None and answered not in signed:
            continue
        answer = reads.read_payload(answered, min(MAX_BYTES, left))
        if answer is None:
            continue
        left -= len(answer)
        if SIGN not in answer:
            continue
        question = reads.read_payload(asked, min(MAX_BYTES, left))
        left -= len(question or b"")
        call = read_encoded_call(question, answer)
        if call is not None:
            found.append(call)
    counted = choose_counted(found)
    calls = (_make_row(call) for call, counts in zip(found, counted, strict=True) if counts)
    return tuple(each for each in calls if each[1:] != (None, None, None))


def _make_row(call: ModelCall) -> StoredCall:
    model = None if call.model is None else call.model[:_MODEL_CHARACTERS]
    return StoredCall(model, call.input_tokens, call.cached_tokens, call.output_tokens)


def read_usage(
    reads: UsageStore, ids: Sequence[str], limits: Sequence[int]
) -> dict[str, tuple[Usage, ...]]:
    """
    Add up the tokens of each execution; see `ExecutionReader.read_usage`.

    Args:
        reads: Reads the rows.
        ids: The executions.
        limits: The numbers of input tokens of a call at which prices change.

    Returns:
        The tokens by execution id.

    Raises:
        InvalidQueryError: There are too many ids.
    """
    if len(ids) > MAX_IDS:
        raise InvalidQueryError(
            "id", f"holds {len(ids)} ids", hint=f"At most {MAX_IDS} can be asked for at once."
        )
    if not ids or not reads.has_calls():
        return {}
    found: dict[str, list[Usage]] = {}
    for execution_id, *columns in reads.sum_by_execution(list(dict.fromkeys(ids)), limits):
        found.setdefault(execution_id, []).append(_make_usage(tuple(columns)))
    return {execution_id: tuple(usages) for execution_id, usages in found.items()}


def sum_usage(reads: UsageStore, chosen: HistoryFilter, limits: Sequence[int]) -> UsageTotals:
    """
    Add up the tokens of many executions; see `ExecutionReader.sum_usage`.

    Args:
        reads: Reads the rows.
        chosen: The executions.
        limits: The numbers of input tokens of a call at which prices change.

    Returns:
        The tokens.
    """
    if not reads.has_calls():
        return UsageTotals(usages=(), searched_to=None)
    found = survey(reads, chosen, COUNTED_EXECUTIONS)
    rows = reads.sum_all(found.positions, limits)
    return UsageTotals(usages=tuple(map(_make_usage, rows)), searched_to=found.searched_to)


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
