"""Nodes that call language models with the official SDKs, against a server of their protocols."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from support.llm_server import KEY, WRONG_KEY, LlmServer
from support.manifests import Json, chain, http, manifest, node, workflow
from support.projects import project
from support.runs import find_run, list_runs, read_statuses

Call = Callable[..., tuple[Any, Json]]
PROVIDERS = ("anthropic", "openai", "groq")
ASK = [{"role": "user", "content": "{{ input.question }}"}]


def completion(provider: str, **config: Any) -> Json:
    """Make a node that calls a provider's model."""
    asked = {"model": "{{ input.model }}", "messages": ASK, **config}
    return node(f"{provider}Completion", f"Ask {provider}", {"retries": 1}, **asked)


MANIFEST = manifest(
    {
        **{
            f"{provider}-{kind}": workflow(
                {"ask": completion(provider, **config)},
                trigger=http(f"/{provider}/{kind}"),
                output=output,
                executionConfig={"retryDelay": 0},
            )
            for provider in PROVIDERS
            for kind, config, output in (
                ("plain", {"systemPrompt": "Be brief.", "maxTokens": 50}, {"type": "json"}),
                ("stream", {"streaming": True}, {"type": "stream", "format": "ndjson"}),
            )
        },
        "embed": workflow(
            {
                "openai": node(
                    "embeddingGenerate",
                    "By OpenAI",
                    provider="openai",
                    model="text-embedding-3-small",
                    input="{{ input.texts }}",
                    batchSize=2,
                ),
                "voyage": node(
                    "embeddingGenerate",
                    "By Voyage",
                    provider="voyage",
                    model="voyage-3",
                    input="{{ input.texts | first }}",
                ),
            },
            trigger=http("/embed"),
        ),
        "chat": workflow(
            {
                "prompt": node(
                    "promptTemplate",
                    "Prompt",
                    system="You know {{ topic }}.",
                    messages=[{"role": "user", "content": "{{ input.question }} ({{ topic }})"}],
                    variables={"topic": "{{ input.topic }}"},
                ),
                "route": node(
                    "llmRouter",
                    "Route",
                    strategy="custom",
                    routes=[
                        {
                            "condition": "{{ input.hard }}",
                            "provider": "anthropic",
                            "model": "limited-large",
                        },
                    ],
                    fallback={"provider": "openai", "model": "small"},
                    messages="{{ nodes.prompt.output.messages }}",
                    system="{{ nodes.prompt.output.system }}",
                    max_tokens=20,
                ),
            },
            chain("prompt", "route"),
            http("/chat"),
        ),
    }
)
MODELS = project("models", MANIFEST)
REFUSED = project(
    "refused",
    MANIFEST,
    **dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY"), WRONG_KEY),
)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_is_the_nodes_output(provider: str, call: Call, llm: LlmServer) -> None:
    """The node's input is its config; the key reaches the provider and not the record."""
    answer, record = call(MODELS, f"/{provider}/plain", {"question": "why?", "model": "some"})
    assert answer["content"] == "You said: why?"
    ask = find_run(record, "ask")
    assert ask["output"] == answer
    assert ask["input"]["model"] == "some"
    assert ask["input"]["messages"] == [{"role": "user", "content": "why?"}]
    assert ask["nodeType"] == f"{provider}Completion"
    assert llm.requests[-1]["key"] == KEY
    assert KEY not in json.dumps(record)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stream_reaches_the_caller_and_the_record(
    provider: str, ended: Callable[[str], Json]
) -> None:
    """The caller gets a stream piece by piece, and the record holds the whole text."""
    body = {"question": "one two three", "model": "some"}
    with MODELS.client.stream("POST", f"/{provider}/stream", json=body) as answer:
        assert answer.status_code == 200
        lines = [line for line in answer.iter_lines() if line]
    record = ended(answer.headers["X-Execution-Id"])
    assert len(lines) >= 5
    assert record["status"] == "success"
    assert find_run(record, "ask")["output"]["content"] == "You said: one two three"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_providers_refusal_keeps_its_status_and_message(provider: str, call: Call) -> None:
    """A wrong key gives 401; a limited model gives 429 after each attempt."""
    body = {"question": "why?", "model": "some"}
    answer, record = call(REFUSED, f"/{provider}/plain", body, status=500)
    for reported in (
        answer["error"],
        record["error"]["message"],
        list_runs(record, "ask")[0]["error"]["message"],
    ):
        assert "401" in reported
        assert "invalid x-api-key" in reported
    assert WRONG_KEY not in json.dumps(record)
    _, record = call(MODELS, f"/{provider}/plain", {**body, "model": "limited"}, status=500)
    assert [run["attempt"] for run in list_runs(record, "ask")] == [1, 2]
    for run in list_runs(record, "ask"):
        assert "429" in run["error"]["message"]
        assert "Slow down" in run["error"]["message"]
    _, record = call(MODELS, f"/{provider}/plain", {**body, "model": f"flaky-{provider}"})
    assert [run["status"] for run in list_runs(record, "ask")] == ["error", "success"]


def test_embeddings_come_in_batches(call: Call, llm: LlmServer) -> None:
    """A list gives a list of vectors, a text gives one vector."""
    before = len(llm.requests)
    answer, record = call(MODELS, "/embed", {"texts": ["a", "bb", "ccc"]})
    assert len(answer["openai"]["embeddings"]) == 3
    assert answer["voyage"]["embedding"][0] == 1
    assert len(llm.requests) - before == 3
    assert find_run(record, "openai")["input"]["input"] == ["a", "bb", "ccc"]


@pytest.mark.parametrize(("hard", "failed"), [(True, 1), (False, 0)])
def test_a_router_asks_the_model_that_fits(hard: bool, failed: int, call: Call) -> None:
    """A router calls the matching model, or the fallback when the matching model fails."""
    body = {"question": "why?", "topic": "birds", "hard": hard}
    answer, record = call(MODELS, "/chat", body)
    assert answer["content"] == "You said: why? (birds)"
    assert answer["provider"] == "openai"
    assert len(answer.get("failed", [])) == failed
    assert read_statuses(record) == {"prompt": "success", "route": "success"}
    prompt = find_run(record, "prompt")["output"]
    assert prompt["system"] == "You know birds."
    assert prompt["messages"] == [{"role": "user", "content": "why? (birds)"}]
