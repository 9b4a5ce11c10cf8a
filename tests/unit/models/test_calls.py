from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given

from flightlog.models import ModelCall, ToolUse, Turn, measure_call, read_call, read_prices
from support.strategies import json_values

ASK = Turn(role="user", text="Weather in Oslo?")
CALL = ToolUse(name="weather", arguments='{"city": "Oslo"}', id="call_1")
FUNCTION = {"name": "weather", "arguments": '{"city": "Oslo"}'}
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Weather in Oslo?"}]}
CHAT_ANSWER = {
    "object": "chat.completion",
    "model": "gpt-4o-2024-08-06",
    "choices": [
        {
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_1", "type": "function", "function": FUNCTION}],
            },
        }
    ],
    "usage": {
        "prompt_tokens": 30,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 10},
    },
}
ANSWERED = Turn(role="assistant", tools=(CALL,))

SHAPES: dict[str, tuple[Any, Any, ModelCall]] = {
    "OpenAI chat completions": (
        CHAT,
        CHAT_ANSWER,
        ModelCall(
            turns=(ASK, ANSWERED),
            model="gpt-4o-2024-08-06",
            input_tokens=30,
            cached_tokens=10,
            output_tokens=7,
            stop_reason="tool_calls",
        ),
    ),
    "a recorded object of an SDK, called with keywords": (
        {"args": [], "kwargs": CHAT},
        {"$flightlog": "object", "type": "litellm.ModelResponse", "attributes": CHAT_ANSWER},
        ModelCall(
            turns=(ASK, ANSWERED),
            model="gpt-4o-2024-08-06",
            input_tokens=30,
            cached_tokens=10,
            output_tokens=7,
            stop_reason="tool_calls",
        ),
    ),
    "OpenAI responses": (
        {
            "model": "gpt-5",
            "instructions": "Be brief.",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Weather in Oslo?"}]},
                {"type": "function_call", "call_id": "call_1", **FUNCTION},
                {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
            ],
        },
        {
            "object": "response",
            "model": "gpt-5-2025-08-07",
            "output": [
                {"type": "reasoning", "summary": []},
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Rain."}],
                },
            ],
            "usage": {
                "input_tokens": 40,
                "output_tokens": 5,
                "input_tokens_details": {"cached_tokens": 0},
            },
        },
        ModelCall(
            turns=(
                Turn(role="system", text="Be brief."),
                ASK,
                Turn(role="assistant", tools=(CALL,)),
                Turn(role="tool", text="rain", tool_id="call_1"),
                Turn(role="assistant", text="Rain."),
            ),
            model="gpt-5-2025-08-07",
            input_tokens=40,
            cached_tokens=0,
            output_tokens=5,
        ),
    ),
    "Anthropic messages": (
        {
            "model": "claude-sonnet-4-5",
            "system": [{"type": "text", "text": "Be brief."}],
            "messages": [
                {"role": "user", "content": "Weather in Oslo?"},
                {
                    "role": "assistant",
                    "content": [
                        {
                            "type": "tool_use",
                            "id": "call_1",
                            "name": "weather",
                            "input": {"city": "Oslo"},
                        }
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "call_1", "content": "rain"},
                        {"type": "image", "source": {}},
                    ],
                },
            ],
        },
        {
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-5-20250929",
            "content": [{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "Rain."}],
            "stop_reason": "end_turn",
            "usage": {
                "input_tokens": 10,
                "cache_read_input_tokens": 20,
                "cache_creation_input_tokens": 5,
                "output_tokens": 3,
            },
        },
        ModelCall(
            turns=(
                Turn(role="system", text="Be brief."),
                ASK,
                Turn(role="assistant", tools=(CALL,)),
                Turn(role="tool", text="rain", tool_id="call_1"),
                Turn(role="user", text="[image]"),
                Turn(role="assistant", text="Rain."),
            ),
            model="claude-sonnet-4-5-20250929",
            input_tokens=35,
            cached_tokens=20,
            output_tokens=3,
            stop_reason="end_turn",
        ),
    ),
    "Gemini": (
        {
            "model": "gemini-2.5-pro",
            "contents": [{"role": "user", "parts": [{"text": "Weather in Oslo?"}]}],
            "config": {"system_instruction": "Be brief."},
        },
        {
            "modelVersion": "gemini-2.5-pro",
            "candidates": [
                {
                    "finishReason": "STOP",
                    "content": {
                        "role": "model",
                        "parts": [
                            {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}},
                        ],
                    },
                }
            ],
            "usageMetadata": {
                "promptTokenCount": 12,
                "cachedContentTokenCount": 4,
                "candidatesTokenCount": 6,
                "thoughtsTokenCount": 20,
            },
        },
        ModelCall(
            turns=(
                Turn(role="system", text="Be brief."),
                ASK,
                Turn(
                    role="assistant",
                    tools=(ToolUse(name="weather", arguments='{"city": "Oslo"}'),),
                ),
            ),
            model="gemini-2.5-pro",
            input_tokens=12,
            cached_tokens=4,
            output_tokens=26,
            stop_reason="STOP",
        ),
    ),
    "a node of ours": (
        {**CHAT, "system_prompt": "Be brief."},
        {
            "role": "assistant",
            "content": "Rain.",
            "model": "llama-3.3-70b-versatile",
            "stopReason": "stop",
            "usage": {"inputTokens": 9, "outputTokens": 2},
            "toolCalls": [{"id": "call_1", "name": "weather", "arguments": {"city": "Oslo"}}],
        },
        ModelCall(
            turns=(
                Turn(role="system", text="Be brief."),
                ASK,
                Turn(role="assistant", text="Rain.", tools=(CALL,)),
            ),
            model="llama-3.3-70b-versatile",
            input_tokens=9,
            output_tokens=2,
            stop_reason="stop",
        ),
    ),
    "a call that failed": (CHAT, None, ModelCall(turns=(ASK,), model="gpt-4o")),
}


