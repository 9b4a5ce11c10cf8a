"""Conditions in Python: the language they have, and the rest of Python, which they don't."""

from __future__ import annotations

from typing import Any

import pytest

from flightlog.errors import InvalidExpressionError
from flightlog.runtime.conditions import (
    decide_condition,
    evaluate_condition,
    find_unknown_names,
    parse_condition,
)

NAMES = {
    "input": {"status": "active", "n": 3, "tags": ["a", "b"], "nested": {"deep": [1, 2]}},
    "messages": [{"role": "user", "content": "hi there"}],
}


def value(text: str, **holes: Any) -> Any:
    """Evaluate a condition; an expression in braces is the name of one of the holes."""
    return evaluate_condition(parse_condition(text), NAMES, lambda hole: holes[hole[2:-2].strip()])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input['n'] + 1 == 4 and not input.n > 3", True),
        ("1 < input.n <= 3 != 4", True),
        ("'a' in input.tags and 'z' not in input['tags']", True),
        ("input.get('missing', 7)", 7),
        ("input.nested.deep[-1]", 2),
        ("messages[0]['content'][:2].upper()", "HI"),
        ("[t + '!' for t in input.tags if t != 'a']", ["b!"]),
        ("sum(x * y for x in [1, 2] for y in (3, 4))", 21),
        ("any(m['role'] == 'user' for m in messages)", True),
        ("'yes' if input.status == 'active' else 'no'", "yes"),
        ("f\"{input['status']}-{input['n']}\"", "active-3"),
        ("{'a': 1}['a'] if true else null", 1),
        ("min(3, 1) + max([2, 5]) + abs(-1) + round(1.6) + int('4') + float('0.5')", 13.5),
        ("input.status is not None", True),
        ("-2 ** 2 // 3 % 5", 3),
    ],
)
def test_a_condition_has_the_operations_of_plain_values(text: str, expected: Any) -> None:
    """Members of objects are reached in either way."""
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "open('/etc/passwd').read()",
        "().__class__.__base__.__subclasses__()",
        "input.__class__",
        "len.__self__",
        "str.format('{0.__class__}', 1)",
        "'{0.__class__}'.format(1)",
        "f'{input!r:>9}'",
        "(lambda: 1)()",
        "[x := 1]",
        "exec('1')",
        "getattr(input, 'x')",
        "len(obj=input)",
        "input.pop('status')",
        "input.clear()",
        "b'bytes'",
        "1j",
        "await input",
        "[*input]",
        "{**input}",
        "x = 1",
        "1; 2",
        "",
        "1 +",
        "flightlog_hole_0_",
        "(" * 2_000 + ")" * 2_000,
        "missing",
        "input.missing",
        "input['missing']",
        "1 / 0",
        "'a' < 1",
        "[x for x in 5]",
        "int('no')",
        "10 ** 10 ** 10",
        "'x' * 10 ** 12",
        "[0] * 10 ** 9",
        "sum([[0] * 5000 for i in [0] * 5000])",
    ],
)
def test_everything_else_is_an_error_without_a_value(text: str) -> None:
    """No name of Python is there, nothing is changed, and work and memory are limited."""
    with pytest.raises(InvalidExpressionError) as caught:
        value(text)
    assert "active" not in caught.value.message


def test_braces_are_values_and_never_code() -> None:
    """A value keeps its type, and within a text it becomes text."""
    assert value("{{ a }} == 'x' and 1 == 2", a="x' or True or 'x") is False
    assert value("{{ a }}['k'] + {{ b }}", a={"k": 1}, b=2) == 3
    assert value("'{{ a }}-{{ b }}' == 'x-null'", a="x", b=None) is False
    assert value("'{{ a }}-{{ b }}' == 'x-'", a="x", b=None) is True
    with pytest.raises(InvalidExpressionError):
        value("{{ a }} {{ b }}", a=1, b=2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{{ no }}", False), ("{{ text }}", False), (" {{ yes }} ", True), ("'false'", True)],
)
def test_one_expression_alone_is_true_as_expressions_are(text: str, expected: bool) -> None:
    """The text `false` is false there, and true in Python."""
    values = {"{{ no }}": 0, "{{ text }}": "false", "{{ yes }}": [1]}
    assert decide_condition(text, NAMES, values.__getitem__) is expected


def test_unknown_names_are_found_without_evaluating() -> None:
    """A comprehension's own variables, functions and braces are no names."""
    condition = parse_condition("len([a for a in b]) > c and {{ d }} and true")
    assert find_unknown_names(condition, {"b"}) == ["c"]
