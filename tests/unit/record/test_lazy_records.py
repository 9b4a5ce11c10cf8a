from __future__ import annotations

import pytest

from flightlog.errors import InvalidRecordError
from flightlog.record.decoding import decode_lines, encode_execution
from flightlog.record.lazy_records import LazyRecords
from support.records import record

RECORDS = [record(f"e{number}", durationMs=number) for number in range(5)]
BODY = b"\n\n".join(encode_execution(each) for each in RECORDS) + b"\n"


def test_lazy_records_are_those_of_the_lines() -> None:
    """Iteration, places, slices and length agree with the list of all records."""
    lazy = LazyRecords(bytearray(BODY))
    assert list(lazy) == decode_lines(BODY) == RECORDS
    assert (len(lazy), lazy[-1], lazy[1:3]) == (5, RECORDS[-1], RECORDS[1:3])
    assert list(reversed(lazy)) == RECORDS[::-1]
    with pytest.raises(IndexError):
        lazy[5]


def test_changes_and_preparation_apply_whenever_a_record_is_decoded() -> None:
    """A changed record comes from its new JSON, and each record is prepared."""
    changes = {2: encode_execution(record("other"))}
    lazy = LazyRecords(BODY, changes, lambda each: record(each.id, status="error"))
    expected = ["e0", "e1", "other", "e3", "e4"]
    assert [each.id for each in lazy] == [each.id for each in lazy] == expected
    assert {each.status for each in lazy} == {"error"}


def test_a_bad_line_is_named_when_it_is_reached() -> None:
    """The records before a bad line are read, and the error has the number of the line."""
    lazy = LazyRecords(BODY + b'{"id":"x"}\n')
    records = lazy.read([])
    assert [next(records) for _ in RECORDS] == RECORDS
    with pytest.raises(InvalidRecordError) as caught:
        next(records)
    assert caught.value.line == 10


def test_corrections_are_noted_as_for_a_list() -> None:
    """Both ways note the same corrected durations."""
    body = BODY.replace(b'"durationMs":3.0', b'"durationMs":-3')
    listed: list[str] = []
    read: list[str] = []
    assert decode_lines(body, listed) == list(LazyRecords(body).read(read))
    assert len(read) == 1
    assert read == listed


def test_large_records_are_divided_and_count_as_one() -> None:
    """Records before and after a divided one keep their places; faults name the line."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    large = [record(name, nodeExecutions=[node] * 1_100) for name in ("a", "b")]
    body = b"\n".join(map(encode_execution, [RECORDS[0], large[0], RECORDS[1], large[1]]))
    lazy = LazyRecords(body, {2: encode_execution(record("other"))}, divided_bytes=10_000)
    names = ["e0", "a", "a", "a", "other", "b", "b", "b"]
    assert (lazy.received, len(lazy)) == (4, len(names))
    assert [each.id for each in lazy] == names
    assert [lazy[place].id for place in range(-8, 0)] == names
    nodes = [node for part in lazy[1:4] for node in part.node_executions]
    assert nodes == list(large[0].node_executions)
    spoilt = LazyRecords(body + b" 7", divided_bytes=10**9)
    with pytest.raises(InvalidRecordError) as caught:
        list(spoilt)
    assert caught.value.line == 4


def test_one_record_is_read_without_lines() -> None:
    """A body of one record may have line ends, and its fault has no line."""
    body = encode_execution(RECORDS[0]).replace(b",", b",\n")
    assert list(LazyRecords(body, many=False)) == [RECORDS[0]]
    with pytest.raises(InvalidRecordError) as caught:
        LazyRecords(body[:-1], many=False, divided_bytes=10)
    assert caught.value.line is None
