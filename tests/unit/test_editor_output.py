from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Raw

from flightlog.editor_output import FoundRecord, RefusedRecord, read_test_run
from flightlog.record.model import WorkflowExecution
from flightlog.record.nonstandard_json import quote_not_numbers

START = "__CATALYST_EXECUTION_START__"


END = "__CATALYST_EXECUTION_END__"


NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)


def record(data: str = "null", name: str = '"W"', more: str = "") -> str:
    """Write a block's JSON with this trigger data, name and further fields."""
    return (
        f'{{"id":"run-1","workflowId":"w","workflowName":{name},"status":"success",'
        f'"startedAt":"2026-11-22T19:04:11.5","trigger":{{"type":"http","data":{data}}}{more}}}'
    )


def read(output: str, **options: Any) -> list[FoundRecord | RefusedRecord]:
    """Read output with a fixed clock and numbered ids."""
    numbers = iter(range(100))
    return list(
        read_test_run(
            output.encode(), clock=lambda: NOW, new_id=lambda: f"new-{next(numbers)}", **options
        )
    )


def only(found: list[FoundRecord | RefusedRecord]) -> WorkflowExecution:
    """Return the only record in the output."""
    (item,) = found
    assert isinstance(item, FoundRecord), item
    return item.record


def data_of(execution: WorkflowExecution) -> str:
    """Return the JSON of the trigger's data."""
    assert execution.trigger is not None
    assert execution.trigger.data is not UNSET
    return bytes(execution.trigger.data).decode()


def test_blocks_are_found_among_everything_else_that_was_printed() -> None:
    """Several blocks are found, on lines of their own or within a line, between access logs."""
    output = f"""INFO:     Started server
127.0.0.1:53210 - "POST /api/workflow HTTP/1.1" 200 OK
{START}
{record('"one"')}
{END}
127.0.0.1:53210 - "GET / HTTP/1.1" 200 OK
progress 99%{START}{record('"two"')}{END}{START} {record('"three"')} {END}
"""
    records = [item.record for item in read(output) if isinstance(item, FoundRecord)]
    assert [data_of(execution) for execution in records] == ['"one"', '"two"', '"three"']


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_marker_inside_data_ends_nothing(line_end: str) -> None:
    """Strings may contain both markers, escaped quotes before them, and braces."""
    data = f'["{END} }}", "\\"{START}", "\\\\"]'
    output = line_end.join([START, record(data), END, START, record("2"), END])
    assert [data_of(item.record) for item in read(output) if isinstance(item, FoundRecord)] == [
        data,
        "2",
    ]


def test_a_block_may_be_laid_out_over_lines() -> None:
    """`json.dumps(indent=2)` is read like one line, also with markers inside data."""
    laid_out = record(f'["{END}"]').replace(",", ",\n  ").replace("[", "[\n    ")
    assert END in data_of(only(read(f"{START}\n{laid_out}\n{END}\n")))


def test_what_json_cannot_hold_becomes_text() -> None:
    """NaN and the infinities become strings, but only where they are numbers."""
    execution = only(read(START + record('[NaN,-Infinity,Infinity,"NaN, \\"Infinity"]')))
    assert data_of(execution) == '["NaN","-Infinity","Infinity","NaN, \\"Infinity"]'


def test_numbers_keep_their_spelling_where_mending_is_needed() -> None:
    """30 digits, minus zero and trailing zeros stay beside a NaN and a lone surrogate."""
    data = r'[123456789012345678901234567890,-0.0,1.50,1E400,"\ud83d\ude00","\\ud800"'
    assert data_of(only(read(START + record(data + r',NaN,"\ud800"]')))) == (
        data + r',"NaN","\ud800"]'
    )


