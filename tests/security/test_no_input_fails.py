"""No address, header or body makes the receiver answer 5xx."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.handler_parameters import find_parameters
from flightlog.receiver.handlers import ROUTES
from flightlog.receiver.openapi import DESCRIBED_ROUTES
from support.examples import examples

RECORD: dict[str, Any] = {
    "id": "run",
    "workflowId": "w",
    "workflowName": "W",
    "status": "success",
    "startedAt": "2026-11-22T10:00:00Z",
}
NODE: dict[str, Any] = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
HUGE = ["1e306", "1e308", "1e400", "-1e400", "9" * 30, "9" * 5_000, "-1", "0.5", "NaN", "Infinity"]
TEXTS = [
    "\x00",
    "\ud800",
    "\udfff\ud800",
    "\ufeff",
    "\u202e",
    "😀" * 200,
    "x" * 20_000,
    "..",
    "../../etc/passwd",
    "%",
    "%00",
    "%2F",
    "a/b",
    "' OR 1=1 --",
    "null",
    "true",
    "[]",
    "{}",
    "$" * 900,
    "$" + "[0]" * 300,
    "$[?" + "(" * 400,
    "/" * 3_000,
    "~",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:60Z",
    "0000-00-00T00:00:00Z",
    "00.0",
    "ff.999999999999999999",
    "0.ff",
    "0..",
    *HUGE,
]
values = st.sampled_from(TEXTS) | st.text(max_size=40) | st.integers().map(str)
HANDLERS = [*ROUTES, *DESCRIBED_ROUTES]
OPERATIONS = sorted(
    (str(method), path)
    for handler in HANDLERS
    for path in handler.paths
    for method in handler.http_methods
)
PARAMETERS = sorted(
    (str(method), path, name)
    for handler in HANDLERS
    for path in handler.paths
    for method in handler.http_methods
    for name in find_parameters(handler)
)


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """Run a receiver with executions whose payloads are hard to read."""
    path = tmp_path_factory.mktemp("history") / "executions.db"
    with (
        ExecutionLogger(path) as logger,
        Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
    ):
        url = f"{receiver.url}/api/executions"
        payloads = {
            "digits": b"[" + b"7" * 1_000_000 + b"]",
            "exponent": b'{"n": 1e999999999999, "m": -1e400}',
            "deep": b"[" * 800 + b"]" * 800,
            "surrogate": b'{"\\ud800": "\\udfff"}',
            "nul": b'{"\\u0000": "\\u0000"}',
            "twice": b'{"a": 1, "a": [2]}',
            "null": b"null",
        }
        for name, payload in payloads.items():
            node = json.dumps({**NODE, "sequence": 2**63 - 1}).encode()[:-1]
            body = json.dumps({**RECORD, "id": name}).encode()[:-1]
            body += b', "trigger": {"type": "http", "data": ' + payload + b"}, "
            body += b'"nodeExecutions": [' + node + b', "input": ' + payload + b"}]}"
            answer = httpx.post(
                url, content=body, headers={"content-type": "application/json"}, timeout=60
            )
            assert answer.status_code == 200, answer.text
        yield receiver


@pytest.fixture(scope="module")
def client(receiver: Receiver) -> Iterator[httpx.Client]:
    """Make a client of `receiver`."""
    with httpx.Client(base_url=receiver.url, timeout=60) as client:
        yield client


def is_answered(client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    """Check that a request gets a status below 500; a stream may go on after its start."""
    with client.stream(method, path, **more) as answer:
        assert answer.status_code < 500, (method, path, more, answer.read())
        if "text/event-stream" not in answer.headers.get("content-type", ""):
            answer.read()
    return answer


def encoded(text: str) -> str:
    """Encode a text for a URL, with a lone surrogate as the bytes that Python writes."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@settings(
    max_examples=examples(10),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_address_is_answered(
    method: str, path: str, client: httpx.Client, data: st.DataObject
) -> None:
    """Ids, places and parameters of any text are answered, known, unknown, repeated or empty."""
    ids = st.sampled_from(["digits", "exponent", "deep", "surrogate", "nul", "twice", "null"])
    address = path
    for part in ("execution_id", "workflow_id", "process_id"):
        address = address.replace(f"{{{part}:str}}", encoded(data.draw(ids | values)) or "x")
    sequence = data.draw(st.sampled_from([str(2**63 - 1), "0", *HUGE]) | st.integers().map(str))
    address = address.replace("{sequence:int}", encoded(sequence))
    names = st.sampled_from([name for _, _, name in PARAMETERS]) | values
    query = data.draw(st.lists(st.tuples(names, values | st.just("")), max_size=4))
    text = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in query)
    is_answered(client, method, f"{address}?{text}" if text else address)


