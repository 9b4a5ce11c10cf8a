"""Config values: literals, static values and expressions."""

from __future__ import annotations

from typing import Any

import pytest

from flightlog.codegen.literals import Static
from flightlog.codegen.values import find_template_texts, protect, to_plain, wrap_expression


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (7, 7),
        ("{{ input.a }}", "{{ input.a }}"),
        ({"type": "expression", "expression": "input.a"}, "{{ input.a }}"),
        ({"type": "expression", "expression": "a {{ input.a }}"}, "a {{ input.a }}"),
        ({"type": "static", "value": {"a": [1]}}, {"a": [1]}),
        ({"type": "static", "value": 1, "more": 2}, {"type": "static", "value": 1, "more": 2}),
        ({"type": "expression", "expression": 7}, {"type": "expression", "expression": 7}),
        ([{"a": {"type": "static", "value": 1}}], [{"a": 1}]),
    ],
)
def test_value_becomes_plain(value: Any, plain: Any) -> None:
    """Wrappers of values are removed at any depth; an object that only looks like one stays."""
    assert to_plain(value) == plain


def test_static_text_with_braces_is_protected() -> None:
    """A static text is never evaluated; a value without braces needs no protection."""
    assert isinstance(to_plain({"type": "static", "value": ["{{ x }}"]}), Static)
    assert isinstance(protect("{{ x }}"), Static)
    assert protect({"a": "text"}) == {"a": "text"}


def test_expression_gets_braces_once() -> None:
    """A text with braces stays as it is."""
    assert wrap_expression(" input.a ") == "{{ input.a }}"
    assert wrap_expression("{{ input.a }}") == "{{ input.a }}"


def test_texts_are_found_with_their_places() -> None:
    """Texts within objects and lists are found; protected values have none."""
    value = {"a": ["x", {"b": "y"}], "c": 1, "d": Static("{{ z }}")}
    assert list(find_template_texts(value, "config")) == [
        ("x", ("config", "a", 0)),
        ("y", ("config", "a", 1, "b")),
    ]