def test_half_a_surrogate_stays_an_escape_in_payloads_and_is_replaced_in_names() -> None:
    """Payloads keep `\ud800`; ids, names and messages, which must be text, get U+FFFD."""
    nodes = (
        r',"error":{"message":"m\udfff","type":"ValueError"},"nodeExecutions":[{"nodeId":"\udc00",'
        r'"nodeName":"n","nodeType":"t","status":"success","input":"\udc00","output":{"\ud800":1}}]'
    )
    execution = only(read(START + record(r'"\ud800\ud800"', r'"a\ud800\ud83d\ude00"', nodes)))
    (node,) = execution.node_executions
    assert data_of(execution) == r'"\ud800\ud800"'
    assert execution.workflow_name == "a\N{REPLACEMENT CHARACTER}😀"
    assert execution.error is not None
    assert execution.error.message == "m\N{REPLACEMENT CHARACTER}"
    assert node.node_id == "\N{REPLACEMENT CHARACTER}"
    assert (node.input, node.output) == (Raw(rb'"\udc00"'), Raw(rb'{"\ud800":1}'))


def test_a_fatal_record_is_completed() -> None:
    """A record with only `status` and `error` gets an id, the named workflow and the time."""
    fatal = '{"status":"error","error":{"message":"No module named x","type":"ImportError"}}'
    execution = only(read(f"{START}{fatal}{END}"))
    assert (execution.id, execution.workflow_id, execution.workflow_name) == (
        "new-0",
        "unknown",
        "unknown",
    )
    assert execution.started_at == "2026-11-22T19:00:00.000000Z"
    assert execution.error is not None
    assert execution.error.message == "No module named x"
    assert only(read(f"{START}{fatal}{END}", workflow="orders")).workflow_name == "orders"


def test_a_fatal_record_may_say_it_in_plainer_words() -> None:
    """A text `error` becomes its message, and an unknown status becomes `error`."""
    execution = only(read(START + '{"status":"fatal","error":"boom NaN","x":NaN}'))
    assert execution.status == "error"
    assert execution.error is not None
    assert execution.error.message == "boom NaN"


def test_made_ids_are_time_ordered_uuids() -> None:
    """Without another generator, ids are UUIDv7."""
    block = START.encode() + b'{"status":"error","error":"x"}'
    first, second = (
        item.record.id for item in read_test_run(block * 2) if isinstance(item, FoundRecord)
    )
    assert first != second
    assert first[14] == second[14] == "7"


def test_a_damaged_block_costs_only_itself() -> None:
    """Each damaged block is reported with its line and reason, and the other blocks are read."""
    output = "\n".join(
        [
            START,
            '{"id":"a","workflowId":{"x":[',
            "GET / 200",
            START,
            record('"good"'),
            END,
            START,
            "nothing",
            END,
            START + record('"x"', name="7"),
            END,
            START + '{"id": nope}',
            START,
        ]
    )
    found = read(output)
    assert [(item.place, item.reason) for item in found if isinstance(item, RefusedRecord)][:3] == [
        ("line 1", "the record breaks off before its end"),
        ("line 7", "no record follows the marker"),
        ("line 10", "`$.workflowName`: expected `str`, got `int`"),
    ]
    assert [data_of(item.record) for item in found if isinstance(item, FoundRecord)] == ['"good"']
    assert [item.place for item in found if isinstance(item, RefusedRecord)] == [
        "line 1",
        "line 7",
        "line 10",
        "line 12",
        "line 13",
    ]


def test_a_payload_nested_900_deep_is_read() -> None:
    """A depth that strict decoding accepts is accepted in a repaired record too."""
    deep = "[" * 900 + "NaN" + "]" * 900
    assert data_of(only(read(START + record(deep)))) == deep.replace("NaN", '"NaN"')


def test_output_without_blocks_gives_nothing() -> None:
    """Access logs alone give no records and no error."""
    assert read("127.0.0.1 - GET /\n" * 10) == []


@given(st.recursive(st.none() | st.floats() | st.text(), st.lists, max_leaves=8), st.text())
def test_whatever_json_dumps_prints_is_read(value: Any, name: str) -> None:
    """Any value that Python prints as JSON is read, and a second repair changes nothing."""
    execution = only(read(START + record(json.dumps(value), json.dumps(name)) + END))
    data = data_of(execution).encode()
    assert quote_not_numbers(data) == data
    assert json.loads(data) == json.loads(quote_not_numbers(json.dumps(value).encode()))
    assert execution.workflow_name == name
