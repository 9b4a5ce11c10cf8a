"""Nodes that ask models with the official SDKs, against a local server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flightlog.errors import InvalidInputError, ProviderError, UnusableSecretError
from flightlog.runtime.nodes.anthropic import anthropic_completion
from flightlog.runtime.nodes.completions import read_messages
from flightlog.runtime.nodes.groq import groq_completion
from flightlog.runtime.nodes.openai import openai_completion
from support.llm_server import ARGUMENTS, KEY, KEYS, WRONG_KEY, LlmServer
from support.workflows import History, nodes_of, plain, run_alone

COMPLETIONS = {
    "Anthropic": anthropic_completion,
    "OpenAI": openai_completion,
    "Groq": groq_completion,
}


WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
}


providers = pytest.mark.parametrize("provider", COMPLETIONS)


streaming = pytest.mark.parametrize("stream", [False, True])


def _ask(history: History, provider: str, given: Any = None, **config: Any) -> Any:
    asked: dict[str, Any] = {"model": "m-1", "messages": [{"role": "user", "content": "hi"}]}
    return run_alone(
        history.workflow(), lambda node: COMPLETIONS[provider](node, **{**asked, **config}), given
    )


@providers
@streaming
def test_a_completion_answers_in_one_form(
    history: History, server: LlmServer, provider: str, *, stream: bool
) -> None:
    """Every provider's output has the same form, streamed or not."""
    outcome = _ask(
        history,
        provider,
        {"name": "Ada", "warm": 0.5},
        messages=[{"role": "user", "content": "I am {{ input.name }}"}],
        system_prompt="Be kind, {{ input.name }}.",
        max_tokens=50,
        temperature="{{ input.warm }}",
        streaming=stream,
    )
    value = outcome.value
    assert value["content"] == "You said: I am Ada"
    assert value["model"] == "m-1"
    assert value["usage"].items() >= {"inputTokens": 7, "outputTokens": 11}.items()
    if provider == "Anthropic":
        assert value["usage"].items() >= {"input_tokens": 7, "output_tokens": 11}.items()
        assert value["stop_reason"] == value["stopReason"] == "end_turn"
    else:
        counts = {"prompt_tokens": 7, "completion_tokens": 11, "total_tokens": 18}
        assert value["usage"].items() >= counts.items()
        assert value["finish_reason"] == value["stopReason"] == "stop"
    (request,) = server.requests
    assert request["key"] == KEY
    assert request["body"]["temperature"] == 0.5
    assert request["body"]["max_tokens"] == 50
    assert "Be kind, Ada." in json.dumps(request["body"])
    lines = history.lines()
    assert KEY.encode() not in b"".join(lines)


@providers
@streaming
def test_a_tool_that_the_model_wants_is_told(
    history: History, server: LlmServer, provider: str, *, stream: bool
) -> None:
    """A tool's definition may have either form."""
    forms: list[dict[str, Any]] = [
        {"name": "weather", "description": "d", "input_schema": WEATHER},
        {"type": "function", "function": {"name": "weather", "parameters": WEATHER}},
    ]
    for form in forms:
        outcome = _ask(history, provider, messages="call it", tools=[form], streaming=stream)
        (call,) = outcome.value["toolCalls"]
        assert (call["name"], call["arguments"]) == ("weather", ARGUMENTS)
        tool = server.requests[-1]["body"]["tools"][0]
        assert WEATHER in (tool.get("input_schema"), tool.get("function", {}).get("parameters"))


@pytest.mark.parametrize("provider", ["OpenAI", "Groq"])
@streaming
def test_functions_are_sent_and_answered_as_the_editor_s_workflows_expect(
    history: History, server: LlmServer, provider: str, *, stream: bool
) -> None:
    """The older form of tools reaches the provider unchanged, and so does its answer."""
    functions = [{"name": "weather", "parameters": WEATHER}]
    value = _ask(
        history,
        provider,
        messages="call it",
        functions=functions,
        response_format="json",
        streaming=stream,
    ).value
    assert json.loads(value["function_call"].pop("arguments")) == ARGUMENTS
    assert value["function_call"] == {"name": "weather"}
    assert value["content"] is None
    (request,) = server.requests
    assert request["body"]["functions"] == functions
    assert request["body"]["response_format"] == {"type": "json_object"}
    assert "tools" not in request["body"]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4", "max_tokens"),
        ("o3-mini", "max_completion_tokens"),
        ("gpt-5", "max_completion_tokens"),
    ],
)
def test_models_that_reason_get_the_newer_name_of_the_limit(
    history: History, server: LlmServer, model: str, name: str
) -> None:
    """They refuse the older name, which other servers of OpenAI's protocol need."""
    _ask(history, "OpenAI", model=model, max_tokens="30")
    assert server.requests[0]["body"][name] == 30


