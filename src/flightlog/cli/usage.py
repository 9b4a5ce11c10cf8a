"""Print the tokens and the cost of models' calls, by the prices of the settings."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flightlog.cli.history import HistoryChoice
from flightlog.cli.settings import choose
from flightlog.errors import StoreCapabilityError
from flightlog.models import (
    Price,
    UsageSum,
    list_limits,
    read_price_file,
    read_prices,
    sum_by_model,
    sum_usage,
)
from flightlog.store.query import MAX_IDS, HistoryFilter
from flightlog.text import clean

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger

_STEP: Final = 1_000
_SMALL_USD: Final = 0.1


class ModelsInUse(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The tokens and the costs of many executions."""

    total: UsageSum
    """The sum."""
    models: tuple[UsageSum, ...]
    """The sum of each model, the model with the most tokens first."""
    searched_to: str | None = None
    """The start of the oldest execution that was counted; None if all were counted."""


def choose_prices(history: HistoryChoice) -> tuple[Price, ...]:
    """
    Choose the prices: those of the setting `model_prices` first.

    Args:
        history: The history, whose configuration file is read.

    Returns:
        The prices.

    Raises:
        InvalidSettingError: The file of prices can't be used.
    """
    own = choose(history.collect_sources(), "model_prices").get("model_prices")
    return (*(() if own is None else read_price_file(own)), *read_prices())


def read_sums(
    logger: ExecutionLogger, ids: Sequence[str], prices: Sequence[Price]
) -> dict[str, UsageSum]:
    """
    Read the tokens and the costs of executions.

    Args:
        logger: The history.
        ids: The executions.
        prices: The prices.

    Returns:
        The sums by execution id; executions without calls are left out, and all of them if the
        kind of store can't add tokens up.
    """
    limits = list_limits(prices)
    sums: dict[str, UsageSum] = {}
    for first in range(0, len(ids), MAX_IDS):
        some = ids[first : first + MAX_IDS]
        try:
            usages_by_id = logger.reader.read_usage(some, limits)
        except StoreCapabilityError:
            return {}
        for execution_id, usages in usages_by_id.items():
            found = sum_usage(usages, prices)
            if found is not None:
                sums[execution_id] = found
    return sums


def read_models(
    logger: ExecutionLogger, chosen: HistoryFilter, prices: Sequence[Price]
) -> ModelsInUse | None:
    """
    Read the tokens and the costs of many executions.

    Args:
        logger: The history.
        chosen: The executions; the newest 20,000 are counted.
        prices: The prices.

    Returns:
        The sums; None without calls, or if the kind of store can't add them up.
    """
    try:
        found = logger.reader.sum_usage(chosen, list_limits(prices))
    except StoreCapabilityError:
        return None
    total = sum_usage(found.usages, prices)
    if total is None:
        return None
    by_model = sum_by_model(found.usages, prices)
    return ModelsInUse(total=total, models=by_model, searched_to=found.searched_to)


def print_models(console: Console, found: ModelsInUse) -> None:
    """
    Print the calls, the tokens and the cost of each model.

    Args:
        console: The console for the output.
        found: The sums.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bright_black")
    table.add_column("  models")
    for name in ("calls", "input", "output", "cost"):
        table.add_column(name, justify="right")
    rows = [(clean(", ".join(each.models)) or "not named", each) for each in found.models]
    total = [("all", found.total)] if len(rows) > 1 else []
    for name, each in (*rows, *total):
        table.add_row(
            Text(f"  {name}"),
            f"{each.calls:,}",
            format_tokens(each.input_tokens),
            format_tokens(each.output_tokens),
            format_cost(each) or "unknown",
        )
    console.print(table)
    if found.searched_to is not None:
        note = f"  Models: of the newest executions only, since {found.searched_to}."
        console.print(Text(note, style="dim"), soft_wrap=True)


def format_sum(found: UsageSum) -> str:
    """
    Format tokens and cost: `812`, `12.4k $0.042`; `≥` if the cost of some calls isn't known.

    Args:
        found: The sum.

    Returns:
        The text.
    """
    tokens = format_tokens(found.input_tokens + found.output_tokens)
    return f"{tokens} {format_cost(found)}".rstrip()


def format_tokens(tokens: int) -> str:
    """
    Format a number of tokens: `812`, `12.4k`, `3.1M`.

    Args:
        tokens: The number.

    Returns:
        The text.
    """
    if tokens < _STEP:
        return str(tokens)
    return f"{tokens / _STEP:.1f}k" if tokens < _STEP**2 else f"{tokens / _STEP**2:.1f}M"


def format_cost(found: UsageSum) -> str:
    """
    Format a cost: `$12.30`, `$0.042`; `≥` if the cost of some calls isn't known.

    Args:
        found: The sum.

    Returns:
        The text; empty if no cost is known.
    """
    cost_usd = found.cost_usd
    if cost_usd is None:
        return ""
    if cost_usd >= _SMALL_USD or not cost_usd:
        text = f"${cost_usd:,.2f}"
    else:
        # Two significant digits without an exponent.
        text = f"${Decimal(f'{cost_usd:.1e}'):f}"
    return f"≥ {text}" if found.unpriced else text
