from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.errors import InvalidRecordError
from flightlog.record import nesting
from flightlog.record.decoding import decode_execution, decode_lines
from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS
from flightlog.record.nesting import MAX_VALUE_DEPTH, measure_depth

HEAD = b'{"id":"r","workflowId":"w","workflowName":"W","status":"success",'
HEAD += b'"startedAt":"2026-11-22T10:00:00Z","nodeExecutions":[{"nodeId":"n","nodeName":"N",'
HEAD += b'"nodeType":"t","status":"success","input":'
texts = st.text(alphabet='\\"[]{}a', max_size=6)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


def depth(value: Any) -> int:
    """Measure the depth of a decoded value."""
    if isinstance(value, list | dict):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, inner), default=0)
    return 0


@given(value=values, size=st.sampled_from([1, 2, 3, 7, 1 << 20]))
def test_depth_is_that_of_the_decoded_value(value: Any, size: int) -> None:
    """Brackets, quotes and escapes in texts count for nothing, wherever a slice ends."""
    text = json.dumps(value).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nesting, "_SLICE_BYTES", size)
        assert measure_depth(text) == measure_depth(memoryview(text)) == depth(value)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"":', b"}")])
@pytest.mark.parametrize("decode", [decode_execution, lambda body: decode_lines(body)[0]])
def test_a_value_has_at_most_900_levels(decode: Any, opening: bytes, closing: bytes) -> None:
    """A payload of a node has 900 levels and no more, and texts full of brackets count for none."""

    def body(levels: int) -> bytearray:
        value = b'["]]]]", 1]'
        return bytearray(
            HEAD
            + opening * (levels - 1)
            + value
            + closing * (levels - 1)
            + b',"output":"[[[[{{"}]}'
        )

    assert decode(body(MAX_VALUE_DEPTH)).id == "r"
    with pytest.raises(InvalidRecordError, match="nested too deeply, more than 900 levels"):
        decode(body(MAX_VALUE_DEPTH + 1))
    brackets = HEAD + b'"' + b"[{" * 2_000 + b'"}]}'
    assert decode(bytearray(brackets)).id == "r"


NODE = '{"nodeId":"n","nodeName":"N","nodeType":"t","status":"success"'


@pytest.mark.parametrize(
    "fields",
    [
        '"trigger":{"type":"http","data":VALUE}',
        *(
            f'"nodeExecutions":[{NODE}}},{NODE},"{name}":VALUE}}]'
            for name in NODE_FIELDS.list_kind("payload")
        ),
    ],
)
def test_every_payload_of_a_record_has_the_limit(fields: str) -> None:
    """The limit is on the payload, however many payloads a record has."""
    head = HEAD.decode().partition('"nodeExecutions"')[0]

    def body(levels: int) -> bytes:
        return (head + fields.replace("VALUE", "[" * levels + "]" * levels) + "}").encode()

    decode_execution(body(MAX_VALUE_DEPTH))
    with pytest.raises(InvalidRecordError, match="nested too deeply"):
        decode_execution(body(MAX_VALUE_DEPTH + 1))


def test_no_other_payloads_exist() -> None:
    """A further payload of an execution must be limited, too; those of nodes are by themselves."""
    assert EXECUTION_FIELDS.list_kind("payload") == ("trigger_data",)
