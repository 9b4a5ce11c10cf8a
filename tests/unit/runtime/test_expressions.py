"""Expressions: values, names, limits, and error messages."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.errors import FlightlogError, InvalidExpressionError
from flightlog.runtime.expressions import check, resolve, static

from .conftest import NAMES, evaluate, some_secrets


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ input.n }}", 3),
        ("{{ input.n + 1 }}", 4),
        ("{{input.none}}", None),
        ("{{ input.deep['my-key'][0] }}", True),
        ("{{ input.values }}", "a member, not a method"),
        ("{{ nodes.a.output.x > 0 and not false }}", True),
        ("{{ nodes['my-node'].output[-1] }}", 2),
        ("{{ nodes['my-node'].output.length }}", 2),
        ("{{ {'a': {'b': [1]}} }}", {"a": {"b": [1]}}),
        ("{{ '}}' }}", "}}"),
        ('{{ "{{" }}', "{{"),
        ("{{ 'yes' if input.n == 3 else 'no' }}", "yes"),
        ("{{ global.currency ~ '!' }}", "EUR!"),
        ("{{ item.id }}-{{ index }}", "5-0"),
        ("{{ null }}", None),
        ("{{ input.missing | default('d') }}", "d"),
        ("{{ input.missing is defined }}", False),
        ("{{ nodes.later.output is defined }}", False),
        ("{{ execution.id }}", "run-1"),
        ("a {{ input.n }} b {{ input.none }}{{ input.deep }}", 'a 3 b {"my-key":[true,false]}'),
        ("{{ 'x' }}{{ true }}", "xtrue"),
        ("no expression } here", "no expression } here"),
        ("{% if x %}{# stays #}", "{% if x %}{# stays #}"),
        ("{{ input.n }}{% raw %}", "3{% raw %}"),
    ],
)
def test_a_text_that_is_one_expression_keeps_the_value_s_type(text: str, value: Any) -> None:
    """Any other text with expressions gives a text; only `{{ … }}` has a meaning."""
    made = evaluate(text, item={"id": 5}, index=0)
    assert made == value
    assert type(made) is type(value)


def test_a_text_of_many_large_parts_is_refused() -> None:
    """The whole text has a limit too."""
    with pytest.raises(InvalidExpressionError):
        evaluate("{{ 'a' * 9000000 }}{{ 'b' * 9000000 }}")


def test_static_text_is_not_evaluated() -> None:
    """Static text is not evaluated at any depth, and keys are never expressions."""
    value = {"{{ a }}": ["{{ input.n }}", static({"b": "{{ x }}"})], "n": 1, "t": ("{{ 1 }}",)}
    assert resolve(value, NAMES, some_secrets()) == {
        "{{ a }}": [3, {"b": "{{ x }}"}],
        "n": 1,
        "t": [1],
    }


PIECES = [
    *("{{", "}}", "{%", "{#", "'", '"', "\\", "(", ")", "[", "]", "|", ".", ",", "~", "+", "*"),
    *("**", "%", ":", "if", "else", "for", "in", "is", "not", "and", "input", "nodes", "secrets"),
    *(
        "item",
        "self",
        "__class__",
        "lowercase",
        "format",
        "json",
        "n",
        "9",
        "0.5",
        " ",
        "\n",
        "\x00",
    ),
    *("ä", "\ud800", "{", "}", "=", "-", "/", "true", "none", "range", "x"),
]


mixed = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=14).map("".join)


@given(mixed)
def test_nothing_but_our_own_error_ever_comes_of_a_text(text: str) -> None:
    """Evaluating or checking any text gives a value or a `FlightlogError`."""
    for attempt in (text, f"{{{{ {text} }}}}"):
        with contextlib.suppress(FlightlogError):
            evaluate(attempt)
        with contextlib.suppress(FlightlogError):
            check(attempt, nodes={"a"}, secrets=())


plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(plain_values)
def test_any_value_passes_through_an_expression_unchanged(value: Any) -> None:
    """The result is the same object, and JSON of the value reads back as an equal value."""
    assert evaluate("{{ item }}", item=value) is value
    if not isinstance(value, str):
        assert evaluate("{{ item | json | parse }}", item=value) == value
