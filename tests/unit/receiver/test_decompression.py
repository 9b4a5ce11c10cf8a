"""Compressed bodies: what is taken, and which bombs are refused before they grow."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import zstandard

from flightlog.errors import BodyTooLargeError, InvalidRecordError
from flightlog.receiver.decompression import FREE_BYTES, MAX_RATIO, Decompressor

MakeRecord = Callable[..., dict[str, Any]]

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
ENCODINGS = pytest.mark.parametrize("encoding", list(COMPRESS))


def post(client: httpx.Client, body: bytes, encoding: str) -> httpx.Response:
    """Post a compressed body."""
    headers = {"content-type": "application/json", "content-encoding": encoding}
    return client.post("/api/executions", content=body, headers=headers)


def decompress(encoding: str, body: bytes, step: int) -> bytes:
    """Decompress a body that arrives in parts."""
    decompressor = Decompressor(encoding)
    parts = [body[start : start + step] for start in range(0, len(body), step)]
    data = b"".join(piece for part in parts for piece in decompressor.feed(part))
    decompressor.check_end()
    return data


@ENCODINGS
@pytest.mark.parametrize("step", [1, 7, 1000, 10**9])
def test_a_body_is_the_same_however_it_arrives(encoding: str, step: int) -> None:
    """Parts of any size and several streams in a row give the original bytes."""
    texts = [b"flight" * 5000, b"", b"recorder"]
    body = b"".join(map(COMPRESS[encoding], texts))
    assert decompress(encoding, body, step) == b"".join(texts)


@ENCODINGS
def test_a_compressed_record_is_stored(
    encoding: str, client: httpx.Client, make_record: MakeRecord
) -> None:
    """The record of a compressed body comes back as it was sent."""
    sent = make_record(trigger={"type": "http", "data": {"text": "word " * 50_000}})
    assert post(client, COMPRESS[encoding](json.dumps(sent).encode()), encoding).status_code == 200
    stored = client.get(f"/api/executions/{sent['id']}").json()
    assert stored["trigger"]["data"] == sent["trigger"]["data"]


@ENCODINGS
def test_a_body_that_is_no_such_stream_gets_400(encoding: str, client: httpx.Client) -> None:
    """Other bytes, a stream that is cut off, and an empty body are refused."""
    whole = COMPRESS[encoding](b'{"id": "x"}' * 1000)
    for body in (b'{"id": "x"}', whole[:-5], whole + b"more", b""):
        response = post(client, body, encoding)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_record")


def test_other_encodings_get_415(client: httpx.Client) -> None:
    """The answer names the accepted encodings."""
    for encoding in ("br", "deflate", "gzip, gzip"):
        response = post(client, b"x", encoding)
        assert response.status_code == 415
        assert "gzip" in response.json()["hint"]


@ENCODINGS
def test_a_bomb_is_refused_while_it_is_small(encoding: str) -> None:
    """A body of zeros is refused at the first bytes beyond what any body may grow to."""
    body = COMPRESS[encoding](bytes(4 * FREE_BYTES))
    decompressor, size = Decompressor(encoding), 0

    def grow() -> None:
        nonlocal size
        for piece in decompressor.feed(body):
            size += len(piece)
            decompressor.check_growth(size)

    with pytest.raises(BodyTooLargeError, match="times its compressed size"):
        grow()
    assert FREE_BYTES < size < FREE_BYTES + 3 * 2**20
    assert size > MAX_RATIO * len(body)


def test_a_window_of_much_memory_is_refused() -> None:
    """A frame that would need a window of more than 8 MiB is no accepted zstd."""
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = compressor.compress(bytes(2**20)) + compressor.flush()
    with pytest.raises(InvalidRecordError, match="not zstd"):
        decompress("zstd", body, 10**9)
