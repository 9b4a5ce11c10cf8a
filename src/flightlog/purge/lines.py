"""
Rewrite the files of records that are no databases: spools, refused records, notes.

Each file is written anew beside the old one and then renamed, so that an interrupted purge leaves
the old or the new file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from flightlog.errors import FlightlogError
from flightlog.purge.forms import ValueForms
from flightlog.record.decoding import decode_execution
from flightlog.spool.directory import list_message_files
from flightlog.spool.frames import Frame, decode_frames, encode_frame
from flightlog.spool.platform import is_regular

CleanRecord: TypeAlias = Callable[[bytes], bytes | None]
"""Changes the JSON of a record; the same bytes: nothing to change; None: remove the record."""

_DRAFT: Final = ".purging"


class _Identity(msgspec.Struct):
    id: str = ""


def clean_by_value(forms: ValueForms) -> CleanRecord:
    """
    Make the function that removes a value from records.

    A record that is none without the value, e.g. because its time was the value, is removed.

    Args:
        forms: The value.

    Returns:
        The function.
    """

    def clean(record: bytes) -> bytes | None:
        cleaned = forms.clean_json(record)
        return cleaned if cleaned is record or _is_record(cleaned) else None

    return clean


def clean_by_id(execution_ids: frozenset[str]) -> CleanRecord:
    """
    Make the function that removes the records of executions.

    Args:
        execution_ids: The executions.

    Returns:
        The function.
    """

    def clean(record: bytes) -> bytes | None:
        with contextlib.suppress(msgspec.MsgspecError, RecursionError):
            if msgspec.json.decode(record, type=_Identity).id in execution_ids:
                return None
        return record

    return clean


def _is_record(text: bytes) -> bool:
    try:
        decode_execution(text)
    except (FlightlogError, RecursionError):
        return False
    return True


def purge_spool_files(spool: Path, clean: CleanRecord) -> int:
    """
    Rewrite the messages of a spool; the caller holds the spool's lock.

    Args:
        spool: The spool's directory.
        clean: Changes a record.

    Returns:
        The number of messages that were changed or removed.

    Raises:
        OSError: A file can't be read or written.
    """
    remove_drafts(spool)
    return sum(_purge_segment(path, clean) for path in list_message_files(spool))


def _purge_segment(path: Path, clean: CleanRecord) -> int:
    data, parts, changed, is_damaged = path.read_bytes(), [], 0, False
    for found in decode_frames(data):
        if not isinstance(found, Frame):
            # Damaged bytes are never delivered, and can hold parts of records.
            is_damaged = True
            continue
        record = clean(found.record)
        changed += record is not found.record
        if record is not None:
            parts.append(encode_frame(found.number, record))
    if changed or is_damaged:
        _replace(path, b"".join(parts))
    return changed


def purge_lines(path: Path, clean: CleanRecord) -> int:
    """
    Rewrite a file with one JSON object a line.

    Args:
        path: The file; a missing one has no lines.
        clean: Changes a line.

    Returns:
        The number of lines that were changed or removed.

    Raises:
        OSError: The file can't be read or written.
    """
    draft = path.with_name(path.name + _DRAFT)
    draft.unlink(missing_ok=True)
    if not is_regular(path):
        return 0
    lines, changed = [], 0
    for line in path.read_bytes().splitlines(keepends=True):
        cleaned = clean(line.rstrip(b"\r\n"))
        changed += cleaned != line.rstrip(b"\r\n")
        if cleaned is not None:
            lines.append(cleaned + b"\n")
    if changed:
        _replace(path, b"".join(lines))
    return changed


def count_in_lines(path: Path, forms: ValueForms) -> int:
    """
    Count the lines of a file that have a value.

    Args:
        path: The file.
        forms: The value.

    Returns:
        The number of lines.

    Raises:
        OSError: The file can't be read.
    """
    return sum(map(forms.is_in, path.read_bytes().splitlines()))


def remove_drafts(directory: Path) -> None:
    """
    Remove what an interrupted purge has left.

    Args:
        directory: The directory of the rewritten files.
    """
    for left in directory.glob(f"*{_DRAFT}"):
        left.unlink(missing_ok=True)


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(path.name + _DRAFT)
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def count_in_spool(spool: Path, clean: CleanRecord) -> int:
    """
    Count the messages of a spool that a purge would change or remove.

    Args:
        spool: The spool's directory; its process may live.
        clean: Changes a record.

    Returns:
        The number of messages.

    Raises:
        OSError: A file can't be read.
    """
    return sum(clean(record) is not record for record in _read_records(spool))


def _read_records(spool: Path) -> Iterator[bytes]:
    for path in list_message_files(spool):
        for found in decode_frames(path.read_bytes()):
            if isinstance(found, Frame):
                yield found.record
