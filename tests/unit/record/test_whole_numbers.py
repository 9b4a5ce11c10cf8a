from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from flightlog.errors import InvalidRecordError
from flightlog.record.decoding import decode_execution

RECORD: dict[str, Any] = {
    "id": "run",
    "workflowId": "w",
    "workflowName": "W",
    "status": "success",
    "startedAt": "2026-11-22T10:00:00Z",
}


NODE = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}


@pytest.mark.parametrize("written", ["7.0", "7.000", "7e0", "70e-1", "7"])
def test_whole_numbers_may_have_a_fraction_of_zero(written: str) -> None:
    """Integers may be written as in JSON Schema; payloads keep their bytes."""
    node = json.dumps(NODE)[:-1] + f', "sequence": {written}, "input": [{written}]}}'
    text = json.dumps(RECORD)[:-1] + f', "revision": {written}, "message": null, '
    text += f'"nodeExecutions": [{node}]}}'
    record = decode_execution(text.encode())
    assert (record.revision, record.node_executions[0].sequence) == (7, 7)
    given = record.node_executions[0].input
    assert isinstance(given, Raw)
    assert bytes(given) == f"[{written}]".encode()


@pytest.mark.parametrize("written", ["7.5", "-1.0", "1e30", "true", '"7"'])
def test_what_is_no_whole_number_is_refused(written: str) -> None:
    """Fractions, negative numbers, too large numbers and other types are refused."""
    with pytest.raises(InvalidRecordError):
        decode_execution((json.dumps(RECORD)[:-1] + f', "revision": {written}}}').encode())
