"""Streams of the providers, as their own SDKs read them, become one answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pytest
from anthropic.types import RawMessageStreamEvent
from hypothesis import given
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from flightlog.capture.encoding import encode_value
from flightlog.models import ModelCall, ToolUse, Turn, read_call
from support.strategies import json_values

QUESTION: Final = {"messages": [{"role": "user", "content": "Weather?"}], "stream": True}
ASK: Final = Turn(role="user", text="Weather?")


def chunk(delta: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """Make a chunk of chat completions; None is the last one, which has the usage."""
    choice = {"index": 0, "delta": delta, "finish_reason": more.pop("finish_reason", None)}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o-2024-08-06",
        "choices": [] if delta is None else [choice],
        **more,
    }


def call_part(place: int, arguments: str, **more: Any) -> dict[str, Any]:
    """Make a part of a tool call."""
    function = {"arguments": arguments} | ({"name": more.pop("name")} if "name" in more else {})
    return {"tool_calls": [{"index": place, "function": function, **more}]}


CHAT: Final[list[dict[str, Any]]] = [
    chunk({"role": "assistant", "content": ""}),
    chunk({"content": "Let me "}),
    chunk({"content": "see."}),
    chunk(call_part(0, "", id="call_1", name="weather", type="function")),
    chunk(call_part(1, '{"city"', id="call_2", name="weather", type="function")),
    chunk(call_part(0, '{"city": "Oslo"}')),
    chunk(call_part(1, ': "Rome"}')),
    chunk({}, finish_reason="tool_calls"),
    chunk(
        None,
        usage={
            "prompt_tokens": 30,
            "completion_tokens": 7,
            "total_tokens": 37,
            "prompt_tokens_details": {"cached_tokens": 10},
        },
    ),
]
TOOLS: Final = (
    ToolUse(name="weather", arguments='{"city": "Oslo"}', id="call_1"),
    ToolUse(name="weather", arguments='{"city": "Rome"}', id="call_2"),
)
CHAT_CALL: Final = ModelCall(
    turns=(ASK, Turn(role="assistant", text="Let me see.", tools=TOOLS)),
    model="gpt-4o-2024-08-06",
    input_tokens=30,
    cached_tokens=10,
    output_tokens=7,
    stop_reason="tool_calls",
    answer_id="chatcmpl-1",
)

MESSAGE: Final = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5"}
EVENTS: Final[list[dict[str, Any]]] = [
    {
        "type": "message_start",
        "message": MESSAGE
        | {"content": [], "stop_reason": None, "stop_sequence": None}
        | {"usage": {"input_tokens": 5, "cache_read_input_tokens": 20, "output_tokens": 1}},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": "Let me "},
    },
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "see."}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}},
    },
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "input_json_delta", "partial_json": '{"city": '},
    },
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "input_json_delta", "partial_json": '"Oslo"}'},
    },
    {"type": "content_block_stop", "index": 1},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {"output_tokens": 15},
    },
    {"type": "message_stop"},
]
MESSAGE_CALL: Final = ModelCall(
    turns=(
        ASK,
        Turn(
            role="assistant",
            text="Let me see.",
            tools=(ToolUse(name="weather", arguments='{"city": "Oslo"}', id="toolu_1"),),
        ),
    ),
    model="claude-opus-5",
    input_tokens=25,
    cached_tokens=20,
    output_tokens=15,
    stop_reason="tool_use",
    answer_id="msg_1",
)

RESPONSE: Final = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "model": "gpt-5",
    "output": [],
    "tools": [],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
}
FUNCTION: Final = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather"}
TEXT: Final = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
PARTS: Final = [{"type": "output_text", "text": "Let me see.", "annotations": []}]
RESPONSES: Final[list[dict[str, Any]]] = [
    {"type": "response.created", "response": RESPONSE},
    {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": TEXT | {"content": [], "status": "in_progress"},
    },
    {
        "type": "response.output_text.delta",
        "output_index": 0,
        "item_id": "msg_1",
        "content_index": 0,
        "delta": "Let me ",
        "logprobs": [],
    },
    {
        "type": "response.output_text.delta",
        "output_index": 0,
        "item_id": "msg_1",
        "content_index": 0,
        "delta": "see.",
        "logprobs": [],
    },
    {
        "type": "response.output_item.added",
        "output_index": 1,
        "item": FUNCTION | {"arguments": ""},
    },
    {
        "type": "response.function_call_arguments.delta",
        "output_index": 1,
        "item_id": "fc_1",
        "delta": '{"city": "Oslo"}',
    },
]
DONE: Final[list[dict[str, Any]]] = [
    {
        "type": "response.completed",
        "response": RESPONSE
        | {"output": [TEXT | {"content": PARTS}, FUNCTION | {"arguments": '{"city": "Oslo"}'}]}
        | {
            "usage": {
                "input_tokens": 30,
                "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
                "output_tokens": 9,
                "output_tokens_details": {"reasoning_tokens": 2},
                "total_tokens": 39,
            }
        },
    }
]
RESPONSE_CALL: Final = ModelCall(
    turns=(
        ASK,
        Turn(role="assistant", text="Let me see."),
        Turn(
            role="assistant",
            tools=(ToolUse(name="weather", arguments='{"city": "Oslo"}', id="call_1"),),
        ),
    ),
    model="gpt-5",
    input_tokens=30,
    cached_tokens=4,
    output_tokens=9,
    answer_id="resp_1",
)
GEMINI: Final[list[dict[str, Any]]] = [
    {
        "responseId": "r1",
        "modelVersion": "gemini-2.5-pro",
        "candidates": [{"content": {"role": "model", "parts": [{"text": "Let me "}]}}],
        "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8},
    },
    {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"text": "see."},
                        {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}},
                    ]
                },
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 6},
    },
]
GEMINI_CALL: Final = ModelCall(
    turns=(
        ASK,
        Turn(
            role="assistant",
            text="Let me see.",
            tools=(ToolUse(name="weather", arguments='{"city": "Oslo"}'),),
        ),
    ),
    model="gemini-2.5-pro",
    input_tokens=8,
    output_tokens=6,
    stop_reason="STOP",
    answer_id="r1",
)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (CHAT, CHAT_CALL),
        (EVENTS, MESSAGE_CALL),
        ([*RESPONSES, *DONE], RESPONSE_CALL),
        (GEMINI, GEMINI_CALL),
    ],
    ids=["chat completions", "messages", "responses", "Gemini"],
)
def test_a_stream_is_one_answer(items: Sequence[Any], expected: ModelCall) -> None:
    """Text, tool calls, usage, model and reason are those of the whole answer."""
    assert read_call(QUESTION, items) == expected


@pytest.mark.parametrize(
    ("shape", "items", "expected"),
    [
        (ChatCompletionChunk, CHAT, CHAT_CALL),
        (RawMessageStreamEvent, [each for each in EVENTS if each["type"] != "ping"], MESSAGE_CALL),
        (
            ResponseStreamEvent,
            [each | {"sequence_number": 1} for each in (*RESPONSES, *DONE)],
            RESPONSE_CALL,
        ),
    ],
    ids=["openai chat", "anthropic", "openai responses"],
)
def test_objects_of_the_sdks_are_read_as_they_are_recorded(
    shape: Any, items: Sequence[Any], expected: ModelCall
) -> None:
    """The SDK's own objects, encoded as capture encodes them, give the same answer."""
    adapter = TypeAdapter[Any](shape)
    objects = [adapter.validate_python(item) for item in items]
    recorded = msgspec.json.decode(encode_value(objects, 100_000))
    assert read_call(QUESTION, recorded) == expected


