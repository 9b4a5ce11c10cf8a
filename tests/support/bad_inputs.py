"""
One table of bad inputs for `POST /api/executions`.

Each case is a body with its headers, and says whether the receiver must refuse it. A body that the
receiver may accept must come back as it was sent.
"""

from __future__ import annotations

import gzip
import json
import types
import typing
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

import zstandard
from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from flightlog.record.model import (
    ExecutionError,
    Message,
    NodeExecution,
    Trigger,
    WorkflowExecution,
)

JSON_TYPE: Final = "application/json"
LINES_TYPE: Final = "application/x-ndjson"
START: Final = "2026-11-22T10:00:00Z"
RECORD: Final[Mapping[str, object]] = {
    "id": "bad",
    "workflowId": "w",
    "workflowName": "W",
    "status": "success",
    "startedAt": START,
}
NODE: Final[Mapping[str, object]] = {
    "nodeId": "n",
    "nodeName": "N",
    "nodeType": "t",
    "status": "success",
}
Expected = Literal["refused", "stored", "either"]
"""`stored`: the input must be accepted; `either`: refused, or stored as it is."""


class BadInput(Struct, frozen=True, kw_only=True):
    """One bad input."""

    name: str
    """The fault of the input."""
    content: Callable[[], bytes | Iterator[bytes]]
    """Makes the body, whole or in parts."""
    expected: Expected = "refused"
    """The expected answer."""
    headers: tuple[tuple[str, str], ...] = (("content-type", JSON_TYPE),)
    """The request's headers."""
    is_long: bool = False
    """Whether the case takes seconds."""
    payload: Callable[[], bytes] | None = None
    """The payload that must come back from the trigger's data, if the body is stored."""


def write_record(data: bytes | str = b"1", /, **changes: object) -> bytes:
    """
    Write a record.

    Args:
        data: The JSON of its trigger's data.
        changes: Further fields, which replace those of `RECORD`.

    Returns:
        The JSON.
    """
    data = data.encode() if isinstance(data, str) else data
    text = json.dumps({**RECORD, **changes}).encode()
    return text[:-1] + b', "trigger": {"type": "http", "data": ' + data + b"}}"


