"""
Reading the files that `flightlog import` is given: JSON, NDJSON, or a test run's output.

It tells them apart and reads NDJSON line by line, so that its size doesn't matter; a damaged record
costs only itself. What a test run prints is `flightlog.testrun`'s business.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from msgspec import Raw

from flightlog.errors import InvalidRecordError
from flightlog.pythonjson import decode_printed, quote_not_numbers
from flightlog.testrun import START_MARKER, Found, Refused, read_test_run

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_CHUNK_BYTES: Final = 1 << 20


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """
    Open a file for reading at any place; `-` is standard input.

    A pipe is copied to a temporary file first.
    """
    with sys.stdin.buffer if name == "-" else Path(name).open("rb") as stream:
        if stat.S_ISREG(os.fstat(stream.fileno()).st_mode) and name != "-":
            yield stream
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(stream, copy, _CHUNK_BYTES)
            copy.seek(0)
            yield copy


def size_of(stream: BinaryIO) -> int:
    """How many bytes the file has."""
    return os.fstat(stream.fileno()).st_size


def read_source(stream: BinaryIO, *, workflow: str | None = None) -> Iterator[Found | Refused]:
    """
    Read every record of a file, whatever its kind.

    Args:
        stream: The file, at its beginning.
        workflow: Id and name for records of a test run that don't say which workflow ran.

    Yields:
        Each record, or why it can't be read, in the order of the file.
    """
    stream.seek(len(_BYTE_ORDER_MARK) if stream.read(3) == _BYTE_ORDER_MARK else 0)
    start = stream.tell()
    first, line = _first_line(stream)
    stream.seek(start)
    if _is_test_run(stream, looks_like_json=first[:1] in {b"{", b"["}):
        stream.seek(start)
        yield from read_test_run(stream.read(), workflow=workflow)
        return
    stream.seek(start)
    if first.startswith(b"["):
        yield from _read_array(stream.read())
    elif first.startswith(b"{") and _is_document(first, stream):
        stream.seek(start)
        document = stream.read()
        yield _decoded(document, f"line {line}")
    elif first.startswith(b"{"):
        stream.seek(start)
        yield from _read_lines(stream)
    elif first:
        yield Refused(f"line {line}", "neither JSON nor the output of a test run", len(first))


def _first_line(stream: BinaryIO) -> tuple[bytes, int]:
    for number, line in enumerate(stream, start=1):
        if text := line.strip():
            return text, number
    return b"", 1


def _is_test_run(stream: BinaryIO, *, looks_like_json: bool) -> bool:
    # No JSON text has a line that begins with the marker: its strings hold no raw line breaks.
    wanted = b"\n" + START_MARKER if looks_like_json else START_MARKER
    tail = b"\n"
    while chunk := stream.read(_CHUNK_BYTES):
        if wanted in tail + chunk:
            return True
        tail = (tail + chunk)[-len(wanted) :]
    return False


def _is_document(first: bytes, stream: BinaryIO) -> bool:
    # NDJSON has an object on each line; of one object over several lines, the second begins
    # with something else.
    try:
        msgspec.json.decode(first, type=Raw)
    except (msgspec.MsgspecError, RecursionError):
        lines = (text for line in stream if (text := line.strip()))
        return next(lines, b"") == first and not next(lines, b"{").startswith(b"{")
    return False


def _read_lines(stream: BinaryIO) -> Iterator[Found | Refused]:
    for number, line in enumerate(stream, start=1):
        if text := line.strip():
            yield _decoded(text, f"line {number}")


def _read_array(document: bytes) -> Iterator[Found | Refused]:
    try:
        records = _elements(document)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        yield Refused("the array", f"not JSON ({error})", len(document))
        return
    for number, record in enumerate(records, start=1):
        yield _decoded(bytes(record), f"record {number}")


def _elements(document: bytes) -> list[Raw]:
    try:
        return msgspec.json.decode(document, type=list[Raw])
    except msgspec.MsgspecError:
        return msgspec.json.decode(quote_not_numbers(document), type=list[Raw])


def _decoded(text: bytes, place: str) -> Found | Refused:
    try:
        return Found(decode_printed(text), len(text))
    except InvalidRecordError as error:
        return Refused(place, f"`{error.path}`: {error.reason}", len(text))
