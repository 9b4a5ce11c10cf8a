"""
Read a model's call from a node execution, and recognize it by its input and output.

The shapes are those of our own nodes, of OpenAI's chat completions and responses, Anthropic's
messages, Gemini, and the libraries that have OpenAI's shapes (Groq, LiteLLM). `streams` joins the
chunks of streamed answers first, and `pydantic_ai` translates messages of that library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct

from flightlog.models.pydantic_ai import translate_answer, translate_question
from flightlog.models.streams import join_stream
from flightlog.record.model import NodeExecution

MAX_BYTES: Final = 1 << 20
"""The largest input or output that is read for a call."""

_SIGNS: Final = (b'"usage', b'"model', b'"messages"')
_MARK: Final = "$flightlog"
_QUESTIONS: Final = ("messages", "contents", "input", "prompt")
_SYSTEMS: Final = ("system", "system_prompt", "systemPrompt", "instructions", "system_instruction")
_WRAPPERS: Final = ("kwargs", "request", "body", "json", "params", "arguments")
_MAX_TURNS: Final = 500
_MOST_TOKENS: Final = 10**10
"""A larger number is no count of tokens, and costs and sums of such numbers could overflow."""
# Tuples, because a broken record may have any value in the place of a text.
_ANSWERERS: Final = ("assistant", "model")
_THOUGHTS: Final = ("thinking", "redacted_thinking")


class ToolUse(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A function call that a model asked for."""

    name: str
    """The function."""
    arguments: str
    """The arguments as the model wrote them, usually JSON."""
    id: str | None = None
    """The provider's id of the call."""