@pytest.mark.parametrize(("method", "path", "name"), PARAMETERS)
def test_each_parameter_with_each_hard_value_is_answered(
    method: str, path: str, name: str, client: httpx.Client
) -> None:
    """Every parameter of every route accepts or refuses every value in the list of hard values."""
    address = path.replace("{sequence:int}", str(2**63 - 1))
    for part in ("execution_id", "workflow_id", "process_id"):
        address = address.replace(f"{{{part}:str}}", "digits")
    for value in TEXTS:
        is_answered(client, method, f"{address}?{name}={encoded(value)}")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
fields = st.sampled_from(
    [
        *("id", "workflowId", "workflowName", "status", "startedAt", "completedAt", "durationMs"),
        *("executionMode", "trigger", "nodeExecutions", "error", "tags", "processId", "revision"),
        *("message", "starred", "projectId", "parentExecutionId", "retryOf"),
    ]
)
BODIES = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"ids":' * 100_000,
    b'{"ids": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"ids": ["' + b"x" * 100_000 + b'"]}',
    b'{"ids": ["\\ud800", "\\u0000", ""]}',
    b'{"ids": 1e400}',
    b'{"ids": [' + b"7" * 1_000_000 + b"]}",
    b'{"processId": "p", "lastNumber": ' + b"7" * 5_000 + b"}",
]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/executions"),
        ("POST", "/api/deletions"),
        ("POST", "/api/exports"),
        ("PUT", "/api/processes/p"),
        ("PUT", "/api/executions/digits/star"),
        ("DELETE", "/api/executions/none"),
    ],
)
@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:20]))
def test_any_body_is_answered(method: str, path: str, body: bytes, client: httpx.Client) -> None:
    """Every route with a body answers deep, long and broken bodies and odd bytes."""
    for kind in ("application/json", "application/x-ndjson", "text/plain", "\xff"):
        headers = {"content-type": kind.encode("latin-1")}
        is_answered(client, method, path, content=body, headers=headers)


@settings(
    max_examples=examples(100),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    changes=st.dictionaries(fields, json_values, max_size=3),
    node=st.dictionaries(
        st.sampled_from(["sequence", "attempt", "startedAt", "completedAt", "durationMs", "error"]),
        json_values,
        max_size=2,
    ),
)
def test_any_record_is_answered(
    changes: dict[str, Any], node: dict[str, Any], client: httpx.Client
) -> None:
    """Records with any JSON in their fields, as Python writes JSON, are stored or refused."""
    record = {**RECORD, "nodeExecutions": [{**NODE, **node}], **changes}
    body = json.dumps(record).encode("utf-8", "surrogatepass")
    headers = {"content-type": "application/json"}
    is_answered(client, "POST", "/api/executions", content=body, headers=headers)


@pytest.mark.parametrize("place", ["", "nodeExecutions"])
@pytest.mark.parametrize("number", [*HUGE, "1000000000001", "-1e300"])
def test_a_number_of_any_size_is_answered(place: str, number: str, client: httpx.Client) -> None:
    """Durations, revisions and sequences beyond every limit are stored or refused."""
    for name in ("durationMs", "revision", "sequence", "attempt", "parentSequence"):
        field = f'"{name}": {number}'
        own = f", {field}" if not place else ""
        nodes = f", {field}" if place else ""
        node = f"{json.dumps(NODE)[:-1]}{nodes}}}"
        body = f'{json.dumps(RECORD)[:-1]}{own}, "nodeExecutions": [{node}]}}'
        headers = {"content-type": "application/json"}
        is_answered(client, "POST", "/api/executions", content=body.encode(), headers=headers)
    for path in ("/api/stats", "/api/nodes", "/api/series", "/api/executions/run/outline"):
        is_answered(client, "GET", path)


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /api/executions/%ff HTTP/1.1",
        b"GET /api/executions/\xff HTTP/1.1",
        b"GET /api/executions?cursor=\xff HTTP/1.1",
        b"GET //api//executions HTTP/1.1",
        b"GET /api/executions/a%2Fb/nodes/0/input HTTP/1.1",
        b"GET * HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"CONNECT localhost:1 HTTP/1.1",
        b"TRACE /api/executions HTTP/1.1",
        b"GET http://[::1 HTTP/1.1",
        b"GET /health HTTP/9.9",
        b"GET",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0",
    ],
)
def test_any_request_line_is_answered(request_line: bytes, receiver: Receiver) -> None:
    """Bytes that aren't HTTP, or aren't ASCII, get a status below 500 or a closed connection."""
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=60) as connection:
        connection.sendall(request_line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while data := connection.recv(65536):
            answer += data
    assert not answer.startswith(b"HTTP/1.1 5")
