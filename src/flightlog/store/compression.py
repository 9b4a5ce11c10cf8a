"""
Compress payloads with zstd and with dictionaries trained on the history's own payloads.

A dictionary holds what payloads have in common (keys, phrases). A small payload alone has too
little repetition, so a dictionary halves its compressed size. Each frame names its dictionary, so
that old frames stay readable after a new training. The first payloads are compressed without a
dictionary. Each store keeps the dictionaries.
"""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Final, Protocol, cast

import zstandard
from msgspec import Raw

from flightlog.errors import PayloadDamagedError
from flightlog.record.placeholders import write_placeholder

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
SAMPLED_BYTES: Final = 2 * 2**20
"""
A training uses so many bytes of payloads; the list of the samples and zstd's copy of them are in
memory while a large body may be there, too.
"""
_TRAINING_TABLE_BITS: Final = 18
"""
The size of the training's tables, log2. Measured: zstd's default of 20 takes 8 MB more, and
compresses payloads of 1 KB by 0.4 % better.
"""
PART_BYTES: Final = 256 * 1024
"""The uncompressed size of a part of a large payload."""
DAMAGE: Final = (zstandard.ZstdError, AssertionError, MemoryError, ValueError)
"""The errors of a frame that is damaged, or whose dictionary is lost."""
_HEADER_BYTES: Final = 18
"""The most bytes of a frame's header, which names the dictionary."""


def _describe(error: Exception) -> str:
    return f"it can't be decompressed ({str(error) or type(error).__name__})"


def check_digest(text: bytes, digest: bytes) -> None:
    """
    Check that a payload is the one that was stored.

    Args:
        text: The payload.
        digest: Its SHA-256.

    Raises:
        PayloadDamagedError: It is another one.
    """
    if hashlib.sha256(text).digest() != digest:
        raise PayloadDamagedError("its content has changed")


def write_damaged(error: PayloadDamagedError) -> bytes:
    """
    Write the placeholder of a damaged payload.

    Args:
        error: Why the payload can't be read.

    Returns:
        JSON.
    """
    reason = f"it is damaged in the history's file: {error.reason}"
    return write_placeholder("dropped", reason=reason, hint=error.hint)


class FrameFile(Protocol):
    """A zstd frame as a file."""

    def read(self, size: int = -1, /) -> bytes:
        """Read up to so many bytes."""
        ...

    def seek(self, offset: int, /) -> object:
        """Go to a place."""
        ...


class FrameCodec:
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

    def decompress_frame(self, frame: bytes, read_dictionary: Callable[[int], bytes]) -> bytes:
        """
        Decompress a frame.

        Args:
            frame: The zstd frame.
            read_dictionary: Reads a dictionary by its id when the dictionary is first needed.

        Returns:
            The decompressed bytes.

        Raises:
            PayloadDamagedError: The frame is damaged, or its dictionary is lost.
        """
        try:
            return self._decompress(frame, read_dictionary)
        except DAMAGE as error:
            raise PayloadDamagedError(_describe(error)) from error

    def _decompress(self, frame: bytes, read_dictionary: Callable[[int], bytes]) -> bytes:
        dictionary_id = zstandard.get_frame_parameters(frame).dict_id
        idle = self._idle[dictionary_id]
        try:
            decompressor = idle.pop()
        except IndexError:
            dictionary = None
            if dictionary_id:
                dictionary = self._find_dictionary(dictionary_id, read_dictionary)
            decompressor = zstandard.ZstdDecompressor(dict_data=dictionary)
        data = decompressor.decompress(frame)
        idle.append(decompressor)
        return data

    def read_frame(
        self, frame: FrameFile, read_dictionary: Callable[[int], bytes]
    ) -> Iterator[bytes]:
        """
        Decompress a frame of any size in parts.

        Args:
            frame: The zstd frame.
            read_dictionary: Reads a dictionary by its id.

        Yields:
            The decompressed bytes in parts.
        """
        head = frame.read(_HEADER_BYTES)
        frame.seek(0)
        dictionary_id = zstandard.get_frame_parameters(head).dict_id
        dictionary = None
        if dictionary_id:
            dictionary = self._find_dictionary(dictionary_id, read_dictionary)
        decompressor = zstandard.ZstdDecompressor(dict_data=dictionary)
        with decompressor.stream_reader(cast(IO[bytes], frame), closefd=False) as stream:
            while part := stream.read(PART_BYTES):
                yield part

    def _find_dictionary(
        self, dictionary_id: int, read_dictionary: Callable[[int], bytes]
    ) -> zstandard.ZstdCompressionDict:
        with self._lock:
            known = self._dictionaries.get(dictionary_id)
            if known is None:
                data = read_dictionary(dictionary_id)
                known = self._dictionaries[dictionary_id] = zstandard.ZstdCompressionDict(data)
            return known

    def use_dictionary(
        self,
        dictionary_id: int,
        trained_at_payload: int,
        read_dictionary: Callable[[int], bytes],
    ) -> None:
        """
        Compress with a stored dictionary from now on; call this outside a transaction.

        Args:
            dictionary_id: The dictionary.
            trained_at_payload: The newest payload's id when the dictionary was trained.
            read_dictionary: Reads the dictionary by its id.
        """
        if dictionary_id == self._dictionary_id:
            return
        self._dictionary_id, self._trained_at_payload = dictionary_id, trained_at_payload
        dictionary = self._find_dictionary(dictionary_id, read_dictionary)
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary)

    def wants_training(self, newest_payload_id: int) -> bool:
        """
        Check whether the history has outgrown its newest dictionary.

        Args:
            newest_payload_id: The id of the newest payload.

        Returns:
            True if a new dictionary should be trained.
        """
        return newest_payload_id >= max(
            FIRST_TRAINING_PAYLOADS, self._trained_at_payload * RETRAINING_GROWTH
        )

    def train_on(
        self, samples: Iterable[bytes], newest_payload_id: int
    ) -> zstandard.ZstdCompressionDict | None:
        """
        Train a dictionary; nothing is compressed with it before `use_dictionary`.

        Args:
            samples: Payloads of the history; as many are used as have `SAMPLED_BYTES`.
            newest_payload_id: The id of the newest payload.

        Returns:
            The dictionary, which the caller stores; None if the payloads have too little in common.
            In this case, nothing is trained until the history has grown again.
        """
        self._trained_at_payload = newest_payload_id
        taken: list[bytes] = []
        size = 0
        for sample in samples:
            taken.append(sample)
            size += len(sample)
            if size >= SAMPLED_BYTES:
                break
        try:
            return zstandard.train_dictionary(
                DICTIONARY_BYTES, [*taken], d=8, f=_TRAINING_TABLE_BITS, steps=4
            )
        except (zstandard.ZstdError, ValueError):
            return None
