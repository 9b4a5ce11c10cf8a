"""
The output of an editor's test run: a workflow prints its record between two markers.

This module finds the blocks in the run's output. When a record of a fatal failure lacks fields,
this module adds them. `flightlog.record.nonstandard_json` reads the JSON; the caller stores the
records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias, get_args

import msgspec
from msgspec import Raw, Struct

from flightlog.clock import Clock, utc_now
from flightlog.errors import InvalidRecordError
from flightlog.record import placeholders
from flightlog.record.model import ExecutionStatus, WorkflowExecution
from flightlog.record.nonstandard_json import decode_printed, find_object_end, quote_not_numbers

START_MARKER: Final = placeholders.START_MARKER
END_MARKER: Final = placeholders.END_MARKER
UNKNOWN_WORKFLOW: Final = "unknown"

IdGenerator: TypeAlias = Callable[[], str]


class FoundRecord(Struct, frozen=True):
    """A record that was read."""

    record: WorkflowExecution
    """The record."""
    size_bytes: int
    """The length of the record's text, bytes."""


class RefusedRecord(Struct, frozen=True):
    """A record that could not be read; the records around it are not affected."""

    place: str
    """The place in the file, e.g. `line 17`."""
    reason: str
    """The reason, one sentence without the place."""
    size_bytes: int
    """The length of the record's text, bytes."""


def make_execution_id() -> str:
    """
    Make an execution's id.

    Returns:
        A UUIDv7.
    """
    from uuid_utils import uuid7  # noqa: PLC0415 - only fatal records need it

    return str(uuid7())


def read_test_run(
    output: bytes,
    *,
    workflow: str | None = None,
    clock: Clock = utc_now,
    new_id: IdGenerator = make_execution_id,
) -> Iterator[FoundRecord | RefusedRecord]:
    """
    Read the records that a test run printed.

    Args:
        output: The complete standard output of the run.
        workflow: Id and name for records that name no workflow.
        clock: Gives the start time of records without one.
        new_id: Makes the id of a record without one.

    Yields:
        Each block's record, or the reason why the block can't be read, in the order of the output.
    """
    place, line, counted = 0, 1, 0
    while (marker := output.find(START_MARKER, place)) >= 0:
        line += output.count(b"\n", counted, marker)
        counted = marker
        start = marker + len(START_MARKER)
        limit = _next_marker_line(output, start)
        brace = start + len(output[start:limit]) - len(output[start:limit].lstrip())
        end = find_object_end(output, brace, limit) if output[brace : brace + 1] == b"{" else None
        if end is None:
            reason = (
                "the record breaks off before its end"
                if output[brace : brace + 1] == b"{"
                else "no record follows the marker"
            )
            yield RefusedRecord(f"line {line}", reason, limit - marker)
            place = limit
            continue
        block = output[brace:end]
        try:
            yield FoundRecord(_record(block, workflow, clock, new_id), len(block))
        except InvalidRecordError as error:
            yield RefusedRecord(f"line {line}", f"`{error.path}`: {error.reason}", len(block))
        place = end


def _next_marker_line(output: bytes, start: int) -> int:
    # A line that begins with a marker ends the block, because a JSON string contains no raw line
    # breaks.
    limit = len(output)
    for marker in (START_MARKER, END_MARKER):
        line = output.find(b"\n" + marker, start, limit)
        limit = limit if line < 0 else line + 1
    return limit


def _record(
    block: bytes, workflow: str | None, clock: Clock, new_id: IdGenerator
) -> WorkflowExecution:
    try:
        return decode_printed(block)
    except InvalidRecordError as refusal:
        try:
            fields = msgspec.json.decode(quote_not_numbers(block), type=dict[str, Raw])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise refusal from None
        made = _fill_missing(fields, workflow, clock, new_id)
        if not made:
            raise
        return decode_printed(msgspec.json.encode(fields | made))


def _fill_missing(
    fields: dict[str, Raw], workflow: str | None, clock: Clock, new_id: IdGenerator
) -> dict[str, object]:
    name = workflow or UNKNOWN_WORKFLOW
    makers: dict[str, Callable[[], object]] = {
        "id": new_id,
        "workflowId": lambda: name,
        "workflowName": lambda: name,
        "startedAt": lambda: clock().isoformat(),
    }
    made = {field: make() for field, make in makers.items() if field not in fields}
    if "id" in made and _read_text(fields.get("status")) not in get_args(ExecutionStatus):
        made["status"] = "error"
    if "id" in made and (message := _read_text(fields.get("error"))) is not None:
        made["error"] = {"message": message}
    return made


def _read_text(value: Raw | None) -> str | None:
    decoded = None if value is None else msgspec.json.decode(value)
    return decoded if isinstance(decoded, str) else None
