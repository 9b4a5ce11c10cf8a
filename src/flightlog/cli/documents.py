"""
Records in a text of JSON: NDJSON, several documents one after the other, arrays, sequences.

This module finds the beginning and the end of each document, so that memory holds one document at a
time and a damaged document affects no other document.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import IO, Final

import msgspec
from msgspec import Raw

from flightlog.cli.foreign import identify_document
from flightlog.editor_output import FoundRecord, RefusedRecord
from flightlog.errors import InvalidRecordError
from flightlog.record.nonstandard_json import decode_printed, quote_not_numbers

MAX_DOCUMENT_BYTES: Final = 256 << 20
"""The largest document, or line, that the import reads."""

_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]"]', re.DOTALL)
# RFC 7464 puts a record separator before each document; hand-made exports put commas between them.
_BETWEEN: Final = b" \t\r\n,"
_SPACE: Final = b" \t\r\n"
_SEPARATOR: Final = b"\x1e"
_EXECUTIONS: Final = "executions"
_DAMAGED: Final = "it is damaged or breaks off before its end"
_TOO_LARGE: Final = (
    f"it is larger than {MAX_DOCUMENT_BYTES >> 20} MiB. Write one record a line, e.g. with "
    "`jq -c '.[]'`"
)


def read_lines(text: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """
    Read a text line by line; a line that is too long comes in parts.

    Args:
        text: UTF-8 text.

    Yields:
        The line's number, counted from 1, and the line or a part of it.
    """
    number, is_part = 0, False
    while line := text.readline(MAX_DOCUMENT_BYTES):
        number += not is_part
        is_part = not line.endswith(b"\n")
        yield number, line


def read_documents(text: IO[bytes]) -> Iterator[FoundRecord | RefusedRecord]:
    """
    Read every record of a text of JSON.

    Args:
        text: UTF-8 text.

    Yields:
        Each record, or the reason why it can't be read, in the order of the text.
    """
    pending = _Pending()
    for number, line in read_lines(text):
        for place, part in enumerate(line.split(_SEPARATOR)):
            if pending.document and (place or _is_new_document(pending, part)):
                yield pending.give_up(_DAMAGED)
            pending.is_skipping &= not place
            yield from _read_line(pending, number, part)
        if len(pending.document) > MAX_DOCUMENT_BYTES:
            yield pending.give_up(_TOO_LARGE)
    if pending.document:
        yield pending.give_up("it breaks off before its end")


def _read_line(
    pending: _Pending, number: int, line: bytes
) -> Iterator[FoundRecord | RefusedRecord]:
    rest = line
    while rest:
        if not pending.document:
            rest = rest.lstrip(_BETWEEN)
            while rest.startswith(codecs.BOM_UTF8):
                # The mark begins a file that was appended to another one.
                rest = rest.removeprefix(codecs.BOM_UTF8).lstrip(_BETWEEN)
            # Skip the remaining lines of a damaged document, because they can't be parsed.
            if not rest or (pending.is_skipping and line[:1] not in b"{["):
                return
            pending.is_skipping = False
            if rest[:1] not in b"{[":
                yield _refuse_rest(rest, number)
                return
            if _is_whole(stripped := rest.strip(_SPACE)):
                yield from _read(stripped, number)
                return
            pending.line = number
        end = pending.extend(rest)
        if pending.is_torn:
            yield pending.give_up(_DAMAGED)
        if end is None:
            return
        yield from _read(pending.take(), pending.line)
        rest = rest[end:]


class _Pending:
    """The document whose end has not been found yet."""

    def __init__(self) -> None:
        self.document = bytearray()
        self.line = 1
        self.is_skipping = False
        self.is_torn = False
        self._depth = 0

    def extend(self, text: bytes) -> int | None:
        """Add text up to the document's end; return the place of the end in the text, if found."""
        for found in _TOKEN.finditer(text):
            token = found[0]
            if token in b"{[":
                self._depth += 1
            elif token in b"}]":
                self._depth -= 1
                if self._depth <= 0:
                    self.document += text[: found.end()]
                    return found.end()
            elif token == b'"' and text.endswith(b"\n"):
                # The document is damaged, because a JSON string can't contain a line break.
                self.is_torn = True
        self.document += text
        return None

    def take(self) -> bytes:
        document = bytes(self.document)
        self.document, self._depth, self.is_torn = bytearray(), 0, False
        return document

    def give_up(self, reason: str) -> RefusedRecord:
        is_array = self.document.startswith(b"[")
        place = "the array" if is_array and self.line == 1 else f"line {self.line}"
        self.is_skipping = True
        return RefusedRecord(place, f"not JSON: {reason}", len(self.take()))


def _is_new_document(pending: _Pending, line: bytes) -> bool:
    # If a document has no end and a complete record begins a line, the record is the next document.
    # In an array, or in the output of `flightlog list --json`, such a line is no sign of damage.
    return (
        line.startswith(b"{")
        and b'"workflowId"' in line
        and pending.document.startswith(b"{")
        and b'"executions"' not in pending.document[:1024]
        and _is_whole(line.strip(_SPACE))
    )


def _is_whole(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=Raw)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def _refuse_rest(rest: bytes, number: int) -> RefusedRecord:
    shown = rest.strip(_SPACE)[:40].decode("utf-8", "replace")
    return RefusedRecord(f"line {number}", f"`{shown}` is no JSON and no record", len(rest))


def _read(document: bytes, line: int) -> Iterator[FoundRecord | RefusedRecord]:
    place = f"line {line}"
    if document.startswith(b"["):
        try:
            records = _read_elements(document)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            where = "the array" if line == 1 else f"{place}, the array"
            yield RefusedRecord(where, f"not JSON ({error})", len(document))
            return
        for number, record in enumerate(records, start=1):
            where = f"record {number}" if line == 1 else f"{place}, record {number}"
            yield decode_document(bytes(record), where)
        return
    item = decode_document(document, place)
    listed = _read_list(document) if isinstance(item, RefusedRecord) else None
    if listed is None:
        yield item
        return
    for number, record in enumerate(listed, start=1):
        yield decode_document(bytes(record), f"{place}, record {number}")


def _read_elements(document: bytes) -> list[Raw]:
    try:
        return msgspec.json.decode(document, type=list[Raw])
    except msgspec.MsgspecError:
        return msgspec.json.decode(quote_not_numbers(document), type=list[Raw])


def _read_list(document: bytes) -> list[Raw] | None:
    # `flightlog list --json` and GET /api/executions write this form.
    try:
        fields = msgspec.json.decode(quote_not_numbers(document), type=dict[str, Raw])
        if "id" in fields or _EXECUTIONS not in fields:
            return None
        records: list[Raw] = msgspec.json.decode(fields[_EXECUTIONS], type=list[Raw])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    is_ours = not records or b'"workflowId"' in bytes(records[0])
    return records if is_ours and identify_document(document) is None else None


def decode_document(text: bytes, place: str) -> FoundRecord | RefusedRecord:
    """
    Read the record of one document.

    Args:
        text: JSON of one object.
        place: The document's place in the file, for messages.

    Returns:
        The record, or the reason why it can't be read.
    """
    try:
        return FoundRecord(decode_printed(text), len(text))
    except InvalidRecordError as error:
        reason = identify_document(text) or f"`{error.path}`: {error.reason}"
        return RefusedRecord(place, reason, len(text))
