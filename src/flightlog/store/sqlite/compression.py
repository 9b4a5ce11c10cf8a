"""
Compress payloads with zstd and with dictionaries trained on the database's own payloads.

A dictionary holds what payloads have in common (keys, phrases). A small payload alone has too
little repetition, so a dictionary halves its compressed size. Each frame names its dictionary, so
that old frames stay readable after a new training. The first payloads are compressed without a
dictionary.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import apsw
import zstandard
from msgspec import Raw

from flightlog.store.sqlite.queries import fetch_all, fetch_one

LEVEL: Final = 2
"""
The zstd level. Measured with a dictionary on payloads of 1 KB, level 2 compresses as well as levels
3 to 5 and is faster.
"""
DICTIONARY_BYTES: Final = 32 * 1024
FIRST_TRAINING_PAYLOADS: Final = 500
RETRAINING_GROWTH: Final = 16
SAMPLES: Final = 1_000
MAX_SAMPLE_BYTES: Final = 16 * 1024
PART_BYTES: Final = 256 * 1024
"""The uncompressed size of a part of a large payload."""


class Codec:
    """Compresses with the newest dictionary; decompresses with a frame's own dictionary."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dictionaries: dict[int, zstandard.ZstdCompressionDict] = {}
        self._compressor = zstandard.ZstdCompressor(level=LEVEL)
        # A decompressor costs up to eight times as much as decompressing 1 KB with it, and serves
        # one thread at a time. Reuse keeps as many as threads ever decompressed at once.
        self._idle: defaultdict[int, list[zstandard.ZstdDecompressor]] = defaultdict(list)
        self._dictionary_id = 0
        self._trained_at_payload = 0

    def compress(self, data: bytes | Raw) -> bytes:
        """
        Compress data into one frame; only the writing thread may call this.

        Args:
            data: The JSON to compress.

        Returns:
            The zstd frame.
        """
        return self._compressor.compress(data)

    def compress_parts(self, data: bytes | Raw) -> Iterator[bytes]:
        """
        Compress large data into one frame, part by part; only the writing thread may call this.

        Args:
            data: The JSON to compress; equal data and an equal dictionary give equal parts.

        Yields:
            The parts of the zstd frame.
        """
        view = memoryview(data)
        stream = self._compressor.compressobj(size=view.nbytes)
        for start in range(0, view.nbytes, PART_BYTES):
            yield stream.compress(view[start : start + PART_BYTES])
        yield stream.flush()

    def decompress(self, connection: apsw.Connection, frame: bytes) -> bytes:
        """
        Decompress a frame.

        Args:
            connection: Reads the frame's dictionary when the dictionary is first needed.
            frame: The zstd frame.

        Returns:
            The decompressed bytes.
        """
        dictionary_id = zstandard.get_frame_parameters(frame).dict_id
        idle = self._idle[dictionary_id]
        try:
            decompressor = idle.pop()
        except IndexError:
            dictionary = self._dictionary(connection, dictionary_id) if dictionary_id else None
            decompressor = zstandard.ZstdDecompressor(dict_data=dictionary)
        data = decompressor.decompress(frame)
        idle.append(decompressor)
        return data

    def _dictionary(
        self, connection: apsw.Connection, dictionary_id: int
    ) -> zstandard.ZstdCompressionDict:
        with self._lock:
            known = self._dictionaries.get(dictionary_id)
            if known is None:
                row = fetch_one(
                    connection, "SELECT data FROM dictionaries WHERE id = ?", (dictionary_id,)
                )
                assert row is not None, "a frame's dictionary is never erased"
                known = self._dictionaries[dictionary_id] = zstandard.ZstdCompressionDict(row[0])
            return known

    def load_newest(self, connection: apsw.Connection) -> None:
        """
        Compress with the newest stored dictionary from now on; call this outside a transaction.

        Args:
            connection: Reads the dictionary.
        """
        row = fetch_one(
            connection,
            "SELECT id, trained_at_payload FROM dictionaries "
            "ORDER BY trained_at_payload DESC LIMIT 1",
        )
        if row is None or row[0] == self._dictionary_id:
            return
        self._dictionary_id, self._trained_at_payload = row
        dictionary = self._dictionary(connection, self._dictionary_id)
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary)

    def wants_training(self, newest_payload_id: int) -> bool:
        """
        Check whether the database has outgrown its newest dictionary.

        Args:
            newest_payload_id: The id of the newest payload.

        Returns:
            True if a new dictionary should be trained.
        """
        return newest_payload_id >= max(
            FIRST_TRAINING_PAYLOADS, self._trained_at_payload * RETRAINING_GROWTH
        )

    def train(self, connection: apsw.Connection, newest_payload_id: int) -> None:
        """
        Train a dictionary on the newest payloads and store it; call this within a transaction.

        The dictionary is used only after the commit, when `load_newest` finds it, because no frame
        may name a dictionary that was never stored. If the payloads have too little in common for
        zstd to train on, nothing changes until the database has grown again.

        Args:
            connection: The writing connection.
            newest_payload_id: The id of the newest payload.
        """
        rows = fetch_all(
            connection,
            "SELECT data FROM payloads WHERE size <= ? ORDER BY id DESC LIMIT ?",
            (MAX_SAMPLE_BYTES, SAMPLES),
        )
        samples: list[bytes | bytearray | memoryview] = [
            self.decompress(connection, row[0]) for row in rows
        ]
        self._trained_at_payload = newest_payload_id
        try:
            dictionary = zstandard.train_dictionary(DICTIONARY_BYTES, samples)
        except (zstandard.ZstdError, ValueError):
            return
        connection.execute(
            "INSERT INTO dictionaries (id, trained_at_payload, data) VALUES (?, ?, ?)",
            (dictionary.dict_id(), newest_payload_id, dictionary.as_bytes()),
        )
