from __future__ import annotations

import json

from flightlog.payload import Document, read_tree

from .conftest import document


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
