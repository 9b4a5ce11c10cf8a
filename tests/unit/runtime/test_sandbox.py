from __future__ import annotations

import pytest

from flightlog.errors import InvalidExpressionError

from .conftest import evaluate


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
        evaluate(f"{{{{ {expression} }}}}")
