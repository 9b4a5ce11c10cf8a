"""
The common part of all language model providers: the config, the answer, and the errors.

Each provider's module translates between these parts and the provider's format. One call is one
attempt: the retries of the SDKs are off, because each attempt is recorded.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Required, TypedDict

from msgspec import Struct

from flightlog.errors import InvalidInputError, ProviderError
from flightlog.runtime.node import Node
from flightlog.runtime.texts import to_text

_HINTS: Final[Mapping[int | None, str]] = {
    None: "Look at the network, and at the provider's base URL.",
    400: "The message says what is wrong with the node's config.",
    401: "Set the right API key in the environment.",
    403: "The API key may not do this.",
    404: "Look at the name of the model.",
    429: "Wait a while, or give the node retries.",
}
_OTHERWISE: Final = "The provider has trouble of its own; give the node retries."
_ROLES: Final = ("system", "developer")
_OFF: Final = ("", "false", "no", "off", "0")
_TEXTS: Final = frozenset({"messages", "system_prompt", "system"})
QUESTION_MEMBERS: Final = ("prompt", "message", "content", "text", "question", "query", "input")
"""Members of incoming data that may hold the question, in this order."""


class Completion(TypedDict, total=False):
    """The config of a node that asks a language model; each value may contain expressions."""

    model: Required[Any]
    """The model's name."""
    messages: Any
    """`[{"role": …, "content": …}]`, or a text as the user's message; else the incoming data."""
    system_prompt: Any
    """The system prompt."""
    max_tokens: Any
    """The longest answer, tokens."""
    temperature: Any
    """The sampling temperature."""
    streaming: Any
    """Whether the answer is received and passed on in pieces."""
    tools: Any
    """Functions that the model may call, in any provider's format."""
    api_key: Any
    """The API key's expression, instead of the provider's own environment variable."""


class ToolCall(Struct, kw_only=True):
    """A function call that the model requests."""

    id: str | None = None
    """The provider's id of the call."""
    name: str = ""
    """The function's name."""
    arguments: str = ""
    """The arguments, JSON as the model wrote it."""


class Answer(Struct, kw_only=True):
    """A model's answer, as far as received."""

    model: str | None = None
    """The model's name, as the provider reports it."""
    content: str = ""
    """The answer's text."""
    stop_reason: str | None = None
    """Why the answer ended, in the provider's terms."""
    input_tokens: int | None = None
    """The length of the question, tokens."""
    output_tokens: int | None = None
    """The length of the answer, tokens."""
    tool_calls: dict[int, ToolCall] = {}
    """The function calls by their number in the answer."""
    function_call: ToolCall | None = None
    """The call of one of the config's `functions`, in OpenAI's older form."""
    is_chat: bool = False
    """Whether the answer has OpenAI's form, so that the output has its member names."""

    def tool_call(self, number: int) -> ToolCall:
        """
        Find a function call, and create it if it is new.

        Args:
            number: The call's number in the answer.

        Returns:
            The call.
        """
        return self.tool_calls.setdefault(number, ToolCall())

    def output(self, *, complete: bool = True) -> dict[str, Any]:
        """
        Make the node's output.

        Args:
            complete: Whether the answer is complete.

        Returns:
            The output; an incomplete answer has `"complete": false`.
        """
        output: dict[str, Any] = {
            "role": "assistant",
            "content": None if self.function_call and not self.content else self.content,
            "model": self.model,
            "stopReason": self.stop_reason,
            "usage": {"inputTokens": self.input_tokens, "outputTokens": self.output_tokens},
        }
        self._add_editor_names(output)
        if self.tool_calls:
            output["toolCalls"] = [
                {"id": call.id, "name": call.name, "arguments": _arguments(call.arguments)}
                for _, call in sorted(self.tool_calls.items())
            ]
        if self.function_call is not None:
            call = self.function_call
            output["function_call"] = {"name": call.name, "arguments": call.arguments}
        return output if complete else {**output, "complete": False}

    def _add_editor_names(self, output: dict[str, Any]) -> None:
        # The editor's workflows name these members as each provider does.
        asked, answered = self.input_tokens, self.output_tokens
        if not self.is_chat:
            output["stop_reason"] = self.stop_reason
            output["usage"] |= {"input_tokens": asked, "output_tokens": answered}
            return
        output["finish_reason"] = self.stop_reason
        total = None if asked is None or answered is None else asked + answered
        output["usage"] |= {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": total,
        }


