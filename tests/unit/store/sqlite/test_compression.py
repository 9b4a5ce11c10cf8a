"""Compression: frames of both libraries that wrote them, and of any dictionary, by any thread."""

import threading
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.store import SqliteStore

THREADS = 4
TEXT = b'{"orderId":4711,"text":"order 99 declined"}' * 4

# A dictionary and two frames of TEXT that Python's `compression.zstd` made.
DICTIONARY_ID = 1664060397
DICTIONARY = b64decode(
    "N6Qw7O2LL2MZEOAK5Qb/////ex/4795LK7u3j/pGa621FjMFAAAAD8XYBgAABAAAAIAaQjwKEiMDAEx5JgAAAAAAAAAA"
    "AAAAAAAAAAAA9CrCJZZrAAAAAAAAAAAAAAAAAAEAAAAEAAAACAAAAGRlcklkIjo2OSwidGNsaW5lZCJ9eyJvcmRlcklk"
    "IjoyMTc1LCJ0ZXh0Ijoib3JkZXIgMTUyMjUgZGVjbGluY2xpbmVkIn17Im9yZGVySWQiOjIwMTIsInRleHQiOiJvcmRl"
    "ciAxNDA4NCBkZWNsaW5jbGluZWQifXsib3JkZXJJZCI6MTY0NiwidGV4dCI6Im9yZGVyIDExNTIyIGRlY2xpbmNsaW5l"
    "ZCJ9eyJvcmRlcklkIjoxNTQ4LCJ0ZXh0Ijoib3JkZXIgMTA4MzYgZGVjbGluZWNsaW5lZCJ9eyJvcmRlcklkIjoxMzE3"
    "LCJ0ZXh0Ijoib3JkZXIgOTIxOSBkZWNsaW5lY2xpbmVkIn17Im9yZGVySWQiOjEwMTQsInRleHQiOiJvcmRlciA3MDk4"
    "IGRlY2xpbmRlY2xpbmVkIn17Im9yZGVySWQiOjgxMywidGV4dCI6Im9yZGVyIDU2OTEgZGVjbGluZGVjbGluZWQifXsi"
    "b3JkZXJJZCI6NTExLCJ0ZXh0Ijoib3JkZXIgMzU="
)
FRAMES = {
    "with-dictionary": b64decode("KLUv/SPtiy9jrJ0AABg0NzkF/NMheM3b3Moe3oIjH7A="),
    "without-dictionary": b64decode(
        "KLUv/SCsnQEAZAJ7Im9yZGVySWQiOjQ3MTEsInRleHQiOiA5OSBkZWNsaW5lZCJ9ewMA16kE4MR1DlMM"
    ),
}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[apsw.Connection]:
    """Open a new history that has the standard library's dictionary."""
    path = tmp_path / "history.db"
    SqliteStore(path).close()
    connection = apsw.Connection(str(path))
    connection.execute(
        "INSERT INTO dictionaries (id, trained_at_payload, data) VALUES (?, 1, ?)",
        (DICTIONARY_ID, DICTIONARY),
    )
    yield connection
    connection.close()


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_frames_of_the_standard_librarys_zstd_are_read(
    frame: bytes, connection: apsw.Connection
) -> None:
    """Histories that Flightlog wrote with `compression.zstd` or its backport stay readable."""
    assert Codec().decompress(connection, frame) == TEXT


def test_threads_decompress_at_the_same_time(connection: apsw.Connection) -> None:
    """Each thread gets its own payloads, although threads share decompressors in turn."""
    codec = Codec()
    codec.load_newest(connection)
    payloads = [b'{"text":"%b","n":%d}' % (b"order declined " * 9, n) for n in range(200)]
    payloads += [b"%d" % n * 200_000 for n in range(8)]
    frames = [codec.compress(payload) for payload in payloads]
    begin = threading.Barrier(THREADS)

    def decompress_all(_: int) -> list[bytes]:
        begin.wait()
        return [codec.decompress(connection, frame) for frame in frames]

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(decompress_all, range(THREADS))) == [payloads] * THREADS
