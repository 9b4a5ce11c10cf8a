"""The cache of values that are recorded again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flightlog.capture.encoding import encode_value
from flightlog.capture.payloads import EncodedCache
from support.recordings import recording, value

LIMIT = 100_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON)
def test_what_is_remembered_is_what_would_be_encoded(before: Any, after: Any) -> None:
    """The cache never returns an old payload for a value that was changed meanwhile."""
    cache = EncodedCache(enabled=True)
    holder = [before]
    cache.remember(holder, encode_value(holder, LIMIT))
    assert cache.find(holder) in {None, encode_value(holder, LIMIT)}
    holder[0] = after
    assert cache.find(holder) in {None, encode_value(holder, LIMIT)}


def test_values_with_marks_and_other_kinds_are_not_remembered() -> None:
    """Only plain dicts and lists are cached; a dict that has changed is encoded again."""
    cache = EncodedCache(enabled=True)
    for odd in ((1, 2), "text", {"at": datetime.now(UTC)}, {"n": float("nan")}, object()):
        cache.remember(odd, encode_value(odd, LIMIT))
        assert cache.find(odd) is None
    changing: dict[str, Any] = {"n": 1}
    cache.remember(changing, encode_value(changing, LIMIT))
    assert cache.find(changing) == b'{"n":1}'
    for now in (float("nan"), datetime.now(UTC), b"bytes", object(), "\ud800"):
        changing["n"] = now
        assert cache.find(changing) is None


def test_no_number_in_the_place_of_null_is_no_null() -> None:
    """The encoder writes both as null, but the record shows which it is."""
    for number in (float("nan"), float("inf"), -float("inf")):
        items: list[Any] = [None]
        members: dict[str, Any] = {"n": None}
        for changing in (items, [items], members, {"m": members}):
            cache = EncodedCache(enabled=True)
            items[0] = members["n"] = None
            cache.remember(changing, encode_value(changing, LIMIT))
            items[0] = members["n"] = number
            assert cache.find(changing) is None


def test_a_value_that_the_workflow_changes_between_nodes_is_recorded_as_it_is(
    tmp_path: Path,
) -> None:
    """If a dict is passed from node to node and changed in between, each state is recorded."""
    order: dict[str, Any] = {"id": 7, "total": 0}
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:
            for number in range(5):
                with run.node("add", input=order) as node:
                    order["total"] += number
                    node.output = order
        nodes = made.execution().node_executions
    assert [value(node.input)["total"] for node in nodes] == [0, 0, 1, 3, 6]
    assert [value(node.output)["total"] for node in nodes] == [0, 1, 3, 6, 10]
