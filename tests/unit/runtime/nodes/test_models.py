"""Nodes that ask models with the official SDKs, against a local server."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flightlog.errors import InvalidInputError, ProviderError, UnusableSecretError
from flightlog.runtime.nodes.anthropic import anthropic_completion
from flightlog.runtime.nodes.groq import groq_completion
from flightlog.runtime.nodes.openai import openai_completion, openai_embedding
from flightlog.runtime.nodes.prompts import prompt_template
from flightlog.runtime.nodes.router import llm_router
from flightlog.runtime.nodes.voyage import voyage_embedding
from support.llm_server import ARGUMENTS, KEY, KEYS, WRONG_KEY, LlmServer, llm_server, vector
from support.workflows import History, chain, node, nodes_of, plain, run_alone

COMPLETIONS = {
    "Anthropic": anthropic_completion,
    "OpenAI": openai_completion,
    "Groq": groq_completion,
}
EMBEDDINGS = {"OpenAI": openai_embedding, "Voyage": voyage_embedding}
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
}


@pytest.fixture(scope="module")
def running() -> Iterator[LlmServer]:
    """Start one server for all tests."""
    with llm_server() as server:
        yield server


@pytest.fixture
def server(running: LlmServer, monkeypatch: pytest.MonkeyPatch) -> LlmServer:
    """Point the environment to the server, and clear its earlier requests."""
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    running.requests.clear()
    return running


providers = pytest.mark.parametrize("provider", COMPLETIONS)
streaming = pytest.mark.parametrize("stream", [False, True])


def _ask(history: History, provider: str, given: Any = None, **config: Any) -> Any:
    asked: dict[str, Any] = {"model": "m-1", "messages": [{"role": "user", "content": "hi"}]}
    return run_alone(
        history.workflow(), lambda one: COMPLETIONS[provider](one, **{**asked, **config}), given
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
    assert value["usage"] == {"inputTokens": 7, "outputTokens": 11}
    assert value["stopReason"] in {"end_turn", "stop"}
    (request,) = server.requests
    assert request["key"] == KEY
    assert request["body"]["temperature"] == 0.5
    assert 50 in {request["body"].get("max_tokens"), request["body"].get("max_completion_tokens")}
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
def test_functions_are_tools_too(history: History, server: LlmServer, provider: str) -> None:
    """Plain functions, without the form of a tool, are accepted."""
    outcome = _ask(history, provider, messages="call it", functions=[{"name": "weather"}])
    assert outcome.value["toolCalls"][0]["name"] == "weather"


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
        lambda one: openai_completion(one, model="flaky-1", messages="hi"),
        retries=1,
        retry_delay_ms=1,
    )
    assert outcome.value["content"] == "You said: hi"
    runs = nodes_of(history.execution(), "only")
    assert [(one.attempt, one.status) for one in runs] == [(1, "error"), (2, "success")]


@pytest.mark.parametrize("provider", EMBEDDINGS)
def test_embeddings_are_made_in_batches(history: History, server: LlmServer, provider: str) -> None:
    """A list gives vectors in its order, and a text gives one vector."""
    workflow = history.workflow()
    embed: Callable[..., Any] = EMBEDDINGS[provider]
    many = node(
        workflow,
        "many",
        lambda one: embed(one, model="e", input="{{ input }}", batch_size=2, dimensions=2),
    )
    alone = node(workflow, "alone", lambda one: embed(one, model="e", input="{{ input[2] }}"))
    chain(workflow, many, alone)
    texts = ["a", "bb", "ccc", "dddd", "eeeee"]
    assert workflow.run(texts).value["embedding"] == vector("ccc")
    (done,) = nodes_of(history.execution(), "many")
    output = plain(done.output)
    assert output["embeddings"] == [vector(text, 2) for text in texts]
    assert output["usage"] == {"totalTokens": 5}
    assert [len(request["body"]["input"]) for request in server.requests] == [2, 2, 1, 1]


@pytest.mark.parametrize("provider", EMBEDDINGS)
def test_embeddings_tell_refusals_and_bad_configs(
    history: History, server: LlmServer, provider: str
) -> None:
    """Embeddings report refusals as completions do."""
    embed: Callable[..., Any] = EMBEDDINGS[provider]
    workflow = history.workflow()
    error = run_alone(workflow, lambda one: embed(one, model="limited", input="a")).error
    assert isinstance(error, ProviderError)
    assert (error.status, error.provider_message) == (429, "Slow down, please.")
    for number, (given, size) in enumerate([([], 1), ("", 1), ("a", 0)]):
        workflow = history.workflow(f"bad-{number}")
        bad = functools.partial(embed, model="e", input=given, batch_size=size)
        assert isinstance(run_alone(workflow, bad).error, InvalidInputError)


def _route(history: History, given: Any = None, **config: Any) -> Any:
    return run_alone(
        history.workflow(), lambda one: llm_router(one, messages="hi", **config), given
    )


def test_a_router_takes_the_first_route_whose_condition_holds(
    history: History, server: LlmServer
) -> None:
    """The output names the route, and the record's input contains the evaluated conditions."""
    routes = [
        {"condition": "{{ input.n > 5 }}", "provider": "openai", "model": "o"},
        {"condition": "{{ input.n > 1 }}", "provider": "anthropic", "model": "a"},
        {"condition": "{{ true }}", "provider": "groq", "model": "g"},
    ]
    value = _route(history, {"n": 3}, routes=routes, system="S", max_tokens=5).value
    assert (value["provider"], value["route"], value["model"]) == ("anthropic", "1", "a")
    assert "failed" not in value
    (only,) = nodes_of(history.execution(), "only")
    assert [one["condition"] for one in plain(only.input)["routes"]] == [False, True, True]


