"""A web page, or a name rebound to this machine, can't reach the receiver."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings

RECORD = {
    "id": "from-a-page",
    "workflowId": "w",
    "workflowName": "W",
    "status": "success",
    "startedAt": "2026-11-22T10:00:00Z",
}
EDITOR = "https://editor.example"


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """Run a receiver with one allowed host and one allowed origin."""
    settings = ReceiverSettings(
        port=0, allowed_hosts=("Flightlog.Internal",), allowed_origins=(EDITOR,)
    )
    with (
        ExecutionLogger(tmp_path_factory.mktemp("history") / "executions.db") as logger,
        Receiver(logger, settings).running() as receiver,
    ):
        yield receiver


def exchange(receiver: Receiver, *headers: str, request: str = "GET /health HTTP/1.1") -> str:
    """Send exactly these header lines, and return the whole answer."""
    lines = "".join(f"{line}\r\n" for line in (request, *headers, "Connection: close", ""))
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=30) as connection:
        connection.sendall(lines.encode("latin-1"))
        answer = b""
        while data := connection.recv(65536):
            answer += data
    return answer.decode()


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:3000",
        "127.0.0.1",
        "127.0.0.1:{port}",
        "[::1]",
        "[::1]:8080",
        "flightlog.internal:443",
    ],
)
def test_our_own_names_are_answered(host: str, receiver: Receiver) -> None:
    """Names of this machine and allowed names are accepted, with any port and in any case."""
    answer = exchange(receiver, f"Host: {host.format(port=receiver.port)}")
    assert answer.startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "127.0.0.2",
        "0.0.0.0",
        "2130706433",
        "localhost:evil",
        "localhost:80:80",
        "localhost:{port}@evil.example",
        "user@localhost",
        "[::1]evil",
        "[::1",
        "::1",
        "[::2]",
        "localhost, evil.example",
        "",
        ":{port}",
    ],
)
def test_other_names_are_refused(host: str, receiver: Receiver) -> None:
    """A name that an attacker can point at this machine gets 403 and no data."""
    answer = exchange(receiver, f"Host: {host.format(port=receiver.port)}")
    assert answer.startswith("HTTP/1.1 403 ")
    assert '"code":"request_refused"' in answer


@pytest.mark.parametrize(
    "headers", [(), ("Host: localhost", "Host: evil.example"), ("Host: localhost",) * 2]
)
def test_host_must_be_there_once(headers: tuple[str, ...], receiver: Receiver) -> None:
    """A missing or repeated host is refused, because the intended host is unclear."""
    assert exchange(receiver, *headers).startswith("HTTP/1.1 403 ")
    old = exchange(receiver, *headers, request="GET /health HTTP/1.0")
    assert " 403 " in old.splitlines()[0]


def test_an_absolute_target_does_not_replace_the_host(receiver: Receiver) -> None:
    """The name in the request line can't replace the name in `Host`."""
    request = "GET http://localhost/health HTTP/1.1"
    assert exchange(receiver, "Host: evil.example", request=request).startswith("HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost",
        "http://localhost:1",
        "https://localhost:{port}",
        "http://localhost:{port}.evil.example",
        "http://editor.example",
        "https://editor.example:8443",
        "file://",
        "",
    ],
)
def test_a_strange_origin_is_refused(origin: str, receiver: Receiver) -> None:
    """A foreign page can neither write, nor read, nor send a preflight; no CORS header is sent."""
    headers = {"origin": origin.format(port=receiver.port)}
    url = f"{receiver.url}/api/executions"
    answers = [
        httpx.post(url, json=RECORD, headers=headers),
        httpx.get(url, headers=headers),
        httpx.options(url, headers={**headers, "access-control-request-method": "POST"}),
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert httpx.get(url).json()["executions"] == []


@pytest.mark.parametrize(
    "origin", ["http://localhost:{port}", "http://127.0.0.1:{port}", "http://[::1]:{port}"]
)
def test_our_own_origin_is_let_in_without_cors(origin: str, receiver: Receiver) -> None:
    """A page that the receiver itself serves needs no CORS header and gets none."""
    headers = {"origin": origin.format(port=receiver.port)}
    answer = httpx.get(f"{receiver.url}/health", headers=headers)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_an_allowed_origin_is_told_so(receiver: Receiver) -> None:
    """The editor's page may send a preflight and read every answer, errors included."""
    headers = {"origin": EDITOR}
    preflight = httpx.options(
        f"{receiver.url}/api/executions/7",
        headers={**headers, "access-control-request-method": "DELETE"},
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == EDITOR
    assert "DELETE" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-allow-headers"] == "authorization, content-type, range"
    for path, status in (("/health", 200), ("/api/executions/none", 404)):
        answer = httpx.get(f"{receiver.url}{path}", headers=headers)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == EDITOR
        assert answer.headers["vary"] == "Origin, Sec-Fetch-Site"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_what_a_form_can_send_is_refused(kind: str | None, receiver: Receiver) -> None:
    """The content types that a page may send without a preflight are refused."""
    headers = {} if kind is None else {"content-type": kind}
    answer = httpx.post(
        f"{receiver.url}/api/executions", content=json.dumps(RECORD).encode(), headers=headers
    )
    assert answer.status_code == 415
    assert httpx.get(f"{receiver.url}/api/executions/{RECORD['id']}").status_code == 404


def test_answers_are_not_sniffed_and_not_kept(receiver: Receiver) -> None:
    """Every answer forbids type sniffing and caching, and names no server."""
    for path in ("/health", "/api/executions", "/openapi.json", "/nothing"):
        answer = httpx.get(f"{receiver.url}{path}")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


def test_other_peoples_errors_hold_no_place_of_the_file(tmp_path: Path) -> None:
    """The store's error names the file to its caller, but a client's answer hides the path."""
    logger = ExecutionLogger(tmp_path / "executions.db")
    with Receiver(logger, ReceiverSettings(port=0)).running() as receiver:
        logger.close()
        answer = httpx.post(f"{receiver.url}/api/executions", json=RECORD)
    assert answer.status_code == 503
    assert answer.json()["code"] == "store_closed"
    assert str(tmp_path) not in answer.text
