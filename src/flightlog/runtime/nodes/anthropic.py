"""The anthropicCompletion node, by Anthropic's SDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Unpack

from anthropic import AsyncAnthropic

from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import (
    Answer,
    Completion,
    answering,
    read_tools,
    split_system,
)

KEY: Final = "ANTHROPIC_API_KEY"
_PROVIDER: Final = "Anthropic"
_MAX_TOKENS: Final = 1_024


async def anthropic_completion(node: Node, **config: Unpack[Completion]) -> dict[str, Any]:
    """
    Ask a model of Anthropic; the key is `ANTHROPIC_API_KEY` of the environment.

    Args:
        node: The node.
        config: Whom to ask, and what; without `max_tokens`, an answer has 1,024 at most.

    Returns:
        `{"content": …, "model": …, "stopReason": …, "usage": …}`, and `toolCalls`.

    Raises:
        ProviderError: Anthropic refused, or could not be reached.
    """
    return await complete(node, node.given(**config))


async def complete(node: Node, config: Mapping[str, Any]) -> dict[str, Any]:
    """Ask, by a config that has been evaluated."""
    system, messages = split_system(config["messages"], config.get("system_prompt"))
    asked: dict[str, Any] = {
        "model": str(config["model"]),
        "messages": messages,
        "max_tokens": int(config.get("max_tokens") or _MAX_TOKENS),
    }
    if system:
        asked["system"] = system
    if "temperature" in config:
        # Not every version of the SDK has an argument for it.
        asked["extra_body"] = {"temperature": float(config["temperature"])}
    if config.get("tools"):
        asked["tools"] = [
            {"name": name, "description": description, "input_schema": schema}
            for name, description, schema in read_tools(config["tools"])
        ]
    key = node.session.secrets.value(KEY)
    async with (
        answering(node, _PROVIDER) as answer,
        AsyncAnthropic(api_key=key, max_retries=0) as client,
    ):
        if config.get("streaming"):
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
