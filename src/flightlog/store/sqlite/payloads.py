"""
Store payloads, the largest part of all data, once each and compressed.

A column that holds a payload contains small JSON as text, or the id of a row of `payloads`. The
SHA-256 of a payload shows whether the payload is already stored. Large payloads are found through
an index; other payloads are found in memory, among the payloads stored recently. An index over all
payloads would be written at a random place for each payload. Measured at 100,000 executions, such
an index costs a third of the speed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import apsw
from msgspec import UNSET, Raw, UnsetType

from flightlog.errors import PayloadDamagedError
from flightlog.record.registers import LazyPayload
from flightlog.store.compression import check_digest, write_damaged
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.queries import fetch_all, fetch_one

StoredValue: TypeAlias = str | int | None
"""A payload as its column holds it: JSON text, the id of a row of `payloads`, or None."""

INLINE_BYTES: Final = 128
"""JSON up to this size stays in its column, because a separate row would take more space."""
LARGE_BYTES: Final = 4096
"""The index `payloads_large` holds payloads from this size (as in schema.sql)."""
STREAMED_BYTES: Final = 1024 * 1024
"""JSON from this size is compressed into its row, part by part, so that no copy is in memory."""
GATHERED_BYTES: Final = 4 * 1024 * 1024
"""So many bytes of new payloads wait to be compressed, and for the statement that writes them."""
LARGE_TRANSACTION_BYTES: Final = 2 * GATHERED_BYTES
"""After so many bytes of payloads, a transaction continues with a smaller cache."""
LARGE_TRANSACTION_PORTIONS: Final = 16
"""After so many portions of rows, too."""
LARGE_TRANSACTION_CACHE_BYTES: Final = 2 * 2**20
"""The size of that cache."""
RECENT_PAYLOADS: Final = 32_768
WARM_UP_PAYLOADS: Final = 4_096
_NO_PAYLOAD: Final = (Raw(), 0)
_INSERT: Final = "INSERT INTO payloads (id, refs, size, hash, data) VALUES (?, ?, ?, ?, ?)"


class StoredPayload(LazyPayload):
    """
    A payload in the database; its bytes are read when they are first needed.

    Args:
        connection: Reads the payload.
        codec: Decompresses the payload.
        payload_id: The payload's row.
    """

    def __init__(self, connection: apsw.Connection, codec: Codec, payload_id: int) -> None:
        self._connection = connection
        self._codec = codec
        self.id = payload_id

    def __bytes__(self) -> bytes:
        row = fetch_one(self._connection, "SELECT data FROM payloads WHERE id = ?", (self.id,))
        assert row is not None, "a payload that a column refers to is never erased"
        return self._codec.decompress(self._connection, row[0])

    def equals(self, value: Raw) -> bool:
        """
        Check whether the payload is this one, without reading all of it.

        Args:
            value: Another payload.

        Returns:
            Whether both have the same bytes.
        """
        row = fetch_one(
            self._connection, "SELECT size, hash FROM payloads WHERE id = ?", (self.id,)
        )
        assert row is not None, "a payload that a column refers to is never erased"
        size, digest = row
        has_size: bool = len(memoryview(value)) == size
        return has_size and hashlib.sha256(value).digest() == digest

    def read_parts(self) -> Iterator[bytes]:
        """Yield the payload's bytes in parts."""
        with self._connection.blob_open("main", "payloads", "data", self.id, False) as frame:
            yield from self._codec.decompress_parts(self._connection, frame)


