from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from flightlog.payload import Document, read_tree
from flightlog.payload.container_index import Level

from .conftest import document


@pytest.mark.parametrize(
    "value",
    [
        {"rows": [{"id": number, "tags": [{"a": 1}, {"b": 2}]} for number in range(9_000)]},
        [[[1, 2], [3, 4]] for _ in range(40_000)],
        ["a,b", 'c",d', "e\\"] * 60_000,
        {f"key {number}": [number] for number in range(60_000)},
        [{"text": "x" * 300_000}, 1, {"text": "y" * 300_000}, 2, 3],
        [1.5] * 300_000,
    ],
    ids=["records", "nested", "strings", "names", "large items", "numbers"],
)
def test_large_levels_are_cut_into_pieces(value: Any) -> None:
    """In a level of more than a megabyte, the first, middle and last parts are correct."""
    whole = document(value)
    level = Level(whole.root)
    assert level.count == len(value)
    inner = value.get("rows", value) if isinstance(value, dict) else value
    keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
    pointer = "/rows" if inner is not value else ""
    for offset in (0, len(inner) // 2, len(inner) - 1):
        tree = read_tree(whole, pointer, offset, 1)
        assert tree.count == len(inner)
        assert tree.children is not None
        (child,) = tree.children
        assert child.key == keys[offset]
        assert child.bytes == len(json.dumps(inner[keys[offset]]))


def test_very_many_items_take_little_memory() -> None:
    """Reading a page of half a million numbers needs only a few megabytes beyond the text."""
    text = b"[" + b"1," * 500_000 + b"2]"
    tracemalloc.start()
    tree = read_tree(Document(text), "", 500_000, 10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert tree.count == 500_001
    assert tree.children is not None
    assert tree.children[0].preview == "2"
    assert peak < 20 * 2**20