class Turn(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One message of a conversation."""

    role: str
    """`system`, `user`, `assistant`, `tool`, or another role of the provider."""
    text: str = ""
    """The text; parts that are no text are named in brackets."""
    tools: tuple[ToolUse, ...] = ()
    """The function calls that the model asked for."""
    tool_id: str | None = None
    """The id of the function call that this message answers."""


class ModelCall(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A call of a model: the conversation with the answer, and the tokens."""

    turns: tuple[Turn, ...]
    """The conversation; the last turns are the answer."""
    model: str | None = None
    """The model, as the answer names it, or else the question."""
    input_tokens: int | None = None
    """The tokens of the question, including those read from a cache."""
    cached_tokens: int | None = None
    """The tokens of the question that were read from a cache."""
    output_tokens: int | None = None
    """The tokens of the answer."""
    stop_reason: str | None = None
    """Why the answer ended, in the provider's terms."""
    answer_id: str | None = None
    """The provider's id of the answer."""


def read_call(question: Any, answer: Any) -> ModelCall | None:
    """
    Read a call of a model.

    Args:
        question: The node's input, decoded.
        answer: The node's output, decoded; None if there is none.

    Returns:
        The call; None if the payloads are not those of a call.
    """
    try:
        return _read_call(question, answer)
    except RecursionError:
        # A payload can have 900 levels, which no conversation has.
        return None


def _read_call(question: Any, answer: Any) -> ModelCall | None:
    answer = translate_answer(_unwrap(answer))
    if isinstance(answer, list):
        items = [item for item in map(_unwrap, answer) if isinstance(item, Mapping)]
        answer = join_stream(items)
    asked = _find_question(translate_question(_unwrap(question)))
    turns = _read_answer(answer) if isinstance(answer, Mapping) else None
    if turns is None and (asked is None or not _is_text(asked.get("model"))):
        return None
    said = answer if isinstance(answer, Mapping) else {}
    usage = _read_usage(said)
    model = said.get("model") or said.get("modelVersion") or said.get("model_version")
    return ModelCall(
        turns=(*_read_question(asked or {}), *(turns or ()))[-_MAX_TURNS:],
        model=_pick_text(model, (asked or {}).get("model")),
        input_tokens=usage[0],
        cached_tokens=usage[1],
        output_tokens=usage[2],
        stop_reason=_find_stop_reason(said),
        answer_id=_pick_text(*map(said.get, ("id", "responseId", "response_id"))),
    )


def _unwrap(value: Any) -> Any:
    """Open an object of an SDK that was recorded by its attributes."""
    if isinstance(value, Mapping) and isinstance(value.get(_MARK), str):
        inner = value.get("attributes")
        return inner if isinstance(inner, Mapping) else value.get("value")
    return value


def _find_question(value: Any) -> Mapping[str, Any] | None:
    if not isinstance(value, Mapping):
        return None
    for name in _QUESTIONS:
        if isinstance(value.get(name), list | str):
            return value
    for name in _WRAPPERS:
        inner = value.get(name)
        if isinstance(inner, Mapping) and any(key in inner for key in _QUESTIONS):
            return _find_question(inner)
    return None


def _read_question(asked: Mapping[str, Any]) -> list[Turn]:
    turns: list[Turn] = []
    config = asked.get("config")
    for source in (asked, config if isinstance(config, Mapping) else {}):
        for name in _SYSTEMS:
            if source.get(name):
                text = _read_content(source[name])[0]
                turns.append(Turn(role="system", text=text))
    question = next((asked[name] for name in _QUESTIONS if asked.get(name)), None)
    if isinstance(question, str):
        turns.append(Turn(role="user", text=question))
    elif isinstance(question, list):
        for message in question:
            turns += _read_message(_unwrap(message))
    return turns


def _read_message(message: Any, role: str = "user") -> list[Turn]:
    """Read a message of any provider; results of tools within it are turns of their own."""
    if isinstance(message, str):
        return [Turn(role=role, text=message)]
    if not isinstance(message, Mapping):
        return []
    kind = message.get("type")
    if kind == "function_call":
        return [Turn(role="assistant", tools=(_read_tool(message),))]
    if kind == "function_call_output":
        text = _read_content(message.get("output"))[0]
        return [Turn(role="tool", text=text, tool_id=_pick_text(message.get("call_id")))]
    if kind == "reasoning":
        return []
    named = message.get("role")
    role = {"model": "assistant"}.get(named, named) if isinstance(named, str) else role
    text, tools, results = _read_content(message.get("content", message.get("parts")))
    calls = message.get("tool_calls") or message.get("toolCalls") or ()
    if isinstance(calls, list):
        tools += [_read_tool(_unwrap(call)) for call in calls]
    if isinstance(message.get("function_call"), Mapping):
        tools.append(_read_tool(message["function_call"]))
    turn = Turn(
        role=role, text=text, tools=tuple(tools), tool_id=_pick_text(message.get("tool_call_id"))
    )
    return [*results, *([turn] if text or tools or not results else [])]


def _read_content(content: Any) -> tuple[str, list[ToolUse], list[Turn]]:
    """Read the text, the tool calls and the results of tools of a message's content."""
    content = _unwrap(content)
    if isinstance(content, str):
        return content, [], []
    if isinstance(content, Mapping):
        content = content.get("parts", [content])
    if not isinstance(content, list):
        return ("" if content is None else _write(content)), [], []
    texts: list[str] = []
    tools: list[ToolUse] = []
    results: list[Turn] = []
    for part in map(_unwrap, content):
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping):
            _read_part(part, texts, tools, results)
    return "\n".join(texts), tools, results


def _read_part(
    part: Mapping[str, Any], texts: list[str], tools: list[ToolUse], results: list[Turn]
) -> None:
    kind = part.get("type")
    call = part.get("functionCall") or part.get("function_call")
    response = part.get("functionResponse") or part.get("function_response")
    if isinstance(part.get("text"), str):
        texts.append(part["text"])
    elif kind == "tool_use":
        tools.append(_read_tool(part))
    elif isinstance(call, Mapping):
        tools.append(_read_tool(call))
    elif kind == "tool_result":
        text = _read_content(part.get("content"))[0]
        results.append(Turn(role="tool", text=text, tool_id=_pick_text(part.get("tool_use_id"))))
    elif isinstance(response, Mapping):
        results.append(Turn(role="tool", text=_write(response.get("response"))))
    elif isinstance(part.get("refusal"), str):
        texts.append(part["refusal"])
    elif kind not in _THOUGHTS:
        texts.append(f"[{kind if isinstance(kind, str) else ', '.join(map(str, part))}]")


def _read_tool(call: Any) -> ToolUse:
    call = call if isinstance(call, Mapping) else {}
    function = call.get("function")
    inner = function if isinstance(function, Mapping) else call
    names = [name for name in ("arguments", "input", "args") if name in inner]
    arguments: Any = inner[names[0]] if names else {}
    return ToolUse(
        name=_pick_text(inner.get("name")) or "?",
        arguments=arguments if isinstance(arguments, str) else _write(arguments),
        # The result of an item of OpenAI's responses names its `call_id`.
        id=_pick_text(call.get("call_id"), call.get("id")),
    )