def test_a_stream_that_broke_off_gives_what_arrived() -> None:
    """Without its end, a stream has its text and its model, and no reason."""
    found = read_call(QUESTION, CHAT[:3])
    assert found is not None
    assert found.turns[-1] == Turn(role="assistant", text="Let me see.")
    assert (found.model, found.output_tokens, found.stop_reason) == (
        "gpt-4o-2024-08-06",
        None,
        None,
    )
    found = read_call(QUESTION, RESPONSES)
    assert found is not None
    assert found.turns == RESPONSE_CALL.turns
    found = read_call(QUESTION, EVENTS[:8])
    assert found is not None
    assert found.turns[-1].tools == (ToolUse(name="weather", arguments='{"city": ', id="toolu_1"),)


def test_groq_and_refusals_are_read() -> None:
    """Groq's last chunk has its usage apart, and a refusal is the text."""
    last = chunk({}, x_groq={"usage": {"prompt_tokens": 3, "completion_tokens": 2}})
    found = read_call(QUESTION, [chunk({"refusal": "I can't "}), chunk({"refusal": "help."}), last])
    assert found is not None
    assert found.turns[-1] == Turn(role="assistant", text="I can't help.")
    assert (found.input_tokens, found.output_tokens) == (3, 2)


@pytest.mark.parametrize("items", [[], [1, "two"], [{"note": 1}], [[CHAT[0]]]])
def test_other_lists_are_no_streams(items: Sequence[Any]) -> None:
    """A list of anything else is no answer."""
    assert read_call(QUESTION, items) is None


@given(json_values)
def test_no_value_in_a_stream_fails(value: Any) -> None:
    """Any value may stand in the place of any part."""
    for items in (CHAT, EVENTS, [*RESPONSES, *DONE], GEMINI):
        for place, item in enumerate(items):
            for name in item:
                read_call(QUESTION, [*items[:place], {**item, name: value}, *items[place:]])
    read_call(QUESTION, [value])
