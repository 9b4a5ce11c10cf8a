"""
Search raw files for a value, as a proof that a purge left nothing.

Files are read as bytes. In databases every row of every page is decoded without SQLite, also the
rows of pages that no table uses any more, and compressed payloads are decompressed. So a value is
found that lies on several pages, in a deleted row, in the search index or in the write-ahead log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import zstandard
from msgspec import Struct

from flightlog.purge.forms import ValueForms
from flightlog.store.sqlite.access import add_suffix
from flightlog.store.sqlite.raw_pages import RawPages, Row
from flightlog.store.sqlite.salvage import recognize

OnBytes = Callable[[int], None]
"""Called with the number of bytes that were searched since the last call."""

_MAGIC: Final = b"SQLite format 3\0"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_CHUNK: Final = 4 << 20
_MAX_FRAME: Final = 1 << 30


class Searched(Struct, frozen=True, kw_only=True):
    """The outcome of the search of one file."""

    has_value: bool
    """Whether the file contains the value."""
    size_bytes: int
    """The size of the file, bytes."""
    decompressed: int = 0
    """The number of compressed payloads that were decompressed and searched."""
    undecodable: int = 0
    """The number of compressed payloads that can't be decompressed, so they were not searched."""


def is_database(path: Path) -> bool:
    """
    Check whether a file has the header of a SQLite database; no process may write it.

    Args:
        path: The file.

    Returns:
        Whether it does.
    """
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def search_file(path: Path, forms: ValueForms, on_bytes: OnBytes | None = None) -> Searched:
    """
    Search the bytes of a file; of a database, also its rows and payloads.

    Args:
        path: The file, which this process doesn't have open.
        forms: The value.
        on_bytes: Called during the search.

    Returns:
        The outcome.

    Raises:
        OSError: The file can't be read.
    """
    size = path.stat().st_size
    has_value = _search_bytes(path, forms, on_bytes or _ignore)
    if not is_database(path):
        return Searched(has_value=has_value, size_bytes=size)
    search = _PageSearch(path, forms)
    has_value |= search.run()
    return Searched(
        has_value=has_value,
        size_bytes=size,
        decompressed=search.decompressed,
        undecodable=search.undecodable,
    )


def _ignore(_size: int) -> None:
    return


def _search_bytes(path: Path, forms: ValueForms, on_bytes: OnBytes) -> bool:
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if forms.is_in(tail + chunk):
                return True
            tail = (tail + chunk)[-forms.longest :]
            on_bytes(len(chunk))
    return False


class _PageSearch:
    """Searches all rows of a database, page by page."""

    def __init__(self, path: Path, forms: ValueForms) -> None:
        self._path = path
        self._forms = forms
        self._decompressors: dict[int, zstandard.ZstdDecompressor] = {
            0: zstandard.ZstdDecompressor()
        }
        self.decompressed = 0
        self.undecodable = 0

    def run(self) -> bool:
        for row in self._read_rows():
            if recognize(row) == "dictionaries" and row.rowid is not None:
                data = row.values[2]
                assert isinstance(data, bytes)
                dictionary = zstandard.ZstdCompressionDict(data)
                self._decompressors[row.rowid] = zstandard.ZstdDecompressor(dict_data=dictionary)
        # Don't stop at the first place, so that the numbers are those of the whole file.
        found = False
        for row in self._read_rows():
            found |= any(self._has_value(value) for value in row.values)
        return found

    def _read_rows(self) -> Iterator[Row]:
        pages = RawPages(self._path, add_suffix(self._path, "-wal"))
        try:
            for number in range(1, pages.count + 1):
                yield from pages.read_rows(number)
        finally:
            pages.close()

    def _has_value(self, value: object) -> bool:
        if isinstance(value, str):
            return self._forms.is_in(value.encode(errors="surrogatepass"))
        if not isinstance(value, bytes):
            return False
        return self._forms.is_in(value) or self._is_in_frame(value)

    def _is_in_frame(self, value: bytes) -> bool:
        if not value.startswith(_ZSTD):
            return False
        try:
            dictionary_id = zstandard.get_frame_parameters(value).dict_id
            text = self._decompressors[dictionary_id].decompress(value, max_output_size=_MAX_FRAME)
        except (zstandard.ZstdError, KeyError):
            self.undecodable += 1
            return False
        self.decompressed += 1
        return self._forms.is_in(text)
