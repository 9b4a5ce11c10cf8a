"""Connections have time limits and size limits, whatever clients send or leave unread."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings, connections, http_server
from flightlog.receiver.connections import MAX_HEADER_BYTES, Connection
from support.access import prove_access

MakeRecord = Callable[..., dict[str, Any]]

GET = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def hasty(own_logger: ExecutionLogger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Run a receiver whose time limits have passed at its check, which happens once a second."""
    for name in ("HEADERS_S", "IDLE_S", "UNREAD_S"):
        monkeypatch.setattr(connections, name, 0.2)
    with Receiver(own_logger, ReceiverSettings(port=0)).running() as receiver:
        yield receiver


def connected(receiver: Receiver) -> socket.socket:
    """Connect to a receiver."""
    return socket.create_connection(("127.0.0.1", receiver.port), timeout=60)


def proof_line(receiver: Receiver, method: str, path: str) -> bytes:
    """Make the last header of a request, which proves the right to the request."""
    access = prove_access(method, receiver.port, path)["authorization"]
    return f"Authorization: {access}\r\n\r\n".encode()


def rest(connection: socket.socket) -> bytes:
    """Read until the receiver ends the connection."""
    answer = b""
    try:
        while data := connection.recv(65536):
            answer += data
    except ConnectionResetError:
        pass
    return answer


def trickle(connection: socket.socket, part: bytes) -> bytes:
    """Send a part repeatedly until the receiver ends the connection, and return its answer."""
    connection.settimeout(0.05)
    answer = b""
    for _ in range(1_200):
        try:
            connection.sendall(part)
            data = connection.recv(65536)
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return answer
        if not data:
            return answer
        answer += data
    pytest.fail("the connection is still open")


def code(answer: bytes) -> str:
    """Read the code of the problem at the end of an answer."""
    return str(json.loads(answer.rpartition(b"\r\n\r\n")[2])["code"])


def test_a_connection_that_sends_nothing_ends_silently(hasty: Receiver) -> None:
    """
    A connection that sends no request ends without an answer.

    Browsers open such connections in advance.
    """
    with connected(hasty) as connection:
        assert rest(connection) == b""


@pytest.mark.parametrize("sent", [b"G", b"GET /health", GET, GET + b"X: y"])
def test_headers_that_do_not_end_in_time_get_408(sent: bytes, hasty: Receiver) -> None:
    """A request line or header that stops in the middle gets 408 and the connection ends."""
    with connected(hasty) as connection:
        connection.sendall(sent)
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert code(answer) == "headers_stalled"


