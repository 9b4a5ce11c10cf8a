from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flightlog.runtime.expressions import check
from flightlog.runtime.functions import FILTERS, FUNCTIONS
from flightlog.runtime.name_check import CONTEXTS

from .conftest import evaluate


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
    assert evaluate(f"{{{{ {call} }}}}") == value
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
    assert before < datetime.fromisoformat(evaluate("{{ now() }}")) <= datetime.now(UTC)
    assert evaluate("{{ uuid() }}") != evaluate("{{ uuid() }}")
