"""
Calls of language models in recorded payloads: the conversation, the tokens and the cost.

`calls` reads node executions and recognizes a call by the shapes of the well-known SDKs, `streams`
joins streamed answers, `prices` knows what tokens cost, and `usage` adds both up. Callers read the
records.
"""

from flightlog.models.calls import (
    MAX_BYTES,
    ModelCall,
    ToolUse,
    Turn,
    read_call,
    read_encoded_call,
    read_node_call,
)
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
    "MAX_BYTES",
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
    "read_encoded_call",
    "read_node_call",
    "read_price_file",
    "read_prices",
    "sum_by_model",
    "sum_usage",
]
