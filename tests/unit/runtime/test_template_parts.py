from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flightlog.runtime.expressions import check, resolve, static

from .conftest import NAMES, evaluate, some_secrets


@given(st.text())
def test_static_text_comes_back_as_it_was(text: str) -> None:
    """A text without an expression is returned as the same object."""
    if "{{" not in text:
        assert evaluate(text) is text
        check(text, nodes=(), secrets=())
    assert resolve(static(text), NAMES, some_secrets()) == text
