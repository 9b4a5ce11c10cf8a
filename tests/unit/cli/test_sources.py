"""`flightlog import` reads many forms of files, and names the kinds that it can't read."""

from __future__ import annotations

import gzip
import json
import sqlite3
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from flightlog.cli.sources import opened, read_source
from flightlog.editor_output import END_MARKER, START_MARKER, Found, Refused
from flightlog.logger import ExecutionLogger

Flightlog = Callable[..., Any]
START, END = START_MARKER.decode(), END_MARKER.decode()


def record(name: str, **fields: Any) -> dict[str, Any]:
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


def line(name: str, **fields: Any) -> str:
    """Write a record as one line of NDJSON."""
    return json.dumps(record(name, **fields), ensure_ascii=False) + "\n"


def read(path: Path) -> tuple[list[str], list[Refused]]:
    """Read a file; return the ids of its records and the refusals."""
    with opened(str(path)) as stream:
        items = list(read_source(stream))
    return (
        [item.record.id for item in items if isinstance(item, Found)],
        [item for item in items if isinstance(item, Refused)],
    )


@pytest.fixture
def found(tmp_path: Path) -> Callable[[bytes | str], list[str]]:
    """Read content without refusals; return the ids."""

    def ids(content: bytes | str) -> list[str]:
        path = tmp_path / "in"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        names, refused = read(path)
        assert refused == []
        return names

    return ids


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[bytes | str], tuple[list[str], str]]:
    """Read content with refusals; return the ids, and the places and reasons as one text."""

    def reasons(content: bytes | str) -> tuple[list[str], str]:
        path = tmp_path / "in"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        names, items = read(path)
        assert items
        return names, "\n".join(f"{item.place}: {item.reason}" for item in items)

    return reasons


PRETTY = json.dumps(record("a"), indent=2, ensure_ascii=False)
DOCUMENTS = {
    "pretty": PRETTY + "\n" + PRETTY.replace('"a"', '"b"') + "\n",
    "glued": line("a").strip() + line("b").strip(),
    "glued-pretty": PRETTY + PRETTY.replace('"a"', '"b"'),
    "commas": line("a").strip() + ",\n" + line("b").strip() + ",\n",
    "blank-lines": "\n\n" + line("a") + "\n \t\n" + line("b") + "\n\n",
    "crlf": (line("a") + line("b")).replace("\n", "\r\n"),
    "pretty-array": json.dumps([record("a"), record("b")], indent=4),
    "array-of-lines": f"[\n{line('a').strip()},\n{line('b').strip()}\n]\n",
    "two-arrays": f"[{line('a').strip()}]\n[{line('b').strip()}]",
    "sequence": f"\x1e{line('a')}\x1e{line('b')}",
    "pretty-sequence": f"\x1e{PRETTY}\n\x1e{line('b')}",
    "list": json.dumps({"executions": [record("a"), record("b")], "nextCursor": None}),
    "pretty-list": json.dumps({"executions": [record("a"), record("b")]}, indent=2),
    "list-of-lines": f'{{"executions":[\n{line("a").strip()},\n{line("b")}]}}\n',
    "two-pages": "".join(
        json.dumps({"executions": [record(name)], "nextCursor": "x"}) + "\n" for name in "ab"
    ),
    "nan": line("a") + line("b", trigger={"type": "x", "data": float("nan")}),
}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize(
    "encode",
    [
        str.encode,
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-le"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("utf-32"),
        lambda text: gzip.compress(text.encode()),
        lambda text: gzip.compress(text[:300].encode()) + gzip.compress(text[300:].encode()),
        lambda text: zstandard.compress(text.encode()),
        lambda text: (
            zstandard.compress(text[:300].encode()) + zstandard.compress(text[300:].encode())
        ),
        lambda text: gzip.compress(zstandard.compress(text.encode("utf-16"))),
    ],
    ids=[
        "utf-8",
        "bom",
        "utf-16",
        "utf-16-be-without-mark",
        "utf-16-le-without-mark",
        "utf-16-be",
        "utf-32",
        "gzip",
        "gzip-members",
        "zstd",
        "zstd-frames",
        "nested",
    ],
)
def test_every_form_of_json_is_read_in_every_encoding(
    name: str, encode: Callable[[str], bytes], found: Callable[[bytes | str], list[str]]
) -> None:
    """Lines, documents and lists are read in every supported encoding and compression."""
    assert found(encode(DOCUMENTS[name])) == ["a", "b"]


