"""Keeps outputs of nodes for a limited time, in this process."""

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
    """Outputs by node and key, each with an expiry time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, bytes], tuple[float, Any]] = OrderedDict()

    def get(self, node_id: str, key: bytes) -> Any:
        """
        Find the output kept for a key.

        Args:
            node_id: The node's id.
            key: The key from `compute_cache_key`.

        Returns:
            The output; `UNSET` when there is none, or when it has expired.
        """
        until, output = self._kept.get((node_id, key), (0.0, UNSET))
        return output if time.monotonic() < until else UNSET

    def put(self, node_id: str, key: bytes, output: Any, ttl_s: float) -> None:
        """
        Keep an output, and evict the oldest entry when there are too many.

        Args:
            node_id: The node's id.
            key: The key from `compute_cache_key`.
            output: The output.
            ttl_s: How long the output is valid, seconds.
        """
        self._kept.pop((node_id, key), None)
        self._kept[node_id, key] = (time.monotonic() + ttl_s, output)
        if len(self._kept) > _MAX_CACHED:
            self._kept.popitem(last=False)


def compute_cache_key(
    definition: Definition, seen: Callable[[], Any], resolve: Callable[[Any], Any]
) -> bytes | None:
    """
    Compute the cache key of a node's output.

    Args:
        definition: The node.
        seen: Returns every value that the output may depend on, for a cache without a key.
        resolve: Evaluates expressions with the node's names.

    Returns:
        The key; None when the node has no cache.

    Raises:
        InvalidExpressionError: The key's expression can't be evaluated.
    """
    if definition.cache is None:
        return None
    key = definition.cache.get("key")
    # Keep a digest instead of the key, because keys may be large and the cache holds many.
    whole = encode_value(seen() if key is None else resolve(key), _WHOLE)
    return hashlib.sha256(whole).digest()
