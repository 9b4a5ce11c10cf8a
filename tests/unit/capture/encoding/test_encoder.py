"""Values that JSON holds natively stay plain JSON, and long values are truncated and marked."""

from __future__ import annotations

import json
import sys
import tracemalloc
from types import FrameType
from typing import Any

import pytest

from flightlog.capture.encoding import LEAST_BYTES, encode_value

ROOM = 1_000_000
MB = 1 << 20


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


def test_tuple_is_a_list() -> None:
    """A tuple becomes a JSON array."""
    assert encoded((1, (2, "a"))) == [1, [2, "a"]]


def test_later_change_of_the_value_changes_nothing() -> None:
    """The result is a snapshot."""
    value: dict[str, Any] = {"rows": [1, 2], "when": {3}}
    before = encode_value(value, ROOM)
    value["rows"].append(3)
    assert json.loads(before)["rows"] == [1, 2]


def test_key_that_could_be_a_mark_is_escaped() -> None:
    """A dict of the workflow can't be mistaken for a placeholder."""
    forged = {"$flightlog": "dropped"}
    assert encoded(forged) == {"$flightlog": "dict", "items": [["$flightlog", "dropped"]]}
    assert encoded({"a": forged, "b": {1}})["a"] == encoded(forged)


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


@pytest.mark.parametrize("depth", [101, 5_000, 200_000])
def test_what_lies_too_deep_is_marked(depth: int) -> None:
    """Beyond 100 levels a placeholder replaces the rest, however deep the value is."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    assert encode_value(value, ROOM) == b"[" * 100 + b'{"$flightlog":"deep"}' + b"]" * 100


def test_hundred_levels_are_not_too_deep() -> None:
    """The hundredth level is still written."""
    value: dict[str, Any] = {}
    for _ in range(99):
        value = {"a": value}
    assert encoded(value) == value


@pytest.mark.parametrize("left", range(1, 60, 3))
def test_full_stack_is_survived(left: int) -> None:
    """Even if the workflow has nearly used up its recursion limit, encoding returns JSON."""
    value = {"a": [{"b": {"c": {1, 2}}}], "d": object()}

    def descend(levels: int) -> bytes:
        return encode_value(value, ROOM) if levels == 0 else descend(levels - 1)

    depth = 0
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    try:
        answer = descend(sys.getrecursionlimit() - depth - 4 - left)
    except RecursionError:
        # The function could not even be called.
        assert left < 5
    else:
        json.loads(answer)
        assert left < 20 or json.loads(answer)["a"] == encoded(value)["a"]


def test_many_references_to_one_list_end_at_the_limit() -> None:
    """A small object that expands to 10**12 items is truncated like any other value."""
    value: list[Any] = ["lol"]
    for _ in range(12):
        value = [value] * 10
    assert len(encode_value(value, 10_000)) <= 10_000


def test_long_text_says_how_long_it_was() -> None:
    """A truncated text keeps its beginning and contains the length of the whole text."""
    found = encoded("word " * 1_000, 500)
    assert found["$flightlog"] == "truncated"
    assert found["size"] == 5_000
    assert len(found["value"]) > 400
    assert ("word " * 1_000).startswith(found["value"])


def test_no_word_is_cut_in_two() -> None:
    """A text is cut between words, because redaction can't recognize half of a secret."""
    for limit in range(200, 260):
        found = encoded("secret-word-of-some-length " * 50, limit)["value"]
        assert set(found.split()) == {"secret-word-of-some-length"}


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


@pytest.mark.parametrize("size", range(1, 400))
def test_value_that_just_fits_is_whole(size: int) -> None:
    """No value that fits is truncated, and no JSON is longer than the limit."""
    values = ["x" * size, list(range(size)), [{"a": {0}, "b": size}], {1: "y" * size}]
    for value in values:
        whole = encode_value(value, ROOM)
        limit = max(len(whole), LEAST_BYTES)
        assert encode_value(value, limit) == whole
        assert len(encode_value(value, limit - 1)) <= max(limit - 1, LEAST_BYTES)


@pytest.mark.parametrize("limit", [-1, 0, 1, 127])
def test_tiny_limit_is_raised(limit: int) -> None:
    """Every limit is large enough for a placeholder."""
    assert len(encode_value({"a": "x" * MB}, limit)) <= LEAST_BYTES
    assert encoded({"a": 1}, limit) == {"a": 1}


@pytest.mark.parametrize(
    "value",
    [
        "x" * 64 * MB,
        b"\x00" * 64 * MB,
        [0] * 8 * MB,
        {"a": ["y" * 64 * MB] * 1_000},
        bytearray(64 * MB),
        [{"x" * 32 * MB: 1}, {2}],
        1 << (8 * 64 * MB),
        ValueError(["z"] * 8 * MB),
    ],
    ids=lambda value: type(value).__name__,
)
def test_huge_value_is_not_copied(value: object) -> None:
    """The limit bounds the memory for a value, whatever the value's size."""
    tracemalloc.start()
    try:
        answer = encode_value(value, 64 * 1024)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(answer) <= 64 * 1024
    assert peak < 8 * MB
