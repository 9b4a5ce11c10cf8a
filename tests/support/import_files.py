"""Files for `flightlog import`: records with awkward payloads, and what was read from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flightlog.cli.sources import open_input, read_source
from flightlog.editor_output import END_MARKER, START_MARKER, FoundRecord, RefusedRecord

START, END = START_MARKER.decode(), END_MARKER.decode()


def tricky_record(name: str, **fields: Any) -> dict[str, Any]:
    """Build a record whose payload has braces, quotes and letters of several scripts."""
    return {
        "id": name,
        "workflowId": "w",
        "workflowName": "Bestellung 日本",
        "status": "success",
        "startedAt": "2026-11-22T19:04:11Z",
        "durationMs": 5,
        "trigger": {"type": "http", "data": {"text": 'a "}" [ \\ 💥', "list": [1, 2]}},
        **fields,
    }


def tricky_line(name: str, **fields: Any) -> str:
    """Write a record as one line of NDJSON."""
    return json.dumps(tricky_record(name, **fields), ensure_ascii=False) + "\n"


def read_file(path: Path) -> tuple[list[str], list[RefusedRecord]]:
    """Read a file; return the ids of its records and the refusals."""
    with open_input(str(path)) as stream:
        items = list(read_source(stream))
    return (
        [item.record.id for item in items if isinstance(item, FoundRecord)],
        [item for item in items if isinstance(item, RefusedRecord)],
    )


def log(prefix: str, *, end: str = "\n", colour: bool = False, pretty: bool = False) -> str:
    """Write a log of two test runs, with lines of other programs before, between and after."""

    def block(name: str) -> list[str]:
        body = json.dumps(tricky_record(name), ensure_ascii=False, indent=2 if pretty else None)
        return [START, *body.split("\n"), END]

    lines = ["starting", *block("a"), "GET / 200", *block("b"), "done"]
    printed = [prefix.replace("{n}", str(number % 10)) + text for number, text in enumerate(lines)]
    if colour:
        printed = [f"\x1b[32m{text}\x1b[0m" for text in printed]
    return end.join(printed) + end
