"""Every spelling of every type of node, and the editor's defaults, in memory."""

from __future__ import annotations

from typing import Any

import pytest

from flightlog.codegen.configs import normalize_config
from flightlog.codegen.model_configs import EMBEDDING_MODELS, MODELS
from flightlog.codegen.problems import Problems
from flightlog.errors import InvalidManifestError

HI = [{"role": "user", "content": "hi"}]
SONNET = {"provider": "anthropic", "model": "claude-3-sonnet"}
GPT = {"provider": "openai", "model": "gpt-4"}
COMPLETIONS = sorted(MODELS)


def read(kind: str, **config: Any) -> tuple[dict[str, Any], list[str]]:
    """Read a config without a fault; return its values and the names in its notes."""
    problems, notes = Problems(), list[str]()
    values = normalize_config(kind, config, "c", problems, notes)
    problems.raise_any()
    return values, [note.split("`")[1].removeprefix("c.") for note in notes]


def refused(kind: str, **config: Any) -> str:
    """Read a config with one fault; return the fault."""
    problems = Problems()
    normalize_config(kind, config, "c", problems, [])
    with pytest.raises(InvalidManifestError) as caught:
        problems.raise_any()
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("kind", COMPLETIONS)
@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"messages": HI}, {"messages": HI}),
        ({"prompt": "hi"}, {"messages": HI}),
        ({"prompt": "hi", "messages": []}, {"messages": HI}),
        ({"prompt": "", "messages": HI}, {"messages": HI}),
        ({"messages": HI, "model": ""}, {"messages": HI}),
        ({"messages": HI, "model": "m"}, {"messages": HI, "model": "m"}),
        ({"prompt": "hi", "system": "S"}, {"messages": HI, "systemPrompt": "S"}),
        ({"prompt": "hi", "systemPrompt": "S"}, {"messages": HI, "systemPrompt": "S"}),
        ({"prompt": "hi", "system": " "}, {"messages": HI}),
        ({"prompt": "hi", "max_tokens": 5}, {"messages": HI, "maxTokens": 5}),
        ({"prompt": "hi", "maxTokens": 5}, {"messages": HI, "maxTokens": 5}),
        ({"prompt": "hi", "stream": True}, {"messages": HI, "streaming": True}),
        ({"prompt": "hi", "streaming": False}, {"messages": HI, "streaming": False}),
        ({"prompt": "hi", "response_format": "json"}, {"messages": HI, "responseFormat": "json"}),
        ({"prompt": "hi", "apiKey": "sk"}, {"messages": HI, "apiKey": "sk"}),
        ({"prompt": "hi", "apiKey": ""}, {"messages": HI}),
        ({"prompt": "hi", "temperature": 0}, {"messages": HI, "temperature": 0}),
        ({"prompt": "hi", "temperature": None}, {"messages": HI}),
        ({"prompt": "hi", "functions": [{}]}, {"messages": HI, "functions": [{}]}),
    ],
)
def test_a_completion_has_each_setting_in_each_spelling(
    kind: str, config: dict[str, Any], expected: dict[str, Any]
) -> None:
    """A missing model is the editor's default, and no setting gets lost."""
    assert read(kind, **config) == ({"model": MODELS[kind], **expected}, [])


@pytest.mark.parametrize("kind", COMPLETIONS)
@pytest.mark.parametrize(
    ("config", "name", "value", "noted"),
    [
        ({"messages": HI, "prompt": "other"}, "messages", HI, "prompt"),
        ({"prompt": "hi", "system": "a", "systemPrompt": "b"}, "systemPrompt", "a", "systemPrompt"),
        ({"prompt": "hi", "max_tokens": 1, "maxTokens": 2}, "maxTokens", 1, "maxTokens"),
    ],
)
def test_where_spellings_differ_the_generator_s_wins(
    kind: str, config: dict[str, Any], name: str, value: Any, noted: str
) -> None:
    """The note names the other spelling; spellings that agree need no note."""
    values, notes = read(kind, **config)
    assert (values[name], notes) == (value, [noted])
    assert read(kind, prompt="hi", system="a", systemPrompt="a")[1] == []


