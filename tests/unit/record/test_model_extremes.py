"""Times, durations and lines at the limits of a record."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from flightlog.errors import InvalidRecordError
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import MAX_NOTES, decode_execution, decode_lines, encode_execution
from flightlog.record.times import MAX_DURATION_MS, canonical_time
from flightlog.store.query import HistoryFilter

RECORD: dict[str, Any] = {
    "id": "run",
    "workflowId": "w",
    "workflowName": "W",
    "status": "success",
    "startedAt": "2026-11-22T10:00:00Z",
}


NODE = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}


def body(**fields: Any) -> bytes:
    """Write a record's JSON."""
    return json.dumps({**RECORD, **fields}).encode()


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2026-11-22t19:04:11z", "2026-11-22T19:04:11.000000Z"),
        ("2026-11-22T19:04:11z", "2026-11-22T19:04:11.000000Z"),
        ("2026-11-22t19:04:11.5+01:00", "2026-11-22T18:04:11.500000Z"),
        ("2026-11-22 19:04:11.123456789z", "2026-11-22T19:04:11.123456Z"),
        ("2026-11-22T19:04:11-00:00", "2026-11-22T19:04:11.000000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
        ("2017-01-01T00:59:60.5+01:00", "2017-01-01T00:00:00.000000Z"),
    ],
)
def test_times_of_rfc_3339_are_read(text: str, stored: str) -> None:
    """Lower-case letters, any fraction, any offset and leap seconds are accepted."""
    assert canonical_time(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-02:00",
        "9999-12-31T23:59:60Z",
        "2026-06-15T23:59:60Z",
        "2026-06-30T12:59:60Z",
        "2026-11-22T19:04:61Z",
        "2026-11-22T19:04:11+24:00",
        "2026-11-22t19:04:11zz",
    ],
)
def test_times_out_of_range_are_refused(text: str) -> None:
    """Years outside of 1 to 9999 in UTC and impossible seconds are refused."""
    with pytest.raises(ValueError, match="ISO 8601"):
        canonical_time(text)


@pytest.mark.parametrize("place", ["durationMs", "nodeExecutions[0].durationMs"])
@pytest.mark.parametrize("number", ["1000000000001", "1e306", "1e308", "1e400", "-1e400"])
def test_a_duration_out_of_range_is_refused_at_its_path(number: str, place: str) -> None:
    """A duration above 10^12 ms, or beyond a double, is refused in an execution and in a node."""
    field = f', "durationMs": {number}'
    node = json.dumps(NODE)[:-1] + (field if "[" in place else "") + "}"
    own = "" if "[" in place else field
    text = json.dumps(RECORD)[:-1] + own + f', "nodeExecutions": [{node}]' + "}"
    with pytest.raises(InvalidRecordError) as caught:
        decode_execution(text.encode())
    assert caught.value.path == f"$.{place}"


def test_a_negative_duration_becomes_0_with_a_note(caplog: pytest.LogCaptureFixture) -> None:
    """The note covers the execution and its nodes; notes are limited, or go to the log."""
    nodes = [{**NODE, "durationMs": -1} for _ in range(20)]
    notes: list[str] = []
    record = decode_execution(body(durationMs=-5, nodeExecutions=nodes), notes)
    assert record.duration_ms == 0
    assert {node.duration_ms for node in record.node_executions} == {0}
    assert len(notes) == MAX_NOTES
    assert "$.durationMs is -5" in notes[0]
    assert "$.nodeExecutions[0].durationMs is -1" in notes[1]
    with caplog.at_level(logging.WARNING):
        decode_execution(body(durationMs=-5))
    assert "stored as 0" in caplog.text


def test_the_longest_durations_add_up(tmp_path: Path) -> None:
    """Sums of very many of the longest durations neither fail nor become negative."""
    ages = {"startedAt": "0001-01-01T00:00:00Z", "completedAt": "9999-12-31T23:59:59Z"}
    node = {**NODE, **ages}
    with ExecutionLogger(tmp_path / "executions.db") as logger:
        lines = b"\n".join(
            body(**{**ages, "id": f"run-{number}", "nodeExecutions": [node] * 2})
            for number in range(10_000)
        )
        logger.log_executions(decode_lines(lines))
        stats = logger.get_stats()
        assert stats.total == 10_000
        assert stats.mean_duration_ms is not None
        assert stats.mean_duration_ms > MAX_DURATION_MS / 2
        assert logger.reader.nodes(HistoryFilter(), 10)[0].total == 20_000
        assert logger.clear_workflow_executions("w") == 10_000
        assert logger.get_stats().total == 0


def test_what_is_computed_of_times_can_be_read_again(tmp_path: Path) -> None:
    """A duration that is computed from the most distant times stays within the limit."""
    with ExecutionLogger(tmp_path / "executions.db") as logger:
        ages = {"startedAt": "0001-01-01T00:00:00Z", "completedAt": "9999-12-31T23:59:59Z"}
        logger.log_execution(decode_execution(body(**ages)))
        stored = logger.get_execution("run")
    assert stored is not None
    assert stored.duration_ms == MAX_DURATION_MS
    assert decode_execution(encode_execution(stored)).duration_ms == MAX_DURATION_MS


def test_fifty_million_empty_lines_are_skipped_in_one_step() -> None:
    """The empty lines count for an error's line number, and are skipped in one step."""
    blank = b"\n" * 50_000_000
    records = decode_lines(blank + body() + b"\r\n \t\r\n" + body() + b"\n\n")
    assert len(records) == 2
    with pytest.raises(InvalidRecordError) as caught:
        decode_lines(blank + b"{}")
    assert caught.value.line == 50_000_001
