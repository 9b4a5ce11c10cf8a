"""Keep the dictionaries of `flightlog.store.compression` in a SQLite database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import apsw

from flightlog.errors import PayloadDamagedError
from flightlog.store.compression import (
    MAX_SAMPLE_BYTES,
    SAMPLES,
    FrameCodec,
    write_damaged,
)
from flightlog.store.sqlite.kept_texts import KeptTexts
from flightlog.store.sqlite.queries import fetch_all, fetch_one


class Codec(FrameCodec):
    """Compresses with the newest dictionary; decompresses with a frame's own dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.kept_texts: Final = KeptTexts()
        """Decompressed texts that the next searches of the same file need, too."""

    def decompress(self, connection: apsw.Connection, frame: bytes) -> bytes:
        """
        Decompress a frame.

        Args:
            connection: Reads the frame's dictionary when the dictionary is first needed.
            frame: The zstd frame.

        Returns:
            The decompressed bytes.
        """
        return self.decompress_frame(frame, lambda number: _read_dictionary(connection, number))

    def decompress_readable(self, connection: apsw.Connection, frame: bytes) -> bytes:
        """
        Decompress a frame, or write a placeholder if the frame is damaged.

        Args:
            connection: As for `decompress`.
            frame: The zstd frame.

        Returns:
            The decompressed bytes, or the placeholder.
        """
        try:
            return self.decompress(connection, frame)
        except PayloadDamagedError as error:
            return write_damaged(error)

    def decompress_parts(self, connection: apsw.Connection, frame: apsw.Blob) -> Iterator[bytes]:
        """
        Decompress a frame part by part.

        Args:
            connection: Reads the frame's dictionary when the dictionary is first needed.
            frame: The open column with the frame.

        Yields:
            The decompressed bytes in parts.
        """
        return self.read_frame(frame, lambda number: _read_dictionary(connection, number))

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
        if row is not None:
            self.use_dictionary(row[0], row[1], lambda number: _read_dictionary(connection, number))

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
        samples = (self.decompress_readable(connection, row[0]) for row in rows)
        dictionary = self.train_on(samples, newest_payload_id)
        if dictionary is not None:
            connection.execute(
                "INSERT INTO dictionaries (id, trained_at_payload, data) VALUES (?, ?, ?)",
                (dictionary.dict_id(), newest_payload_id, dictionary.as_bytes()),
            )


def _read_dictionary(connection: apsw.Connection, dictionary_id: int) -> bytes:
    row = fetch_one(connection, "SELECT data FROM dictionaries WHERE id = ?", (dictionary_id,))
    assert row is not None, "a frame's dictionary is never erased"
    data: bytes = row[0]
    return data
