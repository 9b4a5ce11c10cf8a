"""Values that JSON has as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flightlog.capture.encoding import LEAST_BYTES, encode_value

ROOM = 1_000_000


def encoded(value: object, limit_bytes: int = ROOM) -> Any:
    """Encode a value and read it back."""
    return json.loads(encode_value(value, limit_bytes))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**64,
        10**4200,
        1.5,
        -0.0,
        5e-324,
        "",
        "naïve \N{GRINNING FACE} \x00",
        "\ud800 alone",
        [],
        {},
        {"a": [1, 2.5, None, {"b": "\udfff"}], "": {}},
        {"nested": [[[[]]]], "big": 2**200},
    ],
)
def test_plain_values_come_back_as_they_went_in(value: object) -> None:
    """JSON's own values are written without placeholders."""
    assert encoded(value) == value


def test_later_change_of_the_value_changes_nothing() -> None:
    """The result is a snapshot."""
    value: dict[str, Any] = {"rows": [1, 2], "when": {3}}
    before = encode_value(value, ROOM)
    value["rows"].append(3)
    assert json.loads(before)["rows"] == [1, 2]


def test_hundred_levels_are_not_too_deep() -> None:
    """The hundredth level is still written."""
    value: dict[str, Any] = {}
    for _ in range(99):
        value = {"a": value}
    assert encoded(value) == value


@pytest.mark.parametrize("size", range(1, 400))
def test_value_that_just_fits_is_whole(size: int) -> None:
    """No value that fits is truncated, and no JSON is longer than the limit."""
    values = ["x" * size, list(range(size)), [{"a": {0}, "b": size}], {1: "y" * size}]
    for value in values:
        whole = encode_value(value, ROOM)
        limit = max(len(whole), LEAST_BYTES)
        assert encode_value(value, limit) == whole
        assert len(encode_value(value, limit - 1)) <= max(limit - 1, LEAST_BYTES)
