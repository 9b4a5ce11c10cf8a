"""The anthropicCompletion node, with Anthropic's SDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Unpack

from flightlog.runtime.libraries import load_library
from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import (
    Answer,
    Completion,
    collect_answer,
    is_streaming,
    read_limit,
    read_provider_key,
    read_question,
    read_temperature,
    read_tools,
    split_system,
)

__all__ = ["anthropic_completion"]

KEY: Final = "ANTHROPIC_API_KEY"
_PROVIDER: Final = "Anthropic"
_MAX_TOKENS: Final = 4_096


async def anthropic_completion(node: Node, **config: Unpack[Completion]) -> dict[str, Any]:
    """
    Ask a model of Anthropic; the API key is the environment variable `ANTHROPIC_API_KEY`.

    Args:
        node: The node.
        config: The model, and the question; without `max_tokens`, answers have up to 4,096 tokens.

    Returns:
        `{"content": …, "model": …, "stop_reason": …, "usage": …}`, each also by the names of
        `docs/editor/workflow-runtime.md`; `toolCalls` if there are any.

    Raises:
        ProviderError: Anthropic refused the request, or could not be reached.
        UnusableSecretError: The API key is missing, or too short.
        InvalidInputError: The messages or tools are invalid.
        InvalidExpressionError: An expression can't be evaluated.
    """
    return await complete(node, read_question(node, **config), config.get("api_key"))


async def complete(node: Node, config: Mapping[str, Any], api_key: Any = None) -> dict[str, Any]:
    """
    Ask with a config that has been evaluated; see `anthropic_completion`.

    Args:
        node: The node.
        config: The evaluated config.
        api_key: The API key's expression; None means the environment variable.

    Returns:
        The node's output.
    """
    # Loaded late, so that a missing SDK is reported as the run's failure.
    sdk = await load_library("anthropic")

    if config.get("response_format"):
        node.warn("`responseFormat` is ignored, because Anthropic's API has no such setting.")
    system, messages = split_system(config["messages"], config.get("system_prompt"))
    asked: dict[str, Any] = {
        "model": str(config["model"]),
        "messages": messages,
        "max_tokens": read_limit(config) or _MAX_TOKENS,
    }
    if system:
        asked["system"] = system
    if (temperature := read_temperature(config)) is not None:
        # Some versions of the SDK have no argument for the temperature.
        asked["extra_body"] = {"temperature": temperature}
    if config.get("tools"):
        asked["tools"] = [
            {"name": name, "description": description, "input_schema": schema}
            for name, description, schema in read_tools(config["tools"])
        ]
    key = read_provider_key(node, KEY, api_key)
    async with (
        collect_answer(node, _PROVIDER) as answer,
        sdk.AsyncAnthropic(api_key=key, max_retries=0) as client,
    ):
        if is_streaming(config):
            async for event in await client.messages.create(**asked, stream=True):
                piece = _take(answer, event)
                if piece:
                    await node.emit(piece)
        else:
            _take_whole(answer, await client.messages.create(**asked))
    return answer.output()


def _take_whole(answer: Answer, message: Any) -> None:
    answer.model = message.model
    answer.stop_reason = message.stop_reason
    answer.input_tokens = message.usage.input_tokens
    answer.output_tokens = message.usage.output_tokens
    for number, block in enumerate(message.content):
        if block.type == "text":
            answer.content += block.text
        elif block.type == "tool_use":
            _begin_call(answer, number, block)
            answer.tool_call(number).arguments = _as_json(block.input)


def _take(answer: Answer, event: Any) -> str:
    if event.type == "message_start":
        answer.model = event.message.model
        answer.input_tokens = event.message.usage.input_tokens
    elif event.type == "content_block_start" and event.content_block.type == "tool_use":
        _begin_call(answer, event.index, event.content_block)
    elif event.type == "content_block_delta":
        if event.delta.type == "text_delta":
            answer.content += event.delta.text
            return str(event.delta.text)
        if event.delta.type == "input_json_delta":
            answer.tool_call(event.index).arguments += event.delta.partial_json
    elif event.type == "message_delta":
        answer.stop_reason = event.delta.stop_reason
        answer.output_tokens = event.usage.output_tokens
    return ""


def _begin_call(answer: Answer, number: int, block: Any) -> None:
    call = answer.tool_call(number)
    call.id, call.name = block.id, block.name


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
