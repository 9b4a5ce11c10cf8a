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
    outcome = run_alone(history.workflow(), lambda one: groq_completion(one, model="m"), data)
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
    value = workflow.run(texts).value
    assert value["embedding"] == vector("ccc")
    assert value["embeddings"] == [vector("ccc")]
    assert value["dimensions"] == len(vector("ccc"))
    (done,) = nodes_of(history.execution(), "many")
    output = plain(done.output)
    assert output["embeddings"] == [vector(text, 2) for text in texts]
    assert output["usage"] == {"totalTokens": 5, "total_tokens": 5}
    sent = [request["body"]["input"] for request in server.requests]
    assert sent[:3] == [texts[:2], texts[2:4], texts[4:]]
    # Voyage's SDK sends one text as a list.
    assert sent[3] == ("ccc" if provider == "OpenAI" else ["ccc"])


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
    for number, (given, size) in enumerate([([], 1), ("", 1), ("a", -1)]):
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
    """The output names the route, and the record's input contains the conditions."""
    routes = [
        {"condition": "{{ input.n > 5 }}", "provider": "openai", "model": "o"},
        {"condition": "{{ input.n > 1 }}", "provider": "anthropic", "model": "a"},
        {"condition": "{{ true }}", "provider": "groq", "model": "g"},
    ]
    value = _route(history, {"n": 3}, routes=routes, system="S", max_tokens=5).value
    assert (value["provider"], value["route"], value["model"]) == ("anthropic", "1", "a")
    assert "failed" not in value
    (only,) = nodes_of(history.execution(), "only")
    assert plain(only.input)["routes"] == routes


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
        "system": "Be brief.",
        "messages": [
            {"role": "system", "content": "Answer in German."},
            {"role": "user", "content": "Why? (BRIEF)"},
        ],
        "metadata": {
            "template_count": 2,
            "variables_used": ["input.language", "input.question", "tone", "tone | uppercase"],
        },
    }
    (only,) = nodes_of(history.execution(), "only")
    assert plain(only.input)["variables"] == {"tone": "brief"}


@pytest.mark.parametrize(
    ("text", "made", "warned"),
    [
        ("Hi {{ missing }}!", "Hi !", "names `missing`, which there is not"),
        ("{{ nodes.gone.output.x }}", "", "nodes.gone"),
        ("{{#if x}}a{{/if}}", "a", "is not valid"),
        ("{{ input.no.such }}", "", "has no `no`"),
        ("all {{ secrets }}", "all ", "must not be recorded"),
        ("a {{ without end", "a {{ without end", None),
        ("Hi {{ name }}", "Hi Ada", None),
        ("{{ tone }} {{ input.name }} {{ null }}", "kind Ada ", None),
    ],
)
def test_what_a_template_can_t_fill_in_is_empty_with_a_warning(
    history: History, text: str, made: str, warned: str | None
) -> None:
    """The warning is in the node's output; the members of the input are names."""
    outcome = run_alone(
        history.workflow(),
        lambda one: prompt_template(
            one, messages=[{"role": "user", "content": text}], variables={"tone": "kind"}
        ),
        {"name": "Ada"},
    )
    value = outcome.value
    assert value["messages"] == [{"role": "user", "content": made}]
    if warned is None:
        assert "warnings" not in value
    else:
        assert warned in value["warnings"][0]


LONG = "x" * 3_000


@pytest.mark.parametrize(
    ("strategy", "text", "provider", "model"),
    [
        ("cost", "hi", "groq", "llama-3.1-8b-instant"),
        ("cost", "x" * 700, "groq", "llama-3.1-70b-versatile"),
        ("cost", LONG, "anthropic", "claude-3-5-sonnet-20241022"),
        ("speed", LONG, "groq", "llama-3.1-70b-versatile"),
        ("quality", "hi", "anthropic", "claude-3-5-sonnet-20241022"),
        ("quality", LONG, "anthropic", "claude-3-opus-20240229"),
        ("balanced", "hi", "groq", "llama-3.1-70b-versatile"),
        ("balanced", LONG, "anthropic", "claude-3-5-sonnet-20241022"),
    ],
)
def test_a_strategy_alone_has_routes_of_its_own(
    history: History, server: LlmServer, *, strategy: str, text: str, provider: str, model: str
) -> None:
    """The routes depend on the length of the messages, and the output gives the reason."""
    value = run_alone(
        history.workflow(), lambda one: llm_router(one, messages=text, strategy=strategy)
    ).value
    assert (value["provider"], value["model"]) == (provider, model)
    assert strategy in value["routing_reason"]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("always", True),
        ("len(str(messages)) < 500", True),
        ("len(messages) == 1 and messages[0]['role'] == 'user'", True),
        ("input.get('priority') == 'high'", True),
        ("input['priority'] == 'low'", False),
        ("ctx['input'].get('priority') == ctx.input_data['priority']", True),
        ("env.get('NO_SUCH_VARIABLE') is None", True),
        ("any(word in messages[0]['content'] for word in ['hi', 'hello'])", True),
        ("{{ input.priority }} == 'high'", True),
        ("'{{ input.priority }}' == 'high'", True),
        ("{{ input.priority == 'high' }}", True),
        ("__import__('os').system('true') == 0", False),
        ("open('/etc/passwd')", False),
        ("().__class__.__bases__", False),
        ("input.missing == 1", False),
        ("1 +", False),
        ("'x' * 10**9 == ''", False),
    ],
)
def test_a_route_s_condition_is_python_and_false_where_it_fails(
    history: History, server: LlmServer, condition: str, *, holds: bool
) -> None:
    """A condition that can't be evaluated leaves a warning, and no trace of any value."""
    value = run_alone(
        history.workflow(),
        lambda one: llm_router(
            one,
            messages="hi",
            routes=[{"condition": condition, "provider": "openai", "model": "yes"}],
            fallback={"provider": "groq", "model": "no"},
        ),
        {"priority": "high"},
    ).value
    assert value["model"] == ("yes" if holds else "no")
    fails = any(word in condition for word in ("__", "open", "missing", "1 +", "10**9"))
    assert ("warnings" in value) is fails


def test_a_form_s_router_compares_its_models(history: History, server: LlmServer) -> None:
    """Without conditions, the strategy decides by the names; `load_balance` takes any."""
    models = [
        {"provider": "openai", "model": "gpt-pro"},
        {"provider": "anthropic", "model": "claude-haiku"},
    ]
    for strategy, model in (
        ("cost", "claude-haiku"),
        ("quality", "gpt-pro"),
        ("custom", "gpt-pro"),
    ):
        assert _route(history, strategy=strategy, models=models).value["model"] == model
    value = _route(history, strategy="load_balance", models=models).value
    assert value["model"] in {"gpt-pro", "claude-haiku"}
