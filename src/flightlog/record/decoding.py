"""Read records from JSON, and write them; surrogates and whole numbers have their own modules."""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct
from msgspec.structs import force_setattr

from flightlog.errors import InvalidRecordError
from flightlog.record.fields import NODE_FIELDS
from flightlog.record.model import NodeExecution, Trigger, WorkflowExecution
from flightlog.record.nesting import MAX_VALUE_DEPTH, MIN_DEEP_BYTES, is_too_deep
from flightlog.record.surrogates import decode_around
from flightlog.record.whole_numbers import rewrite_whole_numbers

MAX_NOTES: Final = 10
"""The largest number of corrections that are noted for one request."""


class _Nodes(Struct, rename="camel"):
    node_executions: tuple[NodeExecution, ...]


_decode_execution: Final = msgspec.json.Decoder(WorkflowExecution).decode
_decode_node: Final = msgspec.json.Decoder(NodeExecution).decode
_decode_nodes: Final = msgspec.json.Decoder(_Nodes).decode
_read_payloads: Final = attrgetter(*NODE_FIELDS.list_kind("payload"))
_encoder: Final = msgspec.json.Encoder()
_log: Final = logging.getLogger(__name__)

_TOO_DEEP: Final = f"a value is nested too deeply, more than {MAX_VALUE_DEPTH} levels"
_UTF8_STEP_BYTES: Final = 1 << 20
DECODING_ERRORS: Final = (UnicodeError, RecursionError, msgspec.MsgspecError)
"""The errors of decoding, which `describe_invalid` describes."""
_BLANKS: Final = re.compile(rb"[ \t\r\n]*")
_NODE_PATH: Final = re.compile(r"\$\.nodeExecutions\[(\d+)\]")

Decoded = TypeVar("Decoded", bound=Struct)
Timed: TypeAlias = tuple[str, WorkflowExecution | NodeExecution]
"""A path within a record, and what has the duration there."""


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
        check_utf8(body)
        record = _decode_mended(body, _decode_execution)
        if len(body) > MIN_DEEP_BYTES:
            check_trigger_depth(record.trigger)
            _check_depth(record.node_executions)
        negative = _find_negative(record.node_executions, 0)
        if record.duration_ms is not None and record.duration_ms < 0:
            negative.insert(0, ("$.durationMs", record))
        _correct_durations(record.id, negative, notes)
    except DECODING_ERRORS as error:
        raise describe_invalid(error) from error
    return record


def decode_nodes(
    json: memoryview, execution_id: str, first: int, notes: list[str] | None
) -> tuple[NodeExecution, ...]:
    """
    Read some node executions of a record.

    Args:
        json: The JSON of the node executions, with commas between them.
        execution_id: The id of the record.
        first: The place of the first node execution in the record's list.
        notes: As for `decode_execution`.

    Returns:
        The node executions, each with a sequence.

    Raises:
        InvalidRecordError: As for `decode_execution`.
    """
    try:
        try:
            # Most payloads of a megabyte and more are alone here, and aren't copied.
            nodes: tuple[NodeExecution, ...] = (_decode_node(json),)
        except msgspec.MsgspecError:
            body = b"".join((b'{"nodeExecutions":[', json, b"]}"))
            nodes = _decode_mended(body, _decode_nodes).node_executions
        _check_depth(nodes)
        for place, node in enumerate(nodes, first):
            if node.sequence is None:
                force_setattr(node, "sequence", place)
        _correct_durations(execution_id, _find_negative(nodes, first), notes)
    except DECODING_ERRORS as error:
        invalid = describe_invalid(error)
        path = _NODE_PATH.sub(
            lambda found: f"$.nodeExecutions[{first + int(found[1])}]", invalid.path
        )
        raise InvalidRecordError(invalid.reason, path=path) from error
    return nodes


def _decode_mended(
    body: bytes | bytearray | memoryview,
    decode: Callable[[bytes | bytearray | memoryview], Decoded],
) -> Decoded:
    try:
        return decode(body)
    except msgspec.MsgspecError:
        decoded = decode_around(body, decode)
        if decoded is None:
            mended = rewrite_whole_numbers(body)
            if mended is None:
                raise
            decoded = decode(mended)
        return decoded


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


def check_trigger_depth(trigger: Trigger | None) -> None:
    """
    Check how deep the data of a trigger are nested.

    Args:
        trigger: The trigger.

    Raises:
        InvalidRecordError: The data are nested too deeply.
    """
    if trigger is not None and trigger.data is not UNSET and is_too_deep(trigger.data):
        raise InvalidRecordError(_TOO_DEEP)


def _check_depth(nodes: Iterable[NodeExecution]) -> None:
    # Most payloads are short, and every record has many.
    long = [
        value
        for node in nodes
        for value in _read_payloads(node)
        if value is not UNSET and len(value) > MIN_DEEP_BYTES
    ]
    if any(map(is_too_deep, long)):
        raise InvalidRecordError(_TOO_DEEP)


def _find_negative(nodes: Iterable[NodeExecution], first: int) -> list[Timed]:
    return [
        (f"$.nodeExecutions[{place}].durationMs", node)
        for place, node in enumerate(nodes, first)
        if node.duration_ms is not None and node.duration_ms < 0
    ]


def _correct_durations(
    execution_id: str, negative: Sequence[Timed], notes: list[str] | None
) -> None:
    if negative:
        corrected = [(path, struct.duration_ms) for path, struct in negative]
        for _, struct in negative:
            force_setattr(struct, "duration_ms", 0.0)
        _note_corrections(execution_id, corrected, notes)


def _note_corrections(
    execution_id: str, corrected: Sequence[tuple[str, float | None]], notes: list[str] | None
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


def check_utf8(body: bytes | bytearray | memoryview) -> None:
    """
    Check that a text is UTF-8.

    Args:
        body: The text.

    Raises:
        UnicodeDecodeError: It is not.
    """
    if not isinstance(body, memoryview) and body.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    for start in range(0, len(view), _UTF8_STEP_BYTES):
        decoder.decode(view[start : start + _UTF8_STEP_BYTES])
    decoder.decode(b"", final=True)


def describe_invalid(error: Exception) -> InvalidRecordError:
    """
    Describe why a record can't be decoded.

    Args:
        error: One of `DECODING_ERRORS`.

    Returns:
        The error for the client.
    """
    if isinstance(error, UnicodeError):
        return InvalidRecordError(f"the text is not UTF-8 ({error})")
    if isinstance(error, RecursionError):
        return InvalidRecordError(_TOO_DEEP)
    reason, path = _split_message(str(error))
    return InvalidRecordError(reason, path=path)


def _split_message(message: str) -> tuple[str, str]:
    reason, _, path = message.partition(" - at ")
    path = path.strip("`") or "$"
    field = re.search(r"(?:^|field )`(\w+)`", reason)
    if field:
        path = f"{path}.{field[1]}"
    starts_with_word = reason[1:2].islower()
    return reason[:1].lower() + reason[1:] if starts_with_word else reason, path