def test_files_with_marks_that_were_put_one_after_another_are_read(
    found: Callable[[bytes | str], list[str]],
) -> None:
    """A byte order mark before any record is none of the text."""
    lines = [line("a"), line("b")]
    assert found(b"".join(each.encode("utf-8-sig") for each in lines)) == ["a", "b"]
    assert found("".join(lines).encode("utf-8-sig") + b"\xef\xbb\xbf") == ["a", "b"]


PREFIXES = {
    "github": "2026-11-22T19:04:1{n}.123456{n}Z ",
    "github-cli": "test\tRun tests\t2026-11-22T19:04:1{n}.1234567Z ",
    "compose": "svc-1  | ",
    "compose-times": "svc-1  | 2026-11-22T19:04:1{n}.99{n}Z ",
    "logging": "INFO:root:",
    "asctime": "2026-11-22 19:04:1{n},12{n} - app.runner - INFO - ",
    "celery": "[2026-11-22 19:04:1{n},123: INFO/ForkPoolWorker-{n}] ",
    "journald": "Nov 22 19:04:1{n} host unit[123{n}]: ",
    "kubectl": "[pod/app-7d4b9-x/main] ",
    "bracket-level": "[INFO] ",
    "loguru": "2026-11-22 19:04:1{n}.123 | INFO     | __main__:<module>:{n} - ",
    "indent": "    ",
    "none": "",
}


def log(prefix: str, *, end: str = "\n", colour: bool = False, pretty: bool = False) -> str:
    """Write a log of two test runs, with lines of other programs before, between and after."""

    def block(name: str) -> list[str]:
        body = json.dumps(record(name), ensure_ascii=False, indent=2 if pretty else None)
        return [START, *body.split("\n"), END]

    lines = ["starting", *block("a"), "GET / 200", *block("b"), "done"]
    printed = [prefix.replace("{n}", str(number % 10)) + text for number, text in enumerate(lines)]
    if colour:
        printed = [f"\x1b[32m{text}\x1b[0m" for text in printed]
    return end.join(printed) + end


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("form", [{}, {"end": "\r\n"}, {"colour": True}, {"pretty": True}], ids=str)
def test_a_test_run_is_found_behind_any_prefix(
    prefix: str, form: dict[str, Any], found: Callable[[bytes | str], list[str]]
) -> None:
    """Timestamps, service names, levels and colours are removed from the record's lines."""
    assert found(log(PREFIXES[prefix], **form)) == ["a", "b"]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_records_behind_a_prefix_are_read(
    prefix: str, found: Callable[[bytes | str], list[str]]
) -> None:
    """A log with one record a line is read behind any prefix, with colours and other lines."""
    lines = (
        [line("a"), "GET / 200\n", line("b")]
        if PREFIXES[prefix].strip()
        else [line("a"), line("b")]
    )
    logged = [
        PREFIXES[prefix].replace("{n}", str(number)) + text for number, text in enumerate(lines)
    ]
    assert found("".join(logged)) == ["a", "b"]
    assert found("".join(f"\x1b[2m{text[:-1]}\x1b[0m\n" for text in logged)) == ["a", "b"]


def test_damaged_record_behind_a_prefix_is_refused(
    refused: Callable[[bytes | str], tuple[list[str], str]],
) -> None:
    """A damaged record in a log is refused with its line; the others are read."""
    damaged = line("x").replace('"status":', '"status"')
    names, reasons = refused("".join("INFO: " + text for text in (line("a"), damaged, line("b"))))
    assert names == ["a", "b"]
    assert reasons.startswith("line 2")


@pytest.mark.parametrize(
    "content",
    [
        f"INFO:root:{START}\n{line('a')}{END}\nINFO:root:{START}\n{line('b')}{END}\n",
        "db-1   | noise\napp-1  | ".join(["", f"{START}\n", f"{line('a')}", f"{END}\n"])
        + f"app-1  | {START}\napp-1  | {line('b')}db-1   | {{\napp-1  | {END}\n",
        f"{START}{line('a').strip()}{END}{START}{line('b').strip()}{END}",
        f"a-1 | INFO:root:{START}\na-1 | {line('a')}a-1 | {END}\n{START}\n{line('b')}{END}\n",
        f"x {START}{line('a').strip()}{END}\nx {START} {line('b').strip()} {END}\n",
        f"{START}\n{line('a')}{END}\n{START}\n{line('b')}",
        f"\x1b[1m{START}\x1b[0m\n\x1b]8;;http://x\x07{line('a')}{END}\n{START}{line('b')}",
    ],
    ids=[
        "one-logging-call",
        "interleaved",
        "inline",
        "two-prefixes",
        "inline-prefix",
        "no-end",
        "links",
    ],
)
def test_blocks_of_test_runs_in_odd_places_are_read(
    content: str, found: Callable[[bytes | str], list[str]]
) -> None:
    """A multi-line message, other services' lines in between, and one long line are read."""
    assert found(content) == ["a", "b"]


