"""
Records in a log, with any prefix before each line and any colours.

A log has the output of test runs between markers, which `flightlog.editor_output` reads after this
module has removed the log's prefix, or it has one record a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final

from msgspec import structs

from flightlog.cli.documents import MAX_DOCUMENT_BYTES, decode_document, read_lines
from flightlog.editor_output import (
    END_MARKER,
    START_MARKER,
    FoundRecord,
    RefusedRecord,
    read_test_run,
)
from flightlog.record.nonstandard_json import find_object_end

ESCAPES: Final = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
"""Colours, links and other escape sequences of terminals."""
_TIME: Final = rb"\d\d:\d\d:\d\d(?:[.,]\d+)?"
_LONGEST_PREFIX: Final = 512
_PIECE: Final = re.compile(_TIME + rb"|\d+|\s+|[A-Za-z]+|.", re.DOTALL)
_FULL_TIME: Final = re.compile(_TIME)


def read_log(
    text: IO[bytes], *, workflow: str | None = None
) -> Iterator[FoundRecord | RefusedRecord]:
    """
    Read the records that test runs printed into a log.

    Args:
        text: UTF-8 text.
        workflow: Id and name for records that name no workflow.

    Yields:
        Each block's record, or the reason why the block can't be read, in the order of the log.
    """
    block: _Block | None = None
    for number, coloured in read_lines(text):
        line = ESCAPES.sub(b"", coloured) if b"\x1b" in coloured else coloured
        if block is not None and not block.takes(line):
            yield from block.read(workflow)
            block = None
        if block is not None:
            if not block.add(line):
                continue
            yield from block.read(workflow)
            block = None
            continue
        while (place := line.find(START_MARKER)) >= 0:
            block = _Block(line[:place], number)
            rest = line[place + len(START_MARKER) :]
            end = block.end_within(rest)
            if end is None:
                block.add(rest)
                break
            block.add(rest[:end])
            yield from block.read(workflow)
            block, line = None, rest[end:]
    if block is not None:
        yield from block.read(workflow)


def read_logged_records(text: IO[bytes]) -> Iterator[FoundRecord | RefusedRecord]:
    """
    Read the records of a log that has one record a line, each behind the log's prefix.

    Args:
        text: UTF-8 text.

    Yields:
        Each record, or the reason why it can't be read; nothing for the log's other lines.
    """
    for number, coloured in read_lines(text):
        line = ESCAPES.sub(b"", coloured) if b"\x1b" in coloured else coloured
        if is_logged_record(line):
            yield decode_document(line[line.find(b'{"') :].strip(), f"line {number}")


def is_logged_record(line: bytes) -> bool:
    """
    Check whether a line of a log has a record.

    Args:
        line: The line.

    Returns:
        True if an object with a record's fields ends the line.
    """
    place = line.find(b'{"')
    return 0 <= place <= _LONGEST_PREFIX and b'"workflowId"' in line and line.rstrip()[-1:] == b"}"


class _Block:
    """The lines from one start marker on."""

    def __init__(self, prefix: bytes, line: int) -> None:
        self._line = line
        # A longer prefix is not a log's prefix; a program printed it into the marker's line.
        self._prefix = prefix = prefix if len(prefix) <= _LONGEST_PREFIX else b""
        self._strict = _make_shape(prefix, words=False)
        self._loose = _make_shape(prefix, words=True)
        self._lines: list[bytes] = []
        self._size = 0

    def takes(self, line: bytes) -> bool:
        """Whether a line doesn't begin another block."""
        return not self._begins_with(line, START_MARKER)

    def add(self, line: bytes) -> bool:
        """Add a line; return whether it is the last."""
        self._lines.append(line)
        self._size += len(line)
        is_end = self._begins_with(line, END_MARKER)
        return is_end or self._size > MAX_DOCUMENT_BYTES

    def end_within(self, rest: bytes) -> int | None:
        """Find the end of a record that is in the marker's own line."""
        brace = len(rest) - len(rest.lstrip())
        if rest[brace : brace + 1] != b"{":
            return None
        return find_object_end(rest, brace, len(rest))

    def read(self, workflow: str | None) -> Iterator[FoundRecord | RefusedRecord]:
        """Read the record, by the first way of removing the log's parts that gives a record."""
        first: list[FoundRecord | RefusedRecord] = []
        for lines in self._list_ways():
            body = b"".join((START_MARKER, *lines))
            items = list(read_test_run(body, workflow=workflow))
            if any(isinstance(item, FoundRecord) for item in items):
                first = items
                break
            first = first or items
        for item in first:
            if isinstance(item, RefusedRecord):
                yield structs.replace(item, place=f"line {self._line}")
            else:
                yield item

    def _list_ways(self) -> Iterator[list[bytes]]:
        yield self._lines
        for shape in self._list_shapes():
            matched = [(line, shape.match(line)) for line in self._lines[1:]]
            head = self._lines[:1]
            only = [line[found.end() :] for line, found in matched if found]
            every = [line[found.end() :] if found else line for line, found in matched]
            for lines in (only, every):
                yield [*head, *lines]
                yield [*head, *(line.rstrip(b"\r\n") for line in lines)]
        yield [line.rstrip(b"\r\n") for line in self._lines]

    def _list_shapes(self) -> Iterator[re.Pattern[bytes]]:
        if self._prefix:
            yield self._strict
            yield self._loose
        # In a message of several lines, only the first line has the prefix of the logging format.
        last = self._lines[-1]
        if 0 < (place := last.find(END_MARKER)) <= _LONGEST_PREFIX:
            yield _make_shape(last[:place], words=False)

    def _begins_with(self, line: bytes, marker: bytes) -> bool:
        place = line.find(marker)
        if place <= 0:
            return place == 0
        # A marker inside a record is part of a string, so a quote precedes the marker.
        before = line[:place]
        found = self._strict.match(line) or self._loose.match(line) if self._prefix else None
        return b'"' not in before or (found is not None and not line[found.end() : place].strip())


def _make_shape(prefix: bytes, *, words: bool) -> re.Pattern[bytes]:
    parts = []
    for found in _PIECE.finditer(prefix):
        piece = found[0]
        if _FULL_TIME.fullmatch(piece):
            parts.append(_TIME)
        elif piece.isdigit():
            parts.append(rb"\d+")
        elif piece.isspace():
            # Tools that trim lines remove the space at the end of an empty line's prefix.
            parts.append(rb"[ \t]*" if found.end() == len(prefix) else rb"\s+")
        elif piece.isalpha() and words:
            parts.append(rb"[A-Za-z]+")
        else:
            parts.append(re.escape(piece))
    return re.compile(b"".join(parts))
