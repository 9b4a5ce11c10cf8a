"""
The worker process that redacts large bodies for the receiver.

`python -m flightlog.redaction.worker` runs it. A worker reads jobs from its standard input and
writes the changed records to its standard output, each as frames. It ends when its input ends, also
when the receiver was killed. The receiver's `redaction_pool` starts workers and gives them jobs.

The first frame of the input is the configuration; then each job is two frames: `1` for NDJSON or
`0` for one record, and the body. The answer to a job is two frames for each changed record, the
last record first: its position (8 bytes) and its JSON. Then one frame begins with `DONE`, or is
`INVALID`. The notes on corrected values follow `DONE` as JSON.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from flightlog.child_process import LENGTH, become_child, read_frame, write_frame
from flightlog.errors import BodyTooLargeError, InvalidRecordError
from flightlog.record.decoding import decode_execution, decode_lines, encode_execution
from flightlog.record.lazy_records import LISTED_BODY_BYTES, LazyRecords
from flightlog.record.model import WorkflowExecution
from flightlog.redaction.redactor import Redactor
from flightlog.redaction.rules import RedactionRules

DONE: Final = b"d"
INVALID: Final = b"i"


class Configuration(Struct, frozen=True, kw_only=True):
    """The redactor of a worker, without its compiled parts."""

    key: bytes
    """The installation's redaction key."""
    rules: RedactionRules
    """The user's rules."""
    secrets: tuple[str, ...]
    """The known secrets."""


def changed_records(
    redactor: Redactor, body: bytes | bytearray, notes: list[str], *, many: bool
) -> Iterator[tuple[int, bytes | bytearray]]:
    """
    Redact the records of a body.

    Args:
        redactor: Removes the secrets.
        body: JSON of one record, or NDJSON.
        notes: Takes a sentence for each value that was corrected.
        many: Whether the body is NDJSON.

    Yields:
        The position and the JSON of each record that had secrets, the last record first.

    Raises:
        InvalidRecordError: The body can't be read.
        BodyTooLargeError: A record has too many node executions.
    """
    if not many and len(body) > LISTED_BODY_BYTES:
        records = LazyRecords(body, many=False, divided_bytes=LISTED_BODY_BYTES)
        if len(records) > 1:
            yield from _redact_parts(redactor, records, notes)
            return
    for position, record in _decode_backwards(body, notes, many=many):
        redacted = redactor.record(record)
        if redacted is not record:
            yield position, encode_execution(redacted)


def _redact_parts(
    redactor: Redactor, parts: LazyRecords, notes: list[str]
) -> Iterator[tuple[int, bytearray]]:
    """Redact the parts of a record, and join their JSON."""
    written = bytearray()
    is_changed = False
    for part in parts.read(notes):
        redacted = redactor.record(part)
        is_changed |= redacted is not part
        if not written:
            head = replace(redacted, node_executions=())
            written += encode_execution(head)[:-1] + b',"nodeExecutions":['
        else:
            written += b","
        written += msgspec.json.encode(redacted.node_executions)[1:-1]
    if is_changed:
        written += b"]}"
        yield 0, written


def _decode_backwards(
    body: bytes | bytearray, notes: list[str], *, many: bool
) -> Iterator[tuple[int, WorkflowExecution]]:
    """Decode the records from the last one to the first; nothing is yielded of a bad body."""
    if not many:
        yield 0, decode_execution(body, notes)
        return
    if len(body) <= LISTED_BODY_BYTES:
        listed = decode_lines(body, notes)
        while listed:
            # Forget each record, so that its redacted record takes its place in memory.
            record = listed.pop()
            yield len(listed), record
        return
    records = LazyRecords(body)
    for _ in records.read(notes):
        pass
    for position in reversed(range(len(records))):
        yield position, records[position]


def main() -> None:
    """Redact bodies until the input ends."""
    # Commits of other clients come first.
    become_child(gives_way=True)
    source, destination = sys.stdin.buffer, sys.stdout.buffer
    try:
        configuration = msgspec.msgpack.decode(read_frame(source), type=Configuration)
        redactor = Redactor(configuration.key, configuration.rules, secrets=configuration.secrets)
        while True:
            many = read_frame(source) == b"1"
            _answer(destination, redactor, read_frame(source), many=many)
    except (EOFError, BrokenPipeError):
        # Python flushes the standard output at its end, and the receiver may be gone.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _answer(destination: BinaryIO, redactor: Redactor, body: bytearray, *, many: bool) -> None:
    notes: list[str] = []
    try:
        for position, json in changed_records(redactor, body, notes, many=many):
            write_frame(destination, LENGTH.pack(position))
            write_frame(destination, json)
    except (InvalidRecordError, BodyTooLargeError):
        write_frame(destination, INVALID)
    else:
        write_frame(destination, DONE, msgspec.json.encode(notes))


if __name__ == "__main__":
    main()