@providers
def test_messages_of_a_chat_stay_in_their_places(
    history: History, server: LlmServer, provider: str
) -> None:
    """Only Anthropic has the system's messages apart; a message without a role is the user's."""
    messages = [
        {"content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "system", "content": "three"},
    ]
    _ask(history, provider, messages=messages)
    body = server.requests[0]["body"]
    first = {"role": "user", "content": "one"}
    if provider == "Anthropic":
        assert (body["system"], body["messages"]) == ("three", [first, messages[1]])
    else:
        assert body["messages"] == [first, *messages[1:]]


@pytest.mark.parametrize(
    ("data", "asked"),
    [
        ({"messages": [{"role": "user", "content": "hi"}], "system": "S"}, "hi"),
        ("plain", "plain"),
        ({"message": "hello", "other": 1}, "hello"),
        ({"content": "told"}, "told"),
        ({"n": 1}, '{"n": 1}'),
        ({}, None),
        (None, None),
    ],
)
def test_a_node_without_a_prompt_asks_what_flows_in(
    history: History, server: LlmServer, data: Any, asked: str | None
) -> None:
    """A form's router has no prompt of its own; what it asked is in the record."""
    outcome = run_alone(history.workflow(), lambda node: groq_completion(node, model="m"), data)
    if asked is None:
        assert isinstance(outcome.error, InvalidInputError)
        return
    sent = server.requests[0]["body"]["messages"]
    assert sent[-1]["content"].replace(" ", "") == asked.replace(" ", "")
    assert (sent[0]["role"] == "system") is (isinstance(data, dict) and "system" in data)
    (only,) = nodes_of(history.execution(), "only")
    assert plain(only.input)["messages"][-1] == sent[-1]


def test_a_key_of_the_config_replaces_the_environment_s(
    history: History, server: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider gets the config's key, and the record has none."""
    monkeypatch.setenv("MINE", "sk-mine-0123456789")
    assert _ask(history, "OpenAI", api_key="{{ env.MINE }}").error is None
    assert server.requests[0]["key"] == "sk-mine-0123456789"
    assert b"sk-mine-0123456789" not in b"".join(history.lines())


@providers
@streaming
@pytest.mark.parametrize(
    ("model", "key", "status", "kind", "message"),
    [
        ("limited-1", KEY, 429, "rate_limit_error", "Slow down, please."),
        ("broken-1", KEY, 500, "api_error", "Something broke."),
        ("m-1", WRONG_KEY, 401, "authentication_error", "invalid x-api-key"),
    ],
)
def test_a_refusal_keeps_the_provider_s_status_type_and_message(
    history: History,
    server: LlmServer,
    monkeypatch: pytest.MonkeyPatch,
    *,
    provider: str,
    model: str,
    key: str,
    status: int,
    kind: str,
    message: str,
    stream: bool,
) -> None:
    """The error and the record have the values; the SDK doesn't retry, because the node does."""
    for name in KEYS:
        monkeypatch.setenv(name, key)
    error = _ask(history, provider, model=model, streaming=stream).error
    assert isinstance(error, ProviderError)
    assert (error.provider, error.status, error.type) == (provider, status, kind)
    assert error.provider_message == message
    assert len(server.requests) == 1
    (only,) = nodes_of(history.execution(), "only")
    assert only.error is not None
    assert all(word in only.error.message for word in (provider, str(status), kind, message))
    assert only.error.type == "flightlog.errors.ProviderError"


@providers
def test_a_provider_that_can_t_be_reached_is_told(
    history: History, server: LlmServer, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    """The error has no status."""
    monkeypatch.setenv(f"{provider.upper()}_BASE_URL", "http://127.0.0.1:9")
    error = _ask(history, provider).error
    assert isinstance(error, ProviderError)
    assert (error.provider, error.status) == (provider, None)


@providers
def test_a_missing_key_is_told_by_its_name(
    history: History, server: LlmServer, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    """The error names the key of the node's provider, and comes only when the node runs."""
    for name in KEYS:
        monkeypatch.delenv(name)
    error = _ask(history, provider).error
    assert isinstance(error, UnusableSecretError)
    assert error.name == f"{provider.upper()}_API_KEY"


@providers
def test_what_is_no_list_of_messages_is_refused(
    history: History, server: LlmServer, provider: str
) -> None:
    """No request is sent."""
    for messages in (7, [1], [{"role": "user"}], {"role": "user", "content": "x"}):
        assert isinstance(_ask(history, provider, messages=messages).error, InvalidInputError)
    assert isinstance(_ask(history, provider, tools=[{}]).error, InvalidInputError)
    assert server.requests == []


def test_a_rate_limit_passes_with_another_attempt(history: History, server: LlmServer) -> None:
    """The record contains both attempts."""
    workflow = history.workflow()
    outcome = run_alone(
        workflow,
        lambda node: openai_completion(node, model="flaky-1", messages="hi"),
        retries=1,
        retry_delay_ms=1,
    )
    assert outcome.value["content"] == "You said: hi"
    runs = nodes_of(history.execution(), "only")
    assert [(execution.attempt, execution.status) for execution in runs] == [
        (1, "error"),
        (2, "success"),
    ]


def test_a_prompt_may_be_an_expression_for_messages() -> None:
    """The editor's form has one prompt, which may name a promptTemplate's messages."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    assert read_messages([{"role": "user", "content": messages}]) == messages
    parts = [{"type": "text", "text": "Hi"}]
    assert read_messages([{"role": "user", "content": parts}]) == [
        {"role": "user", "content": parts}
    ]
