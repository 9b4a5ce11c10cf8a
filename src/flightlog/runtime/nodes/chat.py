"""Chat completions in OpenAI's format, which Groq uses too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import (
    Answer,
    Completion,
    answering,
    read_tools,
    split_system,
)


class ChatCompletion(Completion, total=False):
    """The config of a node that asks a model in OpenAI's format."""

    functions: Any
    """Tools as plain functions: `[{"name": …, "parameters": …}]`."""


def completion_arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """
    Write a node's config as the arguments of `chat.completions.create`.

    Args:
        config: The evaluated config.

    Returns:
        The arguments by name.

    Raises:
        InvalidInputError: The messages or tools are invalid.
    """
    system, messages = split_system(config["messages"], config.get("system_prompt"))
    if system:
        messages.insert(0, {"role": "system", "content": system})
    asked: dict[str, Any] = {"model": str(config["model"]), "messages": messages}
    if config.get("max_tokens"):
        asked["max_completion_tokens"] = int(config["max_tokens"])
    if "temperature" in config:
        asked["temperature"] = float(config["temperature"])
    tools = [
        {
            "type": "function",
            "function": {"name": name, "description": description, "parameters": schema},
        }
        for name, description, schema in read_tools(config.get("tools"), config.get("functions"))
    ]
    if tools:
        asked["tools"] = tools
    return asked


async def complete_chat(
    node: Node,
    client: Any,
    provider: str,
    asked: Mapping[str, Any],
    *,
    streaming: bool,
    streaming_options: Mapping[str, Any],
) -> dict[str, Any]:
    """
    Ask a model, and collect the answer.

    Args:
        node: The node.
        client: The SDK's client; closed at the end.
        provider: The provider's name for people.
        asked: Arguments of `chat.completions.create`.
        streaming: Whether the answer is received and passed on in pieces.
        streaming_options: Further arguments for streaming.

    Returns:
        The node's output.

    Raises:
        ProviderError: The provider refused the request, or could not be reached.
    """
    async with answering(node, provider) as answer, client:
        if streaming:
            chunks = await client.chat.completions.create(**asked, stream=True, **streaming_options)
            async for chunk in chunks:
                piece = _take(answer, chunk)
                if piece:
                    await node.emit(piece)
        else:
            _take_whole(answer, await client.chat.completions.create(**asked))
    return answer.output()


def _take_whole(answer: Answer, completion: Any) -> None:
    answer.model = completion.model
    _take_usage(answer, completion.usage)
    for choice in completion.choices[:1]:
        answer.content = choice.message.content or ""
        answer.stop_reason = choice.finish_reason
        for number, call in enumerate(choice.message.tool_calls or ()):
            _take_call(answer, number, call)


def _take(answer: Answer, chunk: Any) -> str:
    answer.model = chunk.model or answer.model
    _take_usage(answer, getattr(chunk, "usage", None))
    _take_usage(answer, getattr(getattr(chunk, "x_groq", None), "usage", None))
    piece = ""
    for choice in chunk.choices[:1]:
        piece = choice.delta.content or ""
        answer.content += piece
        answer.stop_reason = choice.finish_reason or answer.stop_reason
        for call in choice.delta.tool_calls or ():
            _take_call(answer, call.index, call)
    return piece


def _take_call(answer: Answer, number: int, call: Any) -> None:
    known = answer.tool_call(number)
    known.id = call.id or known.id
    if call.function is not None:
        known.name = call.function.name or known.name
        known.arguments += call.function.arguments or ""


def _take_usage(answer: Answer, usage: Any) -> None:
    if usage is not None:
        answer.input_tokens = usage.prompt_tokens
        answer.output_tokens = usage.completion_tokens
