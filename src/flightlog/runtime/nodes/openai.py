"""The openaiCompletion node, and embeddings, with OpenAI's SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

from flightlog.runtime.libraries import load_library
from flightlog.runtime.node import Node
from flightlog.runtime.nodes.chat import ChatCompletion, ChatProvider, complete_chat
from flightlog.runtime.nodes.completions import (
    provider_errors,
    read_count,
    read_provider_key,
    read_question,
)
from flightlog.runtime.nodes.embeddings import Embedding, embed_texts, read_embedding

__all__ = ["openai_completion", "openai_embedding"]

KEY: Final = "OPENAI_API_KEY"
_OPENAI: Final = ChatProvider(
    name="OpenAI",
    key=KEY,
    library="openai",
    client="AsyncOpenAI",
    streaming_options={"stream_options": {"include_usage": True}},
)


async def openai_completion(node: Node, **config: Unpack[ChatCompletion]) -> dict[str, Any]:
    """
    Ask a model of OpenAI; the API key is the environment variable `OPENAI_API_KEY`.

    Args:
        node: The node.
        config: The model, and the question.

    Returns:
        `{"content": …, "model": …, "finish_reason": …, "usage": …}`, each also by the names of
        `docs/editor/workflow-runtime.md`; `toolCalls` and `function_call` if there are any.

    Raises:
        ProviderError: OpenAI refused the request, or could not be reached.
        UnusableSecretError: The API key is missing, or too short.
        InvalidInputError: The messages or tools are invalid.
        InvalidExpressionError: An expression can't be evaluated.
    """
    return await complete(node, read_question(node, **config), config.get("api_key"))


async def complete(node: Node, config: Mapping[str, Any], api_key: Any = None) -> dict[str, Any]:
    """
    Ask with a config that has been evaluated; see `openai_completion`.

    Args:
        node: The node.
        config: The evaluated config.
        api_key: The API key's expression; None means the environment variable.

    Returns:
        The node's output.
    """
    return await complete_chat(node, _OPENAI, config, api_key)


async def openai_embedding(node: Node, **config: Unpack[Embedding]) -> dict[str, Any]:
    """
    Make vectors of texts by a model of OpenAI.

    The API key is the environment variable `OPENAI_API_KEY`.

    Args:
        node: The node.
        config: The model, and the texts; one call sends 100 texts unless the config differs.

    Returns:
        `{"embeddings": […], "model": …, "dimensions": …, "usage": …}`, with `embedding` of a text.

    Raises:
        ProviderError: OpenAI refused the request, or could not be reached.
        UnusableSecretError: The API key is missing, or too short.
        InvalidInputError: There is no text, a text is empty, or the batch size is no number.
        InvalidExpressionError: An expression can't be evaluated.
    """
    sdk = await load_library("openai")

    given = read_embedding(node, **config)
    asked: dict[str, Any] = {"model": str(given["model"]), "encoding_format": "float"}
    if (dimensions := read_count(given, "dimensions", "dimensions")) is not None:
        asked["dimensions"] = dimensions
    key = read_provider_key(node, KEY, config.get("api_key"))
    async with sdk.AsyncOpenAI(api_key=key, max_retries=0) as client:

        async def embed(texts: str | list[str]) -> tuple[list[list[float]], int]:
            with provider_errors(_OPENAI.name):
                made = await client.embeddings.create(input=texts, **asked)
            vectors = [item.embedding for item in sorted(made.data, key=lambda item: item.index)]
            return vectors, made.usage.total_tokens

        return await embed_texts(given, embed)
