"""Embeddings by Voyage AI's SDK."""

from __future__ import annotations

import os
from typing import Any, Final

from voyageai.client_async import AsyncClient

from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import provider_errors
from flightlog.runtime.nodes.embeddings import embedded

KEY: Final = "VOYAGE_API_KEY"
BASE_URL: Final = "VOYAGE_BASE_URL"
_PROVIDER: Final = "Voyage"
_BATCH_SIZE: Final = 128


async def voyage_embedding(
    node: Node,
    *,
    model: Any,
    input: Any,  # noqa: A002 - the manifest's own word
    dimensions: Any = None,
    batch_size: Any = None,
) -> dict[str, Any]:
    """
    Make vectors of texts by a model of Voyage; the key is `VOYAGE_API_KEY` of the environment.

    Args:
        node: The node.
        model: The model's name; as all others, it may hold expressions.
        input: A text, or a list of texts.
        dimensions: How long the vectors are.
        batch_size: How many texts go in one call; 128 when None.

    Returns:
        `{"embedding": …}` of a text, `{"embeddings": […]}` of a list; with `model` and `usage`.

    Raises:
        ProviderError: Voyage refused, or could not be reached.
    """
    config = node.given(model=model, input=input, dimensions=dimensions, batch_size=batch_size)
    client = AsyncClient(
        api_key=node.session.secrets.value(KEY), base_url=os.environ.get(BASE_URL) or None
    )
    dimension = int(config["dimensions"]) if "dimensions" in config else None

    async def embed(texts: list[str]) -> tuple[list[list[float]], int]:
        with provider_errors(_PROVIDER):
            made = await client.embed(texts, model=str(config["model"]), output_dimension=dimension)
        return [list(map(float, vector)) for vector in made.embeddings], made.total_tokens

    return await embedded(config, embed, _BATCH_SIZE)
