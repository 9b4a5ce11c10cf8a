"""
Reads the files of `flightlog import`, and determines the kind of each file.

`plaintext` makes the text of a file, `documents` reads JSON, `logs` reads the output of test runs,
and `foreign` recognizes files of other tools.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from flightlog.cli.documents import read_documents
from flightlog.cli.foreign import identify_binary, identify_non_text, identify_text
from flightlog.cli.logs import ESCAPES, is_logged_record, read_log, read_logged_records
from flightlog.cli.plaintext import UnreadableTextError, open_text
from flightlog.editor_output import START_MARKER, FoundRecord, RefusedRecord

_CHUNK_BYTES: Final = 1 << 20
_HEAD_BYTES: Final = 64 << 10
_JSON: Final = re.compile(rb'[\s\x1e]*(?:\{\s*["}]|\[\s*(?:[{\]\["]|-?\d+\s*,|null|true|false|$))')
_JSON_LINE: Final = re.compile(rb"^[ \t\x1e]*+[{\[]", re.MULTILINE)
_MARKER_LINE: Final = re.compile(
    rb"(?:\A|\n)[ \t]*+(?:(?:%b)[ \t]*+)*+%b" % (ESCAPES.pattern, START_MARKER)
)
_TAIL_BYTES: Final = 1024


@contextmanager
def open_input(name: str) -> Iterator[BinaryIO]:
    """
    Open a file as a seekable stream; `-` is standard input.

    A pipe is copied to a temporary file first.

    Args:
        name: The file's name.

    Yields:
        The stream.

    Raises:
        OSError: The file can't be opened or read.
    """
    with sys.stdin.buffer if name == "-" else Path(name).open("rb") as stream:
        if stat.S_ISREG(os.fstat(stream.fileno()).st_mode) and name != "-":
            yield stream
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(stream, copy, _CHUNK_BYTES)
            copy.seek(0)
            yield copy


def read_file_size(stream: BinaryIO) -> int:
    """
    Read the size of an open file.

    Args:
        stream: The file.

    Returns:
        Bytes.
    """
    return os.fstat(stream.fileno()).st_size


def read_source(
    stream: BinaryIO, *, workflow: str | None = None
) -> Iterator[FoundRecord | RefusedRecord]:
    """
    Read every record of a file of any kind.

    Args:
        stream: The file; must be seekable.
        workflow: Id and name for records of a test run that name no workflow.

    Yields:
        Each record, or the reason why it can't be read, in the order of the file.
    """
    stream.seek(0)
    if name := identify_binary(stream.read(_HEAD_BYTES)):
        yield RefusedRecord("the file", name, read_file_size(stream))
        return
    try:
        yield from _read_text(stream, workflow)
    except UnreadableTextError as error:
        yield RefusedRecord("the file", error.reason, 0)


def _read_text(stream: BinaryIO, workflow: str | None) -> Iterator[FoundRecord | RefusedRecord]:
    head = _read_head(open_text(stream))
    if name := identify_binary(head):
        yield RefusedRecord("the file", name, read_file_size(stream))
        return
    looks_like_json = _JSON.match(head) is not None
    if _has_marker(open_text(stream), looks_like_json=looks_like_json):
        yield from read_log(open_text(stream), workflow=workflow)
    elif not looks_like_json and _has_logged_record(head):
        yield from read_logged_records(open_text(stream))
    elif looks_like_json or _JSON_LINE.search(head) or not head.strip():
        yield from read_documents(open_text(stream))
    elif name := identify_non_text(head):
        yield RefusedRecord("the file", name, read_file_size(stream))
    else:
        line = head[: len(head) - len(head.lstrip())].count(b"\n") + 1
        what = identify_text(head)
        reason = "neither JSON nor the output of a test run"
        yield RefusedRecord(
            f"line {line}", f"{reason}; {what}" if what else reason, read_file_size(stream)
        )


def _has_logged_record(head: bytes) -> bool:
    lines = head.splitlines()
    return not any(line.lstrip(b" \t\x1e").startswith(b"{") for line in lines) and any(
        is_logged_record(ESCAPES.sub(b"", line)) for line in lines
    )


def _read_head(text: io.BufferedReader) -> bytes:
    # Ignore damage after the head, because the later read of the file reports the damage.
    head = b""
    try:
        while len(head) < _HEAD_BYTES and (data := text.read1(_HEAD_BYTES - len(head))):
            head += data
    except UnreadableTextError:
        if not head:
            raise
    return head


def _has_marker(text: io.BufferedReader, *, looks_like_json: bool) -> bool:
    # A line that begins with the marker is not JSON, because a JSON string contains no raw line
    # breaks.
    tail = b"\n"
    try:
        while chunk := text.read1(_CHUNK_BYTES):
            seen = tail + chunk
            if START_MARKER in seen and (not looks_like_json or _MARKER_LINE.search(seen)):
                return True
            tail = seen[-_TAIL_BYTES:]
    except UnreadableTextError:
        return False
    return False
