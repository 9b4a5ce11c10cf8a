"""Recognizes files of other tools, and says what the user can do with such a file instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

from flightlog.record.nonstandard_json import quote_not_numbers

_OWN_RECORDS: Final = (
    "Flightlog imports its own records only. Record the workflow with Flightlog, or turn each run "
    "into a record as docs/reference/wire-format.md describes"
)
_UNPACK: Final = "Unpack it, and import what is in it"

_BINARY: Final = (
    (
        b"SQLite format 3\x00",
        "this is a SQLite database",
        "If it is a history, read it with `flightlog list --db FILE`",
    ),
    (b"PAR1", "this is a Parquet file", "Write its rows as NDJSON"),
    (b"PK\x03\x04", "this is a ZIP archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "this is a 7-Zip archive", _UNPACK),
    (b"BZh", "this is compressed by bzip2", "Decompress it with `bunzip2`"),
    (b"\xfd7zXZ\x00", "this is compressed by xz", "Decompress it with `unxz`"),
    (b"\x04\x22\x4d\x18", "this is compressed by LZ4", "Decompress it with `unlz4`"),
    (b"%PDF-", "this is a PDF", _OWN_RECORDS),
    (b"Obj\x01", "this is an Avro file", "Write its rows as NDJSON"),
    (b"ARROW1", "this is an Arrow file", "Write its rows as NDJSON"),
    (b"\x80\x04\x95", "this is a Python pickle", "Write its contents as JSON"),
    (b"\x80\x05\x95", "this is a Python pickle", "Write its contents as JSON"),
    (b"\xf1FL\x01", "this is a spool file", "Deliver it with `flightlog deliver`"),
)
_TAR: Final = slice(257, 262)

_TOOLS: Final[tuple[tuple[str, tuple[frozenset[str], ...]], ...]] = tuple(
    (tool, tuple(frozenset(keys.split()) for keys in several))
    for tool, several in (
        ("an n8n execution", ("workflowData", "mode finished", "resultData", "runData")),
        ("an n8n workflow", ("nodes connections",)),
        ("an OpenTelemetry (OTLP) export", ("resourceSpans", "resourceLogs", "resourceMetrics")),
        ("a Jaeger trace", ("traceID spans", "traceID spanID", "traceID processes")),
        ("a Zipkin trace", ("traceId id localEndpoint", "traceId id kind timestamp duration")),
        (
            "a Langfuse trace",
            (
                "observations timestamp",
                "observations latency",
                "observations scores",
                "traceId type startTime",
                "publicKey traces",
                "userId sessionId timestamp name input",
            ),
        ),
        ("a LangSmith run", ("run_type",)),
        ("a Prefect flow run", ("flow_id", "flow_run_id", "state_type")),
        ("a Temporal workflow history", ("workflowExecutionInfo", "eventId eventType")),
        ("an Airflow DAG run", ("dag_id", "dag_runs")),
        ("a Dagster run", ("dagster_event", "jobName runId", "pipelineName runId")),
        ("an AWS Step Functions execution", ("executionArn", "stateMachineArn")),
        ("a GitHub Actions run", ("workflow_id run_number", "run_number run_attempt")),
        ("a Phoenix or OpenInference span", ("context span_kind",)),
        ("a trace of Chrome's format", ("traceEvents",)),
        ("a workflow manifest", ("workflows schemaVersion", "workflows projectType")),
        ("a log of JSON lines", ("log stream", "MESSAGE", "level message", "level msg")),
    )
)
_ADVICE: Final = {
    "a workflow manifest": "Run a workflow of it with `flightlog run`",
    "a log of JSON lines": "Write the plain text of the log, e.g. with `docker logs` or `jq -r "
    ".message`, and import that",
}
_NESTED: Final = ("data", "events", "log", "history", "traces", "runs", "executions")


def identify_binary(head: bytes) -> str | None:
    """
    Name the type of a binary file.

    Args:
        head: The first bytes of the file.

    Returns:
        A sentence with the type and what to do; None when the file may be text.
    """
    for magic, what, advice in _BINARY:
        if head.startswith(magic):
            return f"{what}. {advice}"
    if head[_TAR] == b"ustar":
        return f"this is a tar archive. {_UNPACK}"
    return None


def identify_non_text(head: bytes) -> str | None:
    """
    Recognize a binary file of unknown type.

    Args:
        head: The beginning of the file, decompressed.

    Returns:
        A sentence with what to do; None when the file is text.
    """
    return f"this is no text. {_OWN_RECORDS}" if b"\0" in head[:512] else None


def identify_text(head: bytes) -> str | None:
    """
    Name the type of a text that is neither JSON nor a log with markers.

    Args:
        head: The beginning of the text.

    Returns:
        A sentence with the type and what to do; None when the type is unknown.
    """
    lines = [line for line in head.splitlines()[:3] if line.strip()]
    if not lines:
        return None
    if lines[0].lstrip().startswith(b"<"):
        return f"this is XML or HTML. {_OWN_RECORDS}"
    for separator in (b",", b";", b"\t"):
        columns = {line.count(separator) for line in lines[:2]}
        if len(lines) > 1 and columns != {0} and len(columns) == 1:
            return f"this is a table of separated values (CSV). {_OWN_RECORDS}"
    if re.match(rb"(?:---|[A-Za-z_][\w-]*:(?:\s|$))", lines[0]):
        return f"this is YAML. {_OWN_RECORDS}"
    return None


def identify_document(document: bytes) -> str | None:
    """
    Name the tool that wrote a JSON object.

    Args:
        document: JSON of one object.

    Returns:
        A sentence with the tool and what to do; None when the tool is unknown.
    """
    fields = _list_fields(document)
    names = _list_names(fields)
    if {"entries", "creator"} <= names:
        return f"this is a HAR file. {_OWN_RECORDS}"
    for tool, several in _TOOLS:
        if any(keys <= frozenset(fields) for keys in several):
            return f"this is {tool}. {_ADVICE.get(tool, _OWN_RECORDS)}"
    for tool, several in _TOOLS:
        if any(len(keys) > 1 and keys <= names for keys in several):
            return f"this is {tool}. {_ADVICE.get(tool, _OWN_RECORDS)}"
    return None


def _list_names(fields: Mapping[str, Raw]) -> frozenset[str]:
    # Exports of several tools have their characteristic fields one level deeper.
    names = set(fields)
    for field in _NESTED:
        if field in fields:
            names |= set(_list_fields(bytes(fields[field])))
    return frozenset(names)


def _list_fields(document: bytes) -> Mapping[str, Raw]:
    kind: Any = dict[str, Raw]
    try:
        if document.lstrip()[:1] == b"[":
            several: list[Raw] = msgspec.json.decode(document, type=list[Raw])
            return _list_fields(bytes(several[0])) if several else {}
        fields: Mapping[str, Raw] = msgspec.json.decode(quote_not_numbers(document), type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    return fields
