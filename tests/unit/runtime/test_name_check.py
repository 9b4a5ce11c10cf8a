from __future__ import annotations

import pytest

from flightlog.errors import InvalidExpressionError
from flightlog.runtime.expressions import check

from .conftest import evaluate


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("{{ input.order.id }}", ["`input.order`", "`input`", "items"]),
        ("{{ input.deep.other }}", ["`input.deep.other`", "my-key"]),
        ("{{ nodes.later.output.x }}", ["`nodes.later.output`", "'later'", "skipped"]),
        ("{{ nodes.a.output.y | uppercase }}", ["`nodes.a.output.y`", "x"]),
        ("{{ concat(input.oops, 1) }}", ["`input.oops`"]),
        ("{{ item.id }}", ["`item`", "within a loop"]),
        ("{{ secrets.KEY }}", ["variable KEY", "not set", "`secrets.KEY | default('')`"]),
        ("{{ env.NOT_SET_AT_ALL }}", ["variable NOT_SET_AT_ALL", "not set"]),
        ("{{ input.items[9] }}", ["input.items", "9"]),
    ],
)
def test_what_is_missing_is_named(text: str, needed: list[str]) -> None:
    """The error names the path and the existing names, but never the environment's names."""
    with pytest.raises(InvalidExpressionError) as caught:
        evaluate(text)
    message = str(caught.value)
    assert all(word in message for word in needed), message
    assert "HOME" not in message


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("{{ nodes.chrage.output }}", ["'chrage'", "charge"]),
        ("{{ nodes.charge.result }}", ["`nodes.charge.result`", "nodes.charge.output.result"]),
        ("{{ nodes['chrage'].output }}", ["'chrage'"]),
        ("{{ secrets.NONE }}", ["'NONE'", "KEY"]),
        ("{{ secrets }}", ["secrets.API_KEY"]),
        ("{{ secrets | json }}", ["`secrets`"]),
        ("{{ concat(env) }}", ["`env`"]),
        ("{{ order.id }}", ["`order`", "input"]),
        ("{{ upper('a') }}", ["`upper`", "uppercase"]),
        ("{{ 'a' | upper }}", ["upper"]),
        ("{{ execution.name }}", ["execution.name", "timestamp"]),
        ("{{ a && b }}", ["`and`"]),
        ("{{ a ? b : c }}", ["if condition else"]),
        ("{{ a === b }}", ["`==`"]),
        ("{{ input.n", ["}}", "static"]),
        ("x {{ }}", ["empty"]),
        ("{{ input.n }} {{ 1 + }}", ["1 +"]),
    ],
)
def test_check_says_what_is_wrong_and_what_to_do(text: str, needed: list[str]) -> None:
    """The check evaluates nothing."""
    with pytest.raises(InvalidExpressionError) as caught:
        check(text, nodes={"charge"}, secrets={"KEY"})
    message = str(caught.value)
    assert all(word in message for word in needed), message
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "{{ nodes.charge.output.id }} {{ nodes['charge'].error.message }}",
        "{{ nodes[input.which].output }}",
        "Bearer {{ secrets.KEY | trim }}",
        "{{ env.HOME }} {{ item }} {{ index }} {{ global.x }} {{ now() }}",
        "{{ nodes }}",
    ],
)
def test_check_lets_pass_what_can_be_right(text: str) -> None:
    """The check accepts an expression whose validity depends on values."""
    check(text, nodes={"charge"}, secrets={"KEY"})


def test_check_knows_further_names() -> None:
    """The variables of a promptTemplate count as names."""
    check("{{ tone }}", nodes=(), secrets=(), names={"tone"})
