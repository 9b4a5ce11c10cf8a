from __future__ import annotations

import pytest

from flightlog.errors import InvalidQueryError, PayloadTooLargeError
from flightlog.payload import Document
from flightlog.payload.jsonpath import MAX_SELECT_BYTES, select

from .conftest import document


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
