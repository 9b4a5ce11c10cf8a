"""Lists and mappings, and those that are too large."""

from __future__ import annotations

import json
from typing import Any

from flightlog.capture.encoding import encode_value

ROOM = 1_000_000


MB = 1 << 20


def encoded(value: object, limit_bytes: int = ROOM) -> Any:
    """Encode a value and read it back."""
    return json.loads(encode_value(value, limit_bytes))


def test_tuple_is_a_list() -> None:
    """A tuple becomes a JSON array."""
    assert encoded((1, (2, "a"))) == [1, [2, "a"]]


def test_keys_that_are_no_text_are_kept_in_pairs() -> None:
    """Keys keep their types: 1, "1", True and None stay four."""
    value = {1: "a", "1": "b", None: "c", (1, 2): "d", 1.5: "e"}
    expected = [[1, "a"], ["1", "b"], [None, "c"], [[1, 2], "d"], [1.5, "e"]]
    assert encoded(value) == {"$flightlog": "dict", "items": expected}


def test_cycle_is_marked() -> None:
    """For a container that holds itself, the placeholder gives the number of levels up."""
    value: dict[str, Any] = {"child": {"rows": []}}
    value["child"]["rows"].append(value)
    assert encoded(value) == {"child": {"rows": [{"$flightlog": "cycle", "up": 3}]}}


def test_value_that_is_shared_is_no_cycle() -> None:
    """The same list twice is written as two lists."""
    shared: list[object] = [{1}]
    assert encoded([shared, shared])[0] == encoded([shared, shared])[1] == encoded(shared)


def test_many_references_to_one_list_end_at_the_limit() -> None:
    """A small object that expands to 10**12 items is truncated like any other value."""
    value: list[Any] = ["lol"]
    for _ in range(12):
        value = [value] * 10
    assert len(encode_value(value, 10_000)) <= 10_000


def test_long_list_says_how_many_are_missing() -> None:
    """A truncated list's last item is a placeholder with the number of missing items."""
    *kept, last = encoded(list(range(5_000)), 300)
    assert kept == list(range(len(kept)))
    assert last == {"$flightlog": "truncated", "more": 5_000 - len(kept)}


def test_long_dict_says_how_many_are_missing() -> None:
    """A truncated dict's last member is a placeholder with the number of missing members."""
    found = encoded({str(number): number for number in range(5_000)}, 300)
    assert list(found)[-1] == "$flightlog"
    assert found.pop("$flightlog") == {"$flightlog": "truncated", "more": 5_000 - len(found)}
    assert found == {str(number): number for number in range(len(found))}


def test_huge_member_leaves_room_for_those_after_it() -> None:
    """The member that is too long is truncated, and its small neighbours are kept."""
    found = encoded({"body": "x" * MB, "rows": list(range(9_999)), "status": 500}, 1_000)
    assert found["body"]["size"] == MB
    assert found["rows"][-1]["$flightlog"] == "truncated"
    assert found["status"] == 500


def test_member_with_a_huge_key_is_left_out_and_counted() -> None:
    """A truncated key would be another key."""
    assert encoded({"k" * 5_000: 1, "status": 500}, 1_000) == {
        "status": 500,
        "$flightlog": {"$flightlog": "truncated", "more": 1},
    }