def _read_answer(answer: Mapping[str, Any]) -> list[Turn] | None:
    choices, items = answer.get("choices"), answer.get("output")
    candidates = answer.get("candidates")
    if isinstance(choices, list) and choices:
        choice = _unwrap(choices[0])
        message = _unwrap(choice.get("message")) if isinstance(choice, Mapping) else None
        return _read_message(message, "assistant") if isinstance(message, Mapping) else None
    if isinstance(candidates, list) and candidates:
        candidate = _unwrap(candidates[0])
        content = _unwrap(candidate.get("content")) if isinstance(candidate, Mapping) else None
        return _read_message(content, "assistant") if isinstance(content, Mapping) else None
    if isinstance(items, list) and (answer.get("object") == "response" or "usage" in answer):
        return [turn for item in items for turn in _read_message(_unwrap(item), "assistant")]
    if "content" in answer and answer.get("role") in _ANSWERERS:
        return _read_message(answer, "assistant")
    return None


def _read_usage(answer: Mapping[str, Any]) -> tuple[int | None, int | None, int | None]:
    usage = _unwrap(
        answer.get("usage") or answer.get("usageMetadata") or answer.get("usage_metadata")
    )
    if not isinstance(usage, Mapping):
        return None, None, None
    prompt = _pick_count(usage, "prompt_tokens", "promptTokenCount", "prompt_token_count")
    asked = _pick_count(usage, "input_tokens", "inputTokens") if prompt is None else prompt
    answered = _pick_count(
        usage,
        *("completion_tokens", "output_tokens", "outputTokens"),
        *("candidatesTokenCount", "candidates_token_count"),
    )
    thought = _pick_count(usage, "thoughtsTokenCount", "thoughts_token_count")
    if answered is not None and thought is not None:
        answered += thought
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    cached = _pick_count(usage, "cachedContentTokenCount", "cached_content_token_count")
    if isinstance(details := _unwrap(details), Mapping):
        cached = _pick_count(details, "cached_tokens")
    read = _pick_count(usage, "cache_read_input_tokens")
    written = _pick_count(usage, "cache_creation_input_tokens")
    if asked is not None and prompt is None and (read is not None or written is not None):
        # Anthropic counts tokens of the cache beside the others.
        asked, cached = asked + (read or 0) + (written or 0), read
    return asked, cached, answered


def _find_stop_reason(answer: Mapping[str, Any]) -> str | None:
    first: Any = None
    for name in ("choices", "candidates"):
        if isinstance(answer.get(name), list) and answer[name]:
            first = _unwrap(answer[name][0])
    inner = first if isinstance(first, Mapping) else answer
    names = ("finish_reason", "finishReason", "stop_reason", "stopReason")
    return _pick_text(*(inner.get(name) for name in names))


def _pick_count(usage: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        count = usage.get(name)
        if type(count) is int and 0 <= count <= _MOST_TOKENS:
            return count
    return None


def _pick_text(*values: Any) -> str | None:
    return next((value for value in values if isinstance(value, str) and value), None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _write(value: Any) -> str:
    try:
        # A model's JSON may have escapes of lone surrogates, which no text of an answer can hold.
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    except (TypeError, ValueError, RecursionError):
        return "?"


def read_node_call(node: NodeExecution) -> ModelCall | None:
    """
    Read the call of a model in a node execution.

    Args:
        node: The node execution with its payloads.

    Returns:
        The call; None if the payloads are not those of a call.
    """
    asked, answered = (
        None if payload is UNSET else bytes(payload) for payload in (node.input, node.output)
    )
    if not any(sign in data for data in (asked, answered) if data for sign in _SIGNS):
        return None
    return read_encoded_call(asked, answered)


def read_encoded_call(question: bytes | None, answer: bytes | None) -> ModelCall | None:
    """
    Read the call of a model from JSON.

    Args:
        question: The node's input; None if there is none.
        answer: The node's output; None if there is none.

    Returns:
        The call; None if the payloads are not those of a call, or too large.
    """
    return read_call(_decode(question), _decode(answer))


def _decode(data: bytes | None) -> Any:
    if data is None or len(data) > MAX_BYTES:
        return None
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
