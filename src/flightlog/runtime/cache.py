"""Outputs of nodes that serve again for a while, in this process."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from flightlog.capture.encoding import encode_value
from flightlog.runtime.definition import UNSET, Definition

_WHOLE: Final = 1 << 40
_MAX_CACHED: Final = 1_000


class Cache:
    """Outputs by node and key, each with the time until which it serves."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, bytes], tuple[float, Any]] = OrderedDict()

    def get(self, node_id: str, key: bytes) -> Any:
        """The output kept for a key; `UNSET` when there is none."""
        until, output = self._kept.get((node_id, key), (0.0, UNSET))
        return output if time.monotonic() < until else UNSET

    def put(self, node_id: str, key: bytes, output: Any, ttl_s: float) -> None:
        """Keep an output; of too many the oldest goes."""
        self._kept.pop((node_id, key), None)
        self._kept[node_id, key] = (time.monotonic() + ttl_s, output)
        if len(self._kept) > _MAX_CACHED:
            self._kept.popitem(last=False)


def cache_key(
    definition: Definition, seen: Callable[[], Any], resolve: Callable[[Any], Any]
) -> bytes | None:
    """
    Compute the key of a node's output.

    Args:
        definition: The node.
        seen: Returns all that its output may depend on, for a cache without a key.
        resolve: Evaluates expressions where the node stands.

    Returns:
        The key; None where the node has no cache.

    Raises:
        InvalidExpressionError: The key's expression can't be evaluated.
    """
    if definition.cache is None:
        return None
    key = definition.cache.get("key")
    # A digest of all of it: a key may be large, and a thousand are kept.
    whole = encode_value(seen() if key is None else resolve(key), _WHOLE)
    return hashlib.sha256(whole).digest()
