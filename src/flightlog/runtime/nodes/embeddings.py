"""The common part of all embedding providers: texts in batches, vectors as the result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Required, TypedDict

from flightlog.errors import InvalidInputError
from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import read_count, read_incoming_question
from flightlog.runtime.texts import to_text

BATCH_SIZE: Final = 100

Embed = Callable[[str | list[str]], Awaitable[tuple[list[list[float]], int]]]


class Embedding(TypedDict, total=False):
    """The config of a node that makes embeddings; each value may contain expressions."""

    model: Required[Any]
    """The model's name."""
    input: Any
    """A text, or a list of texts; else the incoming data."""
    dimensions: Any
    """The length of the vectors."""
    batch_size: Any
    """How many texts one call sends."""
    api_key: Any
    """The API key's expression, instead of the provider's own environment variable."""


def read_embedding(node: Node, **config: Any) -> dict[str, Any]:
    """
    Evaluate the config of a node that makes embeddings, and record the result as its input.

    Args:
        node: The node.
        config: The config; without `input`, the incoming data is the text.

    Returns:
        The evaluated config. The API key is neither in it nor in the record.

    Raises:
        InvalidInputError: There is no text, and nothing flows into the node.
        InvalidExpressionError: An expression can't be evaluated, except in the texts.
    """
    config.pop("api_key", None)
    given = node.given_texts({"input"}, **config)
    if "input" not in given:
        data = node.data
        texts = isinstance(data, list)
        given["input"] = data if texts else read_incoming_question(data)["messages"][0]["content"]
        node.record_input(given)
    return given


async def embed_texts(config: Mapping[str, Any], embed: Embed) -> dict[str, Any]:
    """
    Make vectors of a config's texts, in batches.

    Args:
        config: A node's evaluated config: `input`, `model`, `batch_size`.
        embed: Makes the vectors of a text or some texts, and returns them with the count of tokens.

    Returns:
        The node's output: `{"embeddings": […], "model": …, "dimensions": …, "usage": …}`, with
        `embedding` of a text.

    Raises:
        InvalidInputError: There is no text, a text is empty, or the batch size is no number.
    """
    given = config["input"]
    texts = [to_text(text) for text in given] if isinstance(given, list) else [to_text(given)]
    if not texts or not all(texts):
        raise InvalidInputError("input", "holds no text, or an empty one")
    size = read_count(config, "batch_size", "batchSize") or BATCH_SIZE
    vectors: list[list[float]] = []
    tokens = 0
    for start in range(0, len(texts), size):
        batch = texts[start : start + size]
        made, used = await embed(batch if isinstance(given, list) else batch[0])
        vectors += made
        tokens += used
    output: dict[str, Any] = {
        "embeddings": vectors,
        "model": config["model"],
        "dimensions": len(vectors[0]),
        "usage": {"total_tokens": tokens, "totalTokens": tokens},
    }
    return output if isinstance(given, list) else {**output, "embedding": vectors[0]}
