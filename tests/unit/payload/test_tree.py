from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.payload import Document, container_index, read_tree
from flightlog.payload.document import join_pointer
from support.strategies import json_values

from .conftest import document

KINDS = {
    dict: "object",
    list: "array",
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


@pytest.fixture
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_index, "PIECE_BYTES", 16)


def compare(whole: Document, pointer: str, value: Any) -> None:
    """Read all levels of a payload, and compare them with the original value."""
    tree = read_tree(whole, pointer, 0, 1_000)
    assert tree.kind == KINDS[type(value)]
    if isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        assert tree.children is not None
        assert [child.key for child in tree.children] == keys
        assert tree.count == len(value)
        for key, child in zip(keys, tree.children, strict=True):
            if isinstance(value[key], dict | list):
                assert child.count == len(value[key])
            assert len(child.preview) <= 80
            compare(whole, f"{pointer}{join_pointer([key])}", value[key])
    else:
        assert json.loads(bytes(tree.value)) == value  # type: ignore[arg-type]  # a scalar has one


@pytest.mark.usefixtures("_small_pieces")
@given(
    value=st.lists(json_values, max_size=30)
    | st.dictionaries(st.text(max_size=6), json_values, max_size=30),
    form=st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}]),
)
def test_a_tree_unfolds_to_what_the_payload_holds(value: Any, form: dict[str, Any]) -> None:
    """A tree shows every payload completely, for any JSON layout and any cut between pieces."""
    compare(document(value, **form), "", value)


@pytest.mark.usefixtures("_small_pieces")
@given(st.lists(json_values, max_size=40), st.integers(0, 45), st.integers(1, 12))
def test_a_page_is_the_items_asked_for(value: list[Any], offset: int, limit: int) -> None:
    """A page contains the items from its offset, and names the next page's offset."""
    tree = read_tree(document(value), "", offset, limit)
    assert tree.children is not None
    assert [child.key for child in tree.children] == list(range(len(value)))[offset:][:limit]
    end = offset + len(tree.children)
    assert tree.next_offset == (end if tree.children and end < len(value) else None)
