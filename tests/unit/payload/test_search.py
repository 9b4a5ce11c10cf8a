from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.errors import InvalidQueryError, PayloadTooLargeError
from flightlog.payload import Document, container_index, search
from flightlog.payload.document import join_pointer
from flightlog.payload.jsonpath import MAX_SELECT_BYTES, select
from support.strategies import json_values

VALUE: dict[str, Any] = {
    "order": {"id": 42, "note": "Call Straße 7\nbefore NOON"},
    "items": [{"sku": "A-1", "price": 5}, {"sku": "B-2", "price": 15, "order": None}],
    "naïve/key": True,
}


def document(value: Any = VALUE, **form: Any) -> Document:
    """Make a payload in the form that `json.dumps` writes."""
    return Document(json.dumps(value, **form).encode())


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


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("$", [""]),
        ("$.items[*].sku", ["/items/0/sku", "/items/1/sku"]),
        ("$.items[?@.price > 10]", ["/items/1"]),
        ("$..order", ["/order", "/items/1/order"]),
        ("$.items[?match(@.sku, 'A-.')]", ["/items/0"]),
        ("$.items[?search(@.sku, '[0-9]')].price", ["/items/0/price", "/items/1/price"]),
        ("$.none", []),
    ],
)
def test_jsonpath_selects(query: str, paths: list[str]) -> None:
    """Queries select the places that RFC 9535 defines, as JSON pointers."""
    found = select(document(), query, 100)
    assert [match.path for match in found.matches] == paths
    assert found.complete


@pytest.mark.parametrize("query", ["", "items", "$.items[", "$[?nothing(@)]", "$['a' 'b']"])
def test_what_is_no_jsonpath_is_refused(query: str) -> None:
    """The error names the parameter."""
    with pytest.raises(InvalidQueryError, match="jsonpath"):
        select(document(), query, 10)


def test_jsonpath_has_its_bounds() -> None:
    """A query has limits for size, time, matches and depth."""
    with pytest.raises(PayloadTooLargeError):
        select(document("x" * MAX_SELECT_BYTES), "$", 10)
    assert not select(document([[1]] * 2_000), "$..[?count($..*) > 0]", 10, select_s=0.2).complete
    assert not select(document([1] * 20), "$[*]", 10).complete
    with pytest.raises(InvalidQueryError, match="jsonpath"):
        select(Document(b"[" * 150 + b"]" * 150), "$..a", 10)


def test_a_regular_expression_takes_linear_time() -> None:
    """A pattern that takes exponential time elsewhere ends at once."""
    found = select(document(["a" * 5_000 + "!"]), "$[?match(@, '(a*)*b')]", 10)
    assert found.complete
    assert not found.matches
