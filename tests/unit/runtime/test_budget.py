"""The work of an evaluation is bounded, whatever its values share."""

from __future__ import annotations

from typing import Any

import pytest

from flightlog.errors import InvalidExpressionError
from flightlog.runtime.budget import MAX_STEPS, ExpressionFault, limited, spend, visited_items
from flightlog.runtime.expressions import render
from flightlog.runtime.secrets import Secrets

WIDTH, DEPTH = 60, 9


def shared(leaf: Any, kind: type = list) -> Any:
    """Nest a value: little memory, and 60 to the power of 9 ways to its leaves."""
    value = leaf
    for _ in range(DEPTH):
        value = kind([value] * WIDTH)
    return value


def shared_object(leaf: Any) -> Any:
    """Nest objects whose members are one object."""
    value = leaf
    for _ in range(DEPTH):
        value = {f"member{number}": value for number in range(WIDTH)}
    return value


NAMES: dict[str, Any] = {
    "input": {
        "a": shared(1),
        "b": shared(1),
        "c": shared_object(1),
        "d": shared_object(1),
        "t": shared(1, tuple),
        "u": shared(1, tuple),
        "text": "ab" * 2_000_000,
    }
}


@pytest.mark.parametrize(
    "expression",
    [
        "input.a == input.b",
        "input.a != input.b",
        "input.a < input.b",
        "input.a >= input.b",
        "input.c == input.d",
        "1 < 2 and input.a == input.b",
        "input.a in [input.b]",
        "input.a not in [input.b]",
        "input.a is in([input.b])",
        "input.a in input.c.values()",
        "input.d in [input.c]",
        "[input.b].index(input.a)",
        "[input.b].count(input.a)",
        "{input.t: 1}",
        "input.t in {'a': 1}",
        "{'a': 1}.get(input.t)",
        "{'a': 1}[input.t]",
        "[{'a': 1}] | pluck(input.t)",
        "json(input.a)",
        "input.a | json",
        "input.a | string",
        "concat(input.a, 'x')",
        "input.a ~ 'x'",
        "hash(input.a)",
        "'x' | hash(input.a)",
        "lowercase(input.a)",
        "truncate(input.a, 5)",
        "truncate('x', input.a)",
        "format(input.a)",
        "format('2026-11-22', input.a)",
        "format('2026-11-22', input.text)",
        "[input.a] | join(',')",
        "['x', 'y'] | join(input.a)",
        "input.a | replace('x', 'y')",
        "[input.a] + [input.b]",
        "[input.a] * 3",
        "[input.a][:1]",
        "{'a': input.a}",
        "first([input.a])",
        " and ".join(["input.text ~ 'x' != input.text ~ 'y'"] * 100),
        " + ".join(["[0] * 900000"] * 100),
        "[[[[[[0] * 999] * 999] * 999] * 999] * 999]",
        "[[[[[[0] * 99] * 99] * 99] * 99] * 99] == [[[[[[0] * 99] * 99] * 99] * 99] * 99]",
        "5 | round(-1000000000)",
    ],
)
def test_work_beyond_the_budget_is_refused(expression: str) -> None:
    """Every operation that visits a value that is shared pays for each visit beforehand."""
    with pytest.raises(InvalidExpressionError) as caught:
        render(f"{{{{ {expression} }}}}", NAMES, Secrets((), lambda _: None))
    assert len(caught.value.message) < 1_000


@pytest.mark.parametrize("expression", ["{{ [input.a] }} and {{ 1 }}", "x {{ input.a }} y"])
def test_a_text_around_expressions_is_bounded_too(expression: str) -> None:
    """A value that is written into a text is visited."""
    with pytest.raises(InvalidExpressionError, match="steps"):
        render(expression, NAMES, Secrets((), lambda _: None))


def test_secrets_are_sought_within_bounds() -> None:
    """A known secret makes results be looked through, which takes no time for what is shared."""
    secrets = Secrets(("TOKEN",), lambda _: None)
    secrets._learn("a-secret-value")
    with pytest.raises(InvalidExpressionError, match="steps"):
        render("{{ [input.a] | first | json }}", NAMES, secrets)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("input.a == 1", False),
        ("input.a.length", WIDTH),
        ("length(input.a)", WIDTH),
        ("input.a[0] is defined", True),
        ("1 in input.a", False),
        ("'member1' in input.c", True),
        ("1 < 2 < 3", True),
        ("1 < 3 < 2", False),
        ("[1, [2]] == [1, [2]]", True),
        ("[1, [2]] in [[1, [2]]]", True),
        ("3 not in [1, 2]", True),
        ("{1: 'a', 'b': 2}", {1: "a", "b": 2}),
        ("([0] * 1000000).length", 1_000_000),
        ("3.14159 | round(2)", 3.14),
        ("{'a': 1, 'b': [2]}.items() == {'a': 1, 'b': [2]}.items()", True),
        ("('b', [2]) in {'a': 1, 'b': [2]}.items()", True),
        ("'in ' ~ {'a': 1}.items()", "in dict_items([('a', 1)])"),
        ("json({'a': 1}.items())", '{"$flightlog":"dict_items","items":[["a",1]]}'),
        ("format('2026-11-22', 'DD' * 1000)", "22" * 1000),
    ],
)
def test_what_takes_little_work_is_evaluated(expression: str, value: Any) -> None:
    """A shared value may be passed on and looked into; comparisons mean what they do in Python."""
    assert render(f"{{{{ {expression} }}}}", NAMES, Secrets((), lambda _: None)) == value


def test_visited_items_counts_each_way_and_ends_for_a_circle() -> None:
    """What is held twice counts twice; what holds itself doesn't hang."""
    inner = [1, 2]
    assert visited_items([inner, inner]) == 1 + 2 * (1 + 2)
    circle: list[Any] = []
    circle.append(circle)
    assert visited_items(circle) == 2
    assert visited_items(shared(1)) > WIDTH**DEPTH


def test_each_text_has_a_budget_of_its_own() -> None:
    """What one evaluation spent is not missing in the next."""
    for _ in range(2):
        with limited():
            spend(MAX_STEPS - 1)
            with pytest.raises(ExpressionFault):
                spend(1)
