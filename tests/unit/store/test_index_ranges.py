"""The terms by which ranges of numbers are found."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.query.expressions import Between
from flightlog.store.index_ranges import find_step, hash_steps, list_range_terms
from flightlog.store.index_terms import write_hashes

NUMBERS = st.one_of(
    st.integers(-(10**4), 10**4).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.builds("{}e{}".format, st.integers(-99, 99), st.integers(-400, 400)),
)


def is_candidate(number: str | int, wanted: Between) -> bool:
    """Check whether a number has one of a range's terms."""
    terms = list_range_terms("price", wanted)
    assert terms is not None
    return any(write_hashes([each]) in terms for each in hash_steps("price", find_step(number)))


@given(NUMBERS, NUMBERS, NUMBERS)
def test_every_number_of_a_range_is_a_candidate(first: str, second: str, third: str) -> None:
    """Numbers at the ends and between them have a term of the range, however they are written."""
    low, number, high = sorted((first, second, third), key=Decimal)
    for wanted in (Between(low, high), Between(low), Between(high=high), Between(number, number)):
        assert is_candidate(number, wanted)


@pytest.mark.parametrize(
    ("number", "low", "high"),
    [
        ("402", "404", None),
        ("402", None, "399"),
        ("17.50", "17.6", "1e9"),
        ("-3", "0", None),
        ("0", "5e-324", None),
        ("0", None, "-5e-324"),
        ("1e400", None, "1.7e308"),
        ("-1e400", "-1.7e308", None),
        (10**400, None, "1e300"),
        ("NaN", "1", None),
    ],
)
def test_numbers_beside_a_range_are_no_candidates(
    number: str | int, low: str | None, high: str | None
) -> None:
    """A range excludes numbers that are 0.4 % away from its ends, and those of the other sign."""
    assert not is_candidate(number, Between(low, high))


def test_a_range_has_few_terms() -> None:
    """The terms of a range are few even if it includes all sizes, so that a search stays short."""
    assert 1 < len(list_range_terms("price", Between("500")) or []) < 100
    assert 1 < len(list_range_terms("price", Between("-12.34", "56.78")) or []) < 400


@pytest.mark.parametrize("end", ["2026-11-01", "+5", "1_000", "true", "x"])
def test_a_range_of_texts_has_no_terms(end: str) -> None:
    """An end that is no JSON number makes the range one of texts."""
    assert list_range_terms("price", Between(end)) is None
    assert list_range_terms("price", Between("1", end)) is None
