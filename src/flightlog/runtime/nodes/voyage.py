"""The embedding node of Voyage AI, with its SDK."""

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
    Make vectors of texts by a model of Voyage.

    The API key is the environment variable `VOYAGE_API_KEY`.

    Args:
        node: The node.
        config: The model, and the texts; one call sends 128 texts unless the config differs.

    Returns:
        `{"embedding": …}` for a text, `{"embeddings": […]}` for a list; with `model` and `usage`.

    Raises:
        ProviderError: Voyage refused the request, or could not be reached.
        UnusableSecretError: The API key is missing, or too short.
        InvalidInputError: There is no text, a text is empty, or the batch size is no number.
        InvalidExpressionError: An expression can't be evaluated.
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
