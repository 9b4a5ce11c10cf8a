"""Sums of the tokens of models' calls, and what they cost by today's prices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from flightlog.models.calls import ModelCall
from flightlog.models.prices import Price, find_price


class Usage(Struct, frozen=True, kw_only=True):
    """The tokens of calls of one model, to all of which the same price applies."""

    model: str | None
    """The model; None if neither question nor answer names it."""
    calls: int
    """The number of calls."""
    input_tokens: int
    """The sum of the input tokens, including those read from a cache."""
    cached_tokens: int
    """The sum of the input tokens that were read from a cache."""
    output_tokens: int
    """The sum of the output tokens."""
    largest_input: int
    """The most input tokens of one of the calls."""
    is_complete: bool
    """Whether input and output of all these calls are known."""

    def compute_cost(self, prices: Sequence[Price]) -> float | None:
        """
        Compute what the calls cost.

        Args:
            prices: The prices; the first that applies is used.

        Returns:
            US dollars; None if tokens are missing, or no price applies.
        """
        price = find_price(self.model, prices, self.largest_input) if self.is_complete else None
        if price is None:
            return None
        return price.compute_cost(self.input_tokens, self.cached_tokens, self.output_tokens)


class UsageSum(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The calls of models, their tokens and their cost."""

    calls: int
    """The number of calls whose tokens are known."""
    input_tokens: int
    """The sum of the input tokens."""
    output_tokens: int
    """The sum of the output tokens."""
    models: tuple[str, ...]
    """The models, those with the most tokens first."""
    unpriced: int = 0
    """The number of calls whose cost isn't known."""
    cost_usd: float | None = None
    """The sum of the costs that are known, US dollars; absent if none is known."""


def measure_call(call: ModelCall) -> Usage:
    """
    Read the tokens of one call.

    Args:
        call: The call.

    Returns:
        The tokens; unknown ones count as none, and then the tokens are not complete.
    """
    asked, answered = call.input_tokens, call.output_tokens
    return Usage(
        model=call.model,
        calls=1,
        input_tokens=asked or 0,
        cached_tokens=call.cached_tokens or 0,
        output_tokens=answered or 0,
        largest_input=asked or 0,
        is_complete=asked is not None and answered is not None,
    )


def choose_counted(calls: Sequence[ModelCall]) -> list[bool]:
    """
    Choose the calls of an execution that count, because several nodes may pass on one answer.

    Args:
        calls: The calls in the order of their nodes.

    Returns:
        For each call whether it counts: the last call of each answer, which the innermost node has.
    """
    last = {call.answer_id: place for place, call in enumerate(calls)}
    return [
        call.answer_id is None or last[call.answer_id] == place for place, call in enumerate(calls)
    ]


def sum_usage(usages: Iterable[Usage], prices: Sequence[Price]) -> UsageSum | None:
    """
    Add up the tokens of calls, and compute the cost.

    Args:
        usages: The tokens.
        prices: The prices; the first that applies is used.

    Returns:
        The sum; None without calls.
    """
    found = sorted(usages, key=lambda each: -(each.input_tokens + each.output_tokens))
    if not found:
        return None
    costs = [each.compute_cost(prices) for each in found]
    known = [cost for cost in costs if cost is not None]
    return UsageSum(
        calls=sum(each.calls for each in found),
        input_tokens=sum(each.input_tokens for each in found),
        output_tokens=sum(each.output_tokens for each in found),
        models=tuple(dict.fromkeys(each.model for each in found if each.model is not None)),
        unpriced=sum(each.calls for each, cost in zip(found, costs, strict=True) if cost is None),
        cost_usd=sum(known) if known else None,
    )


def sum_by_model(usages: Iterable[Usage], prices: Sequence[Price]) -> tuple[UsageSum, ...]:
    """
    Add up the tokens of each model, and compute the cost.

    Args:
        usages: The tokens.
        prices: The prices; the first that applies is used.

    Returns:
        The sums, the model with the most tokens first.
    """
    by_model: dict[str | None, list[Usage]] = {}
    for usage in usages:
        by_model.setdefault(usage.model, []).append(usage)
    sums = [found for each in by_model.values() if (found := sum_usage(each, prices)) is not None]
    return tuple(sorted(sums, key=lambda each: -(each.input_tokens + each.output_tokens)))


def list_limits(prices: Iterable[Price]) -> tuple[int, ...]:
    """
    List the numbers of input tokens at which prices change.

    Calls between two of these numbers can be added up before their cost is computed.

    Args:
        prices: The prices.

    Returns:
        The numbers in ascending order.
    """
    return tuple(sorted({each.max_input for each in prices if each.max_input is not None}))
