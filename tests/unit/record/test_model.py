from __future__ import annotations

import json
from typing import Any

import pytest

from flightlog.errors import InvalidRecordError
from flightlog.record.decoding import (
    convert_execution,
    decode_execution,
    encode_execution,
)
from flightlog.record.model import NO_RUN, RunKey, make_run_key
from support.records import record

from .conftest import body


@pytest.mark.parametrize("process_id", ["", "p" * 129, "a\n"])
def test_a_process_has_an_id_like_an_execution(process_id: str) -> None:
    """A process id has 1 to 128 printable characters."""
    with pytest.raises(InvalidRecordError, match="`processId` must be 1 to 128 printable"):
        decode_execution(body(processId=process_id))
    with pytest.raises(InvalidRecordError) as caught:
        decode_execution(body(message={"processId": process_id, "number": 1}))
    assert "processId" in caught.value.path


RUN_ID = "0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, RunKey("order-7", NO_RUN)),
        ({"runId": None}, RunKey("order-7", NO_RUN)),
        ({"runId": NO_RUN}, RunKey("order-7", NO_RUN)),
        ({"runId": RUN_ID.upper()}, RunKey("order-7", RUN_ID)),
        ({"id": f"order-7@run-{RUN_ID}"}, RunKey("order-7", RUN_ID)),
        ({"id": f"order-7@run-{NO_RUN}"}, RunKey("order-7", NO_RUN)),
        ({"id": f"order-7@run-{NO_RUN}@run-{RUN_ID}"}, RunKey("order-7", RUN_ID)),
        ({"id": f"order-7@run-{NO_RUN}", "runId": RUN_ID}, RunKey("order-7", RUN_ID)),
        ({"id": "order-7@run-2"}, RunKey("order-7@run-2", NO_RUN)),
        ({"id": f"@run-{RUN_ID}"}, RunKey(f"@run-{RUN_ID}", NO_RUN)),
        ({"id": "x" * 128 + f"@run-{RUN_ID}"}, RunKey("x" * 128, RUN_ID)),
    ],
)
def test_a_record_belongs_to_a_run_of_an_id(fields: dict[str, Any], expected: RunKey) -> None:
    """The run comes from `runId`, otherwise from an address in `id`."""
    found = convert_execution({**json.loads(encode_execution(record("order-7"))), **fields})
    assert make_run_key(found) == expected
    assert found.run_id == (None if expected.run_id == NO_RUN else expected.run_id)
    assert make_run_key(record(expected.address)) == expected


def test_an_id_that_is_too_long_is_refused_in_an_address_too() -> None:
    """The address may be longer than an id; the id in the address may not."""
    with pytest.raises(InvalidRecordError, match="printable characters"):
        record("x" * 129 + f"@run-{RUN_ID}")
