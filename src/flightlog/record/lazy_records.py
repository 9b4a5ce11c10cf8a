"""`LazyRecords`: the records of a large body, of which only a few are in memory at a time."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, overload

from flightlog.errors import InvalidRecordError
from flightlog.record.decoding import decode_execution, find_lines
from flightlog.record.model import WorkflowExecution
from flightlog.record.record_parts import RecordParts

LISTED_BODY_BYTES: Final = 512 * 1024
"""The records of a smaller body may all be in memory, which saves decoding them again."""


class LazyRecords(Sequence[WorkflowExecution]):
    """
    The records of a body, decoded whenever they are needed.

    A decoded record takes many times the memory of its JSON, so a list of all records of a large
    body would be larger than the body.

    Args:
        body: UTF-8 text, which must not change.
        changes: The JSON that replaces that of some records, by their position among the records.
        prepare: Changes each record after it is decoded; None leaves it as it is.
        many: Whether the body is NDJSON; otherwise it is one record.
        divided_bytes: A record with more JSON becomes several records of the same run, each with
            some of its node executions; None leaves all records whole.

    Attributes:
        received: The number of records in the body, however many they become.

    Raises:
        InvalidRecordError: A record that must be divided can't be read.
        BodyTooLargeError: Such a record has too many node executions.
    """

    def __init__(
        self,
        body: bytes | bytearray,
        changes: Mapping[int, bytes | bytearray] | None = None,
        prepare: Callable[[WorkflowExecution], WorkflowExecution] | None = None,
        *,
        many: bool = True,
        divided_bytes: int | None = None,
    ) -> None:
        self._body = body
        self._changes = changes or {}
        self._prepare = prepare
        self._many = many
        self._starts, self._ends = array("Q"), array("Q")
        for _, start, end in find_lines(body) if many else [(1, 0, len(body))]:
            self._starts.append(start)
            self._ends.append(end)
        self.received = len(self._starts)
        # The positions of divided records: the first one, the one after the last, and the parts.
        self._divided: list[tuple[int, int, RecordParts]] = []
        self._added = 0
        if divided_bytes is not None:
            for record in range(self.received):
                if len(self._find_json(record)) > divided_bytes:
                    self._divide(record)

    def __len__(self) -> int:
        return self.received + self._added

    @overload
    def __getitem__(self, position: int) -> WorkflowExecution: ...

    @overload
    def __getitem__(self, position: slice) -> list[WorkflowExecution]: ...

    def __getitem__(self, position: int | slice) -> WorkflowExecution | list[WorkflowExecution]:
        positions = range(len(self))[position]
        if isinstance(positions, int):
            return self._decode(positions, [])
        return [self._decode(each, []) for each in positions]

    def read(self, notes: list[str]) -> Iterator[WorkflowExecution]:
        """
        Decode the records one after the other.

        Args:
            notes: Takes a sentence for each duration that was corrected, as for `decode_execution`.

        Yields:
            The records, in the order of the body.

        Raises:
            InvalidRecordError: As for `decode_lines`, when the iteration reaches the record.
        """
        for position in range(len(self)):
            yield self._decode(position, notes)

    def _divide(self, record: int) -> None:
        try:
            parts = RecordParts(self._find_json(record))
        except InvalidRecordError as error:
            raise self._locate(error, record) from error
        if len(parts) > 1:
            first = record + self._added
            self._divided.append((first, first + len(parts), parts))
            self._added += len(parts) - 1

    def _decode(self, position: int, notes: list[str]) -> WorkflowExecution:
        number, parts, part = self._find(position)
        try:
            if parts is None:
                record = decode_execution(self._find_json(number), notes)
            else:
                record = parts.read(part, notes)
        except InvalidRecordError as error:
            raise self._locate(error, number) from error
        return record if self._prepare is None else self._prepare(record)

    def _find(self, position: int) -> tuple[int, RecordParts | None, int]:
        """Find the record at a position, and the part of it, if the record is divided."""
        added = 0
        # A body has few records that are large enough.
        for first, end, parts in self._divided:
            if position < first:
                break
            if position < end:
                return first - added, parts, position - first
            added += len(parts) - 1
        return position - added, None, 0

    def _find_json(self, record: int) -> bytes | bytearray | memoryview:
        changed = self._changes.get(record)
        if changed is not None or not self._many:
            return changed or self._body
        return memoryview(self._body)[self._starts[record] : self._ends[record]]

    def _locate(self, error: InvalidRecordError, record: int) -> InvalidRecordError:
        if not self._many:
            return error
        line = 1 + self._body.count(b"\n", 0, self._starts[record])
        return InvalidRecordError(error.reason, path=error.path, line=line)
