from __future__ import annotations

import pytest

from flightlog.store.space_meter import Size, compute_target


def test_sizes_add_up_apart() -> None:
    """Rows and payloads are scaled by different factors later, so neither counts in the other."""
    assert Size(1, 10).times(3).plus(Size(2, 0)) == Size(5, 30)


@pytest.mark.parametrize(
    ("budget", "log", "target"), [(1_000, 0, 1_000), (1_000, 100, 900), (1_000, 900, 750)]
)
def test_a_log_takes_at_most_a_quarter_of_a_budget(budget: int, log: int, target: int) -> None:
    """A store without a log of its own has the whole budget."""
    assert compute_target(budget, log) == target
