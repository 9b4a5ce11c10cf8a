from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.store.histogram import (
    NO_DURATION,
    RELATIVE_ERROR,
    compute_percentile,
    find_bucket,
    get_bucket_ms,
    to_microseconds,
)

durations = st.floats(0.001, 1e9)


@given(durations)
def test_a_bucket_stands_for_its_values_within_the_error(duration_ms: float) -> None:
    """A bucket's value is within 2 % of its members, apart from rounding to whole microseconds."""
    exact = to_microseconds(duration_ms) / 1000
    assert get_bucket_ms(find_bucket(duration_ms)) == pytest.approx(
        exact, rel=RELATIVE_ERROR * 1.001
    )


@given(st.lists(durations, min_size=1, max_size=60), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_is_within_the_error_of_the_exact_one(
    values: list[float], fraction: float
) -> None:
    """A percentile is within the error of the exact percentile of the sorted values."""
    exact = sorted(to_microseconds(value) / 1000 for value in values)
    wanted = exact[math.ceil(fraction * len(exact)) - 1]
    counts = Counter(find_bucket(value) for value in values)
    assert compute_percentile(counts, fraction) == pytest.approx(wanted, rel=RELATIVE_ERROR * 1.001)


def test_zero_none_and_negative_durations_have_their_places() -> None:
    """A duration of 0 counts, a missing duration doesn't, and a negative duration counts as 0."""
    assert (find_bucket(0), find_bucket(None), find_bucket(-5)) == (0, NO_DURATION, 0)
    assert compute_percentile({0: 3}, 0.5) == 0
    assert compute_percentile({NO_DURATION: 3}, 0.5) is None
    assert to_microseconds(None) == 0
