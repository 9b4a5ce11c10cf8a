"""
Store payloads once each, by the hash of their content.

A register holds the first bytes of a payload, a number, and the payload itself or its hash. The
first bytes order payloads of one version as the join does. Where they are equal, the number does:
the writer, which has compared the whole payloads, gives the greater one the greater number.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from msgspec import UNSET, Raw, UnsetType

from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS
from flightlog.record.model import RunKey
from flightlog.record.placeholders import write_placeholder
from flightlog.record.registers import LazyPayload
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.retention import REMOVED_REASON
from flightlog.store.row_functions import Row

INLINE_BYTES: Final = 96
"""JSON up to this size stays in its register."""
_HEAD_BYTES: Final = 32
_HASH: Final = "#"
"""The first character of a reference to a stored payload; JSON never begins with it."""
_AT_ONCE_BYTES: Final = 16 * 2**20
_MOST_HASHES: Final = 10_000

REFERENCES: Final = (
    ("execution_registers", [f"{name}_r.5" for name in EXECUTION_FIELDS.list_kind("payload")]),
    ("node_registers", [f"{name}_r.5" for name in NODE_FIELDS.list_kind("payload")]),
)
"""The tables whose rows refer to payloads, with the columns of the references."""
_ALL_NODES: Final = 1 << 30

FOLDED_TO_ASCII: Final = re.compile(
    "[\u00df\u0130\u0149\u017f\u01f0\u1e96-\u1e9a\u1e9e\u212a\ufb00-\ufb06]"
)
"""The letters whose folded case has ASCII letters."""
ESCAPE: Final = b"\\u"
"""The beginning of an escaped letter in JSON."""

_COLUMNS: Final = ("hash", "size", "stored_at", "is_odd", "data")
_MORE: Final = 0x80
"""Marks a byte of a size that another one follows."""
_NUMBERS: Final = struct.Struct("<QQB")


def hash_payload(value: bytes | Raw) -> str:
    """
    Compute the reference to a stored payload.

    Args:
        value: The payload.

    Returns:
        The reference, as registers hold it.
    """
    return _HASH + hashlib.sha256(value).hexdigest()


def read_reference(value: str | None) -> str | None:
    """
    Read the reference to a stored payload.

    Args:
        value: The last part of a payload's register.

    Returns:
        The reference; None if the register holds the payload itself, or none.
    """
    return value if value is not None and value.startswith(_HASH) else None


class StoredPayload(LazyPayload):
    """
    A payload in the database; its bytes are read when they are first needed.

    Args:
        connection: Reads the payload.
        content: The last part of its register: its reference, or itself.
        number: The number beside it in its register.
    """

    def __init__(self, connection: Connection, content: str, number: int) -> None:
        self._connection = connection
        self.content: Final = content
        self.number: Final = number

    def __bytes__(self) -> bytes:
        if read_reference(self.content) is None:
            return self.content.encode()
        return read_payloads(self._connection, [self.content])[self.content]

    def equals(self, value: Raw) -> bool:
        """Compare by the hash; see `LazyPayload.equals`."""
        if read_reference(self.content) is None:
            return self.content.encode() == bytes(value)
        return self.content == hash_payload(value)

    def read_parts(self) -> Iterator[bytes]:
        """Yield the whole payload; see `LazyPayload.read_parts`."""
        yield bytes(self)


def load_stored(connection: Connection) -> Callable[[str, int], Raw | StoredPayload]:
    """
    Make the function that reads a payload's register without the stored payload.

    Args:
        connection: Reads the payload when it is needed.

    Returns:
        Converts the last part of a register, and its number, to the payload.
    """

    def load(content: str, number: int) -> Raw | StoredPayload:
        if number or read_reference(content) is not None:
            return StoredPayload(connection, content, number)
        return Raw(content.encode())

    return load


def write_payload(
    value: Raw | StoredPayload, old: Raw | StoredPayload | None, stored: dict[str, Raw]
) -> Row:
    """
    Write a payload as the content of its register.

    Args:
        value: The payload.
        old: The stored payload of the same version that it replaces; None without one.
        stored: Takes the payload by its reference, if the register doesn't hold it.

    Returns:
        The first bytes in hexadecimal digits, the number, and the payload or its reference.
    """
    if isinstance(value, StoredPayload):
        head = bytes(value)[:_HEAD_BYTES].hex()
        return (head, value.number, value.content)
    data = memoryview(value)
    number = 0
    if old is not None and not isinstance(old, UnsetType):
        number = 1 + (old.number if isinstance(old, StoredPayload) else 0)
    if data.nbytes <= INLINE_BYTES:
        content = str(data, "utf-8")
    else:
        content = hash_payload(value)
        stored[content] = value
    return (bytes(data[:_HEAD_BYTES]).hex(), number, content)


def is_odd(payload: Raw) -> bool:
    """
    Check whether the index may miss a word of a payload.

    Args:
        payload: The payload.

    Returns:
        Whether every search must read the payload.
    """
    data = bytes(payload)
    if ESCAPE in data:
        return True
    return not data.isascii() and FOLDED_TO_ASCII.search(data.decode()) is not None


def store_payloads(connection: Connection, payloads: Mapping[str, Raw], stored_at: int) -> None:
    """
    Insert payloads.

    A stored payload is inserted again, because another receiver may be about to erase it.

    Args:
        connection: The connection.
        payloads: The payloads by their references.
        stored_at: The time, seconds since 1970.
    """
    parts: list[bytes | memoryview] = []
    size = 0
    for reference, value in payloads.items():
        data = memoryview(value)
        head = (
            _encode_text(reference.encode()),
            _NUMBERS.pack(data.nbytes, stored_at, is_odd(value)),
        )
        parts += (*head, _encode_size(data.nbytes), data)
        size += data.nbytes
        if size >= _AT_ONCE_BYTES:
            connection.insert_block("payloads", _COLUMNS, b"".join(parts), "RowBinary")
            parts, size = [], 0
    if parts:
        connection.insert_block("payloads", _COLUMNS, b"".join(parts), "RowBinary")


def _encode_text(text: bytes) -> bytes:
    return _encode_size(len(text)) + text


def _encode_size(size: int) -> bytes:
    """Encode a size as RowBinary does, with 7 bits in a byte."""
    written = bytearray()
    while size >= _MORE:
        written.append(size % _MORE + _MORE)
        size //= _MORE
    written.append(size)
    return bytes(written)


def read_payloads(connection: Connection, references: Iterable[str]) -> dict[str, bytes]:
    """
    Read payloads.

    Args:
        connection: The connection.
        references: References to stored payloads.

    Returns:
        The JSON by reference; a placeholder for a payload that retention has removed.
    """
    wanted = sorted(set(references))
    found: dict[str, bytes] = {}
    for start in range(0, len(wanted), _MOST_HASHES):
        rows = connection.fetch_all(
            f"SELECT stored_at, hash, data, size FROM {connection.database}.payloads "
            "PREWHERE hash IN %s",
            (wanted[start : start + _MOST_HASHES],),
        )
        for _, reference, data, size in sorted(rows):
            found[reference] = data.encode() or _write_removed(size)
    # An interrupted removal leaves no row.
    return {reference: found.get(reference) or _write_removed(0) for reference in wanted}


def _write_removed(size: int) -> bytes:
    return write_placeholder("dropped", reason=REMOVED_REASON, size=size)


def read_sizes(connection: Connection, values: Iterable[str | None]) -> Mapping[str, int]:
    """
    Read the sizes of stored payloads.

    Args:
        connection: The connection.
        values: The values of payloads' columns; JSON and None are ignored.

    Returns:
        The sizes in bytes, by the columns' values.
    """
    wanted = sorted({reference for reference in map(read_reference, values) if reference})
    if not wanted:
        return {}
    rows = connection.fetch_all(
        "SELECT hash, argMax((size, empty(data)), stored_at) "
        f"FROM {connection.database}.payloads WHERE hash IN %s GROUP BY hash",
        (wanted,),
    )
    return {
        reference: len(_write_removed(size)) if is_removed else size
        for reference, (size, is_removed) in rows
    }


def drop_payloads(connection: Connection, references: Iterable[str]) -> None:
    """
    Replace payloads by placeholders, also for other executions that hold the same ones.

    A row of the placeholder has time 0, so a payload that is sent again takes its place.

    Args:
        connection: The connection.
        references: References to stored payloads.
    """
    rows = connection.fetch_all(
        f"SELECT hash, any(size) FROM {connection.database}.payloads "
        "WHERE hash IN %s AND notEmpty(data) GROUP BY hash",
        (sorted(references) or [""],),
    )
    if not rows:
        return
    connection.run(
        f"DELETE FROM {connection.database}.payloads WHERE hash IN %s AND notEmpty(data)",
        ([row[0] for row in rows],),
    )
    connection.insert("payloads", _COLUMNS, [(*row, 0, 1, "") for row in rows])


def read_references(
    connection: Connection, runs: Iterable[RunKey], most_nodes: int = _ALL_NODES
) -> dict[RunKey, Counter[str]]:
    """
    Read which stored payloads runs hold, also in rows that the server will join with newer ones.

    Args:
        connection: The connection.
        runs: The runs.
        most_nodes: How many of a run's node executions to read.

    Returns:
        The references of each run, with their numbers.
    """
    keys = [tuple(run) for run in runs]
    found: dict[RunKey, Counter[str]] = {}
    if not keys:
        return found
    for table, columns in REFERENCES:
        order = ", sequence, node_id" if table == "node_registers" else ""
        for *run, content in connection.fetch_all(
            f"SELECT execution_id, run_id, arrayJoin([{', '.join(columns)}]) AS content FROM ("
            f"SELECT * FROM {connection.database}.{table} "
            "WHERE (execution_id, run_id) IN %s "
            f"ORDER BY execution_id, run_id{order} LIMIT {most_nodes:d} BY execution_id, run_id"
            ") WHERE startsWith(content, '#')",
            (keys,),
        ):
            found.setdefault(RunKey(*run), Counter())[content] += 1
    return found


def count_references(connection: Connection, references: Iterable[str]) -> dict[str, int]:
    """
    Count how often payloads are held, by all executions.

    Args:
        connection: The connection.
        references: References to stored payloads.

    Returns:
        The numbers by reference; a payload that nothing holds is left out.
    """
    wanted = sorted(set(references))
    counts: dict[str, int] = {}
    if not wanted:
        return counts
    for table, columns in REFERENCES:
        for content, number in connection.fetch_all(
            f"SELECT arrayJoin([{', '.join(columns)}]) AS content, count() "
            f"FROM {connection.database}.{table} WHERE content IN %s GROUP BY content",
            (wanted,),
        ):
            counts[content] = counts.get(content, 0) + number
    return counts


def make_loader(
    connection: Connection, values: Iterable[str | None]
) -> Callable[[str | None], Raw | UnsetType]:
    """
    Read payloads, and make the function that converts a column's value to the payload.

    Args:
        connection: The connection.
        values: The values of payloads' columns.

    Returns:
        The function; its result is UNSET when there is no payload.
    """
    stored = read_payloads(connection, filter(None, map(read_reference, values)))

    def load(value: str | None) -> Raw | UnsetType:
        if value is None:
            return UNSET
        reference = read_reference(value)
        return Raw(value.encode() if reference is None else stored[reference])

    return load
