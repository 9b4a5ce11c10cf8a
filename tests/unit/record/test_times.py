"""Times, durations and lines at the limits of a record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.errors import InvalidRecordError
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import (
    decode_execution,
    decode_lines,
    encode_execution,
)
from flightlog.record.times import MAX_DURATION_MS, compute_duration, normalize_time
from flightlog.store.query import HistoryFilter

from .conftest import MINIMAL, body

NODE = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}


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
    assert normalize_time(text) == stored


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
        normalize_time(text)


@pytest.mark.parametrize("place", ["durationMs", "nodeExecutions[0].durationMs"])
@pytest.mark.parametrize("number", ["1000000000001", "1e306", "1e308", "1e400", "-1e400"])
def test_a_duration_out_of_range_is_refused_at_its_path(number: str, place: str) -> None:
    """A duration above 10^12 ms, or beyond a double, is refused in an execution and in a node."""
    field = f', "durationMs": {number}'
    node = json.dumps(NODE)[:-1] + (field if "[" in place else "") + "}"
    own = "" if "[" in place else field
    text = json.dumps(MINIMAL)[:-1] + own + f', "nodeExecutions": [{node}]' + "}"
    with pytest.raises(InvalidRecordError) as caught:
        decode_execution(text.encode())
    assert caught.value.path == f"$.{place}"


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
        assert logger.reader.list_nodes(HistoryFilter(), 10).nodes[0].total == 20_000
        assert logger.clear_workflow_executions("w") == 10_000
        assert logger.get_stats().total == 0


def test_what_is_computed_of_times_can_be_read_again(tmp_path: Path) -> None:
    """A duration that is computed from the most distant times stays within the limit."""
    with ExecutionLogger(tmp_path / "executions.db") as logger:
        ages = {"startedAt": "0001-01-01T00:00:00Z", "completedAt": "9999-12-31T23:59:59Z"}
        logger.log_execution(decode_execution(body(**ages)))
        stored = logger.get_execution("run-1")
    assert stored is not None
    assert stored.duration_ms == MAX_DURATION_MS
    assert decode_execution(encode_execution(stored)).duration_ms == MAX_DURATION_MS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T19:04:11.123456", "2026-11-22T19:04:11.123456Z"),
        ("2026-11-22T19:04:11", "2026-11-22T19:04:11.000000Z"),
        ("2026-11-22T19:04:11Z", "2026-11-22T19:04:11.000000Z"),
        ("2026-11-22T19:04:11.5+02:00", "2026-11-22T17:04:11.500000Z"),
        ("2026-11-22T19:04:11.123Z", "2026-11-22T19:04:11.123000Z"),
        ("2026-11-22 19:04:11.123456", "2026-11-22T19:04:11.123456Z"),
        ("2026-W47-7T19:04:11.123456", "2026-11-22T19:04:11.123456Z"),
        ("20261122T190411.123456+0100", "2026-11-22T18:04:11.123456Z"),
        ("2026-11-22T19:04:11.123456-00:30", "2026-11-22T19:34:11.123456Z"),
    ],
)
def test_times_take_one_form_in_utc(text: str, expected: str) -> None:
    """A naive time is UTC; the text order is the time order."""
    assert normalize_time(text) == expected


@given(st.datetimes(), st.datetimes())
def test_text_order_of_canonical_times_is_time_order(left: Any, right: Any) -> None:
    """Stores and clients may sort times as text."""
    texts = normalize_time(left.isoformat()), normalize_time(right.isoformat())
    assert (texts[0] < texts[1]) == (left < right)


def test_duration_between_times_is_never_negative() -> None:
    """A clock that goes back gives a duration of 0."""
    early, late = "2026-11-22T19:04:11.000000Z", "2026-11-22T19:04:12.500000Z"
    assert compute_duration(early, late) == 1500
    assert compute_duration(late, early) == 0
    assert compute_duration(early, None) is None