@pytest.mark.parametrize("name", SHAPES)
def test_calls_of_each_sdk_are_read(name: str) -> None:
    """The conversation, the model, the tokens and the reason of the end are found."""
    question, answer, expected = SHAPES[name]
    assert read_call(json.loads(json.dumps(question)), json.loads(json.dumps(answer))) == expected


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ({"order": 7}, {"charged": True}),
        ({"messages": ["a"]}, {"sent": 1}),
        ({"input": "text"}, "text"),
        ({"body": {"content": "x"}}, {"content": "<p>", "status": 200}),
        (None, {"output": [1, 2]}),
        ([], {"choices": [{"name": "a"}]}),
    ],
)
def test_other_payloads_are_no_calls(question: Any, answer: Any) -> None:
    """Payloads that only have a name in common with a call are not taken for one."""
    assert read_call(question, answer) is None


def list_wrong(value: Any) -> Iterator[Any]:
    """List a value with something else in each place of it, one place at a time."""
    yield from ({"a": []}, [{}], None, True, -1, 10**400, 1e308, "x")
    if not isinstance(value, dict | list):
        return
    for place, part in list(value.items() if isinstance(value, dict) else enumerate(value)):
        for wrong in list_wrong(part):
            copy = value.copy()
            copy[place] = wrong
            yield copy


@pytest.mark.parametrize("name", SHAPES)
def test_anything_in_any_place_of_a_call_is_read_or_refused(name: str) -> None:
    """No value in the place of another one raises an error, and no number of tokens is huge."""
    question, answer, _ = SHAPES[name]
    wrong = [
        *((each, answer) for each in list_wrong(question)),
        *((question, each) for each in list_wrong(answer)),
    ]
    assert len(wrong) > 50
    for asked, said in wrong:
        found = read_call(asked, said)
        if found is not None:
            msgspec.json.encode(found)
            measure_call(found).compute_cost(read_prices())


def test_arguments_with_lone_surrogates_can_be_shown() -> None:
    """A model's JSON may have escapes that are no text; answers and terminals need text."""
    event = {"type": "content_block_delta", "index": 0}
    found = read_call(
        None,
        [
            {"type": "message_start", "message": {"model": "m", "role": "assistant"}},
            {**event, "delta": {"partial_json": '{"city": "\\ud800"}'}},
        ],
    )
    assert found is not None
    assert found.turns[-1].tools[0].arguments == '{"city": "?"}'


@given(json_values, json_values)
def test_any_json_is_read_or_refused(question: Any, answer: Any) -> None:
    """No payload raises an error, also where a call's names hold something else."""
    read_call(question, answer)
    for name in ("messages", "contents", "input", "kwargs"):
        for said in ("choices", "candidates", "output", "content", "usage"):
            asked = {"model": "m", name: [question], "system": answer}
            found = read_call(asked, {"role": "assistant", "usage": question, said: [answer]})
            assert found is None or found.model in {None, "m"}
