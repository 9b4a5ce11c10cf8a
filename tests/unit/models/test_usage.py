"""Sums of tokens and costs."""

from __future__ import annotations

from flightlog.models import (
    ModelCall,
    Price,
    Usage,
    UsageSum,
    choose_counted,
    list_limits,
    measure_call,
    sum_usage,
)

PRICES = (
    Price(model="small", input=1.0, cached=0.5, output=2.0, max_input=1_000),
    Price(model="small", input=3.0, output=4.0),
    Price(model="large", input=10.0, output=20.0),
)


def measure(model: str | None, asked: int | None, answered: int | None) -> Usage:
    """Measure a call."""
    return measure_call(
        ModelCall(turns=(), model=model, input_tokens=asked, output_tokens=answered)
    )


def test_calls_are_added_up_by_their_own_prices() -> None:
    """Each call has the price for its input, and the model with the most tokens comes first."""
    found = sum_usage(
        [measure("small", 1_000, 10), measure("small", 1_001, 10), measure("large", 5_000, 0)],
        PRICES,
    )
    assert found == UsageSum(
        calls=3,
        input_tokens=7_001,
        output_tokens=20,
        models=("large", "small"),
        cost_usd=(1_020 + 3_043 + 50_000) / 1e6,
    )


def test_calls_without_a_known_cost_are_counted_apart() -> None:
    """An unknown model, a missing name and missing tokens have no cost; the tokens count."""
    usages = [measure("unheard-of", 5, 5), measure(None, 5, 5), measure("large", None, 5)]
    found = sum_usage([*usages, measure("large", 1_000_000, 0)], PRICES)
    assert found is not None
    assert (found.calls, found.unpriced, found.cost_usd) == (4, 3, 10.0)
    assert (found.input_tokens, found.output_tokens) == (1_000_010, 15)
    none = sum_usage(usages, PRICES)
    assert none is not None
    assert (none.cost_usd, none.unpriced) == (None, 3)
    assert sum_usage([], PRICES) is None


def test_limits_are_those_of_the_prices() -> None:
    """Calls between two limits may be added up first."""
    assert list_limits(PRICES) == (1_000,)


def test_an_answer_that_nodes_pass_on_counts_once() -> None:
    """The last of them counts, and answers without an id all count."""
    ids = ["a", None, "b", "a", None]
    calls = [ModelCall(turns=(), answer_id=each) for each in ids]
    assert choose_counted(calls) == [False, True, True, True, True]
