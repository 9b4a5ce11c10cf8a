"""
Converts a file of any supported compression and encoding to UTF-8 text, in bounded memory.

This module decides by the content, not by the file's name. `sources` reads the text.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from typing import IO, Any, BinaryIO, Final, cast

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE: Final = b"\x2a\x4d\x18"
_ZSTD_HEADER_BYTES: Final = 18
_ZSTD_MAX_WINDOW_BYTES: Final = 1 << 27
_RLE: Final = 1
_LAYERS: Final = 3
_CHUNK_BYTES: Final = 1 << 18
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xef\xbb\xbf", "utf-8"),
)
# When the first characters are ASCII, the positions of zero bytes identify the encoding.
_ZEROS: Final = (
    ((False, True, True, True), "utf-32-le"),
    ((True, True, True, False), "utf-32-be"),
    ((False, True, False, True), "utf-16-le"),
    ((True, False, True, False), "utf-16-be"),
)


class UnreadableTextError(Exception):
    """
    The rest of a file can't be read, because its compressed data is damaged.

    The import catches this error and reports the reason.

    Attributes:
        reason: The fault, one sentence without the file.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = f"{reason}; get a whole copy of the file for the rest"


def open_text(stream: BinaryIO) -> io.BufferedReader:
    """
    Read a file from its beginning, decompressed and as UTF-8 without a byte order mark.

    Args:
        stream: The file; must be seekable.

    Returns:
        A stream of the text before any damage. At the damage, reading raises `UnreadableTextError`.

    Raises:
        UnreadableTextError: The file is damaged at its beginning.
    """
    stream.seek(0)
    text = _buffer(stream)
    for _ in range(_LAYERS):
        head = text.peek(4)[:4]
        if head.startswith(_GZIP):
            text = _buffer(gzip.GzipFile(fileobj=text))
        elif head.startswith(_ZSTD) or head[1:4] == _ZSTD_SKIPPABLE:
            text = _buffer(_Zstd(text, is_whole=_is_whole_zstd(stream)))
        else:
            break
    return cast(io.BufferedReader, _decode(text))


def _buffer(source: Any) -> Any:
    return io.BufferedReader(_Guarded(source), _CHUNK_BYTES)


class _Guarded(io.RawIOBase):
    """Reads another stream in pieces, and turns each of its faults into one error class."""

    def __init__(self, inner: Any) -> None:
        # Prefer `read1`, which returns the available data at once, because a read that waits for
        # more data loses the available data at a damaged place.
        self._read = getattr(inner, "read1", inner.read)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        try:
            data = self._read(len(view))
        except EOFError as error:
            raise UnreadableTextError("the compressed data breaks off before its end") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise UnreadableTextError(f"the gzip data is damaged ({error})") from error
        view[: len(data)] = data
        return len(data)


class _Zstd:
    def __init__(self, source: IO[bytes], *, is_whole: bool) -> None:
        import zstandard  # noqa: PLC0415 - only for such files

        self._fault = zstandard.ZstdError
        context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_MAX_WINDOW_BYTES)
        self._reader = context.stream_reader(source, read_across_frames=True, closefd=False)
        self._is_whole = is_whole

    def read(self, size: int) -> bytes:
        try:
            data = self._reader.read1(size)
        except self._fault as error:
            raise UnreadableTextError(f"the zstd data can't be read ({error})") from error
        if not data and not self._is_whole:
            # The library treats a truncated frame as the end of the data.
            raise EOFError
        return data


def _is_whole_zstd(stream: BinaryIO) -> bool:
    # Check only a file that is itself zstd. For zstd within another compression, the outer format's
    # end is checked instead.
    before = stream.tell()
    try:
        stream.seek(0)
        if not _starts_zstd(stream.read(4)):
            return True
        size, place = stream.seek(0, io.SEEK_END), 0
        while place < size:
            place = _find_frame_end(stream, place)
            stream.seek(min(place, size))
            if not _starts_zstd(stream.read(4)):
                break
        return place <= size
    finally:
        # The buffered reader has read ahead, and continues from the old position.
        stream.seek(before)


def _starts_zstd(head: bytes) -> bool:
    return head.startswith(_ZSTD) or head[1:4] == _ZSTD_SKIPPABLE


def _find_frame_end(stream: BinaryIO, place: int) -> int:
    import zstandard  # noqa: PLC0415 - only for such files

    beyond = place + (1 << 62)
    stream.seek(place)
    head = stream.read(_ZSTD_HEADER_BYTES)
    if head[1:4] == _ZSTD_SKIPPABLE:
        return place + 8 + int.from_bytes(head[4:8], "little") if len(head) > 7 else beyond  # noqa: PLR2004 - its header
    try:
        has_checksum = zstandard.get_frame_parameters(head).has_checksum
        place += zstandard.frame_header_size(head)
    except zstandard.ZstdError:
        return beyond
    is_last = False
    while not is_last:
        stream.seek(place)
        block = stream.read(3)
        if len(block) < 3:  # noqa: PLR2004 - a block's header
            return beyond
        header = int.from_bytes(block, "little")
        is_last = bool(header & 1)
        place += 3 + (1 if header >> 1 & 3 == _RLE else header >> 3)
    return place + (4 if has_checksum else 0)


def _decode(text: Any) -> Any:
    head = text.peek(4)[:4]
    mark, encoding = next(
        (found for found in _MARKS if head.startswith(found[0])), (b"", _guess_encoding(head))
    )
    text.read(len(mark))
    return text if encoding == "utf-8" else _buffer(_Transcoded(text, encoding))


def _guess_encoding(head: bytes) -> str:
    zeros = tuple(byte == 0 for byte in head)
    return next((encoding for places, encoding in _ZEROS if places == zeros), "utf-8")


class _Transcoded:
    """Reads text of another encoding as UTF-8; half a character becomes U+FFFD."""

    def __init__(self, source: io.BufferedReader, encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready = b""
        self._has_ended = False

    def read(self, size: int) -> bytes:
        while not self._ready and not self._has_ended:
            data = self._source.read1(_CHUNK_BYTES)
            self._has_ended = not data
            self._ready = self._decoder.decode(data, final=self._has_ended).encode()
        taken, self._ready = self._ready[:size], self._ready[size:]
        return taken
