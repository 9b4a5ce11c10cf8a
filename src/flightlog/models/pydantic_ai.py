"""
Translate the messages of pydantic-ai into the form of OpenAI's chat completions.

pydantic-ai has one form for all providers: requests and responses whose parts name their kind.
`calls` reads the translation like an answer of OpenAI.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

_ROLES: Final = {"system-prompt": "system", "user-prompt": "user", "tool-return": "tool"}


def translate_question(question: Any) -> Any:
    """
    Translate the input of a model's `request`.

    Args:
        question: The node's input, decoded.

    Returns:
        An object with `messages` in OpenAI's form; another value is returned as it is.
    """
    messages = question.get("messages") if isinstance(question, Mapping) else None
    if not isinstance(messages, list) or not any(map(_is_message, messages)):
        return question
    known = [message for message in messages if _is_message(message)]
    # Each request repeats the instructions; those of the last one were sent.
    instructions = [message.get("instructions") for message in known if "instructions" in message]
    translated = [turn for message in known for turn in _translate_message(message)]
    if instructions and isinstance(instructions[-1], str):
        translated.insert(0, {"role": "system", "content": instructions[-1]})
    return {"messages": translated}


def translate_answer(answer: Any) -> Any:
    """
    Translate a `ModelResponse`.

    Args:
        answer: The node's output, decoded.

    Returns:
        A chat completion in OpenAI's form; another value is returned as it is.
    """
    if not _is_message(answer) or answer["kind"] != "response":
        return answer
    (message,) = _translate_message(answer)
    usage = answer.get("usage")
    counts = usage if isinstance(usage, Mapping) else {}
    return {
        "choices": [{"message": message, "finish_reason": answer.get("finish_reason")}],
        "model": answer.get("model_name"),
        "id": answer.get("provider_response_id"),
        "usage": {
            # The number includes the tokens that were read from a cache.
            "prompt_tokens": counts.get("input_tokens"),
            "completion_tokens": counts.get("output_tokens"),
            "prompt_tokens_details": {"cached_tokens": counts.get("cache_read_tokens")},
        },
    }


def _is_message(value: Any) -> bool:
    if not isinstance(value, Mapping) or value.get("kind") not in ("request", "response"):
        return False
    parts = value.get("parts")
    return isinstance(parts, list) and all(
        isinstance(part, Mapping) and isinstance(part.get("part_kind"), str) for part in parts
    )


def _translate_message(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    if message["kind"] == "request":
        return [_translate_part(part) for part in message["parts"]]
    texts = [part.get("content") for part in message["parts"] if part["part_kind"] == "text"]
    calls = [
        {
            "id": part.get("tool_call_id"),
            "function": {"name": part.get("tool_name"), "arguments": part.get("args") or {}},
        }
        for part in message["parts"]
        if part["part_kind"].endswith("tool-call")
    ]
    content = "\n".join(text for text in texts if isinstance(text, str))
    return [{"role": "assistant", "content": content, "tool_calls": calls}]


def _translate_part(part: Mapping[str, Any]) -> dict[str, Any]:
    kind, content = part["part_kind"], part.get("content")
    if kind == "retry-prompt":
        kind = "tool-return" if part.get("tool_name") else "user-prompt"
    if kind == "tool-return" and not isinstance(content, str):
        content = json.dumps(content, ensure_ascii=False)
    return {
        "role": _ROLES.get(kind, "user"),
        "content": content,
        "tool_call_id": part.get("tool_call_id"),
    }