class PayloadWriter:
    """
    Stores the payloads of a transaction: call `begin`, then `store` and `flush` repeatedly.

    Args:
        connection: The writing connection.
        codec: Compresses new payloads.
    """

    def __init__(self, connection: apsw.Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec
        self._recent: dict[bytes, int] = {}
        self._less_recent: dict[bytes, int] = {}
        self._newest_id = 0
        self._last = _NO_PAYLOAD
        self._found: dict[bytes, int] = {}
        self._new: dict[int, tuple[int, bytes, Raw]] = {}
        self._gathered_bytes = 0
        self._written_bytes = 0
        self._portions = 0
        self._cache_size: int | None = None
        self._large: dict[int, tuple[int, bytes, Raw]] = {}
        self._refs: dict[int, int] = {}

    def begin(self) -> None:
        """Start a transaction, and load the payloads that other processes stored."""
        self._forget_portion()
        self._written_bytes = self._portions = 0
        if self._cache_size is not None:
            self._connection.pragma("cache_size", self._cache_size)
            self._cache_size = None
        newest = _find_newest_payload(self._connection)
        if newest > self._newest_id:
            self._learn(max(self._newest_id, newest - WARM_UP_PAYLOADS))
        self._newest_id = newest

    def _learn(self, after_id: int) -> None:
        rows = fetch_all(
            self._connection,
            "SELECT hash, id FROM payloads WHERE id > ? ORDER BY id",
            (after_id,),
        )
        for digest, payload_id in rows:
            self._remember(digest, payload_id)

    def store(self, value: Raw | StoredPayload) -> str | int:
        """
        Store a payload if it is new, and count the reference to it.

        Args:
            value: The payload.

        Returns:
            The value for the column that refers to the payload.
        """
        last, payload_id = self._last
        if value == last:
            self._refs[payload_id] += 1
            return payload_id
        if isinstance(value, StoredPayload):
            return value.id
        size = len(value)
        if size <= INLINE_BYTES:
            return bytes(value).decode()
        payload_id = self._reference(value, size)
        self._last = (value, payload_id)
        return payload_id

    def _reference(self, data: Raw, size: int) -> int:
        digest = hashlib.sha256(data).digest()
        payload_id = self._found.get(digest) or self._find(digest, size)
        if payload_id is None:
            self._newest_id = payload_id = self._newest_id + 1
            self._remember(digest, payload_id)
            if size >= STREAMED_BYTES:
                self._large[payload_id] = (size, digest, data)
            else:
                self._gather(payload_id, size, digest, data)
        self._found[digest] = payload_id
        self._refs[payload_id] = self._refs.get(payload_id, 0) + 1
        return payload_id

    def _gather(self, payload_id: int, size: int, digest: bytes, data: Raw) -> None:
        self._new[payload_id] = (size, digest, data)
        self._gathered_bytes += size
        if self._gathered_bytes > GATHERED_BYTES:
            self._write_gathered()

    def _write_gathered(self) -> None:
        compress = self._codec.compress
        # Compress one payload after the other, so that the tables of zstd stay in the processor's
        # caches.
        new = [
            (payload_id, self._refs.pop(payload_id, 0), size, digest, compress(data))
            for payload_id, (size, digest, data) in self._new.items()
        ]
        self._connection.executemany(_INSERT, new)
        self._new = {}
        self._written_bytes += self._gathered_bytes
        self._gathered_bytes = 0
        if self._written_bytes > LARGE_TRANSACTION_BYTES:
            self._limit_cache()

    def _limit_cache(self) -> None:
        if self._cache_size is None:
            # The pages of a large transaction would only fill the cache.
            self._cache_size = self._connection.pragma("cache_size")
            self._connection.pragma("cache_size", -(LARGE_TRANSACTION_CACHE_BYTES // 1024))

    def _write_large(self, payload_id: int, size: int, digest: bytes, data: Raw) -> None:
        # A row's size must be known before its first byte is written. Compressing twice takes less
        # memory than the compressed payload, which SQLite would copy twice.
        stored_bytes = sum(map(len, self._codec.compress_parts(data)))
        # Any later change of the row's references reads the whole row.
        refs = self._refs.pop(payload_id, 0)
        row = (payload_id, refs, size, digest, apsw.zeroblob(stored_bytes))
        cache_size = self._connection.pragma("cache_size")
        if stored_bytes > GATHERED_BYTES:
            # The payload's pages would only fill the cache.
            self._connection.pragma("cache_size", -(GATHERED_BYTES // 1024))
        try:
            self._connection.execute(_INSERT, row)
            with self._connection.blob_open("main", "payloads", "data", payload_id, True) as column:
                for part in self._codec.compress_parts(data):
                    column.write(part)
        finally:
            self._connection.pragma("cache_size", cache_size)

    def _find(self, digest: bytes, size: int) -> int | None:
        # A remembered id is only a hint, because its row may be erased, or may never have been
        # committed.
        payload_id = self._recent.get(digest) or self._less_recent.get(digest)
        if payload_id is not None and self._is_stored(payload_id, digest):
            return payload_id
        if size < LARGE_BYTES:
            return None
        row = fetch_one(
            self._connection,
            "SELECT id FROM payloads WHERE hash = ? AND size >= 4096",
            (digest,),
        )
        return None if row is None else row[0]

    def _is_stored(self, payload_id: int, digest: bytes) -> bool:
        found = fetch_one(
            self._connection,
            "SELECT 1 FROM payloads WHERE id = ? AND hash = ?",
            (payload_id, digest),
        )
        return found is not None

    def _remember(self, digest: bytes, payload_id: int) -> None:
        self._recent[digest] = payload_id
        if len(self._recent) >= RECENT_PAYLOADS // 2:
            # To forget many at once takes less time than to forget the oldest one each time.
            self._recent, self._less_recent = {}, self._recent

    def load(self, value: StoredValue) -> Raw | StoredPayload | UnsetType:
        """
        Convert a column's value to the payload; a stored payload is read when it is needed.

        Args:
            value: The value of the column.

        Returns:
            The payload; UNSET when there is none.
        """
        if isinstance(value, int):
            return StoredPayload(self._connection, self._codec, value)
        return _load_inline(value)

    def release(self, value: object) -> None:
        """
        Count one reference less for a stored payload that a column no longer holds.

        Args:
            value: The column's former value; a value other than a `StoredPayload` is ignored.
        """
        if isinstance(value, StoredPayload):
            self._refs[value.id] = self._refs.get(value.id, 0) - 1

    def flush(self) -> None:
        """Write new payloads and changed reference counts; call this before the commit."""
        self._portions += 1
        if self._portions > LARGE_TRANSACTION_PORTIONS:
            self._limit_cache()
        self._write_gathered()
        for payload_id, large in self._large.items():
            self._write_large(payload_id, *large)
        changed = [(delta, payload_id) for payload_id, delta in self._refs.items() if delta]
        self._connection.executemany("UPDATE payloads SET refs = refs + ? WHERE id = ?", changed)
        if any(delta < 0 for delta, _ in changed):
            self.sweep()
        self._forget_portion()

    def _forget_portion(self) -> None:
        self._last = _NO_PAYLOAD
        self._found = {}
        self._new = {}
        self._gathered_bytes = 0
        self._large = {}
        self._refs = {}

    def sweep(self) -> None:
        """Erase payloads without references; call this within a transaction."""
        self._connection.execute("DELETE FROM payloads WHERE refs <= 0")

    @property
    def newest_id(self) -> int:
        """The id of the newest payload."""
        return self._newest_id


def _find_newest_payload(connection: apsw.Connection) -> int:
    row = fetch_one(connection, "SELECT max(id) FROM payloads")
    return (row and row[0]) or 0


def read_payloads(
    connection: apsw.Connection,
    codec: Codec,
    values: Iterable[StoredValue],
    *,
    replaces_damaged: bool = False,
) -> dict[int, Raw]:
    """
    Read the payloads that columns refer to.

    Args:
        connection: Any connection to their database.
        codec: Decompresses the payloads.
        values: The values of the columns; JSON text and None are ignored.
        replaces_damaged: Whether a placeholder takes the place of a damaged payload.

    Returns:
        The JSON by payload id; each payload is read once.

    Raises:
        PayloadDamagedError: A payload is damaged, and is not replaced.
    """
    wanted: Sequence[int] = sorted({value for value in values if isinstance(value, int)})
    rows = fetch_all(
        connection,
        "SELECT payloads.id, hash, data FROM json_each(?) AS wanted "
        "CROSS JOIN payloads ON payloads.id = wanted.value",
        (str(list(wanted)),),
    )
    frames = {payload_id: (digest, frame) for payload_id, digest, frame in rows}
    found: dict[int, Raw] = {}
    for payload_id in wanted:
        try:
            if payload_id not in frames:
                raise PayloadDamagedError("its row is missing")  # noqa: TRY301 - replaced below
            digest, frame = frames.pop(payload_id)
            text = codec.decompress(connection, frame)
            check_digest(text, digest)
        except PayloadDamagedError as error:
            if not replaces_damaged:
                raise
            text = write_damaged(error)
        found[payload_id] = Raw(text)
    return found


def make_loader(stored: Mapping[int, Raw]) -> Callable[[StoredValue], Raw | UnsetType]:
    """
    Make the function that converts a column's value to the payload.

    Args:
        stored: The JSON of stored payloads, by payload id.

    Returns:
        The function; its result is UNSET when there is no payload.
    """

    def load(value: StoredValue) -> Raw | UnsetType:
        if type(value) is int:
            return stored[value]
        return UNSET if value is None else Raw(str(value).encode())

    return load


_load_inline: Final = make_loader({})