def _arguments(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        # A model may write invalid JSON, so record the text unchanged.
        return text


@asynccontextmanager
async def collect_answer(
    node: Node, provider: str, *, is_chat: bool = False
) -> AsyncIterator[Answer]:
    """
    Collect an answer; if the answer breaks off, the part received is recorded.

    Args:
        node: The node.
        provider: The provider's name for people.
        is_chat: Whether the answer has OpenAI's form.

    Yields:
        The answer to fill.

    Raises:
        ProviderError: The provider refused the request, or could not be reached.
    """
    answer = Answer(tool_calls={}, is_chat=is_chat)
    try:
        with provider_errors(provider):
            yield answer
    except BaseException:
        if answer.content or answer.tool_calls:
            node.partial(node.with_warnings(answer.output(complete=False)))
        raise


class provider_errors:  # noqa: N801 - used as a function
    """
    Converts an SDK's exceptions to a `ProviderError` with the provider's status, type and message.

    Args:
        provider: The provider's name for people.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or not _is_of_sdk(error):
            return
        status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
        body = getattr(error, "body", None) or getattr(error, "json_body", None)
        inner = body.get("error", body) if isinstance(body, Mapping) else None
        members = inner if isinstance(inner, Mapping) else body if isinstance(body, Mapping) else {}
        message = members.get("message") or members.get("detail") or str(error)
        named = members.get("type") or members.get("code") or type(error).__name__
        raise ProviderError(
            self._provider,
            str(message),
            hint=_HINTS.get(status, _OTHERWISE),
            status=status,
            type=str(named),
        ) from error


def _is_of_sdk(error: BaseException) -> bool:
    # All errors of an SDK have one base class. Compare the class's name, because importing the
    # class would load every SDK.
    bases = {"AnthropicError", "OpenAIError", "GroqError", "VoyageError"}
    return any(kind.__name__ in bases for kind in type(error).__mro__)


def read_question(node: Node, **config: Any) -> dict[str, Any]:
    """
    Evaluate the config of a node that asks a model, and record the result as the node's input.

    Args:
        node: The node.
        config: The config; without `messages`, the incoming data is the question.

    Returns:
        The evaluated config. The API key is neither in it nor in the record.

    Raises:
        InvalidInputError: There are no messages, and nothing flows into the node.
        InvalidExpressionError: An expression can't be evaluated, except in the texts.
    """
    config.pop("api_key", None)
    given = node.given_texts(_TEXTS, **config)
    if "messages" not in given:
        given |= read_incoming_question(node.data)
        node.record_input(given)
    return given


def read_incoming_question(data: Any) -> dict[str, Any]:
    """
    Take a question from the data that flows into a node.

    Args:
        data: The output of a promptTemplate, a text, an object with the text as one of
            `QUESTION_MEMBERS`, or any other value, which is asked as JSON.

    Returns:
        The `messages`, and the `system_prompt` of a promptTemplate.

    Raises:
        InvalidInputError: The data is empty.
    """
    if not isinstance(data, Mapping):
        text = to_text(data)
    elif isinstance(data.get("messages"), Sequence):
        system = data.get("system")
        return {"messages": data["messages"], **({"system_prompt": system} if system else {})}
    else:
        found = (data[name] for name in QUESTION_MEMBERS if isinstance(data.get(name), str))
        text = next(found, to_text(data) if data else "")
    if not text:
        raise InvalidInputError("prompt", "is missing, and nothing flows into the node")
    return {"messages": [{"role": "user", "content": text}]}


def read_temperature(config: Mapping[str, Any]) -> float | None:
    """
    Read the sampling temperature of an evaluated config.

    Args:
        config: The config.

    Returns:
        The temperature; None when the config has none.

    Raises:
        InvalidInputError: The value is no number.
    """
    value = config.get("temperature")
    if value is None or value == "":
        return None
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise InvalidInputError("temperature", f"is {value!r}, no number") from error


def read_limit(config: Mapping[str, Any]) -> int | None:
    """
    Read the longest answer of an evaluated config.

    Args:
        config: The config.

    Returns:
        The limit, tokens; None when the config has none, or 0.

    Raises:
        InvalidInputError: The value is no number.
    """
    return read_count(config, "max_tokens", "maxTokens")


def read_count(config: Mapping[str, Any], name: str, shown: str) -> int | None:
    """
    Read a number of an evaluated config, which a form may have written as a text.

    Args:
        config: The config.
        name: The member's name.
        shown: The member's name in the manifest, for the error.

    Returns:
        The number, 1 or more; None if the config has none, or 0.

    Raises:
        InvalidInputError: The value is no such number.
    """
    value = config.get(name)
    if not value:
        return None
    try:
        number = -1 if isinstance(value, bool) else int(float(value))
    except (TypeError, ValueError, OverflowError):
        number = -1
    if number < 1:
        raise InvalidInputError(shown, f"is {value!r}, no number from 1 upwards")
    return number


def is_streaming(config: Mapping[str, Any]) -> bool:
    """
    Check whether an evaluated config asks for an answer in pieces.

    Args:
        config: The config.

    Returns:
        Whether `streaming` is on. The texts `false`, `no`, `off` and `0` mean off.
    """
    value = config.get("streaming")
    if isinstance(value, str):
        return value.strip().lower() not in _OFF
    return bool(value)


def read_provider_key(node: Node, variable: str, expression: Any = None) -> str:
    """
    Read a provider's API key.

    Args:
        node: The node.
        variable: The environment variable with the key, unless the config names another key.
        expression: The config's own key, usually `{{ secrets.NAME }}`; None when there is none.

    Returns:
        The key, which no record will contain.

    Raises:
        UnusableSecretError: The key is missing, or too short.
        InvalidExpressionError: The expression can't be evaluated.
    """
    if expression is None:
        return node.session.secrets.value(variable)
    return node.session.secrets.usable(variable, to_text(node.resolve(expression)))


def split_system(value: Any, system: Any) -> tuple[str | None, list[dict[str, Any]]]:
    """
    Separate the system prompt from the other messages.

    Args:
        value: `[{"role": …, "content": …}]`, or a text as the user's message.
        system: A further system prompt, which comes first, or None.

    Returns:
        The whole system prompt, or None; and the other messages.

    Raises:
        InvalidInputError: The value is no list of messages.
    """
    messages = read_messages(value)
    prompts = [to_text(system)] if system else []
    prompts += [to_text(message["content"]) for message in messages if message["role"] in _ROLES]
    return "\n\n".join(prompts) or None, [
        message for message in messages if message["role"] not in _ROLES
    ]


def read_messages(value: Any) -> list[dict[str, Any]]:
    """
    Read messages for a model.

    Args:
        value: `[{"role": …, "content": …}]`, or a text as the user's message. A message without
            a role is the user's. The content of the only message may be messages itself.

    Returns:
        The messages in their order; contents that are no text and no list become text.

    Raises:
        InvalidInputError: The value is no list of messages.
    """
    if isinstance(value, str):
        value = [{"role": "user", "content": value}]
    if not isinstance(value, Sequence) or not all(
        isinstance(message, Mapping) for message in value
    ):
        raise InvalidInputError("messages", "is no list of {role, content}")
    for number, message in enumerate(value):
        if "content" not in message:
            raise InvalidInputError(f"messages[{number}]", "needs a content")
    if len(value) == 1 and _are_messages(value[0]["content"]):
        # A form's prompt that is one expression for messages, e.g. of a promptTemplate.
        value = value[0]["content"]
    return [_complete_message(message) for message in value]


def _are_messages(content: Any) -> bool:
    return (
        isinstance(content, list)
        and bool(content)
        and all(
            isinstance(part, Mapping) and {"role", "content"} <= part.keys() for part in content
        )
    )


def _complete_message(message: Mapping[str, Any]) -> dict[str, Any]:
    content = message["content"]
    cleaned = content if content is None or isinstance(content, list) else to_text(content)
    return {"role": "user", **message, "content": cleaned}


def read_tools(*given: Any) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """
    Read tools in any provider's format.

    Args:
        given: Lists of tools or functions; each may be None.

    Yields:
        Name, description, and the JSON Schema of the arguments.

    Raises:
        InvalidInputError: A tool has no name.
    """
    for tools in given:
        for number, tool in enumerate(tools or ()):
            inner = tool.get("function", tool) if isinstance(tool, Mapping) else {}
            if not isinstance(inner, Mapping) or not inner.get("name"):
                raise InvalidInputError(f"tools[{number}]", "has no name")
            schema = inner.get("parameters") or inner.get("input_schema")
            schema = schema or inner.get("inputSchema") or {"type": "object"}
            yield str(inner["name"]), str(inner.get("description") or ""), schema
