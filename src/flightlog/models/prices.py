"""The cost of a model's tokens, by a table that is data with sources and dates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from flightlog.errors import InvalidSettingError

_MILLION: Final = 1_000_000
_KEPT_MODELS: Final = 256
"""Names of models come from clients, so the number of names that are kept is limited."""
_VERSION: Final = re.compile(r"(?:[-@:](?:20\d{6}|20\d\d-\d\d-\d\d|\d{4}|latest))?(?:-v\d[\d:]*)?")


class Price(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price of a model's tokens, US dollars for a million tokens."""

    model: str
    """The model's name without its date."""
    input: float
    """The price of input."""
    output: float
    """The price of output."""
    cached: float | None = None
    """The price of input read from a cache; None if it costs as much as other input."""
    max_input: int | None = None
    """The number of input tokens up to which the price applies; None without a limit."""

    def compute_cost(self, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
        """
        Compute what tokens cost.

        Args:
            input_tokens: The input, including what was read from a cache.
            cached_tokens: The input that was read from a cache.
            output_tokens: The output.

        Returns:
            US dollars.
        """
        cached = min(cached_tokens, input_tokens)
        cached_price = self.input if self.cached is None else self.cached
        paid = (input_tokens - cached) * self.input + cached * cached_price
        return (paid + output_tokens * self.output) / _MILLION


class _Group(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: str
    read: dt.date
    models: tuple[Price, ...]


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    prices: tuple[_Group, ...]


@cache
def read_prices() -> tuple[Price, ...]:
    """
    Read the prices that come with Flightlog.

    Returns:
        The prices.
    """
    return read_price_file(Path(__file__).with_name("prices.toml"))


def read_price_file(path: Path) -> tuple[Price, ...]:
    """
    Read a file of prices.

    Args:
        path: The file, in the form of `prices.toml`.

    Returns:
        The prices.

    Raises:
        InvalidSettingError: The file can't be read, or has another form.
    """
    try:
        table = msgspec.toml.decode(path.read_bytes(), type=_Table)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError, ValueError) as error:
        raise InvalidSettingError(
            "model_prices",
            f"names {path}, which can't be used: {error}",
            hint="Write `[[prices]]` with `source`, `read` and `models`: docs/inspect/viewer.md.",
        ) from error
    return tuple(price for group in table.prices for price in group.models)


def find_price(model: str | None, prices: Sequence[Price], input_tokens: int = 0) -> Price | None:
    """
    Find the price of a model.

    Args:
        model: The model's name, perhaps with a provider before a slash, as in `openai/gpt-4o`.
        prices: The prices; the first that is for the model and for so many tokens applies.
        input_tokens: The input tokens of a call.

    Returns:
        The price; None if no price is known.
    """
    if model is None:
        return None
    name = model.rsplit("/", 1)[-1].lower()
    for price in prices:
        is_within = price.max_input is None or input_tokens <= price.max_input
        if is_within and _is_version(name, price.model.lower()):
            return price
    return None


class CallPricer:
    """
    Computes what single calls cost; the prices of a model are found once.

    Args:
        prices: The prices; the first that applies is used.
    """

    def __init__(self, prices: Sequence[Price]) -> None:
        self._prices = prices
        self._by_model: dict[str, tuple[Price, ...]] = {}

    def compute_cost(
        self,
        model: str | None,
        input_tokens: int | None,
        cached_tokens: int | None,
        output_tokens: int | None,
    ) -> float | None:
        """
        Compute what one call costs.

        Args:
            model: The model's name.
            input_tokens: The input, including what was read from a cache.
            cached_tokens: The input that was read from a cache; None counts as none.
            output_tokens: The output.

        Returns:
            US dollars; None if tokens are missing, or no price applies.
        """
        if model is None or input_tokens is None or output_tokens is None:
            return None
        prices = self._by_model.get(model)
        if prices is None:
            prices = tuple(each for each in self._prices if find_price(model, (each,)) is not None)
            if len(self._by_model) >= _KEPT_MODELS:
                self._by_model.clear()
            self._by_model[model] = prices
        for price in prices:
            if price.max_input is None or input_tokens <= price.max_input:
                return price.compute_cost(input_tokens, cached_tokens or 0, output_tokens)
        return None


def _is_version(name: str, model: str) -> bool:
    # Other models have names that go on in other ways: `gpt-5-mini` is not a version of `gpt-5`.
    return name.startswith(model) and _VERSION.fullmatch(name[len(model) :]) is not None
