"""Read records from JSON, and write them; surrogates and whole numbers have their own modules."""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final

import msgspec
from msgspec import UNSET, Raw
from msgspec.structs import force_setattr

from flightlog.errors import InvalidRecordError
from flightlog.record.fields import NODE_FIELDS
from flightlog.record.model import WorkflowExecution
from flightlog.record.nesting import MAX_VALUE_DEPTH, MIN_DEEP_BYTES, is_too_deep
from flightlog.record.surrogates import decode_around
from flightlog.record.whole_numbers import rewrite_whole_numbers

MAX_NOTES: Final = 10
"""The largest number of corrections that are noted for one request."""
_execution_decoder: Final = msgspec.json.Decoder(WorkflowExecution)
_read_payloads: Final = attrgetter(*NODE_FIELDS.list_kind("payload"))
_encoder: Final = msgspec.json.Encoder()
_log: Final = logging.getLogger(__name__)

_TOO_DEEP: Final = f"a value is nested too deeply, more than {MAX_VALUE_DEPTH} levels"
_UTF8_STEP_BYTES: Final = 1 << 20
_BLANKS: Final = re.compile(rb"[ \t\r\n]*")


def decode_execution(
    body: bytes | bytearray | memoryview, notes: list[str] | None = None
) -> WorkflowExecution:
    """
    Read one record from JSON.

    Args:
        body: UTF-8 JSON of one object. The record's payloads refer to `body` without a copy.
        notes: Takes a sentence for each duration that was corrected, at most `MAX_NOTES` in all.
            Without a list, the notes go to this module's log.

    Returns:
        The record, with its times in canonical form and a sequence on every node execution.

    Raises:
        InvalidRecordError: The text isn't UTF-8 or JSON, or a field is missing or has a wrong type.
    """
    try:
        _check_utf8(body)
        try:
            record: WorkflowExecution | None = _execution_decoder.decode(body)
        except msgspec.MsgspecError:
            record = decode_around(body, _execution_decoder.decode)
            if record is None:
                mended = rewrite_whole_numbers(body)
                if mended is None:
                    raise
                record = _execution_decoder.decode(mended)
        assert record is not None
        if len(body) > MIN_DEEP_BYTES and any(map(is_too_deep, _list_long_payloads(record))):
            raise InvalidRecordError(_TOO_DEEP)
        return _without_negative_durations(record, notes)
    except UnicodeError as error:
        raise InvalidRecordError(f"the text is not UTF-8 ({error})") from error
    except RecursionError as error:
        raise InvalidRecordError(_TOO_DEEP) from error
    except msgspec.MsgspecError as error:
        reason, path = _split_message(str(error))
        raise InvalidRecordError(reason, path=path) from error


def decode_lines(
    body: bytes | bytearray, notes: list[str] | None = None
) -> list[WorkflowExecution]:
    """
    Read many records from NDJSON, one JSON object a line; empty lines are skipped.

    Args:
        body: UTF-8 text. The records' payloads refer to `body` without a copy.
        notes: As for `decode_execution`.

    Returns:
        The records, in the order of the lines.

    Raises:
        InvalidRecordError: As for `decode_execution`, with the line; no record is returned.
    """
    records = []
    view = memoryview(body)
    for number, start, end in find_lines(body):
        try:
            records.append(decode_execution(view[start:end], notes))
        except InvalidRecordError as error:
            raise InvalidRecordError(error.reason, path=error.path, line=number) from error
    return records


def convert_execution(value: Mapping[str, object]) -> WorkflowExecution:
    """
    Read one record from a mapping shaped like its JSON.

    Args:
        value: The names and values of the wire format; msgspec must be able to encode the payloads.

    Returns:
        The record.

    Raises:
        InvalidRecordError: As for `decode_execution`, or JSON can't represent a value.
    """
    try:
        body = _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidRecordError(f"JSON can't hold a value ({error})") from error
    return decode_execution(body)


def encode_execution(record: WorkflowExecution) -> bytes:
    """
    Write one record as compact JSON; the payloads keep their received bytes.

    Args:
        record: The record.

    Returns:
        UTF-8 JSON.
    """
    return _encoder.encode(record)


def make_payload(value: object) -> Raw:
    """
    Make a payload from a plain value, e.g. `payload({"orderId": 7})`.

    Args:
        value: Any value that msgspec can encode as JSON.

    Returns:
        The payload.
    """
    return Raw(_encoder.encode(value))


def _list_long_payloads(record: WorkflowExecution) -> list[Raw]:
    # Most payloads are short, and every record has many.
    values = [
        value
        for node in record.node_executions
        for value in _read_payloads(node)
        if value is not UNSET and len(value) > MIN_DEEP_BYTES
    ]
    if record.trigger is not None and record.trigger.data is not UNSET:
        values.append(record.trigger.data)
    return values


def _without_negative_durations(
    record: WorkflowExecution, notes: list[str] | None
) -> WorkflowExecution:
    corrected: list[tuple[str, float]] = []
    if record.duration_ms is not None and record.duration_ms < 0:
        corrected.append(("$.durationMs", record.duration_ms))
        force_setattr(record, "duration_ms", 0.0)
    for position, node in enumerate(record.node_executions):
        duration_ms = node.duration_ms
        if duration_ms is not None and duration_ms < 0:
            corrected.append((f"$.nodeExecutions[{position}].durationMs", duration_ms))
            force_setattr(node, "duration_ms", 0.0)
    if corrected:
        _note_corrections(record.id, corrected, notes)
    return record


def _note_corrections(
    execution_id: str, corrected: Sequence[tuple[str, float]], notes: list[str] | None
) -> None:
    if notes is None:
        (path, value), more = corrected[0], len(corrected) - 1
        _log.warning(
            "Execution %s: %s is %s; a negative duration is stored as 0%s.",
            execution_id,
            path,
            value,
            f" ({more} more in this record)" if more else "",
        )
        return
    for path, value in corrected[: MAX_NOTES - len(notes)]:
        notes.append(
            f"Execution {execution_id}: {path} is {value}; a negative duration is stored as 0."
        )


def find_lines(body: bytes | bytearray) -> Iterator[tuple[int, int, int]]:
    """
    Find the lines of NDJSON that hold records.

    Args:
        body: UTF-8 text.

    Yields:
        The number of each line that is not empty, counted from 1, its start and its end.
    """
    start, number = 0, 1
    while start < len(body):
        # Skip all consecutive empty lines in one step, because a body can hold 100 million of
        # those lines.
        blank = _BLANKS.match(body, start)
        assert blank is not None
        number += body.count(b"\n", start, blank.end())
        start = blank.end()
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        if start < end:
            yield number, start, end
        start = end


def _check_utf8(body: bytes | bytearray | memoryview) -> None:
    if not isinstance(body, memoryview) and body.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    for start in range(0, len(view), _UTF8_STEP_BYTES):
        decoder.decode(view[start : start + _UTF8_STEP_BYTES])
    decoder.decode(b"", final=True)


def _split_message(message: str) -> tuple[str, str]:
    reason, _, path = message.partition(" - at ")
    path = path.strip("`") or "$"
    field = re.search(r"(?:^|field )`(\w+)`", reason)
    if field:
        path = f"{path}.{field[1]}"
    starts_with_word = reason[1:2].islower()
    return reason[:1].lower() + reason[1:] if starts_with_word else reason, path
