"""Requests whose framing is wrong, as raw bytes: each must get at most one answer, of 4xx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

_ID: Final = b"smuggled"
_RECORD: Final = (
    b'{"id":"smuggled","workflowId":"w","workflowName":"W","status":"success",'
    b'"startedAt":"2026-11-22T10:00:00Z"}'
)
_HEAD: Final = (
    b"POST /api/executions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Connection: close\r\n"
)
_LENGTH: Final = b"Content-Length: %d\r\n" % len(_RECORD)
_SECOND: Final = _HEAD + _LENGTH + b"\r\n" + _RECORD


def _chunked(*parts: bytes, more: bytes = b"") -> bytes:
    return _HEAD + more + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(parts)


def _list_requests() -> Iterator[tuple[str, bytes]]:
    whole = b"%x\r\n%b\r\n0\r\n\r\n" % (len(_RECORD), _RECORD)
    yield "two lengths", _HEAD + _LENGTH + b"Content-Length: 1\r\n\r\n" + _RECORD
    yield "two equal lengths", _HEAD + _LENGTH * 2 + b"\r\n" + _RECORD
    yield "a list of lengths", _HEAD + b"Content-Length: 3, 3\r\n\r\n" + _RECORD
    yield "a negative length", _HEAD + b"Content-Length: -1\r\n\r\n" + _RECORD
    yield "a length with a sign", _HEAD + _LENGTH.replace(b": ", b": +") + b"\r\n" + _RECORD
    yield "a hexadecimal length", _HEAD + b"Content-Length: 0x10\r\n\r\n" + _RECORD
    yield "an empty length", _HEAD + b"Content-Length:\r\n\r\n" + _RECORD
    yield "a length of 30 digits", _HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n" + _RECORD
    yield "a length above the limit", _HEAD + b"Content-Length: 999999999999\r\n\r\n" + _RECORD
    yield "a truncated body", _HEAD + _LENGTH + b"\r\n" + _RECORD[:-1]
    yield "a length and chunks", _chunked(whole, more=_LENGTH)
    yield (
        "chunks and a length",
        _chunked(whole).replace(b"\r\n\r\n", b"\r\n" + _LENGTH + b"\r\n", 1),
    )
    yield "an encoding before chunks", _chunked(whole, more=b"Transfer-Encoding: x\r\n")
    yield "chunks in HTTP/1.0", _chunked(whole).replace(b"HTTP/1.1", b"HTTP/1.0")
    yield "chunks in chunks", _chunked(whole, more=b"Transfer-Encoding: chunked\r\n")
    yield (
        "an encoding after chunks",
        _HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n" + whole,
    )
    yield (
        "an unknown transfer encoding",
        _HEAD + b"Transfer-Encoding: xchunked\r\n" + _LENGTH + b"\r\n" + _RECORD,
    )
    yield (
        "chunked in quotes",
        _HEAD + b'Transfer-Encoding: "chunked"\r\n' + _LENGTH + b"\r\n" + _RECORD,
    )
    yield (
        "chunked with a space before the colon",
        _HEAD + b"Transfer-Encoding : chunked\r\n" + _LENGTH + b"\r\n" + whole,
    )
    yield "chunked on a folded line", _HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + b"zz\r\n"
    yield "a chunk's size that is none", _chunked(b"zz\r\n", _RECORD)
    yield "a negative chunk", _chunked(b"-1\r\n", _RECORD)
    yield "a chunk of 2^64 bytes", _chunked(b"1" + b"0" * 16 + b"\r\n", _RECORD)
    yield "a chunk without its line end", _chunked(b"%x\r\n%bX" % (len(_RECORD), _RECORD))
    yield "a chunk that never ends", _chunked(b"%x\r\n%b" % (len(_RECORD) + 9, _RECORD))
    yield "no last chunk", _chunked(b"%x\r\n%b\r\n" % (len(_RECORD), _RECORD))
    yield "an endless chunk extension", _chunked(b"1;" + b"x" * 200_000 + b"\r\n")
    yield "a header without a colon", _HEAD + b"nonsense\r\n\r\n"
    yield "a header with a space in its name", _HEAD + b"X Y: 1\r\n\r\n"
    yield "a header that begins with a space", _HEAD + b" X: 1\r\n\r\n"
    yield "NUL in a header", _HEAD + b"X: a\0b\r\n\r\n"
    yield "a bare carriage return in a header", _HEAD + b"X: a\rY: b\r\n\r\n"
    yield "an empty header name", _HEAD + b": 1\r\n\r\n"
    yield "two hosts", _HEAD + b"Host: localhost\r\n" + _LENGTH + b"\r\n" + _RECORD
    yield "no host", _SECOND.replace(b"Host: localhost\r\n", b"")
    yield "an empty host", _SECOND.replace(b"localhost", b"")
    yield "a host with credentials", _SECOND.replace(b"localhost", b"x@localhost")
    yield "a host with a path", _SECOND.replace(b"localhost", b"localhost/x")
    yield "another host in the target", _SECOND.replace(b"Host: localhost", b"Host: evil.example")
    yield "no version", _SECOND.replace(b" HTTP/1.1", b"")
    yield "an unknown version", _SECOND.replace(b"HTTP/1.1", b"HTTP/7.1")
    yield "a method in lower case", _SECOND.replace(b"POST", b"post")
    yield "an unknown method", _SECOND.replace(b"POST", b"SMUGGLE")
    yield "a tunnel", b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n" + _SECOND
    yield "HTTP/2 without negotiation", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _SECOND
    yield "TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200
    yield "100,000 headers", _HEAD + b"X: y\r\n" * 100_000 + _LENGTH + b"\r\n" + _RECORD
    yield "100,000 bytes without a line end", b"P" * 100_000
    yield "10,000 empty lines", b"\r\n" * 10_000


_CUT: Final = {
    "a length above the limit",
    "a truncated body",
    "a chunk that never ends",
    "no last chunk",
    "an endless chunk extension",
    "10,000 empty lines",
}


class RawRequest(Struct, frozen=True, kw_only=True):
    """A request whose framing is wrong."""

    name: str
    """The fault of the request."""
    execution_id: str
    """The id of the record that the request tries to store."""
    content: bytes
    """The bytes to send."""
    is_cut: bool
    """Whether the receiver may wait for the rest of the request."""


RAW_REQUESTS: Final = tuple(
    RawRequest(
        name=name,
        execution_id=f"raw-{number:04}",
        content=content.replace(_ID, b"raw-%04d" % number),
        is_cut=name in _CUT,
    )
    for number, (name, content) in enumerate(_list_requests())
)