def write_bomb(encoding: str, size: int) -> Iterator[bytes]:
    """
    Make a body that decompresses to many zeros, in parts.

    Args:
        encoding: `gzip` or `zstd`.
        size: The size after decompression, bytes.

    Yields:
        Compressed bytes.
    """
    zeros = bytes(2**20)
    compressor = (
        zlib.compressobj(wbits=31)
        if encoding == "gzip"
        else zstandard.ZstdCompressor(level=1).compressobj()
    )
    for _ in range(size // len(zeros)):
        if part := compressor.compress(zeros):
            yield part
    yield compressor.flush()


def _payload(name: str, data: bytes | str | Callable[[], bytes], expected: Expected) -> BadInput:
    def make() -> bytes:
        made = data() if callable(data) else data
        return made.encode() if isinstance(made, str) else made

    return BadInput(
        name=name, content=lambda: write_record(make(), id=name), expected=expected, payload=make
    )


def _nest(opening: bytes, closing: bytes, levels: int) -> Callable[[], bytes]:
    return lambda: opening * levels + b"1" + closing * levels


PAYLOADS: Final = (
    _payload("100,000 lists", _nest(b"[", b"]", 100_000), "refused"),
    _payload("100,000 objects", _nest(b'{"a":', b"}", 100_000), "refused"),
    _payload("901 levels", _nest(b"[", b"]", 901 + 1), "refused"),
    _payload("lists and objects in turn", _nest(b'[{"a":', b"}]", 50_000), "refused"),
    _payload("899 levels", _nest(b"[", b"]", 899), "stored"),
    _payload("10,000,000 keys", lambda: b"{" + b'"":0,' * 9_999_999 + b'"":0}', "either"),
    _payload("10,000,000 numbers", lambda: b"[" + b"0," * 9_999_999 + b"0]", "either"),
    _payload("100,000 long keys", lambda: _write_keys(100_000), "stored"),
    _payload("a key of 1,000,000 characters", b'{"' + b"k" * 1_000_000 + b'": 1}', "stored"),
    _payload("a text of 40,000,000 characters", lambda: b'"' + b"x" * 40_000_000 + b'"', "either"),
    _payload("5,000 digits", b"9" * 5_000, "stored"),
    _payload("5,000 negative digits", b"-" + b"9" * 5_000, "stored"),
    _payload("5,000 digits of fraction", b"0." + b"3" * 5_000, "stored"),
    _payload("5,000 digits of exponent", b"1e" + b"9" * 5_000, "stored"),
    _payload("an exponent of 400", b"1e400", "stored"),
    _payload("a negative exponent", b"1e-99999", "stored"),
    _payload("minus zero", b"-0.0", "stored"),
    _payload("5,000 zeros first", b"0" * 5_000 + b"1", "refused"),
    _payload("NaN", b"NaN", "refused"),
    _payload("Infinity", b"Infinity", "refused"),
    _payload("-Infinity", b"-Infinity", "refused"),
    _payload("a plus sign", b"+1", "refused"),
    _payload("hexadecimal", b"0x1F", "refused"),
    _payload("a comment", b"1 /* one */", "refused"),
    _payload("a comma at the end", b"[1,]", "refused"),
    _payload("single quotes", b"{'a': 1}", "refused"),
    _payload("no value", b"", "refused"),
    _payload("two values", b"1 2", "refused"),
    _payload("closed twice", b"[1]]", "refused"),
    _payload("a byte that is no UTF-8", b'"\xff"', "refused"),
    _payload("a cut UTF-8 sequence", b'"\xc3"', "refused"),
    _payload("a wrong UTF-8 sequence", b'"\xc3\x28"', "refused"),
    _payload("overlong UTF-8", b'"\xc0\x80"', "refused"),
    _payload("a surrogate in UTF-8", b'"\xed\xa0\x80"', "refused"),
    _payload("UTF-8 beyond Unicode", b'"\xf4\x90\x80\x80"', "refused"),
    _payload("a noncharacter", b'"\xef\xbf\xbf"', "stored"),
    _payload("a byte order mark in a text", b'"\xef\xbb\xbf"', "stored"),
    _payload("a byte order mark before a value", b"\xef\xbb\xbf1", "refused"),
    _payload("a lone high surrogate", b'"\\ud800"', "stored"),
    _payload("a lone low surrogate as a key", b'{"\\udc00": 1}', "stored"),
    _payload("surrogates in the wrong order", b'"\\udc00\\ud800"', "stored"),
    _payload("100,000 lone surrogates", b'"' + b"\\ud800" * 100_000 + b'"', "stored"),
    _payload("NUL as a byte", b'"\x00"', "refused"),
    _payload("NUL as an escape", b'{"\\u0000": "\\u0000"}', "stored"),
    _payload("a control character", b'"\x1b[2J"', "refused"),
    _payload("escaped control characters", b'"\\u001b[2J\\u0007\\u0008"', "stored"),
    _payload("a line end in a text", b'"\n"', "refused"),
    _payload("a wrong escape", b'"\\x41"', "refused"),
    _payload("a cut escape", b'"\\u12"', "refused"),
    _payload("duplicate keys", b'{"a": 1, "a": 2, "a": [3]}', "stored"),
    _payload("duplicate keys in other spellings", b'{"a": 1, "\\u0061": 2}', "stored"),
    _payload("an empty key", b'{"": {"": {"": 1}}}', "stored"),
    _payload("a key named like a prototype", b'{"__proto__": {"x": 1}}', "stored"),
    _payload("right-to-left text", '"\u202egnp.exe\u202c\u2066"'.encode(), "stored"),
    _payload("1,000 combining characters", ('"e' + "\u0301" * 1_000 + '"').encode(), "stored"),
    _payload("white space in a value", b"[\t1 ,\r\n 2 ]", "stored"),
    _payload("other white space", b"[\xc2\xa01]", "refused"),
    _payload("a form feed", b"[\x0c1]", "refused"),
    _payload("a placeholder of our own", b'{"$flightlog": "truncated"}', "stored"),
    _payload("a record as a payload", write_record(), "stored"),
    _payload("markup", b'"</script><img src=x onerror=alert(1)>"', "stored"),
    _payload("SQL", b"\"'; DROP TABLE executions; --\"", "stored"),
)  # fmt: skip


def _write_keys(count: int) -> bytes:
    return b"{" + b",".join(b'"key %d": %d' % (key, key) for key in range(count)) + b"}"


def _body(name: str, content: bytes, expected: Expected = "refused", **headers: str) -> BadInput:
    named = {"content-type": JSON_TYPE} | {key.replace("_", "-"): headers[key] for key in headers}
    shown = tuple((key, value) for key, value in named.items() if value)
    return BadInput(name=name, content=lambda: content, expected=expected, headers=shown)


def _bomb(encoding: str, size: int) -> BadInput:
    return BadInput(
        name=f"a bomb of {size / 10**9:g} GB in {encoding}",
        content=lambda: write_bomb(encoding, size),
        headers=(("content-type", JSON_TYPE), ("content-encoding", encoding)),
        is_long=size > 10**9,
    )


_TWICE: Final = (("content-type", JSON_TYPE), ("content-type", JSON_TYPE))

BODIES: Final = (
    _body("no body", b""),
    _body("white space alone", b" \n\t"),
    _body("a NUL byte", b"\0"),
    _body("null", b"null"),
    _body("a number", b"7"),
    _body("a text", b'"record"'),
    _body("a list of records", b"[" + write_record() + b"]"),
    _body("two records", write_record() + b"\n" + write_record()),
    _body("an empty object", b"{}"),
    _body("a truncated record", write_record()[:-1]),
    _body("a record that is cut in a text", write_record()[:20]),
    _body("1,000,000 unclosed lists", b"[" * 1_000_000),
    _body("bytes after the record", write_record() + b"\0"),
    _body("white space around a record", b" " * 1_000_000 + write_record() + b"\n" * 1_000_000,
          "stored"),
    _body("a byte order mark", b"\xef\xbb\xbf" + write_record()),
    _body("UTF-16", write_record().decode().encode("utf-16")),
    _body("UTF-16 without a mark", write_record().decode().encode("utf-16-le")),
    _body("UTF-32", write_record().decode().encode("utf-32")),
    _body("Latin-1", write_record(workflowName="W").replace(b'"W"', b'"\xfc"')),
    _body("UTF-7", write_record(id="UTF-7").replace(b'"W"', b'"+AOk-"'), "stored"),
    _body("duplicate fields", write_record(id="twice")[:-1] + b', "status": "error"}', "either"),
    _body("fields in another case", write_record().replace(b'"status"', b'"Status"')),
    _body("an unknown field", write_record(surprise=[1]), "stored"),
    _body("50,000,000 empty lines", b"\n" * 50_000_000, content_type=LINES_TYPE),
    _body("records without line ends", write_record() * 2, content_type=LINES_TYPE),
    _body("one bad line of 1,000", (write_record() + b"\n") * 999 + b"{", content_type=LINES_TYPE),
    _body("NDJSON with NUL lines", b"\0\n" + write_record(), content_type=LINES_TYPE),
    _body("records in a record separator", b"\x1e" + write_record(), content_type=LINES_TYPE),
    _body("300,000 nodes", b'{"nodeExecutions":[' + b'{"nodeId":1},' * 300_000 + b"1]}"),
    _body("no content type", write_record(), content_type=""),
    _body("text/plain", write_record(), content_type="text/plain"),
    _body("a form", b"a=1", content_type="application/x-www-form-urlencoded"),
    _body("a form with files", b"--x--", content_type="multipart/form-data; boundary=x"),
    _body("a suffix type", write_record(), content_type="application/vnd.api+json"),
    _body("two types in one header", write_record(), content_type="text/plain, application/json"),
    _body("a type with a parameter", write_record(), "stored",
          content_type='application/json; charset="utf-8"'),
    _body("an endless parameter", write_record(), "stored",
          content_type=f"application/json; x={'y' * 30_000}"),
    BadInput(name="the content type twice", content=write_record, headers=_TWICE),
    BadInput(
        name="two content types",
        content=write_record,
        headers=(("content-type", JSON_TYPE), ("content-type", "text/plain")),
    ),
    BadInput(
        name="two encodings",
        content=lambda: gzip.compress(write_record()),
        headers=(*_TWICE[:1], ("content-encoding", "zstd"), ("content-encoding", "gzip")),
    ),
    _body("an unknown encoding", write_record(), content_encoding="br"),
    _body("a list of encodings", gzip.compress(gzip.compress(write_record())),
          content_encoding="gzip, gzip"),
    _body("gzip that is none", write_record(), content_encoding="gzip"),
    _body("zstd that is none", write_record(), content_encoding="zstd"),
    _body("zstd sent as gzip", zstandard.compress(write_record()), content_encoding="gzip"),
    _body("cut gzip", gzip.compress(write_record())[:-5], content_encoding="gzip"),
    _body("cut zstd", zstandard.compress(write_record())[:-5], content_encoding="zstd"),
    _body("gzip with a wrong checksum", gzip.compress(write_record())[:-8] + b"\0" * 8,
          content_encoding="gzip"),
    _body("bytes after gzip", gzip.compress(write_record()) + b"more", content_encoding="gzip"),
    _body("gzip of nothing", gzip.compress(b""), content_encoding="gzip"),
    _body("100,000 empty gzip members", gzip.compress(b"") * 100_000, content_encoding="gzip"),
    _body("gzip in gzip", gzip.compress(gzip.compress(write_record())), content_encoding="gzip"),
    _body("zstd with a window of 2 GB", bytes.fromhex("28b52ffd00a8") + b"\0" * 20,
          content_encoding="zstd"),
    _body("a deflate stream", zlib.compress(write_record()), content_encoding="deflate"),
    *(_bomb(encoding, size) for encoding in ("gzip", "zstd") for size in (10**8, 10 * 10**9)),
    _body("1,000 headers", write_record(), "stored", **{f"x{n}": "y" for n in range(1_000)}),
    _body("a header of 100,000 bytes", write_record(), x_long="y" * 100_000),
    _body("a wrong signature", write_record(), flightlog_signature="x"),
    _body("credentials of nobody", write_record(), authorization="Bearer x"),
)  # fmt: skip


def _time(name: str, expected: Expected, **changes: object) -> BadInput:
    return _body(name, write_record("1", **{"id": name, **changes}), expected)


VALUES: Final = (
    _time("the year 0", "refused", startedAt="0000-01-01T00:00:00Z"),
    _time("the year 1", "stored", startedAt="0001-01-01T00:00:00Z"),
    _time("the year 1, before UTC's", "refused", startedAt="0001-01-01T00:00:00+01:00"),
    _time("the year 9999", "stored", startedAt="9999-12-31T23:59:59.999999Z"),
    _time("the year 9999, after UTC's", "refused", startedAt="9999-12-31T23:59:59-01:00"),
    _time("the year 10000", "refused", startedAt="10000-01-01T00:00:00Z"),
    _time("a negative year", "refused", startedAt="-0001-01-01T00:00:00Z"),
    _time("the month 13", "refused", startedAt="2026-13-01T00:00:00Z"),
    _time("the 30th of February", "refused", startedAt="2026-02-30T00:00:00Z"),
    _time("the hour 25", "refused", startedAt="2026-01-01T25:00:00Z"),
    _time("a leap second", "stored", startedAt="2016-12-31T23:59:60Z"),
    _time("an offset of a day", "refused", startedAt="2026-01-01T00:00:00+24:00"),
    _time("seconds since 1970", "refused", startedAt="1764500000"),
    _time("a time of 100,000 characters", "refused", startedAt="2" * 100_000),
    _time("digits of another script", "refused", startedAt="٢٠٢٦-01-01T00:00:00Z"),
    _time("an end before the start", "stored", completedAt="2025-01-01T00:00:00Z"),
    _time("a negative duration", "stored", durationMs=-5),
    _time("a huge negative duration", "stored", durationMs=-1e300),
    _time("a duration above the limit", "refused", durationMs=1e13),
    _time("a duration of 4,000 digits", "refused", durationMs=int("9" * 4_000)),
    _time("a negative revision", "refused", revision=-1),
    _time("the largest revision", "stored", revision=2**63 - 1),
    _time("a revision above the limit", "refused", revision=2**63),
    _time("a huge sequence", "stored", nodeExecutions=[{**NODE, "sequence": 2**63 - 1}]),
    _time("a sequence above the limit", "refused", nodeExecutions=[{**NODE, "sequence": 2**63}]),
    _time("a negative sequence", "refused", nodeExecutions=[{**NODE, "sequence": -1}]),
    _time("a sequence twice", "stored", nodeExecutions=[{**NODE, "sequence": 3}] * 2),
    _time("a node that encloses itself", "stored",
          nodeExecutions=[{**NODE, "sequence": 1, "parentSequence": 1}]),
    _time("10,000 nodes", "stored", nodeExecutions=[NODE] * 10_000),
    _time("an empty id", "refused", id=""),
    _time("an id of 129 characters", "refused", id="x" * 129),
    _time("an id of 128 characters", "stored", id="x" * 128),
    _time("NUL in an id", "refused", id="a\0b"),
    _time("a line end in an id", "refused", id="a\r\nX: y"),
    _time("an escape sequence in an id", "refused", id="a\x1b[2J"),
    _time("right-to-left in an id", "refused", id="a\u202eb"),
    _time("a zero-width space in an id", "refused", id="a\u200bb"),
    _time("a lone surrogate in an id", "either", id="a\ud800"),
    _time("a path as an id", "stored", id="../../../etc/passwd"),
    _time("a Windows path as an id", "stored", id="..\\..\\CON"),
    _time("a URL as an id", "stored", id="//evil.example/?a=1#b"),
    _time("percent signs in an id", "stored", id="%2e%2e%2f%00%ff"),
    _time("two dots as an id", "stored", id=".."),
    _time("SQL in an id", "stored", id="' OR 1=1 --"),
    _time("markup in an id", "stored", id="<img src=x onerror=alert(1)>"),
    _time("an address of a run as an id", "either",
          id="bad@run-0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d"),
    _time("many addresses in an id", "either",
          id="b" + "@run-0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d" * 3),
    _time("no UUID as a run", "refused", runId="x"),
    _time("a workflow's name of 1,000,000 characters", "stored", workflowName="x" * 1_000_000),
    _time("an empty name", "stored", workflowName=""),
    _time("control characters in a name", "stored", workflowName="a\0\x1b[2J\r\n\u202e"),
    _time("10,000 tags", "stored", tags={f"t{number}": "x" for number in range(10_000)}),
    _time("a number as a tag", "refused", tags={"a": 1}),
    _time("an unknown status", "refused", status="done"),
    _time("a status in another case", "refused", status="SUCCESS"),
    _time("a success with an error", "stored", error={"message": "no"}),
    _time("a running execution with an end", "stored", status="running", completedAt=START),
)  # fmt: skip

WRONG_SHAPES: Final[tuple[object, ...]] = ([], [[]], {}, {"a": {}}, 0, -1, 1.5, "", "x", True)
_STRUCTS: Final = (WorkflowExecution, Trigger, NodeExecution, ExecutionError, Message)
_PLACES: Final[Mapping[type[Struct], Callable[[dict[str, Any]], dict[str, Any]]]] = {
    WorkflowExecution: lambda changed: {**RECORD, **changed},
    Trigger: lambda changed: {**RECORD, "trigger": {"type": "t", **changed}},
    NodeExecution: lambda changed: {**RECORD, "nodeExecutions": [{**NODE, **changed}]},
    ExecutionError: lambda changed: {**RECORD, "error": {"message": "m", **changed}},
    Message: lambda changed: {**RECORD, "message": {"processId": "p", "number": 1, **changed}},
}


def list_fields() -> Iterator[tuple[type[Struct], FieldInfo]]:
    """
    List the fields of the record and of the structs within it.

    Yields:
        The struct and the field.
    """
    for struct in _STRUCTS:
        for field in fields(struct):
            yield struct, field


def write_wrong_shapes(struct: type[Struct], field: FieldInfo) -> Iterator[tuple[Any, bytes]]:
    """
    Write records that have values of every shape in one field.

    Args:
        struct: The record, or a struct within it.
        field: The field.

    Yields:
        The value, and the record.
    """
    for number, value in enumerate(WRONG_SHAPES):
        changed = {field.encode_name: value}
        record = _PLACES[struct](changed)
        if struct is not WorkflowExecution or field.encode_name != "id":
            record = {**record, "id": f"{struct.__name__}-{field.encode_name}-{number}"}
        yield value, json.dumps(record).encode()


def is_payload(field: FieldInfo) -> bool:
    """
    Check whether a field takes any JSON.

    Args:
        field: The field.

    Returns:
        Whether it does.
    """
    names = {getattr(part, "__name__", "") for part in _list_types(field.type)}
    return "Raw" in names


def _list_types(declared: Any) -> Iterator[Any]:
    yield declared
    if isinstance(declared, types.UnionType) or typing.get_origin(declared) is typing.Union:
        for part in typing.get_args(declared):
            yield from _list_types(part)
