"""The embedding node of Voyage AI, with its SDK."""

from __future__ import annotations

import os
from typing import Any, Final, Unpack

from flightlog.runtime.libraries import load_library
from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import provider_errors, read_count, read_provider_key
from flightlog.runtime.nodes.embeddings import Embedding, embed_texts, read_embedding

__all__ = ["voyage_embedding"]

KEY: Final = "VOYAGE_API_KEY"
BASE_URL: Final = "VOYAGE_BASE_URL"
_PROVIDER: Final = "Voyage"


async def voyage_embedding(node: Node, **config: Unpack[Embedding]) -> dict[str, Any]:
    """
    Make vectors of texts by a model of Voyage.

    The API key is the environment variable `VOYAGE_API_KEY`.

    Args:
        node: The node.
        config: The model, and the texts; one call sends 100 texts unless the config differs.

    Returns:
        `{"embeddings": […], "model": …, "dimensions": …, "usage": …}`, with `embedding` of a text.

    Raises:
        ProviderError: Voyage refused the request, or could not be reached.
        UnusableSecretError: The API key is missing, or too short.
        InvalidInputError: There is no text, a text is empty, or the batch size is no number.
        InvalidExpressionError: An expression can't be evaluated.
    """
    # Loaded late, so that a missing SDK is reported as the run's failure.
    sdk = await load_library("voyageai.client_async")

    given = read_embedding(node, **config)
    client = sdk.AsyncClient(
        api_key=read_provider_key(node, KEY, config.get("api_key")),
        base_url=os.environ.get(BASE_URL) or None,
    )
    dimension = read_count(given, "dimensions", "dimensions")

    async def embed(texts: str | list[str]) -> tuple[list[list[float]], int]:
        listed = [texts] if isinstance(texts, str) else texts
        with provider_errors(_PROVIDER):
            made = await client.embed(listed, model=str(given["model"]), output_dimension=dimension)
        return [list(map(float, vector)) for vector in made.embeddings], made.total_tokens

    return await embed_texts(given, embed)
