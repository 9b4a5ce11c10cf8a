"""Chat completions in OpenAI's format, which Groq uses too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from flightlog.runtime.libraries import load_library
from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import (
    Answer,
    Completion,
    ToolCall,
    collect_answer,
    is_streaming,
    read_limit,
    read_messages,
    read_provider_key,
    read_temperature,
    read_tools,
)
from flightlog.runtime.texts import to_text

_REASONING: Final = re.compile(r"(openai/)?(o\d|gpt-[5-9])", re.IGNORECASE)


class ChatCompletion(Completion, total=False):
    """The config of a node that asks a model in OpenAI's format."""

    functions: Any
    """Functions in OpenAI's older form: `[{"name": …, "parameters": …}]`."""
    response_format: Any
    """`json`, `text`, or an object of OpenAI's API."""


def make_arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """
    Write a node's config as the arguments of `chat.completions.create`.

    Args:
        config: The evaluated config.

    Returns:
        The arguments by name.

    Raises:
        InvalidInputError: The messages or tools are invalid.
    """
    system, messages = config.get("system_prompt"), read_messages(config["messages"])
    if system:
        messages.insert(0, {"role": "system", "content": to_text(system)})
    model = str(config["model"])
    asked: dict[str, Any] = {"model": model, "messages": messages}
    if (limit := read_limit(config)) is not None:
        # The models that reason refuse the older name, which every other server knows.
        asked["max_completion_tokens" if _REASONING.match(model) else "max_tokens"] = limit
    if (temperature := read_temperature(config)) is not None:
        asked["temperature"] = temperature
    tools = [
        {
            "type": "function",
            "function": {"name": name, "description": description, "parameters": schema},
        }
        for name, description, schema in read_tools(config.get("tools"))
    ]
    if tools:
        asked["tools"] = tools
    if config.get("functions"):
        asked["functions"] = config["functions"]
    form = config.get("response_format")
    if form and form != "text":
        # A provider knows its formats as objects only; the editor calls the first one `json`.
        kind = "json_object" if form == "json" else form
        asked["response_format"] = {"type": kind} if isinstance(kind, str) else kind
    return asked


class ChatProvider(Struct, frozen=True):
    """A provider whose SDK has the interface of OpenAI's."""

    name: str
    """The provider's name for people."""
    key: str
    """The environment variable of the API key."""
    library: str
    """The SDK's module."""
    client: str
    """The class of the SDK's client."""
    streaming_options: dict[str, Any] = {}
    """Further arguments for streaming."""


async def complete_chat(
    node: Node, provider: ChatProvider, config: Mapping[str, Any], api_key: Any = None
) -> dict[str, Any]:
    """
    Ask a model, and collect the answer.

    Args:
        node: The node.
        provider: The provider.
        config: The evaluated config; with `streaming`, the answer is passed on in pieces.
        api_key: The API key's expression; None means the environment variable.

    Returns:
        The node's output.

    Raises:
        ProviderError: The provider refused the request, or could not be reached.
        UnusableSecretError: The API key is missing, or too short.
        InvalidInputError: The messages or tools are invalid.
    """
    # Loaded late, so that a missing SDK is reported as the run's failure.
    sdk = await load_library(provider.library)

    key = read_provider_key(node, provider.key, api_key)
    client = getattr(sdk, provider.client)(api_key=key, max_retries=0)
    asked = make_arguments(config)
    async with collect_answer(node, provider.name, is_chat=True) as answer, client:
        create = client.chat.completions.create
        if is_streaming(config):
            async for chunk in await create(**asked, stream=True, **provider.streaming_options):
                piece = _take(answer, chunk)
                if piece:
                    await node.emit(piece)
        else:
            _take_whole(answer, await create(**asked))
    return answer.output()


def _take_whole(answer: Answer, completion: Any) -> None:
    answer.model = completion.model
    _take_usage(answer, completion.usage)
    for choice in completion.choices[:1]:
        answer.content = choice.message.content or ""
        answer.stop_reason = choice.finish_reason
        for number, call in enumerate(choice.message.tool_calls or ()):
            _take_call(answer, number, call)
        _take_function_call(answer, getattr(choice.message, "function_call", None))


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
        _take_function_call(answer, getattr(choice.delta, "function_call", None))
    return piece


def _take_function_call(answer: Answer, call: Any) -> None:
    if call is None:
        return
    known = answer.function_call = answer.function_call or ToolCall()
    known.name = call.name or known.name
    known.arguments += call.arguments or ""


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
