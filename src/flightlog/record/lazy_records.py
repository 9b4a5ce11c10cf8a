"""`LazyRecords`: the records of a large body, of which only a few are in memory at a time."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, overload

from flightlog.errors import InvalidRecordError
from flightlog.record.decoding import decode_execution, find_lines
from flightlog.record.model import WorkflowExecution

LISTED_BODY_BYTES: Final = 512 * 1024
"""The records of a smaller body may all be in memory, which saves decoding them again."""


class LazyRecords(Sequence[WorkflowExecution]):
    """
    The records of NDJSON, decoded whenever they are needed.

    A decoded record takes many times the memory of its JSON, so a list of all records of a large
    body would be larger than the body.

    Args:
        body: UTF-8 text, which must not change.
        changes: The JSON that replaces that of some records, by their position among the records.
        prepare: Changes each record after it is decoded; None leaves it as it is.
    """

    def __init__(
        self,
        body: bytes | bytearray,
        changes: Mapping[int, bytes | bytearray] | None = None,
        prepare: Callable[[WorkflowExecution], WorkflowExecution] | None = None,
    ) -> None:
        self._body = body
        self._changes = changes or {}
        self._prepare = prepare
        self._starts, self._ends = array("Q"), array("Q")
        for _, start, end in find_lines(body):
            self._starts.append(start)
            self._ends.append(end)

    def __len__(self) -> int:
        return len(self._starts)

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
            The records, in the order of the lines.

        Raises:
            InvalidRecordError: As for `decode_lines`, when the iteration reaches the record.
        """
        for position in range(len(self)):
            yield self._decode(position, notes)

    def _decode(self, position: int, notes: list[str]) -> WorkflowExecution:
        start = self._starts[position]
        json: bytes | bytearray | memoryview | None = self._changes.get(position)
        if json is None:
            json = memoryview(self._body)[start : self._ends[position]]
        try:
            record = decode_execution(json, notes)
        except InvalidRecordError as error:
            line = 1 + self._body.count(b"\n", 0, start)
            raise InvalidRecordError(error.reason, path=error.path, line=line) from error
        return record if self._prepare is None else self._prepare(record)
