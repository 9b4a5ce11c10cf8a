"""The number of examples of a property test."""

from __future__ import annotations

from hypothesis import settings


def examples(count: int) -> int:
    """
    Scale a test's own number of examples with the profile.

    Args:
        count: The number where the profile has Hypothesis's usual 100 examples.

    Returns:
        The number for the profile: 0.6 times as many in `make test`, ten times in `make fuzz`.
    """
    return max(1, settings().max_examples * count // 100)
