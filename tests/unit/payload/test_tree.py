from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.errors import InvalidQueryError
from flightlog.payload import Document, container_index, read_table, read_tree
from flightlog.payload.container_index import Level
from flightlog.payload.document import join_pointer, split_pointer
from support.strategies import json_values

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


def document(value: Any, **form: Any) -> Document:
    """Make a payload in the form that `json.dumps` writes."""
    return Document(json.dumps(value, **form).encode())


def compare(opened: Document, pointer: str, value: Any) -> None:
    """Read all levels of a payload, and compare them with the original value."""
    tree = read_tree(opened, pointer, 0, 1_000)
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
            compare(opened, f"{pointer}{join_pointer([key])}", value[key])
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
    opened = document(value)
    level = Level(opened.root)
    assert level.count == len(value)
    inner = value.get("rows", value) if isinstance(value, dict) else value
    keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
    pointer = "/rows" if inner is not value else ""
    for offset in (0, len(inner) // 2, len(inner) - 1):
        tree = read_tree(opened, pointer, offset, 1)
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


def test_marks_are_told_apart() -> None:
    """A mark has its own kind, and comes whole with its parts; no other object is a mark."""
    mark = {"$flightlog": "truncated", "value": "abc", "size": 9}
    tree = read_tree(document({"cut": mark, "$flightlog": {"$flightlog": "truncated"}}), "", 0, 9)
    assert tree.kind == "object"
    assert tree.children is not None
    assert [child.kind for child in tree.children] == ["mark", "mark"]
    inner = read_tree(document({"cut": mark}), "/cut", 0, 9)
    assert (inner.kind, inner.count) == ("mark", 3)
    assert json.loads(bytes(inner.value)) == mark  # type: ignore[arg-type]  # it is there


def test_long_scalars_are_cut() -> None:
    """A long text is cut to its beginning; a huge number comes without a value."""
    tree = read_tree(document("ä" * 100_000), "", 0, 1)
    assert tree.cut
    assert json.loads(bytes(tree.value)) == "ä" * 65_536  # type: ignore[arg-type]  # as above
    number = read_tree(Document(b"1" * 70_000), "", 0, 1)
    assert (number.kind, number.cut) == ("number", True)


def test_numbers_come_as_they_are_written() -> None:
    """A number keeps all its digits."""
    tree = read_tree(Document(b'{"n": 12345678901234567890.10}'), "/n", 0, 1)
    assert bytes(tree.value) == b"12345678901234567890.10"  # type: ignore[arg-type]  # a scalar


def test_lone_surrogates_read_as_replacement_characters() -> None:
    """Lone surrogates, which `json.dumps` writes, are replaced, and nothing else changes."""
    tree = read_tree(Document(rb'{"a\ud800": "\ud83d\ude00 \udc00 \\ud800"}'), "", 0, 9)
    assert tree.children is not None
    (child,) = tree.children
    assert (child.key, child.preview) == ("a\ufffd", '"😀 \ufffd \\\\ud800"')


@given(st.lists(st.text(max_size=5) | st.integers(0, 99)))
def test_pointers_go_there_and_back(keys: list[str | int]) -> None:
    """A pointer survives a round trip, even with slashes, tildes and empty names."""
    assert split_pointer(join_pointer(keys)) == [str(key) for key in keys]


@pytest.mark.parametrize("pointer", ["a", "/none", "/list/9", "/list/01", "/list/-1", "/text/0"])
def test_a_pointer_that_leads_nowhere_is_refused(pointer: str) -> None:
    """The error names the step."""
    with pytest.raises(InvalidQueryError, match="path"):
        read_tree(document({"list": [1], "text": "abc"}), pointer, 0, 1)


def test_a_table_has_the_columns_of_its_rows() -> None:
    """A cell distinguishes absent values, null, containers and long texts."""
    rows = [{"a": 1, "b": None}, {"a": [1, 2], "c": "x" * 5_000}, {"c": "short"}]
    table = read_table(document({"rows": rows}), "/rows", 0, 10)
    assert (table.columns, table.count) == (("a", "b", "c"), 3)
    cells = [[json.loads(bytes(cell)) for cell in row] for row in table.rows]
    assert cells[0] == [1, None, {"kind": "absent"}]
    assert cells[1][0] == {"kind": "array", "preview": "[1, 2]"}
    assert cells[1][2]["kind"] == "string"
    assert cells[2][2] == "short"


def test_a_later_page_of_a_table_has_the_same_columns() -> None:
    """The columns of the first rows come first on every page."""
    rows = [{"a": number, "b": number} for number in range(300)]
    table = read_table(document(rows), "", 250, 10)
    assert table.columns == ("a", "b")
    assert len(table.rows) == 10


@pytest.mark.parametrize("value", [{"a": 1}, [1, 2], "text", [{"a": 1}, 2]])
def test_what_is_no_list_of_objects_is_no_table(value: Any) -> None:
    """The error names the parameter."""
    with pytest.raises(InvalidQueryError, match="path"):
        read_table(document(value), "", 0, 10)
