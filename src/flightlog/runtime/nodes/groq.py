"""The groqCompletion node, with Groq's SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

from flightlog.runtime.node import Node
from flightlog.runtime.nodes.chat import ChatCompletion, ChatProvider, complete_chat
from flightlog.runtime.nodes.completions import read_question

__all__ = ["groq_completion"]

KEY: Final = "GROQ_API_KEY"
_GROQ: Final = ChatProvider(
    name="Groq",
    key=KEY,
    library="groq",
    client="AsyncGroq",
)


async def groq_completion(node: Node, **config: Unpack[ChatCompletion]) -> dict[str, Any]:
    """
    Ask a model of Groq; the API key is the environment variable `GROQ_API_KEY`.

    Args:
        node: The node.
        config: The model, and the question.

    Returns:
        `{"content": …, "model": …, "finish_reason": …, "usage": …}`, each also by the names of
        `docs/editor/workflow-runtime.md`; `toolCalls` and `function_call` if there are any.

    Raises:
        ProviderError: Groq refused the request, or could not be reached.
        UnusableSecretError: The API key is missing, or too short.
        InvalidInputError: The messages or tools are invalid.
        InvalidExpressionError: An expression can't be evaluated.
    """
    return await complete(node, read_question(node, **config), config.get("api_key"))


async def complete(node: Node, config: Mapping[str, Any], api_key: Any = None) -> dict[str, Any]:
    """
    Ask with a config that has been evaluated; see `groq_completion`.

    Args:
        node: The node.
        config: The evaluated config.
        api_key: The API key's expression; None means the environment variable.

    Returns:
        The node's output.
    """
    return await complete_chat(node, _GROQ, config, api_key)
