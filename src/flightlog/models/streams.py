"""
Join the chunks of a streamed answer to the answer that the provider sends without streaming.

A recorded stream is the list of its items. The shapes are those of OpenAI's chat completions (also
Groq and LiteLLM) and responses, of Anthropic's messages, and of Gemini. A stream that broke off
gives the part that arrived.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Item = Mapping[str, Any]

# Tuples, because a broken record may have any value in the place of a text.
_ENDS: Final = ("response.completed", "response.incomplete", "response.failed")
_ITEMS: Final = ("response.output_item.added", "response.output_item.done")
_DELTAS: Final = ("response.output_text.delta", "response.function_call_arguments.delta")
_FIRST: Final = (0, None)


def join_stream(items: Sequence[Item]) -> dict[str, Any] | None:
    """
    Join the items of a stream.

    Args:
        items: The items, decoded, in the order of their arrival.

    Returns:
        The answer; None if the items are not those of a stream.
    """
    for has_shape, join in _SHAPES:
        if any(map(has_shape, items)):
            return join(items)
    return None


def _is_chat_chunk(item: Item) -> bool:
    choices = item.get("choices")
    return isinstance(choices, list) and any("delta" in _read_map(each) for each in choices)


def _is_response_event(item: Item) -> bool:
    kind = item.get("type")
    return isinstance(kind, str) and kind.startswith("response.")


def _is_message_event(item: Item) -> bool:
    return item.get("type") == "message_start" and isinstance(item.get("message"), Mapping)


def _is_gemini_chunk(item: Item) -> bool:
    return isinstance(item.get("candidates"), list)


def _join_chat(items: Sequence[Item]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    message: dict[str, Any] = {"role": "assistant"}
    texts: dict[str, list[str]] = {}
    calls: dict[int, dict[str, Any]] = {}
    choice: dict[str, Any] = {"message": message}
    for item in items:
        _take(answer, item, ("id", "model", "usage"))
        groq = _read_map(item.get("x_groq"))
        _take(answer, groq, ("usage",))
        choices = item.get("choices")
        for each in map(_read_map, choices if isinstance(choices, list) else ()):
            if each.get("index") not in _FIRST:
                continue
            _take(choice, each, ("finish_reason",))
            delta = _read_map(each.get("delta"))
            for name in ("content", "refusal"):
                _add_text(texts, name, delta.get(name))
            parts = delta.get("tool_calls")
            for part in map(_read_map, parts if isinstance(parts, list) else ()):
                _add_call(calls, part)
    message |= {name: "".join(parts) for name, parts in texts.items()}
    if "refusal" in message and not message.get("content"):
        message["content"] = message["refusal"]
    if calls:
        message["tool_calls"] = [calls[place] for place in sorted(calls)]
        for call in calls.values():
            call["function"]["arguments"] = "".join(call["function"]["arguments"])
    return {**answer, "choices": [choice]}


def _add_call(calls: dict[int, dict[str, Any]], part: Item) -> None:
    place = part.get("index")
    empty: dict[str, Any] = {"id": None, "function": {"name": None, "arguments": []}}
    call = calls.setdefault(place if isinstance(place, int) else len(calls), empty)
    _take(call, part, ("id",))
    function = _read_map(part.get("function"))
    _take(call["function"], function, ("name",))
    if isinstance(function.get("arguments"), str):
        call["function"]["arguments"].append(function["arguments"])


def _join_response(items: Sequence[Item]) -> dict[str, Any]:
    answer: dict[str, Any] = {"object": "response"}
    output: dict[int, dict[str, Any]] = {}
    texts: dict[int, list[str]] = {}
    for item in items:
        kind, place = item.get("type"), item.get("output_index")
        response = _read_map(item.get("response"))
        _take(answer, response, ("id", "model", "usage"))
        if kind in _ENDS and isinstance(response.get("output"), list) and response["output"]:
            return {**answer, "output": response["output"]}
        if not isinstance(place, int):
            continue
        if kind in _ITEMS:
            output[place] = dict(_read_map(item.get("item")))
            if kind == "response.output_item.done":
                texts.pop(place, None)
        elif kind in _DELTAS:
            _add_text(texts, place, item.get("delta"))
    for place, parts in texts.items():
        text, begun = "".join(parts), output.get(place, {})
        if begun.get("type") == "function_call":
            output[place] = {**begun, "arguments": text}
        else:
            output[place] = {"type": "message", "role": "assistant", "content": text}
    return {**answer, "output": [output[place] for place in sorted(output)]}


def _join_message(items: Sequence[Item]) -> dict[str, Any]:
    answer: dict[str, Any] = {"role": "assistant"}
    blocks: dict[int, dict[str, Any]] = {}
    texts: dict[int, list[str]] = {}
    inputs: dict[int, list[str]] = {}
    usage: dict[str, Any] = {}
    for item in items:
        kind, place = item.get("type"), item.get("index")
        if kind == "message_start":
            message = _read_map(item.get("message"))
            _take(answer, message, ("id", "model", "role"))
            usage |= _read_map(message.get("usage"))
        elif kind == "message_delta":
            _take(answer, _read_map(item.get("delta")), ("stop_reason",))
            # The counts are those of the whole answer so far.
            counts = _read_map(item.get("usage"))
            usage |= {name: count for name, count in counts.items() if count is not None}
        elif kind == "content_block_start" and isinstance(place, int):
            blocks[place] = dict(_read_map(item.get("content_block")))
        elif kind == "content_block_delta" and isinstance(place, int):
            delta = _read_map(item.get("delta"))
            _add_text(texts, place, delta.get("text"))
            _add_text(inputs, place, delta.get("partial_json"))
    for place, parts in texts.items():
        begun = blocks.setdefault(place, {"type": "text"})
        begun["text"] = f"{begun.get('text') or ''}{''.join(parts)}"
    for place, parts in inputs.items():
        blocks.setdefault(place, {"type": "tool_use"})["input"] = _read_json("".join(parts))
    content = [blocks[place] for place in sorted(blocks)]
    return {**answer, "content": content, "usage": usage}


def _join_gemini(items: Sequence[Item]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    candidate: dict[str, Any] = {}
    parts: list[Any] = []
    for item in items:
        names = ("responseId", "response_id", "modelVersion", "model_version")
        _take(answer, item, (*names, "usageMetadata", "usage_metadata"))
        candidates = item.get("candidates")
        first = _read_map(candidates[0]) if isinstance(candidates, list) and candidates else {}
        _take(candidate, first, ("finishReason", "finish_reason"))
        added = _read_map(first.get("content")).get("parts")
        for part in map(_read_map, added if isinstance(added, list) else ()):
            last = parts[-1] if parts else {}
            if _is_plain_text(part) and _is_plain_text(last):
                parts[-1] = {"text": last["text"] + part["text"]}
            else:
                parts.append(part)
    candidate["content"] = {"role": "model", "parts": parts}
    return {**answer, "candidates": [candidate]}


def _is_plain_text(part: Item) -> bool:
    is_text = isinstance(part.get("text"), str) and not part.get("thought")
    return is_text and not part.get("functionCall") and not part.get("function_call")


def _take(target: dict[str, Any], source: Item, names: Sequence[str]) -> None:
    target |= {name: source[name] for name in names if source.get(name) is not None}


def _add_text(texts: dict[Any, list[str]], place: object, text: object) -> None:
    if isinstance(text, str):
        texts.setdefault(place, []).append(text)


def _read_map(value: Any) -> Item:
    """Open an object of an SDK that was recorded by its attributes; other values are empty."""
    if isinstance(value, Mapping) and isinstance(value.get("$flightlog"), str):
        value = value.get("attributes")
    return value if isinstance(value, Mapping) else {}


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        # The stream broke off within the JSON, or a model wrote invalid JSON.
        return text


_SHAPES: Final[
    tuple[tuple[Callable[[Item], bool], Callable[[Sequence[Item]], dict[str, Any]]], ...]
] = (
    (_is_chat_chunk, _join_chat),
    (_is_response_event, _join_response),
    (_is_message_event, _join_message),
    (_is_gemini_chunk, _join_gemini),
)
