"""The groqCompletion node, with Groq's SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

from groq import AsyncGroq

from flightlog.runtime.node import Node
from flightlog.runtime.nodes.chat import ChatCompletion, complete_chat, completion_arguments

KEY: Final = "GROQ_API_KEY"
_PROVIDER: Final = "Groq"


async def groq_completion(node: Node, **config: Unpack[ChatCompletion]) -> dict[str, Any]:
    """
    Ask a model of Groq; the API key is the environment variable `GROQ_API_KEY`.

    Args:
        node: The node.
        config: The model, and the question.

    Returns:
        `{"content": …, "model": …, "stopReason": …, "usage": …}`, and `toolCalls` if there are any.

    Raises:
        ProviderError: Groq refused the request, or could not be reached.
        UnusableSecretError: The API key is missing, or too short.
        InvalidInputError: The messages or tools are invalid.
        InvalidExpressionError: An expression can't be evaluated.
    """
    return await complete(node, node.given(**config))


async def complete(node: Node, config: Mapping[str, Any]) -> dict[str, Any]:
    """Ask with a config that has been evaluated; see `groq_completion`."""
    client = AsyncGroq(api_key=node.session.secrets.value(KEY), max_retries=0)
    return await complete_chat(
        node,
        client,
        _PROVIDER,
        completion_arguments(config),
        streaming=bool(config.get("streaming")),
        streaming_options={},
    )
