"""Decompress a request's body part by part, so that a small body can't grow without bounds."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

import zstandard

from flightlog.errors import BodyTooLargeError, InvalidRecordError

ENCODINGS: Final = ("gzip", "zstd")
"""The accepted values of `Content-Encoding`, beside `identity`."""
FREE_BYTES: Final = 8 * 2**20
"""A body may decompress to this size, however well it is compressed."""
MAX_RATIO: Final = 250
"""Beyond `FREE_BYTES`, a body may decompress to this multiple of its compressed size."""
_STEP_BYTES: Final = 64 * 1024
_GZIP: Final = 31
_MAX_WINDOW_BYTES: Final = 8 * 2**20
_ZSTD_INPUT_BYTES: Final = 64


class _Decoder(Protocol):
    """Decompresses one stream after another of one format."""

    is_complete: bool
    """Whether all bytes so far are whole streams."""

    def feed(self, part: bytes) -> Iterator[bytes]:
        """Decompress compressed bytes in small pieces."""
        ...


class _GzipDecoder:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)
        self.is_complete = False

    def feed(self, part: bytes) -> Iterator[bytes]:
        while part:
            if self._stream.eof:
                # A file of several members counts as one.
                self._stream = zlib.decompressobj(_GZIP)
            yield self._stream.decompress(part, _STEP_BYTES)
            self.is_complete = self._stream.eof
            part = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail


class _ZstdDecoder:
    def __init__(self) -> None:
        self._context = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
        self._stream = self._context.decompressobj()
        self.is_complete = False

    def feed(self, part: bytes) -> Iterator[bytes]:
        while part:
            if self._stream.eof:
                self._stream = self._context.decompressobj()
            # zstandard has no limit on the output of a call, so give it little input: a block of at
            # most 128 KiB takes at least 4 bytes.
            yield self._stream.decompress(part[:_ZSTD_INPUT_BYTES])
            self.is_complete = self._stream.eof
            part = self._stream.unused_data + part[_ZSTD_INPUT_BYTES:]


class Decompressor:
    """
    Decompresses one body.

    Args:
        encoding: One of `ENCODINGS`.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._decoder: _Decoder = _GzipDecoder() if encoding == "gzip" else _ZstdDecoder()
        self._compressed_bytes = 0

    def feed(self, part: bytes) -> Iterator[bytes]:
        """
        Decompress the next bytes of the body.

        Args:
            part: The compressed bytes.

        Yields:
            Decompressed bytes, a small piece at a time.

        Raises:
            InvalidRecordError: The bytes are not of this format.
        """
        self._compressed_bytes += len(part)
        try:
            yield from self._decoder.feed(part)
        except (zlib.error, zstandard.ZstdError) as error:
            raise InvalidRecordError(f"the body is not {self._encoding} ({error})") from error

    def check_growth(self, size: int) -> None:
        """
        Check that the body so far is no bomb.

        Args:
            size: The decompressed size so far, bytes.

        Raises:
            BodyTooLargeError: The body grows too far compared with its compressed size.
        """
        if size > max(FREE_BYTES, MAX_RATIO * self._compressed_bytes):
            raise BodyTooLargeError(MAX_RATIO, "times its compressed size")

    def check_end(self) -> None:
        """
        Check that the body is whole.

        Raises:
            InvalidRecordError: The body ends within a compressed stream.
        """
        if not self._decoder.is_complete:
            raise InvalidRecordError(f"the {self._encoding} body ends too early")
