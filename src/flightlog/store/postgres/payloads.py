"""
Store payloads once each and compressed, by their content.

A column that holds a payload contains small JSON as it is, or a zero byte and the id of a row of
`payloads`: JSON never begins with a zero byte. `prepare` finds the stored payloads of a whole
transaction in one statement, and `flush` writes the new ones in one statement, and the counts of
the others in another one. These lock rows in the order of their hashes, so that receivers with the
same payloads don't deadlock.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec import UNSET, Raw, UnsetType

from flightlog.record.model import WorkflowExecution
from flightlog.store.postgres.compression import Codec
from flightlog.store.postgres.errors import RetryError
from flightlog.store.postgres.statements import (
    Connection,
    fetch_all,
    fetch_one,
    load_queries,
    run,
    write_array,
)

INLINE_BYTES: Final = 128
"""JSON up to this size stays in its column, because a separate row would take more space."""
IDS_AT_ONCE: Final = 1_000
"""The increment of the sequence `payload_ids`."""

_queries: Final = load_queries("payloads.sql")
_REFERENCE: Final = b"\0"


def write_reference(payload_id: int) -> bytes:
    """
    Write the reference to a stored payload, as a column holds it.

    Args:
        payload_id: The payload's row.

    Returns:
        The column's value.
    """
    return _REFERENCE + payload_id.to_bytes(8, "big")


def read_reference(value: bytes | None) -> int | None:
    """
    Read the reference to a stored payload.

    Args:
        value: The value of a payload's column.

    Returns:
        The payload's row; None if the column holds the payload itself, or none.
    """
    if value is None or value[:1] != _REFERENCE:
        return None
    return int.from_bytes(value[1:], "big")


class StoredPayload:
    """
    A payload in the database; its bytes are read when they are first needed.

    Args:
        connection: Reads the payload.
        codec: Decompresses the payload.
        payload_id: The payload's row.
    """

    def __init__(self, connection: Connection, codec: Codec, payload_id: int) -> None:
        self._connection = connection
        self._codec = codec
        self.id = payload_id

    def __bytes__(self) -> bytes:
        row = fetch_one(self._connection, _queries["data"], {"id": self.id})
        assert row is not None, "a payload that a column refers to is never erased"
        return self._codec.decompress(self._connection, row[0])


class PayloadWriter:
    """
    Stores the payloads of a transaction: `prepare`, then `store` and `flush` repeatedly.

    Args:
        connection: The writing connection.
        codec: Compresses new payloads.
    """

    def __init__(self, connection: Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec
        self._ids: list[int] = []
        self._known: dict[bytes, int] = {}
        self._hashed: dict[int, tuple[Raw, bytes, int]] = {}
        self._new: dict[bytes, Raw] = {}
        self._sizes: dict[bytes, int] = {}
        self._refs: Counter[bytes] = Counter()
        self._released: Counter[int] = Counter()
        self.newest_id = 0
        """The id of the newest payload that this writer stored."""

    def prepare(self, payloads: Iterable[Raw]) -> None:
        """
        Find which payloads of a transaction are stored already; call this at its beginning.

        Args:
            payloads: The payloads of the records.
        """
        # Hashing takes a good part of a transaction, so `store` doesn't hash the payloads again.
        self._hashed = {
            id(each): (each, _hash(each), size)
            for each in payloads
            if (size := _size(each)) > INLINE_BYTES
        }
        digests = {digest for _, digest, _ in self._hashed.values()}
        self._known = {}
        if digests:
            rows = fetch_all(self._connection, _queries["known"], {"hashes": list(digests)})
            self._known = {bytes(digest): payload_id for digest, payload_id in rows}

    def begin(self) -> None:
        """Start a transaction."""
        self._new, self._sizes = {}, {}
        self._refs.clear()
        self._released.clear()

    def store(self, value: Raw | StoredPayload) -> bytes:
        """
        Store a payload if it is new, and count the reference to it.

        Args:
            value: The payload.

        Returns:
            The value for the column that refers to the payload.
        """
        if isinstance(value, StoredPayload):
            return write_reference(value.id)
        hashed = self._hashed.get(id(value))
        if hashed is not None:
            _, digest, size = hashed
        else:
            size = _size(value)
            if size <= INLINE_BYTES:
                return bytes(value)
            digest = _hash(value)
        payload_id = self._known.get(digest)
        if payload_id is None:
            payload_id = self._known[digest] = self._take_id()
            self._new[digest] = value
        self._refs[digest] += 1
        self._sizes[digest] = size
        return write_reference(payload_id)

    def _take_id(self) -> int:
        if not self._ids:
            row = fetch_one(self._connection, "SELECT nextval('payload_ids')")
            assert row is not None, "a sequence always has a value"
            self._ids = list(range(row[0] + IDS_AT_ONCE - 1, row[0] - 1, -1))
        self.newest_id = self._ids.pop()
        return self.newest_id

    def load(self, value: bytes | None) -> Raw | StoredPayload | UnsetType:
        """
        Convert a column's value to the payload; a stored payload is read when it is needed.

        Args:
            value: The value of the column.

        Returns:
            The payload; UNSET when there is none.
        """
        payload_id = read_reference(value)
        if payload_id is None:
            return UNSET if value is None else Raw(value)
        return StoredPayload(self._connection, self._codec, payload_id)

    def release(self, value: object) -> None:
        """
        Count one reference less for a stored payload that a column no longer holds.

        Args:
            value: The column's former value; a value other than a `StoredPayload` is ignored.
        """
        if isinstance(value, StoredPayload):
            self._released[value.id] += 1

    def flush(self) -> None:
        """
        Write new payloads and changed reference counts; call this before the commit.

        Raises:
            RetryError: Another receiver stored or erased one of the payloads meanwhile.
        """
        if self._refs:
            self._write_references()
        if self._released:
            drop_references(self._connection, self._released)
        self._hashed = {}
        self.begin()

    def _write_references(self) -> None:
        # All writers begin with the stored payloads, so they don't wait for each other in a circle.
        self._count_references(sorted(self._refs.keys() - self._new.keys()))
        self._insert(sorted(self._new))

    def _count_references(self, digests: list[bytes]) -> None:
        if not digests:
            return
        bound = {
            "ids": write_array(self._known[digest] for digest in digests),
            "refs": write_array(self._refs[digest] for digest in digests),
            "sizes": write_array(self._sizes[digest] for digest in digests),
            "hashes": digests,
        }
        for payload_id, digest, length in fetch_all(self._connection, _queries["count"], bound):
            if not length or self._known[bytes(digest)] != payload_id:
                raise RetryError

    def _insert(self, digests: list[bytes]) -> None:
        # COPY takes two thirds of the time of an INSERT that checks for conflicts first. After a
        # conflict, the payload is known when the transaction is repeated.
        if not digests:
            return
        compress = self._codec.compress
        with self._connection.cursor() as cursor, cursor.copy(_queries["insert"]) as copy:
            copy.set_types(("int8", "int8", "int8", "bytea", "bytea"))
            for digest in digests:
                data = compress(self._new[digest])
                row = (self._known[digest], self._refs[digest], self._sizes[digest], digest, data)
                copy.write_row(row)


def drop_references(connection: Connection, released: Mapping[int, int]) -> None:
    """
    Count references less, and erase the payloads without references.

    Args:
        connection: The writing connection, within a transaction.
        released: The number of references by payload id.
    """
    ids = sorted(released)
    bound = {"ids": ids, "numbers": [released[payload_id] for payload_id in ids]}
    run(connection, _queries["lock"], {"ids": ids})
    unreferenced = [row[0] for row in fetch_all(connection, _queries["release"], bound)]
    if unreferenced:
        run(connection, _queries["erase"], {"ids": unreferenced})


def list_payloads(record: WorkflowExecution) -> Iterable[Raw]:
    """
    List the payloads of a record.

    Args:
        record: The record.

    Yields:
        The payloads that are present.
    """
    if record.trigger is not None and isinstance(record.trigger.data, Raw):
        yield record.trigger.data
    for node in record.node_executions:
        for value in (node.input, node.output, node.logs):
            if isinstance(value, Raw):
                yield value


def read_payloads(
    connection: Connection,
    codec: Codec,
    values: Iterable[bytes | None],
    *,
    replaces_damaged: bool = False,
) -> dict[int, Raw]:
    """
    Read the payloads that columns refer to.

    Args:
        connection: Any connection to their database.
        codec: Decompresses the payloads.
        values: The values of the columns.
        replaces_damaged: Whether a placeholder takes the place of a damaged payload.

    Returns:
        The JSON by payload id; each payload is read once.

    Raises:
        PayloadDamagedError: A payload is damaged, and is not replaced.
    """
    wanted = {payload_id for payload_id in map(read_reference, values) if payload_id is not None}
    if not wanted:
        return {}
    rows = fetch_all(connection, _queries["data_of"], {"ids": sorted(wanted)})
    decompress = codec.decompress_readable if replaces_damaged else codec.decompress
    return {payload_id: Raw(decompress(connection, data)) for payload_id, data in rows}


def read_sizes(connection: Connection, values: Iterable[bytes | None]) -> dict[bytes, int]:
    """
    Read the sizes of stored payloads.

    Args:
        connection: Any connection.
        values: The values of columns; JSON and None are ignored.

    Returns:
        The sizes in bytes, by the columns' values.
    """
    ids = {payload_id for payload_id in map(read_reference, values) if payload_id is not None}
    if not ids:
        return {}
    rows = fetch_all(connection, _queries["sizes"], {"ids": sorted(ids)})
    return {write_reference(payload_id): size for payload_id, size in rows}


def make_loader(stored: Mapping[int, Raw]) -> Callable[[bytes | None], Raw | UnsetType]:
    """
    Make the function that converts a column's value to the payload.

    Args:
        stored: The JSON of stored payloads, by payload id.

    Returns:
        The function; its result is UNSET when there is no payload.
    """

    def load(value: bytes | None) -> Raw | UnsetType:
        payload_id = read_reference(value)
        if payload_id is not None:
            return stored[payload_id]
        return UNSET if value is None else Raw(value)

    return load


def _size(value: Raw) -> int:
    return memoryview(value).nbytes


def _hash(value: Raw) -> bytes:
    return hashlib.sha256(value).digest()
