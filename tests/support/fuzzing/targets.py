"""The programs to fuzz: each reads any bytes, and fails only in the way that it declares."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from flightlog.codegen.loading import decode_manifest
from flightlog.errors import InvalidManifestError, InvalidQueryError, InvalidRecordError
from flightlog.ipc.protocol import Protocol
from flightlog.ipc.streams import FrameReader, FrameWriter
from flightlog.query import Reader, parse
from flightlog.query.printer import write_query
from flightlog.record.decoding import decode_execution, decode_lines, encode_execution
from flightlog.record.model import WorkflowExecution
from flightlog.redaction.redactor import Redactor
from flightlog.spool.frames import Damage, decode_frames, encode_frame, read_batch
from support.hostile import JSON as HOSTILE_JSON
from support.hostile import TEXTS as HOSTILE_TEXTS
from support.secret_syntaxes import TEXTS as SECRET_TEXTS

_EXAMPLES: Final = Path(__file__).parents[3] / "examples"


class Target(Struct, frozen=True, kw_only=True):
    """A program to fuzz."""

    name: str
    """The name on the command line."""
    packages: tuple[str, ...]
    """The modules whose lines guide the fuzzer, by the beginnings of their names."""
    seeds: Callable[[], list[bytes]]
    """Makes the first inputs."""
    words: tuple[bytes, ...]
    """Words of the input's language."""
    run: Callable[[bytes], None]
    """Reads one input; any exception is a fault."""


RECORD: Final[Mapping[str, Any]] = {
    "id": "r",
    "workflowId": "w",
    "workflowName": "W",
    "projectId": "p",
    "status": "error",
    "startedAt": "2026-11-22T10:00:00+01:00",
    "completedAt": "2026-11-22T10:00:01",
    "durationMs": 1.5,
    "executionMode": "test",
    "trigger": {"type": "t", "data": {"a": [1, None]}, "isSimulated": True},
    "nodeExecutions": [
        {
            "nodeId": "n",
            "nodeName": "N",
            "nodeType": "t",
            "status": "success",
            "sequence": 7.0,
            "attempt": 1,
            "parentSequence": 0,
            "startedAt": "2016-12-31T23:59:60z",
            "durationMs": -1,
            "input": "\ud800",
            "output": None,
            "logs": [],
            "error": {"message": "m", "kind": "timeout"},
            "processId": "p",
            "background": True,
        }
    ],
    "error": {"message": "m", "stack": "s", "nodeId": "n", "type": "T"},
    "tags": {"a": "b"},
    "parentExecutionId": "x",
    "parentRunId": "0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d",
    "retryOf": "y",
    "name": "run",
    "processId": "p",
    "runId": "0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d",
    "revision": 3,
    "message": {"processId": "p", "number": 1},
    "starred": True,
}
_JSON_WORDS: Final = (
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b'"',
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00",
    b"null",
    b"1e999",
    b"-0.0",
    b"9" * 30,
    b"NaN",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\n",
    b"7.0",
    b"7e1",
    b"@run-",
    b"0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d",
    b"9999-12-31T23:59:59-01:00",
    b"0001-01-01",
    b"lone-",
)


