"""The common part of all embedding providers: texts in batches, vectors as the result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Required, TypedDict

from flightlog.errors import InvalidInputError
from flightlog.runtime.texts import as_text

BATCH_SIZE: Final = 512

Embed = Callable[[list[str]], Awaitable[tuple[list[list[float]], int]]]


class Embedding(TypedDict, total=False):
    """The config of a node that makes embeddings; each value may contain expressions."""

    model: Required[Any]
    """The model's name."""
    input: Required[Any]
    """A text, or a list of texts."""
    dimensions: Any
    """The length of the vectors."""
    batch_size: Any
    """How many texts one call sends."""


async def embedded(
    config: Mapping[str, Any], embed: Embed, batch_size: int = BATCH_SIZE
) -> dict[str, Any]:
    """
    Make vectors of a config's texts, in batches.

    Args:
        config: A node's evaluated config: `input`, `model`, `batch_size`.
        embed: Makes the vectors of some texts, and returns them with the count of tokens.
        batch_size: How many texts one call sends, unless the config sets another number.

    Returns:
        The node's output: `{"embedding": …}` for a text, `{"embeddings": […]}` for a list, with
        `model` and `usage`.

    Raises:
        InvalidInputError: There is no text, a text is empty, or the batch size is no number.
    """
    given = config["input"]
    texts = [as_text(one) for one in given] if isinstance(given, list) else [as_text(given)]
    if not texts or not all(texts):
        raise InvalidInputError("input", "holds no text, or an empty one")
    size = config.get("batch_size", batch_size)
    if isinstance(size, bool) or not isinstance(size, (int, float)) or size < 1:
        raise InvalidInputError("batchSize", f"is {size!r}, no number of texts")
    vectors: list[list[float]] = []
    tokens = 0
    for start in range(0, len(texts), int(size)):
        made, used = await embed(texts[start : start + int(size)])
        vectors += made
        tokens += used
    told = {"embeddings": vectors} if isinstance(given, list) else {"embedding": vectors[0]}
    return {**told, "model": config["model"], "usage": {"totalTokens": tokens}}