@pytest.mark.parametrize(
    ("first", "part"),
    [
        (b"", b"\r\n"),
        (GET, b"X-Header: value\r\n"),
        (GET + b"X-Header: ", b"v"),
        (b"GET /health?", b"a"),
        (GET + b"\r\n", b"\r\n"),
        (GET + b"Content-Length: 1000000\r\n\r\n", b"a"),
        (GET + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (GET + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
        (GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: value\r\n"),
    ],
)
def test_a_trickle_keeps_no_connection_open(first: bytes, part: bytes, hasty: Receiver) -> None:
    """Single bytes in any part of a request don't extend its time limit."""
    with connected(hasty) as connection:
        connection.sendall(first)
        trickle(connection, part)
    assert httpx.get(f"{hasty.url}/health").status_code == 200


def test_a_slow_body_of_a_choice_is_cut(own_logger: ExecutionLogger) -> None:
    """Routes that take a list of ids limit the time of their bodies as the ingest route does."""
    settings = ReceiverSettings(port=0, stall_timeout_s=0.2)
    with Receiver(own_logger, settings).running() as receiver, connected(receiver) as connection:
        connection.sendall(
            b"POST /api/deletions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
            b"Content-Type: application/json\r\n" + proof_line(receiver, "POST", "/api/deletions")
        )
        answer = trickle(connection, b" ")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert code(answer) == "body_stalled"


def test_an_idle_connection_ends_and_a_used_one_goes_on(hasty: Receiver) -> None:
    """After an answer, a connection waits a limited time for the next request."""
    with connected(hasty) as connection:
        for _ in range(3):
            connection.sendall(GET + b"\r\n")
            answer = b""
            while not answer.endswith(b"}"):
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 ")
        assert rest(connection) == b""


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health?" + b"a" * MAX_HEADER_BYTES + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        GET + b"X: " + b"a" * MAX_HEADER_BYTES + b"\r\n\r\n",
        GET + b"X: y\r\n" * (MAX_HEADER_BYTES // 2) + b"\r\n",
        GET + b"X: " + b"a" * 40 * MAX_HEADER_BYTES,
        GET + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"a" * 40 * MAX_HEADER_BYTES,
        GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 40 * MAX_HEADER_BYTES,
    ],
    ids=["address", "value", "lines", "endless", "chunk extension", "trailer"],
)
def test_headers_are_limited_in_size(head: bytes, receiver: Receiver) -> None:
    """Headers over the size limit end the connection."""
    with connected(receiver) as connection:
        try:
            connection.sendall(head)
        except (ConnectionResetError, BrokenPipeError):
            return
        answer = rest(connection)
    if b"chunked" not in head and answer:
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert code(answer) == "headers_too_large"


def test_headers_within_the_limit_are_taken(client: httpx.Client) -> None:
    """A URL of 32 KiB, which the viewer may send, and headers of that size are accepted."""
    answer = client.get(
        "/api/summaries",
        params={"id": ["x" * 100] * 300},
        headers={"x-long": "y" * 20_000},
    )
    assert answer.status_code == 200


def test_a_body_in_chunks_of_a_byte_is_taken(receiver: Receiver, make_record: MakeRecord) -> None:
    """The chunk marks of very small chunks don't count as headers."""
    record = make_record(trigger={"type": "http", "data": "x" * 40_000})
    body = json.dumps(record).encode()
    head = (
        b"POST /api/executions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with connected(receiver) as connection:
        connection.sendall(head + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
        assert rest(connection).startswith(b"HTTP/1.1 200 ")


def test_pipelined_requests_are_all_answered(receiver: Receiver) -> None:
    """Pipelined requests are answered, although together they exceed the limit of one request."""
    with connected(receiver) as connection:
        connection.sendall((GET + b"X: " + b"y" * 900 + b"\r\n\r\n") * 150)
        connection.sendall(GET + b"Connection: close\r\n\r\n")
        assert rest(connection).count(b"HTTP/1.1 200 ") == 151


def test_an_answer_that_is_left_unread_ends_the_connection(
    own_logger: ExecutionLogger, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that leaves a large answer unread is disconnected before the answer's end."""
    lost = threading.Event()

    class WatchedConnection(Connection):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            if self.scope["path"].endswith("/data"):
                lost.set()

    monkeypatch.setattr(connections, "UNREAD_S", 0.2)
    monkeypatch.setattr(http_server, "Connection", WatchedConnection)
    data = "x" * 30_000_000
    record = make_record(trigger={"type": "http", "data": data})
    with Receiver(own_logger, ReceiverSettings(port=0)).running() as receiver:
        url = f"{receiver.url}/api/executions"
        assert httpx.post(url, json=record, timeout=60).status_code == 200
        with connected(receiver) as connection:
            path = f"/api/executions/{record['id']}/trigger/data"
            head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n".encode()
            connection.sendall(head + proof_line(receiver, "GET", path))
            assert lost.wait(60)
            assert len(rest(connection)) < len(data)


def test_an_answer_that_is_read_slowly_comes_whole(
    hasty: Receiver, make_record: MakeRecord
) -> None:
    """A client that reads slowly without pause gets all of a large answer."""
    data = "x" * 5_000_000
    record = make_record(trigger={"type": "http", "data": data})
    assert httpx.post(f"{hasty.url}/api/executions", json=record, timeout=60).status_code == 200
    path = f"{hasty.url}/api/executions/{record['id']}/trigger/data"
    with httpx.stream("GET", path, timeout=60) as answer:
        assert sum(len(part) for part in answer.iter_raw(4096)) == len(data) + 2
