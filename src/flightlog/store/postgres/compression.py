"""Keep the dictionaries of `flightlog.store.compression` in a PostgreSQL database."""

from __future__ import annotations

from flightlog.errors import PayloadDamagedError
from flightlog.store.compression import (
    MAX_SAMPLE_BYTES,
    SAMPLES,
    FrameCodec,
    write_damaged,
)
from flightlog.store.postgres.statements import Connection, fetch_all, fetch_one, run


class Codec(FrameCodec):
    """Compresses with the newest dictionary; decompresses with a frame's own dictionary."""

    def decompress(self, connection: Connection, frame: bytes) -> bytes:
        """
        Decompress a frame.

        Args:
            connection: Reads the frame's dictionary when the dictionary is first needed.
            frame: The zstd frame.

        Returns:
            The decompressed bytes.
        """
        return self.decompress_frame(frame, lambda number: _read_dictionary(connection, number))

    def decompress_readable(self, connection: Connection, frame: bytes) -> bytes:
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

    def load_newest(self, connection: Connection) -> None:
        """
        Compress with the newest stored dictionary from now on; call this outside a transaction.

        Args:
            connection: Reads the dictionary.
        """
        row = fetch_one(
            connection,
            "SELECT id, trained_at_payload FROM dictionaries "
            "ORDER BY trained_at_payload DESC, id LIMIT 1",
        )
        if row is not None:
            self.use_dictionary(row[0], row[1], lambda number: _read_dictionary(connection, number))

    def train(self, connection: Connection, newest_payload_id: int) -> None:
        """
        Train a dictionary on the newest payloads and store it; call this within a transaction.

        Args:
            connection: The writing connection.
            newest_payload_id: The id of the newest payload.
        """
        rows = fetch_all(
            connection,
            "SELECT data FROM payloads WHERE size <= %s ORDER BY id DESC LIMIT %s",
            (MAX_SAMPLE_BYTES, SAMPLES),
        )
        samples = [self.decompress_readable(connection, row[0]) for row in rows]
        dictionary = self.train_on(samples, newest_payload_id)
        if dictionary is not None:
            run(
                connection,
                "INSERT INTO dictionaries (id, trained_at_payload, data) VALUES (%s, %s, %s) "
                "ON CONFLICT DO NOTHING",
                (dictionary.dict_id(), newest_payload_id, dictionary.as_bytes()),
            )


def _read_dictionary(connection: Connection, dictionary_id: int) -> bytes:
    row = fetch_one(connection, "SELECT data FROM dictionaries WHERE id = %s", (dictionary_id,))
    assert row is not None, "a frame's dictionary is never erased"
    return bytes(row[0])