def read_record(data: bytes) -> None:
    """Decode a record and NDJSON; an accepted record is JSON, and is written and read alike."""
    with contextlib.suppress(InvalidRecordError):
        record = decode_execution(bytearray(data), [])
        json.loads(data, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
        written = encode_execution(record)
        assert encode_execution(decode_execution(written, [])) == written
    with contextlib.suppress(InvalidRecordError):
        for record in decode_lines(bytearray(data), []):
            assert isinstance(record, WorkflowExecution)


def _refuse_constant(word: str) -> None:
    raise AssertionError(f"the decoder accepted {word}")


def read_spool(data: bytes) -> None:
    """Read frames: all bytes are frames or damage, intact frames are found, and reading ends."""
    first, last = encode_frame(1, b'{"first":1}'), encode_frame(2, b'{"last":1}')
    found = list(decode_frames(first + data + last))
    frames = [frame for frame in found if not isinstance(frame, Damage)]
    assert frames[0].record == b'{"first":1}'
    assert frames[-1].end <= len(first + data + last)
    with tempfile.TemporaryFile() as file:
        file.write(first + data)
        file.flush()
        start, size = 0, len(first + data)
        while start < size:
            batch = read_batch(file.fileno(), start, size, 64, "p")
            assert batch.end > start
            start = batch.end


def read_frames(data: bytes) -> None:
    """Read frames of a session, and answer every message of them with well-formed frames."""
    damaged: list[str] = []
    with (
        _as_stream(data) as source,
        tempfile.TemporaryFile() as answers,
        FileIO(os.dup(answers.fileno()), "wb") as writing,
    ):
        protocol = Protocol()
        protocol.writer = FrameWriter(writing, _refuse_end)
        protocol.add("echo", lambda params: params)
        protocol.handle_bodies(FrameReader(source, damaged.append).bodies(), threading.Event())
        protocol.finish()
        answers.seek(0)
        with FileIO(os.dup(answers.fileno()), "rb") as written:
            for body in FrameReader(written, _refuse_damage).bodies():
                assert json.loads(body)["jsonrpc"] == "2.0"


def _refuse_end(*_: object) -> None:
    raise AssertionError("the answers can't be written")


def _refuse_damage(reason: str) -> None:
    raise AssertionError(f"an answer is damaged: {reason}")


@contextlib.contextmanager
def _as_stream(data: bytes) -> Any:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        with FileIO(os.dup(file.fileno()), "rb") as stream:
            yield stream


_READER: Final = Reader(now=datetime(2026, 11, 22, 12, tzinfo=UTC), zone=UTC)


def read_query(data: bytes) -> None:
    """Parse a query; an accepted query is printed as a query of the same meaning."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(InvalidQueryError):
        expression = parse(text, _READER)
        assert parse(write_query(expression), _READER) == expression


_REDACTOR: Final = Redactor(b"k" * 32, secrets=["hunter2hunter2", 's3cr"et/\\é'])


def redact(data: bytes) -> None:
    """Redact a text and JSON; JSON stays JSON, and a known secret never stays."""
    text = data.decode("utf-8", "replace")
    assert "hunter2hunter2" not in _REDACTOR.text(f"{text} hunter2hunter2 {text}")
    for written in (json.dumps(text).encode(), data):
        try:
            msgspec.json.decode(written)
        except (msgspec.MsgspecError, RecursionError):
            continue
        assert b"hunter2hunter2" not in _REDACTOR.payload(written, "$")
        msgspec.json.decode(_REDACTOR.payload(written, "$"))


def read_manifest(data: bytes) -> None:
    """Read a manifest, or refuse it with its problems."""
    with contextlib.suppress(InvalidManifestError):
        decode_manifest(data)


def _list_spool_seeds() -> list[bytes]:
    frames = [encode_frame(number, b'{"id":"%d"}' % number) for number in range(3)]
    return [b"".join(frames), frames[0] + b"\0" * 100, frames[0][:-2] + frames[1], b"\xf1FL\x01"]


def _list_ipc_seeds() -> list[bytes]:
    messages = (
        b'{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":[1]}}',
        b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}',
        b'[{"jsonrpc":"2.0","id":"x","method":"none"}]',
        b'{"jsonrpc":"2.0","id":null,"error":{}}',
    )
    framed = [b"Content-Length: %d\r\n\r\n%b" % (len(each), each) for each in messages]
    return [*framed, b"".join(framed), b"Content-Type: a\r\n" + framed[0], messages[0]]


def _list_query_seeds() -> list[bytes]:
    return [
        b'status:error workflow:"Order intake" node:Charge output.status:500 after:-7d',
        b"a OR (b -c) NOT d",
        b"any.a[0].'b c':>=1..2",
        b"id:x* tag.env:(a, b) started:2026-11-22",
        b'error:/a.*b/ input:{"a": 1}',
        "größe:„x“ 日本".encode(),
    ]


def _list_redaction_seeds() -> list[bytes]:
    hostile = [make(200).encode() for make in (*HOSTILE_TEXTS.values(), *HOSTILE_JSON.values())]
    return [*hostile, *(text.encode() for text in SECRET_TEXTS.values())]


def _list_manifest_seeds() -> list[bytes]:
    return [path.read_bytes() for path in sorted(_EXAMPLES.glob("*.json"))]


TARGETS: Final[dict[str, Target]] = {
    target.name: target
    for target in (
        Target(
            name="record",
            packages=("flightlog.record",),
            seeds=lambda: [
                json.dumps(RECORD).encode(),
                json.dumps(RECORD).encode() + b"\n" + json.dumps(RECORD).encode(),
            ],
            words=(*_JSON_WORDS, *(f'"{name}"'.encode() for name in RECORD)),
            run=read_record,
        ),
        Target(
            name="spool",
            packages=("flightlog.spool",),
            seeds=_list_spool_seeds,
            words=(
                b"\xf1FL\x01",
                b"\0" * 20,
                b"{}",
                encode_frame(9, b"{}"),
                encode_frame(2**64 - 1, b""),
            ),
            run=read_spool,
        ),
        Target(
            name="ipc",
            packages=("flightlog.ipc",),
            seeds=_list_ipc_seeds,
            words=(
                *_JSON_WORDS,
                b"Content-Length: ",
                b"content-length:9",
                b"\r\n\r\n",
                b"\r\n",
                b"Content-Type: a",
                b'"id"',
                b'"method"',
                b'"params"',
                b"99999999999999999999",
            ),
            run=read_frames,
        ),
        Target(
            name="query",
            packages=("flightlog.query",),
            seeds=_list_query_seeds,
            words=(
                b"(",
                b")",
                b'"',
                b"'",
                b":",
                b"*",
                b"?",
                b"..",
                b">=",
                b"<",
                b"-",
                b"NOT ",
                b" OR ",
                b" AND ",
                b"[",
                b"]",
                b"\\",
                b"/",
                b"any.",
                b"output.",
                b"status:",
                b"after:",
                b"duration:",
                b"tag.",
                b"\xe2\x80\xae",
                b"\xc2\xa0",
                b"\0",
                b"error",
                b"-7d",
                b"2026-02-30",
                b"1e400",
                b",",
            ),
            run=read_query,
        ),
        Target(
            name="redactor",
            packages=("flightlog.redaction",),
            seeds=_list_redaction_seeds,
            words=(
                b"password",
                b"=",
                b": ",
                b'"',
                b"'",
                b"\\",
                b"<",
                b">",
                b"&",
                b"://",
                b"@",
                b"eyJ",
                b"bearer ",
                b"hunter2hunter2",
                b"%22",
                b"\\u0022",
                b"\n",
                b",",
                b"-----BEGIN PRIVATE KEY-----",
                b"{",
                b"}",
                b"aHVudGVyMmh1bnRlcjI=",
                b"[REDACTED:0123456789]",
                b"sk-",
                b"AKIA",
                b"4111111111111111",
            ),
            run=redact,
        ),
        Target(
            name="manifest",
            packages=("flightlog.codegen",),
            seeds=_list_manifest_seeds,
            words=(
                *_JSON_WORDS,
                b"nodes",
                b"edges",
                b"workflows",
                b"type",
                b"config",
                b"children",
                b"parallel",
                b"condition",
                b"httpEndpoint",
                b"loop",
                b"{{ a }}",
                b"{{",
                b"source",
                b"target",
                b"schema",
            ),
            run=read_manifest,
        ),
    )
}