@pytest.mark.parametrize("width", [30, 80, 200])
@pytest.mark.parametrize("prefix", ["", "svc-1  | "])
def test_a_record_that_a_console_folded_is_read(
    width: int, prefix: str, found: Callable[[bytes | str], list[str]]
) -> None:
    """Lines that a console folded are joined, also within a string."""
    text = json.dumps(record("a"))
    pieces = [text[place : place + width] for place in range(0, len(text), width)]
    assert found("\n".join(prefix + piece for piece in (START, *pieces, END))) == ["a"]


def test_a_marker_within_a_payload_is_no_marker(
    found: Callable[[bytes | str], list[str]],
) -> None:
    """A record whose payload has a test run's output is one record, in NDJSON and in a log."""
    inner = line("a", trigger={"type": "x", "data": log("")})
    assert found(inner + line("b")) == ["a", "b"]
    assert found(f"INFO: {START}\nINFO: {inner}INFO: {END}\n") == ["a"]


FOREIGN = {
    "n8n": ({"id": "1", "workflowData": {}, "mode": "trigger", "data": {}}, "n8n"),
    "n8n-list": ({"data": [{"id": "1", "finished": True, "mode": "manual"}]}, "n8n"),
    "otlp": ({"resourceSpans": []}, "OpenTelemetry"),
    "jaeger": ({"data": [{"traceID": "1", "spans": [], "processes": {}}]}, "Jaeger"),
    "zipkin": ([{"traceId": "1", "id": "2", "localEndpoint": {}, "name": "x"}], "Zipkin"),
    "langfuse": ([{"id": "1", "timestamp": "x", "observations": []}], "Langfuse"),
    "langsmith": ({"id": "1", "run_type": "chain", "trace_id": "2"}, "LangSmith"),
    "prefect": ({"id": "1", "flow_id": "2", "state_type": "COMPLETED"}, "Prefect"),
    "temporal": ({"events": [{"eventId": "1", "eventType": "X"}]}, "Temporal"),
    "airflow": ({"dag_id": "1", "dag_run_id": "2"}, "Airflow"),
    "airflow-list": ({"dag_runs": [{"dag_id": "1"}], "total_entries": 1}, "Airflow"),
    "har": ({"log": {"version": "1.2", "creator": {}, "entries": []}}, "HAR"),
    "manifest": ({"schemaVersion": "1.0.0", "workflows": {}}, "flightlog run"),
    "docker-json": ({"log": f"{START}\n", "stream": "stdout", "time": "x"}, "docker logs"),
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("indent", [None, 2])
def test_the_tool_that_wrote_a_file_is_named(
    name: str, indent: int | None, refused: Callable[[bytes | str], tuple[list[str], str]]
) -> None:
    """The refusal names the tool and what to do instead."""
    value, tool = FOREIGN[name]
    names, reason = refused(json.dumps(value, indent=indent))
    assert names == []
    assert tool in reason


def test_a_file_that_is_no_json_is_named(
    tmp_path: Path, refused: Callable[[bytes | str], tuple[list[str], str]]
) -> None:
    """The refusal names the kind of databases, archives, tables and pages."""
    database = tmp_path / "x.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a", "b")
    for content, said in (
        (database.read_bytes(), "--db"),
        (archive.read_bytes(), "ZIP"),
        (b"PAR1" + bytes(100), "Parquet"),
        (b"id,name,status\n1,a,ok\n2,b,ok\n", "CSV"),
        (b"<html><body>", "HTML"),
        (b"BZh91AY&SY", "bunzip2"),
        (gzip.compress(bytes(257) + b"ustar" + bytes(250)), "tar"),
        (bytes(range(256)), "no text"),
        (b"just words\n", "neither JSON nor the output of a test run"),
    ):
        names, reason = refused(content)
        assert names == []
        assert said in reason


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_compressed_file_that_breaks_off_gives_what_is_whole(
    compress: Callable[[bytes], bytes], refused: Callable[[bytes | str], tuple[list[str], str]]
) -> None:
    """The records before the damage are read, and the message reports the damage."""
    whole = compress("".join(line(f"run-{n}", tags={"n": str(n**9)}) for n in range(9)).encode())
    several = whole + compress(line("last").encode())
    names, reason = refused(several[:-5])
    assert names[:9] == [f"run-{number}" for number in range(9)]
    assert "breaks off" in reason
    names, reason = refused(whole + b"garbage after the end")
    assert len(names) == 9
    assert "damaged" in reason or "can't be read" in reason
    names, reason = refused(whole[:12])
    assert names == []
    assert "breaks off" in reason


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_decompression_bomb_takes_bounded_memory(
    compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    """A small file of 50 MB of blanks is read in pieces."""
    path = tmp_path / "bomb"
    blank = compress((b" " * 99_999 + b"\n") * 50)
    path.write_bytes(blank * 10 + compress(line("a").encode()))
    tracemalloc.start()
    try:
        assert read(path) == (["a"], [])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


DAMAGED = {
    "cut-line": (line("a")[:60] + "\n" + line("b"), ["b"], "line 1"),
    "cut-after-comma": ('{"id": "a",\n' + line("b"), ["b"], "line 1"),
    "cut-pretty": (PRETTY[:90] + "\n" + line("b"), ["b"], "line 1"),
    "comment": ("# backup\n" + line("b"), ["b"], "line 1"),
    "trailer": (line("a") + "Exported 1 execution.\n", ["a"], "line 2"),
    "wrong-field": (line("a", status="done") + line("b"), ["b"], "`$.status`"),
    "wrong-in-list": (
        json.dumps({"executions": [record("a"), record("b", status="done")]}),
        ["a"],
        "record 2",
    ),
    "trailing-comma": (f"[{line('a').strip()},]", [], "trailing comma"),
    "cut-sequence": (f"\x1e{line('a')[:50]}\x1e{line('b')}", ["b"], "line 1"),
    "zeros": (line("a") + "\0" * 600 + "\n" + line("b"), ["a", "b"], "line 2"),
    "cut-block": (
        f"x | {START}\nx | {line('a')[:40]}\nx | {END}\nx | {START}\nx | {line('b')}x | {END}\n",
        ["b"],
        "line 1",
    ),
    "cut-list": (line("a") + '{"executions":[' + line("b"), ["a"], "line 2"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_costs_only_itself_and_is_placed(
    name: str, refused: Callable[[bytes | str], tuple[list[str], str]]
) -> None:
    """The records before and after the damage are read."""
    content, expected, said = DAMAGED[name]
    names, reason = refused(content)
    assert names == expected
    assert said in reason


def test_our_own_output_imported_again_changes_nothing(
    tmp_path: Path, flightlog: Flightlog
) -> None:
    """An import of the same history's `list --json`, `show --json` or `export` adds nothing."""
    path = tmp_path / "history.db"
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "error", "input": {"a": 1}}
    failed = {"message": "no " * 500, "stack": "x\n" * 500, "nodeId": "n"}
    with ExecutionLogger(path) as logger:
        logger.log_executions(
            [record("run-1", status="error", error=failed, nodeExecutions=[node] * 3)]
        )
        before = logger.get_execution("run-1")
    for words in (["list", "--json"], ["show", "run-1", "--json"], ["export", "-"]):
        output = tmp_path / "out"
        output.write_text(flightlog(*words, "--db", path).out)
        ended = flightlog("import", output, "--db", path)
        assert ended.out == "Imported 0 executions, 1 already known.\n"
        other = tmp_path / f"{words[0]}.db"
        assert flightlog("import", output, "--db", other).out == "Imported 1 execution.\n"
        again = flightlog("import", output, "--db", other)
        assert again.out == "Imported 0 executions, 1 already known.\n"
    with ExecutionLogger(path) as logger:
        assert logger.get_execution("run-1") == before


def test_standard_input_may_be_compressed(
    tmp_path: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe is read in the same way as a file."""
    source = tmp_path / "in"
    source.write_bytes(gzip.compress(line("a").encode("utf-16")))
    with source.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert flightlog("import", "-", "--db", tmp_path / "h.db").out == "Imported 1 execution.\n"


def test_blank_lines_before_a_record_take_no_time(
    found: Callable[[bytes | str], list[str]],
) -> None:
    """Any number of blank lines, with any blanks, is skipped fast."""
    assert found("\n" * 70_000 + line("a")) == ["a"]
    assert found(" " * 70_000 + "\n" + " \t" * 40_000 + line("a")) == ["a"]
    assert found("x" * 100_000 + f"{START}\n{line('a')}{END}\n" + " " * 100_000) == ["a"]