@pytest.mark.parametrize("kind", [*COMPLETIONS, "embeddingGenerate", "llmRouter"])
def test_without_a_prompt_the_incoming_data_is_asked(kind: str) -> None:
    """A node that was dropped on the canvas has an empty config."""
    config = {"strategy": "speed"} if kind == "llmRouter" else {}
    values, notes = read(kind, **config)
    assert not values.keys() & {"messages", "input"}
    assert notes == ["text" if kind == "embeddingGenerate" else "prompt"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"text": "t"}, {"provider": "openai", "input": "t"}),
        ({"input": ["t"]}, {"provider": "openai", "input": ["t"]}),
        ({"provider": "", "model": "", "text": "t"}, {"provider": "openai", "input": "t"}),
        ({"provider": "OpenAI", "text": "t"}, {"provider": "openai", "input": "t"}),
        ({"provider": "Voyage", "text": "t"}, {"provider": "voyage", "input": "t"}),
        (
            {"input": "t", "batch_size": 5, "apiKey": "k", "dimensions": 2},
            {"provider": "openai", "input": "t", "batchSize": 5, "apiKey": "k", "dimensions": 2},
        ),
    ],
)
def test_an_embedding_has_a_provider_and_a_model(
    config: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Each provider has its own default model."""
    model = EMBEDDING_MODELS[expected["provider"]]
    assert read("embeddingGenerate", **config) == ({"model": model, **expected}, [])


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"template": "hi"}, {"messages": HI}),
        ({"messages": HI, "system": "S"}, {"messages": HI, "system": "S"}),
        ({"template": "hi", "variables": ""}, {"messages": HI}),
        ({"template": "hi", "variables": '{"a": 1}'}, {"messages": HI, "variables": {"a": 1}}),
        ({"template": "hi", "variables": {"a": 1}}, {"messages": HI, "variables": {"a": 1}}),
        (
            {"template": "hi", "variables": {"type": "static", "value": '{"a": 1}'}},
            {"messages": HI, "variables": {"a": 1}},
        ),
        (
            {"template": "hi", "variables": "{{ input }}"},
            {"messages": HI, "variables": "{{ input }}"},
        ),
    ],
)
def test_a_template_is_messages_or_one_text(
    config: dict[str, Any], expected: dict[str, Any]
) -> None:
    """The form writes the variables as a text of JSON."""
    assert read("promptTemplate", **config) == (expected, [])


@pytest.mark.parametrize(
    ("config", "expected", "noted"),
    [
        ({"strategy": "cost", "messages": HI}, {"strategy": "cost"}, []),
        ({"routingStrategy": "Speed", "messages": HI}, {"strategy": "speed"}, []),
        (
            {"strategy": "luck", "routes": [GPT], "messages": HI},
            {"strategy": "custom", "routes": [{"condition": "always", **GPT}]},
            ["strategy"],
        ),
        (
            {"strategy": "cost", "routes": [GPT], "messages": HI},
            {"strategy": "cost"},
            ["routes"],
        ),
        (
            {"routes": [{**GPT, "provider": "OpenAI"}], "prompt": "hi", "maxTokens": 5},
            {"routes": [{"condition": "always", **GPT}], "max_tokens": 5},
            [],
        ),
        (
            {
                "routingStrategy": "load_balance",
                "models": '["gpt-4", {"provider": "Anthropic", "model": "claude-3-sonnet"}]',
                "fallbackModel": "claude-3-sonnet",
                "prompt": "hi",
            },
            {"strategy": "load_balance", "models": [GPT, SONNET], "fallback": SONNET},
            [],
        ),
        (
            {"models": [GPT], "fallbackModel": "groq/any", "messages": HI},
            {"models": [GPT], "fallback": {"provider": "groq", "model": "any"}},
            [],
        ),
        (
            {"fallback": {**SONNET, "provider": "Anthropic"}, "systemPrompt": "S", "messages": HI},
            {"fallback": SONNET, "system": "S"},
            [],
        ),
    ],
)
def test_a_router_has_routes_models_or_a_strategy(
    config: dict[str, Any], expected: dict[str, Any], noted: list[str]
) -> None:
    """The form's models may be JSON text, and a model's name suggests its provider."""
    assert read("llmRouter", **config) == ({"messages": HI, **expected}, noted)


@pytest.mark.parametrize(
    ("kind", "config", "expected", "noted"),
    [
        ("condition", {"condition": "c"}, {"expression": "c", "lenient": True}, []),
        ("condition", {"expression": "e"}, {"expression": "e", "lenient": False}, []),
        (
            "condition",
            {"expression": "e", "condition": "c"},
            {"expression": "e", "lenient": False},
            ["condition"],
        ),
        ("postgresQuery", {"query": "q", "params": ""}, {"query": "q"}, []),
        ("postgresQuery", {"query": "q", "params": "[1]"}, {"query": "q", "params": [1]}, []),
        (
            "postgresQuery",
            {"query": "q", "params": '{"a":1}'},
            {"query": "q", "params": {"a": 1}},
            [],
        ),
        ("log", {}, {"message": ""}, []),
        ("log", {"level": "WARNING"}, {"message": "", "level": "warn"}, []),
        ("log", {"level": "critical"}, {"message": "", "level": "critical"}, []),
        ("log", {"includeInput": True}, {"message": "", "includeInput": True}, []),
        ("log", {"includeInput": False}, {"message": ""}, []),
        (
            "log",
            {"includeInput": True, "data": {"a": 1}},
            {"message": "", "data": {"a": 1}},
            ["includeInput"],
        ),
        (
            "editFields",
            {"operations": '[{"field": "a", "value": 1}, {"field": "b"}]', "mode": ""},
            {"fields": {"a": 1, "b": None}},
            [],
        ),
        ("editFields", {"operations": [{"field": "a", "value": 1}]}, {"fields": {"a": 1}}, []),
        ("editFields", {}, {"fields": {}}, ["operations"]),
        (
            "editFields",
            {"fields": {"a": 1}, "operations": "[]", "mode": "replace"},
            {"fields": {"a": 1}, "mode": "replace"},
            ["operations"],
        ),
        ("httpRequest", {"url": "u", "method": ""}, {"url": "u", "method": "GET"}, []),
        ("parallel", {}, {"children": []}, ["children"]),
        (
            "parallel",
            {"failureStrategy": "partial", "maxConcurrency": 3, "children": ["a"]},
            {"failureStrategy": "partial", "mode": "allSettled", "children": ["a"]},
            ["maxConcurrency"],
        ),
        ("delay", {"ms": 1}, {"ms": 1}, []),
    ],
)
def test_the_other_forms_have_their_own_spellings(
    kind: str, config: dict[str, Any], expected: dict[str, Any], noted: list[str]
) -> None:
    """A setting that a form leaves out has a default or no effect."""
    assert read(kind, **config) == (expected, noted)


@pytest.mark.parametrize(
    ("kind", "config", "said"),
    [
        ("promptTemplate", {}, "no `template` and no `messages`"),
        ("promptTemplate", {"template": "t", "variables": "{a: 1}"}, "`c.variables` is no JSON"),
        ("promptTemplate", {"template": "t", "variables": "[1]"}, "is [1], not an object"),
        ("promptTemplate", {"template": "t", "variables": 5}, "is 5, not an object"),
        ("editFields", {"operations": -1}, "is -1, not a list"),
        ("llmRouter", {"messages": HI}, "no model to choose"),
        ("llmRouter", {"messages": HI, "strategy": "custom", "routes": []}, "no model to choose"),
        ("llmRouter", {"messages": HI, "strategy": "cost", "models": "{}"}, "not a list"),
        ("llmRouter", {"messages": HI, "models": ["mystery"]} | {"fallback": GPT}, "models[0]"),
        ("llmRouter", {"messages": HI, "models": [GPT], "fallbackModel": "mystery"}, "no known"),
        ("condition", {"condition": " "}, "has no `condition`"),
        ("editFields", {"operations": "[1]"}, "names no field"),
        ("postgresQuery", {"query": "q", "params": "{"}, "is no JSON"),
    ],
)
def test_what_no_spelling_expresses_is_refused(
    kind: str, config: dict[str, Any], said: str
) -> None:
    """One clear problem with its place."""
    assert said in refused(kind, **config)
