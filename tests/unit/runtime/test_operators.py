"""Operators of expressions with results of bounded size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flightlog.runtime.budget import ExpressionFault, begin_budget
from flightlog.runtime.operators import add, modulo, multiply, power


@pytest.mark.parametrize(
    ("operation", "left", "right", "expected"),
    [
        (power, 2, 10, 1024),
        (power, 2, -1, 0.5),
        (power, 1.5, 2, 2.25),
        (multiply, 6, 7, 42),
        (multiply, "ab", 3, "ababab"),
        (multiply, 2, [1], [1, 1]),
        (multiply, [1], -5, []),
        (add, 1, 2.5, 3.5),
        (add, "a", "b", "ab"),
        (add, [1], [2], [1, 2]),
        (modulo, 7, 4, 3),
    ],
)
def test_operator_does_what_python_does(
    operation: Callable[[Any, Any], Any], left: Any, right: Any, expected: Any
) -> None:
    """Results within the limits are Python's."""
    with begin_budget():
        assert operation(left, right) == expected


@pytest.mark.parametrize(
    ("operation", "left", "right"),
    [
        (power, 10, 100_000),
        (power, -3, 10**9),
        (multiply, "a", 10**8),
        (multiply, 10**8, [1]),
        (multiply, 1 << 5_000, 1 << 5_000),
        (add, "a" * 6_000_000, "a" * 6_000_000),
        (modulo, "%s", 1),
        (modulo, b"%s", 1),
    ],
)
def test_result_that_is_too_large_is_refused(
    operation: Callable[[Any, Any], Any], left: Any, right: Any
) -> None:
    """Large results, and formats of texts, are faults of the expression."""
    with begin_budget(), pytest.raises(ExpressionFault):
        operation(left, right)
