"""Embeddings by Voyage AI's SDK."""

from __future__ import annotations

import os
from typing import Any, Final, Unpack

from voyageai.client_async import AsyncClient

from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import provider_errors
from flightlog.runtime.nodes.embeddings import Embedding, embedded

KEY: Final = "VOYAGE_API_KEY"
BASE_URL: Final = "VOYAGE_BASE_URL"
_PROVIDER: Final = "Voyage"
_BATCH_SIZE: Final = 128


async def voyage_embedding(node: Node, **config: Unpack[Embedding]) -> dict[str, Any]:
    """
    Make vectors of texts by a model of Voyage; the key is `VOYAGE_API_KEY` of the environment.

    Args:
        node: The node.
        config: Which model, and which texts; 128 go in one call unless it says otherwise.

    Returns:
        `{"embedding": …}` of a text, `{"embeddings": […]}` of a list; with `model` and `usage`.

    Raises:
        ProviderError: Voyage refused, or could not be reached.
    """
    given = node.given(**config)
    client = AsyncClient(
        api_key=node.session.secrets.value(KEY), base_url=os.environ.get(BASE_URL) or None
    )
    dimension = int(given["dimensions"]) if "dimensions" in given else None

    async def embed(texts: list[str]) -> tuple[list[list[float]], int]:
        with provider_errors(_PROVIDER):
            made = await client.embed(texts, model=str(given["model"]), output_dimension=dimension)
        return [list(map(float, vector)) for vector in made.embeddings], made.total_tokens

    return await embedded(given, embed, _BATCH_SIZE)
