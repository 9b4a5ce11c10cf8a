"""The openaiCompletion node, and embeddings, by OpenAI's SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from openai import AsyncOpenAI

from flightlog.runtime.node import Node
from flightlog.runtime.nodes.chat import complete_chat, request_of
from flightlog.runtime.nodes.completions import provider_errors
from flightlog.runtime.nodes.embeddings import embedded

KEY: Final = "OPENAI_API_KEY"
_PROVIDER: Final = "OpenAI"


async def openai_completion(
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
    Ask a model of OpenAI; the key is `OPENAI_API_KEY` of the environment.

    Args:
        node: The node.
        model: The model's name; as all others, it may hold expressions.
        messages: `[{"role": …, "content": …}]`.
        system_prompt: What the model is told first.
        max_tokens: How long the answer may be.
        temperature: How freely it answers.
        streaming: Whether the answer is taken, and passed on, piece by piece.
        tools: Functions that it may want called, in OpenAI's form or Anthropic's.
        functions: The same as bare functions: `[{"name": …, "parameters": …}]`.

    Returns:
        `{"content": …, "model": …, "stopReason": …, "usage": …}`, and `toolCalls`.

    Raises:
        ProviderError: OpenAI refused, or could not be reached.
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
    client = AsyncOpenAI(api_key=node.session.secrets.value(KEY), max_retries=0)
    return await complete_chat(
        node,
        client,
        _PROVIDER,
        request_of(config),
        streaming=bool(config.get("streaming")),
        streaming_options={"stream_options": {"include_usage": True}},
    )


async def openai_embedding(
    node: Node,
    *,
    model: Any,
    input: Any,  # noqa: A002 - the manifest's own word
    dimensions: Any = None,
    batch_size: Any = None,
) -> dict[str, Any]:
    """
    Make vectors of texts by a model of OpenAI; the key is `OPENAI_API_KEY` of the environment.

    Args:
        node: The node.
        model: The model's name; as all others, it may hold expressions.
        input: A text, or a list of texts.
        dimensions: How long the vectors are.
        batch_size: How many texts go in one call; 512 when None.

    Returns:
        `{"embedding": …}` of a text, `{"embeddings": […]}` of a list; with `model` and `usage`.

    Raises:
        ProviderError: OpenAI refused, or could not be reached.
    """
    config = node.given(model=model, input=input, dimensions=dimensions, batch_size=batch_size)
    asked: dict[str, Any] = {"model": str(config["model"]), "encoding_format": "float"}
    if "dimensions" in config:
        asked["dimensions"] = int(config["dimensions"])
    async with AsyncOpenAI(api_key=node.session.secrets.value(KEY), max_retries=0) as client:

        async def embed(texts: list[str]) -> tuple[list[list[float]], int]:
            with provider_errors(_PROVIDER):
                made = await client.embeddings.create(input=texts, **asked)
            vectors = [one.embedding for one in sorted(made.data, key=lambda one: one.index)]
            return vectors, made.usage.total_tokens

        return await embedded(config, embed)
