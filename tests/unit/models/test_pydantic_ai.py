"""Calls of models by pydantic-ai are read as it records its messages and responses."""

from __future__ import annotations

from typing import Any

import pytest

from flightlog.models.calls import ModelCall, ToolUse, Turn, read_call

QUESTION: dict[str, Any] = {
    "messages": [
        {
            "parts": [
                {"content": "You answer for a shop.", "part_kind": "system-prompt"},
                {"content": "Where is order 7?", "part_kind": "user-prompt"},
            ],
            "instructions": "Answer in two sentences.",
            "kind": "request",
        },
        {
            "parts": [
                {"content": "Let me see.", "part_kind": "text"},
                {"content": "hm", "part_kind": "thinking"},
                {
                    "tool_name": "find_order",
                    "args": {"number": 7},
                    "tool_call_id": "call-1",
                    "part_kind": "tool-call",
                },
            ],
            "usage": {"input_tokens": 54, "output_tokens": 4},
            "model_name": "gpt-5",
            "kind": "response",
        },
        {
            "parts": [
                {
                    "tool_name": "find_order",
                    "content": {"leaves": "today"},
                    "tool_call_id": "call-1",
                    "part_kind": "tool-return",
                },
                {"content": "Say when.", "tool_name": None, "part_kind": "retry-prompt"},
            ],
            "instructions": "Answer in one sentence.",
            "kind": "request",
        },
    ],
    "model_settings": None,
    "model_request_parameters": {"function_tools": [{"name": "find_order"}]},
}
ANSWER: dict[str, Any] = {
    "parts": [{"content": "It leaves today.", "id": None, "part_kind": "text"}],
    "usage": {
        "input_tokens": 60,
        "cache_read_tokens": 12,
        "output_tokens": 5,
        "details": {},
    },
    "model_name": "gpt-5-2026-08-06",
    "provider_response_id": "resp-1",
    "finish_reason": "stop",
    "kind": "response",
}


def test_conversation_and_tokens_are_read() -> None:
    """The instructions of the last request are the system's message, and tools keep their ids."""
    assert read_call(QUESTION, ANSWER) == ModelCall(
        turns=(
            Turn(role="system", text="Answer in one sentence."),
            Turn(role="system", text="You answer for a shop."),
            Turn(role="user", text="Where is order 7?"),
            Turn(
                role="assistant",
                text="Let me see.",
                tools=(ToolUse(name="find_order", arguments='{"number": 7}', id="call-1"),),
            ),
            Turn(role="tool", text='{"leaves": "today"}', tool_id="call-1"),
            Turn(role="user", text="Say when."),
            Turn(role="assistant", text="It leaves today."),
        ),
        model="gpt-5-2026-08-06",
        input_tokens=60,
        cached_tokens=12,
        output_tokens=5,
        stop_reason="stop",
        answer_id="resp-1",
    )


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ({"messages": [{"kind": "request", "parts": "x"}]}, {"kind": "response", "parts": [7]}),
        ({"messages": [{"kind": ["request"], "parts": []}]}, {"kind": "response"}),
        ({"messages": [None, 7]}, {"kind": "request", "parts": [], "usage": {}}),
        (None, {"kind": "response", "parts": [{"part_kind": None}]}),
    ],
)
def test_similar_payloads_are_no_calls(question: Any, answer: Any) -> None:
    """A payload that only has some of the names is left as it is."""
    assert read_call(question, answer) is None


def test_odd_values_are_read_without_a_fault() -> None:
    """A broken record may have any value in the place of a text."""
    answer = {
        "kind": "response",
        "parts": [
            {"part_kind": "text", "content": 7},
            {"part_kind": "tool-call", "tool_name": [], "args": None},
        ],
        "usage": [],
        "model_name": {},
    }
    call = read_call({"messages": [{"kind": "request", "parts": []}]}, answer)
    assert call is not None
    assert call.turns == (Turn(role="assistant", tools=(ToolUse(name="?", arguments="{}"),)),)
    assert (call.model, call.input_tokens) == (None, None)
