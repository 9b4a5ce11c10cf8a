from __future__ import annotations

from flightlog.record.decoding import decode_execution

from .conftest import body


def test_a_lone_surrogate_in_a_name_becomes_the_replacement_character() -> None:
    """Names must be text; a valid pair of surrogates stays."""
    read = decode_execution(
        body()[:-1].replace(b'"W"', rb'"W\ud800\ud83d\ude00\\ud800"')
        + rb',"tags":{"\udfff":"a"},"trigger":{"type":"t","data":"\udfff\ud83d\ude00\\ud800"}}'
    )
    assert read.workflow_name == "W\ufffd\U0001f600\\ud800"
    assert read.tags == {"\ufffd": "a"}
    assert read.trigger is not None
    assert bytes(read.trigger.data) == rb'"\udfff\ud83d\ude00\\ud800"'  # type: ignore[arg-type]  # a Raw
