"""The groqCompletion node, by Groq's SDK."""

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
    Ask a model of Groq; the key is `GROQ_API_KEY` of the environment.

    Args:
        node: The node.
        config: Whom to ask, and what.

    Returns:
        `{"content": …, "model": …, "stopReason": …, "usage": …}`, and `toolCalls`.

    Raises:
        ProviderError: Groq refused, or could not be reached.
    """
    return await complete(node, node.given(**config))


async def complete(node: Node, config: Mapping[str, Any]) -> dict[str, Any]:
    """Ask, by a config that has been evaluated."""
    client = AsyncGroq(api_key=node.session.secrets.value(KEY), max_retries=0)
    return await complete_chat(
        node,
        client,
        _PROVIDER,
        completion_arguments(config),
        streaming=bool(config.get("streaming")),
        streaming_options={},
    )
