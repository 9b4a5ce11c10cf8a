"""
Calls of language models in recorded payloads: the conversation, the tokens and the cost.

`calls` recognizes a call by the shapes of the well-known SDKs, and `prices` knows what tokens cost.
Callers read the payloads.
"""

from flightlog.models.calls import ModelCall, ToolUse, Turn, read_call
from flightlog.models.prices import Price, find_price, read_price_file, read_prices

__all__ = [
    "ModelCall",
    "Price",
    "ToolUse",
    "Turn",
    "find_price",
    "read_call",
    "read_price_file",
    "read_prices",
]