@pytest.mark.parametrize(
    ("strategy", "model"),
    [
        ("custom", "gpt-pro"),
        ("cost", "claude-haiku"),
        ("speed", "llama-70b"),
        ("quality", "gpt-pro"),
        ("balanced", "claude-sonnet"),
    ],
)
def test_a_router_s_strategy_chooses_among_routes_that_hold(
    history: History, server: LlmServer, strategy: Any, model: str
) -> None:
    """The strategy guesses a model's size from its name."""
    models = {
        "gpt-pro": "openai",
        "claude-haiku": "anthropic",
        "claude-sonnet": "anthropic",
        "llama-70b": "groq",
    }
    routes = [
        {"condition": "{{ true }}", "provider": provider, "model": name}
        for name, provider in models.items()
    ]
    assert _route(history, strategy=strategy, routes=routes).value["model"] == model


def test_a_router_falls_back_when_a_provider_fails(history: History, server: LlmServer) -> None:
    """The output lists the failure; when the fallback fails too, its error is the node's error."""
    routes = [{"condition": "{{ true }}", "provider": "openai", "model": "limited"}]
    fallback = {"provider": "groq", "model": "g"}
    value = _route(history, routes=routes, fallback=fallback).value
    assert (value["provider"], value["route"]) == ("groq", "fallback")
    assert "429" in value["failed"][0]["error"]
    error = _route(history, routes=routes, fallback={"provider": "groq", "model": "broken"}).error
    assert isinstance(error, ProviderError)
    assert (error.provider, error.status) == ("Groq", 500)


def test_a_router_without_a_way_is_an_error(history: History, server: LlmServer) -> None:
    """An unknown provider is an error too."""
    routes = [{"condition": "{{ false }}", "provider": "openai", "model": "o"}]
    assert isinstance(_route(history, routes=routes).error, InvalidInputError)
    unknown = {"provider": "acme", "model": "x"}
    assert isinstance(_route(history, fallback=unknown).error, InvalidInputError)


def test_a_prompt_is_made_of_messages_and_variables(history: History) -> None:
    """Variables may contain expressions, and the messages use their names."""
    outcome = run_alone(
        history.workflow(),
        lambda one: prompt_template(
            one,
            system="Be {{ tone }}.",
            messages=[
                {"role": "system", "content": "Answer in {{ input.language }}."},
                {"role": "user", "content": "{{ input.question }} ({{ tone | uppercase }})"},
            ],
            variables={"tone": "{{ input.tone }}"},
        ),
        {"tone": "brief", "language": "German", "question": "Why?"},
    )
    assert outcome.value == {
        "system": "Be brief.\n\nAnswer in German.",
        "messages": [{"role": "user", "content": "Why? (BRIEF)"}],
    }
    (only,) = nodes_of(history.execution(), "only")
    assert plain(only.input)["variables"] == {"tone": "brief"}
