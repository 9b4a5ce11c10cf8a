from __future__ import annotations

import json
from typing import Any

import pytest

from flightlog.store.trigger_facts import VALUE_CHARACTERS, find_facts


def describe(data: Any) -> dict[str, str]:
    """Find the values of trigger data by their places."""
    facts = find_facts("run", json.dumps(data).encode())
    return {} if facts is None else {each.path: each.value for each in facts.values}


def test_values_nearest_to_the_top_come_first() -> None:
    """Scalars are found level by level, with their places."""
    found = describe({"deep": {"list": [{"a": True}, 2.50]}, "id": 7, "none": None, "text": " x "})
    assert list(found.items()) == [
        ("id", "7"),
        ("text", "x"),
        ("deep.list[1]", "2.5"),
        ("deep.list[0].a", "true"),
    ]


def test_a_request_is_one_line_without_its_headers() -> None:
    """Method and path become the request, and the body's values remain."""
    data = {"method": "POST", "path": "/orders", "headers": {"a": "b"}, "body": {"orderId": 7}}
    facts = find_facts("run", json.dumps(data).encode())
    assert facts is not None
    assert facts.request == "POST /orders"
    assert [(each.path, each.value) for each in facts.values] == [("body.orderId", "7")]


@pytest.mark.parametrize(
    "data",
    [
        {"token": "[REDACTED:3f9a1c0b7d24]"},
        {"cut": {"$flightlog": "truncated", "value": "abc", "size": 9}},
        None,
        {},
        [],
    ],
    ids=repr,
)
def test_marks_and_empty_data_have_no_values(data: Any) -> None:
    """A mark for removed data is not shown as data."""
    assert find_facts("run", json.dumps(data).encode()) is None


def test_values_are_bounded() -> None:
    """Long texts are cut, and of many values the first 16 are shown."""
    found = describe({f"k{number}": "x" * 1_000 for number in range(1_000)})
    assert len(found) == 16
    assert {len(value) for value in found.values()} == {VALUE_CHARACTERS}
    deep: Any = 1
    for _ in range(50):
        deep = {"d": deep}
    assert describe(deep) == {}
