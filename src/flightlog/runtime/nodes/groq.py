"""The groqCompletion node, by Groq's SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from groq import AsyncGroq

from flightlog.runtime.node import Node
from flightlog.runtime.nodes.chat import complete_chat, request_of

KEY: Final = "GROQ_API_KEY"
_PROVIDER: Final = "Groq"


async def groq_completion(
    node: Node,
    *,
    model: Any,
    messages: Any,
    system_prompt: Any = None,
    max_tokens: Any = None,
    temperature: Any = None,
    streaming: Any = None,
    tools: Any = None,
    functions: Any = None,
) -> dict[str, Any]:
    """
    Ask a model of Groq; the key is `GROQ_API_KEY` of the environment.

    Args:
        node: The node.
        model: The model's name; as all others, it may hold expressions.
        messages: `[{"role": …, "content": …}]`.
        system_prompt: What the model is told first.
        max_tokens: How long the answer may be.
        temperature: How freely it answers.
        streaming: Whether the answer is taken, and passed on, piece by piece.
        tools: Functions that it may want called, in Groq's form or Anthropic's.
        functions: The same as bare functions: `[{"name": …, "parameters": …}]`.

    Returns:
        `{"content": …, "model": …, "stopReason": …, "usage": …}`, and `toolCalls`.

    Raises:
        ProviderError: Groq refused, or could not be reached.
    """
    config = node.given(
        model=model,
        messages=messages,
        system_prompt=system_prompt,
        max_tokens=max_tokens,
        temperature=temperature,
        streaming=streaming,
        tools=tools,
        functions=functions,
    )
    return await complete(node, config)


async def complete(node: Node, config: Mapping[str, Any]) -> dict[str, Any]:
    """Ask, by a config that has been evaluated."""
    client = AsyncGroq(api_key=node.session.secrets.value(KEY), max_retries=0)
    return await complete_chat(
        node,
        client,
        _PROVIDER,
        request_of(config),
        streaming=bool(config.get("streaming")),
        streaming_options={},
    )
