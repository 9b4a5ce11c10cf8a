"""Valid JSON (RFC 8259) is accepted byte for byte, and invalid JSON is refused whole."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings

ACCEPTED = [
    b"null",
    b"true",
    b"false",
    b"0",
    b"-0",
    b"-0.0",
    b"1",
    b"-1",
    b"123456789012345678901234567890",
    b"1.0",
    b"0.1e1",
    b"1e5",
    b"1E+2",
    b"1E-2",
    b"1e-400",
    b"1e400",
    b"-1e400",
    b"0e1",
    b"0E+1",
    b'""',
    b'" "',
    b'"a"',
    b'"\xc3\xa9"',
    b'"\xe2\x82\xac"',
    b'"\xf0\x9d\x84\x9e"',
    b'"\\u0000"',
    b'"\\ud834\\udd1e"',
    b'"\\ud800"',
    b'"\\udfff\\ud800"',
    b'"\\uD800x"',
    b'"\\"\\\\\\/\\b\\f\\n\\r\\t"',
    b'"\\u00e9\\u20AC"',
    b'"\x7f"',
    b'"\xc2\x80"',
    b'"\xe2\x80\xa8\xe2\x80\xa9"',
    b'"\xef\xbf\xbf"',
    b'"\xf4\x8f\xbf\xbf"',
    b'"//"',
    b'"/*a*/"',
    b"[]",
    b"[ ]",
    b"[null]",
    b"[1,2]",
    b"[[]   ]",
    b"[1\n,2]",
    b"[\t1\r\n]",
    b"[" * 300 + b"]" * 300,
    b"{}",
    b'{"":0}',
    b'{"a":{}}',
    b'{"a":1,"a":2}',
    b'{"a":1,"a":1}',
    b'{ "a" : [ 1 , 2 ] }',
    b'{"\\u0000":1}',
    b'{"\xc3\xa9":1}',
    b'{"$flightlog":1}',
    b'{"id":"other","status":7}',
]  # fmt: skip
REFUSED = [
    b"",
    b" ",
    b"nul",
    b"nulll",
    b"NULL",
    b"True",
    b"NaN",
    b"-NaN",
    b"Infinity",
    b"-Infinity",
    b"undefined",
    b"+1",
    b"01",
    b"-01",
    b"-",
    b"--1",
    b"1.",
    b".1",
    b"-.1",
    b"1.e1",
    b"1e",
    b"1e+",
    b"1ea",
    b"0x10",
    b"1_000",
    b"1 000",
    b"\xef\xbc\x91",
    b"2.e3",
    b"0.3e",
    b"0e",
    b"1eE2",
    b"0x",
    b"1f",
    b"++1",
    b'"',
    b'"a',
    b"'a'",
    b'a"',
    b'"\\"',
    b'"\\x00"',
    b'"\\u00"',
    b'"\\u00G0"',
    b'"\\a"',
    b'"\\\x00"',
    b'"\n"',
    b'"\t"',
    b'"\x00"',
    b'"\x1f"',
    b'"\\ud83',
    b'"\\',
    b'"\xff"',
    b'"\xc3"',
    b'"\xc0\xaf"',
    b'"\xed\xa0\x80"',
    b'"\xf4\x90\x80\x80"',
    b'"\x80"',
    b'"\xe2\x82"',
    b"[",
    b"]",
    b"[1",
    b"[1,",
    b"[1,]",
    b"[,1]",
    b"[,]",
    b"[1,,2]",
    b"[1 2]",
    b"[1:2]",
    b"[1]]",
    b"[1}",
    b"[a]",
    b"[" * 100_000,
    b"[*]",
    b"[1,\n1\n,1",
    b"[\x0b1]",
    b"[\xc2\xa01]",
    b"[\xe2\x81\xa0]",
    b"[<null>]",
    b"{",
    b"}",
    b"{]",
    b"{a:1}",
    b"{'a':1}",
    b'{"a"}',
    b'{"a":}',
    b'{"a":1,}',
    b'{,"a":1}',
    b'{"a":1 "b":2}',
    b'{"a",1}',
    b'{"a"::1}',
    b"{1:1}",
    b"{null:1}",
    b'{"a":1}}',
    b'{"a":1',
    b'{"a":/*c*/1}',
    b'{"a":1}//',
    b'{"a":1}#',
    b'{"a":"b"}/**/',
    b"{[]:1}",
    b'{"a" b}',
    b'{"x", null}',
    b"1 2",
    b"[]a",
    b"[][",
    b"\xef\xbb\xbf1",
]
HEAD = (
    b'{"id":"r","workflowId":"w","workflowName":"W","status":"success",'
    b'"startedAt":"2026-11-22T10:00:00Z","trigger":{"type":"t","data":'
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Make a client of a receiver with an empty history."""
    path = tmp_path_factory.mktemp("history") / "executions.db"
    with (
        ExecutionLogger(path) as logger,
        Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
        httpx.Client(base_url=receiver.url, timeout=60) as client,
    ):
        yield client


def post(client: httpx.Client, payload: bytes, number: str, kind: str) -> httpx.Response:
    """Send a record with this payload."""
    body = HEAD.replace(b'"r"', f'"{number}"'.encode()) + payload + b"}}"
    return client.post("/api/executions", content=body, headers={"content-type": kind})


@pytest.mark.parametrize("payload", ACCEPTED, ids=lambda payload: repr(payload[:24]))
def test_json_is_stored_byte_for_byte(payload: bytes, client: httpx.Client) -> None:
    """Every JSON value is accepted as a payload, and comes back as the same bytes."""
    number = f"accepted-{ACCEPTED.index(payload)}"
    assert post(client, payload, number, "application/json").status_code == 200
    stored = client.get(f"/api/executions/{number}/trigger/data")
    assert (stored.status_code, stored.content) == (200, payload)


@pytest.mark.parametrize("payload", REFUSED, ids=lambda payload: repr(payload[:24]))
def test_what_is_no_json_is_refused(payload: bytes, client: httpx.Client) -> None:
    """Invalid JSON gets 400, alone or in a record, and nothing is stored."""
    number = f"refused-{REFUSED.index(payload)}"
    for kind in ("application/json", "application/x-ndjson"):
        answer = post(client, payload, number, kind)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_record")
    alone = client.post(
        "/api/executions", content=payload, headers={"content-type": "application/json"}
    )
    assert alone.status_code == 400
    assert client.get(f"/api/executions/{number}").status_code == 404
