"""
Calls of language models in recorded payloads: the conversation, the tokens and the cost.

`calls` recognizes a call by the shapes of the well-known SDKs, `prices` knows what tokens cost, and
`usage` adds both up.
Callers read the payloads.
"""

from flightlog.models.calls import ModelCall, ToolUse, Turn, read_call
from flightlog.models.prices import Price, find_price, read_price_file, read_prices
from flightlog.models.usage import (
    Usage,
    UsageSum,
    choose_counted,
    list_limits,
    measure_call,
    sum_by_model,
    sum_usage,
)

__all__ = [
    "ModelCall",
    "Price",
    "ToolUse",
    "Turn",
    "Usage",
    "UsageSum",
    "choose_counted",
    "find_price",
    "list_limits",
    "measure_call",
    "read_call",
    "read_price_file",
    "read_prices",
    "sum_by_model",
    "sum_usage",
]
