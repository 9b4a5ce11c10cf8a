"""Expressions: values, names, limits, and error messages."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.errors import FlightlogError, InvalidExpressionError
from flightlog.runtime.expressions import check, render, resolve, static
from flightlog.runtime.functions import FILTERS, FUNCTIONS
from flightlog.runtime.name_check import CONTEXTS
from flightlog.runtime.secrets import Secrets

NAMES: dict[str, Any] = {
    "input": {
        "n": 3,
        "text": " Grüße ",
        "items": [{"id": 1}, {"id": 2}, {}],
        "none": None,
        "deep": {"my-key": [True, False]},
        "values": "a member, not a method",
    },
    "nodes": {"a": {"output": {"x": 1}}, "my-node": {"output": [1, 2]}, "later": {}},
    "env": {"HOME": "/home/x"},
    "global": {"currency": "EUR"},
    "secrets": {},
    "execution": {"id": "run-1", "timestamp": "2026-03-04T05:06:07.080Z"},
}


def _secrets() -> Secrets:
    return Secrets((), lambda _: None)


def _value(text: str, **more: Any) -> Any:
    return render(text, {**NAMES, **more}, _secrets())


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
    made = _value(text, item={"id": 5}, index=0)
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("concat('a', 1, none, input.none, true)", "a1true"),
        ("lowercase('ÄB')", "äb"),
        ("uppercase('äb')", "ÄB"),
        ("trim(input.text)", "Grüße"),
        ("truncate('abcdef', 3)", "abc"),
        ("format('2026-03-04T05:06:07Z', 'YYYY-MM-DD')", "2026-03-04"),
        ("format('2026-03-04', 'D.M.YY dddd [at] h A')", "4.3.26 Wednesday at 12 AM"),
        ("format(0, 'YYYY HH:mm:ss.SSS Z')", "1970 00:00:00.000 +00:00"),
        ("format(1772600767080, 'x')", "1772600767080"),
        ("hash('a')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("hash('a', 'md5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("json({'a': [1, none]})", '{"a":[1,null]}'),
        ("parse('{\"a\": [1]}')", {"a": [1]}),
        ("parse(3)", 3),
        ("length('abc') + length([1]) + length({}) + length(none)", 4),
        ("first([1, 2])", 1),
        ("last('abc')", "c"),
        ("first([])", None),
        ("pluck(input.items, 'id')", [1, 2, None]),
        ("input.text | trim | uppercase | truncate(2)", "GR"),
        ("execution.timestamp | format('YYYY-MM-DD')", "2026-03-04"),
        ("[3, 4] | length", 2),
        ("{'a': 1} | json | parse", {"a": 1}),
        ("[1, 2] | first + ([1, 2] | last)", 3),
        ("[1, 'a'] | join('-')", "1-a"),
        ("'aXbX' | replace('X', 'y')", "ayby"),
        ("'3.7' | int + ('1.5' | float)", 4.5),
        ("2.345 | round(1) + (-1 | abs)", 3.3),
        ("'a,b'.split(',')", ["a", "b"]),
        ("input.get('none', 1)", None),
        ("7 % 4 + 2 ** 3 * 2", 19),
        ("'ab' * 2", "abab"),
        ("'abcd'[1:3] ~ 'abcd'[::2]", "bcac"),
    ],
)
def test_functions_and_filters_do_what_their_names_say(call: str, value: Any) -> None:
    """All functions of the manifest work, and a few more."""
    assert _value(f"{{{{ {call} }}}}") == value
    check(f"{{{{ {call} }}}}", nodes=(), secrets=())


def test_every_function_and_filter_of_the_manifest_is_there() -> None:
    """The functions, filters and contexts have the manifest's names."""
    functions = "concat lowercase uppercase trim truncate now format uuid hash json parse length"
    assert {*functions.split(), "first", "last", "pluck"} == FUNCTIONS.keys()
    filters = "lowercase uppercase trim truncate json parse format length first last"
    assert set(filters.split()) <= FILTERS.keys()
    contexts = {"input", "nodes", "env", "global", "secrets", "execution", "item", "index"}
    assert set(CONTEXTS) == contexts


