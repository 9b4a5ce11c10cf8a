"""The number of examples of a property test."""

from __future__ import annotations

from hypothesis import settings


def examples(count: int) -> int:
    """
    Scale a test's own number of examples with the profile.

    Args:
        count: The number for `make test`, whose profile has 100 examples.

    Returns:
        The number for the profile; `make fuzz` has ten times as many.
    """
    return max(1, settings().max_examples * count // 100)
