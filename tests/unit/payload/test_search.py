from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.payload import Document, container_index, search
from flightlog.payload.document import join_pointer
from support.strategies import json_values

from .conftest import document


def everywhere(value: Any, wanted: str, path: tuple[str | int, ...] = ()) -> list[str]:
    """List the pointers of all places with a text, by a simple walk."""
    found = []
    named = bool(path) and isinstance(path[-1], str) and wanted in path[-1].lower()
    says = value if isinstance(value, str) else json.dumps(value)
    holds = not isinstance(value, dict | list) and wanted in says.lower()
    if named or holds:
        found.append(join_pointer(path))
    parts: Any = value.items() if isinstance(value, dict) else ()
    for key, part in enumerate(value) if isinstance(value, list) else parts:
        found += everywhere(part, wanted, (*path, key))
    return found


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("ORDER", ["/order", "/items/1/order"]),
        ("noon", ["/order/note"]),
        ("STRAßE", ["/order/note"]),
        ("\n", ["/order/note"]),
        ("nb", []),
        ("naïve/", ["/naïve~1key"]),
        ("15", ["/items/1/price"]),
        ("null", ["/items/1/order"]),
        ("true", ["/naïve~1key"]),
        ("absent", []),
        ("", []),
    ],
)
@pytest.mark.parametrize("form", [{}, {"ensure_ascii": False}, {"indent": 1}])
def test_a_text_is_found_in_names_and_values(
    text: str, paths: list[str], form: dict[str, Any]
) -> None:
    """A search ignores case and finds escaped text, but finds nothing within the escapes."""
    found = search(document(**form), text, 100)
    assert [match.path for match in found.matches] == paths
    assert found.complete


@given(json_values, st.text(st.characters(codec="ascii"), min_size=1, max_size=2))
def test_a_search_finds_what_a_plain_walk_finds(value: Any, text: str) -> None:
    """The parts that a search skips without decoding contain no match."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(container_index, "PIECE_BYTES", 16)
        found = search(document(value), text, 1_000)
    assert [match.path for match in found.matches] == everywhere(value, text.lower())


def test_a_search_goes_as_deep_as_payloads_do() -> None:
    """A search reaches depths beyond Python's recursion limit."""
    depth = 900
    deep = Document(b'{"in":[' * (depth // 2) + b'"bottom"' + b"]}" * (depth // 2))
    (match,) = search(deep, "bottom", 10).matches
    assert match.path == "/in/0" * (depth // 2)


def test_a_search_stops_at_its_limit() -> None:
    """A search that reaches its limit of places or time reports incomplete results."""
    found = search(document(["x"] * 50), "x", 10)
    assert (len(found.matches), found.complete) == (10, False)
    assert not search(document(["x"] * 50), "x", 100, search_s=-1).complete


def test_a_match_in_a_long_text_shows_its_surroundings() -> None:
    """The preview shows the match instead of the text's beginning."""
    (match,) = search(document(["a" * 5_000 + " needle " + "b" * 5_000]), "NEEDLE", 9).matches
    assert "needle" in match.preview
    assert len(match.preview) <= 80