def test_now_and_uuid_are_new_each_time() -> None:
    """`now()` gives ISO 8601 in UTC."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert before < datetime.fromisoformat(_value("{{ now() }}")) <= datetime.now(UTC)
    assert _value("{{ uuid() }}") != _value("{{ uuid() }}")


@pytest.mark.parametrize(
    "moment",
    [date(2026, 3, 4), datetime(2026, 3, 4, tzinfo=UTC).replace(tzinfo=None), "2026-03-04 00:00"],
)
def test_times_of_python_are_times_too(moment: Any) -> None:
    """A time without a time zone counts as UTC."""
    assert (
        _value("{{ item | format('YYYY-MM-DD HH:mm ZZ') }}", item=moment)
        == "2026-03-04 00:00 +0000"
    )


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
        _value(text)
    message = str(caught.value)
    assert all(word in message for word in needed), message
    assert "HOME" not in message


@pytest.mark.parametrize(
    "expression",
    [
        "'a' * 100000000",
        "('a' * 6000000) ~ ('a' * 6000000)",
        "('a' * 6000000) + ('a' * 6000000)",
        "length([0] * 6000000 + [0] * 6000000)",
        "[0] * 100000000",
        "100000000 * 'a'",
        "2 ** 100000",
        "(10 ** 999) ** 999",
        "'%100000000d' % 1",
        "'{:>100000000}'.format(1)",
        "'a'.ljust(100000000)",
        "'a'.center(100000000)",
        "'a'.replace('a', 'aa')",
        "','.join([1])",
        "range(100000000)",
        "lipsum(n=100)",
        "'a' | replace('a', 'a' * 9000000) | replace('a', 'aa')",
        "('a' * 9000000) | center(1)",
        "[('a' * 9000) | list, 1] | join('b' * 9000000)",
        "json('\x00' * 9000000)",
        "''.__class__",
        "''['__class__']",
        "''.__class__.__mro__[1].__subclasses__()",
        "concat.__globals__",
        "input.__class__",
        "input.clear()",
        "input.items.append(1)",
        "input.update({})",
        "cycler",
        "namespace(a=1)",
        "self",
        "input.n()",
        "lowercase",
        "1 / 0",
        "parse('{')",
        "parse('[' * 100000)",
        "format('soon')",
        "truncate('a', -1)",
        "hash('a', 'crc')",
        "length(3)",
        "pluck(3, 'a')",
        "'a' + 1",
        "9" * 5000,
        "int('9' * 5000)",
        "secrets",
        "env",
        "",
        "a b",
        "(" * 300,
        "[" * 5000 + "]" * 5000,
        "not " * 3000 + "true",
        "1" + " + 1" * 3000,
        "x" * 20_000,
    ],
)
def test_what_is_too_large_or_not_allowed_is_an_error(expression: str) -> None:
    """Evaluation fails quickly, and always with an `InvalidExpressionError`."""
    with pytest.raises(InvalidExpressionError):
        _value(f"{{{{ {expression} }}}}")


def test_a_text_of_many_large_parts_is_refused() -> None:
    """The whole text has a limit too."""
    with pytest.raises(InvalidExpressionError):
        _value("{{ 'a' * 9000000 }}{{ 'b' * 9000000 }}")


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


def test_static_text_is_not_evaluated() -> None:
    """Static text is not evaluated at any depth, and keys are never expressions."""
    value = {"{{ a }}": ["{{ input.n }}", static({"b": "{{ x }}"})], "n": 1, "t": ("{{ 1 }}",)}
    assert resolve(value, NAMES, _secrets()) == {
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
            _value(attempt)
        with contextlib.suppress(FlightlogError):
            check(attempt, nodes={"a"}, secrets=())


@given(st.text())
def test_static_text_comes_back_as_it_was(text: str) -> None:
    """A text without an expression is returned as the same object."""
    if "{{" not in text:
        assert _value(text) is text
        check(text, nodes=(), secrets=())
    assert resolve(static(text), NAMES, _secrets()) == text


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
    assert _value("{{ item }}", item=value) is value
    if not isinstance(value, str):
        assert _value("{{ item | json | parse }}", item=value) == value
