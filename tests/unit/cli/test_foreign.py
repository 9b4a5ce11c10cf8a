from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from support.import_files import START

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
