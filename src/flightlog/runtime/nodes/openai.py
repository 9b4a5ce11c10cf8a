"""The openaiCompletion node, and embeddings, with OpenAI's SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

from openai import AsyncOpenAI

from flightlog.runtime.node import Node
from flightlog.runtime.nodes.chat import ChatCompletion, complete_chat, completion_arguments
from flightlog.runtime.nodes.completions import provider_errors
from flightlog.runtime.nodes.embeddings import Embedding, embedded

KEY: Final = "OPENAI_API_KEY"
_PROVIDER: Final = "OpenAI"


async def openai_completion(node: Node, **config: Unpack[ChatCompletion]) -> dict[str, Any]:
    """
    Ask a model of OpenAI; the API key is the environment variable `OPENAI_API_KEY`.

    Args:
        node: The node.
        config: The model, and the question.

    Returns:
        `{"content": …, "model": …, "stopReason": …, "usage": …}`, and `toolCalls` if there are any.

    Raises:
        ProviderError: OpenAI refused the request, or could not be reached.
        UnusableSecretError: The API key is missing, or too short.
        InvalidInputError: The messages or tools are invalid.
        InvalidExpressionError: An expression can't be evaluated.
    """
    return await complete(node, node.given(**config))


async def complete(node: Node, config: Mapping[str, Any]) -> dict[str, Any]:
    """Ask with a config that has been evaluated; see `openai_completion`."""
    client = AsyncOpenAI(api_key=node.session.secrets.value(KEY), max_retries=0)
    return await complete_chat(
        node,
        client,
        _PROVIDER,
        completion_arguments(config),
        streaming=bool(config.get("streaming")),
        streaming_options={"stream_options": {"include_usage": True}},
    )


async def openai_embedding(node: Node, **config: Unpack[Embedding]) -> dict[str, Any]:
    """
    Make vectors of texts by a model of OpenAI.

    The API key is the environment variable `OPENAI_API_KEY`.

    Args:
        node: The node.
        config: The model, and the texts; one call sends 512 texts unless the config differs.

    Returns:
        `{"embedding": …}` for a text, `{"embeddings": […]}` for a list; with `model` and `usage`.

    Raises:
        ProviderError: OpenAI refused the request, or could not be reached.
        UnusableSecretError: The API key is missing, or too short.
        InvalidInputError: There is no text, a text is empty, or the batch size is no number.
        InvalidExpressionError: An expression can't be evaluated.
    """
    given = node.given(**config)
    asked: dict[str, Any] = {"model": str(given["model"]), "encoding_format": "float"}
    if "dimensions" in given:
        asked["dimensions"] = int(given["dimensions"])
    async with AsyncOpenAI(api_key=node.session.secrets.value(KEY), max_retries=0) as client:

        async def embed(texts: list[str]) -> tuple[list[list[float]], int]:
            with provider_errors(_PROVIDER):
                made = await client.embeddings.create(input=texts, **asked)
            vectors = [one.embedding for one in sorted(made.data, key=lambda one: one.index)]
            return vectors, made.usage.total_tokens

        return await embedded(given, embed)
