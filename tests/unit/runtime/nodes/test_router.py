from __future__ import annotations

from typing import Any

import pytest

from flightlog.errors import InvalidInputError, ProviderError
from flightlog.runtime.nodes.router import llm_router
from support.llm_server import LlmServer
from support.workflows import History, nodes_of, plain, run_alone

LONG = "x" * 3_000


def _route(history: History, given: Any = None, **config: Any) -> Any:
    return run_alone(
        history.workflow(), lambda node: llm_router(node, messages="hi", **config), given
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
        history.workflow(), lambda node: llm_router(node, messages=text, strategy=strategy)
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
        lambda node: llm_router(
            node,
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
