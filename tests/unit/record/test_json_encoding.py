"""JSON in bounded buffers."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.record.json_encoding import encode_json, encode_within

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def has_surrogates(value: Any) -> bool:
    """Check whether a value can't be written as UTF-8."""
    return any(0xD800 <= ord(letter) <= 0xDFFF for letter in json.dumps(value, ensure_ascii=False))


@given(VALUES, st.integers(-1, 3))
def test_limit_decides_to_the_byte(value: Any, spare: int) -> None:
    """A value is encoded exactly if its JSON fits into the limit."""
    if has_surrogates(value):
        with pytest.raises(UnicodeEncodeError):
            encode_json(value)
        return
    whole = encode_json(value)
    assert json.loads(whole) == value
    assert encode_within(value, len(whole) + spare) == (None if spare < 0 else whole)


def test_large_value_within_the_limit_is_whole() -> None:
    """The buffer grows to the limit and no further."""
    rows = [{"number": number, "text": "x" * 90} for number in range(5_000)]
    whole = msgspec.json.encode(rows)
    assert encode_within(rows, len(whole)) == whole
    assert encode_within(rows, len(whole) - 1) is None
    assert encode_within(rows, -5) is None
