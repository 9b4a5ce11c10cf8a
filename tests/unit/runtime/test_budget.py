"""The budget limits the work of an evaluation, even for values with shared parts."""

from __future__ import annotations

from typing import Any

import pytest

from flightlog.errors import InvalidExpressionError
from flightlog.runtime.budget import (
    MAX_STEPS,
    ExpressionFault,
    begin_budget,
    count_visited_items,
    spend,
)
from flightlog.runtime.expressions import render
from flightlog.runtime.secrets import Secrets

WIDTH, DEPTH = 60, 9


def shared(leaf: Any, kind: type = list) -> Any:
    """Nest a value: little memory, but 60 to the power of 9 paths to its leaves."""
    value = leaf
    for _ in range(DEPTH):
        value = kind([value] * WIDTH)
    return value


def shared_object(leaf: Any) -> Any:
    """Nest objects whose members are all the same object."""
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
    """Every operation that visits a shared value is charged for each visit beforehand."""
    with pytest.raises(InvalidExpressionError) as caught:
        render(f"{{{{ {expression} }}}}", NAMES, Secrets((), lambda _: None))
    assert len(caught.value.message) < 1_000


@pytest.mark.parametrize("expression", ["{{ [input.a] }} and {{ 1 }}", "x {{ input.a }} y"])
def test_a_text_around_expressions_is_bounded_too(expression: str) -> None:
    """Writing a value into a text counts as a visit."""
    with pytest.raises(InvalidExpressionError, match="steps"):
        render(expression, NAMES, Secrets((), lambda _: None))


def test_secrets_are_sought_within_bounds() -> None:
    """The search for secrets in results is limited too, and takes no time for shared parts."""
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
    """A shared value may be passed on and read; comparisons have the same results as in Python."""
    assert render(f"{{{{ {expression} }}}}", NAMES, Secrets((), lambda _: None)) == value


def test_visited_items_counts_each_way_and_ends_for_a_circle() -> None:
    """A value counts once for each occurrence, and a cycle doesn't make the count endless."""
    inner = [1, 2]
    assert count_visited_items([inner, inner]) == 1 + 2 * (1 + 2)
    circle: list[Any] = []
    circle.append(circle)
    assert count_visited_items(circle) == 2
    assert count_visited_items(shared(1)) > WIDTH**DEPTH


def test_each_text_has_a_budget_of_its_own() -> None:
    """The steps of one evaluation don't reduce the next evaluation's budget."""
    for _ in range(2):
        with begin_budget():
            spend(MAX_STEPS - 1)
            with pytest.raises(ExpressionFault):
                spend(1)
