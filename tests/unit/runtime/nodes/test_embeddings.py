from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from flightlog.errors import InvalidInputError, ProviderError
from flightlog.runtime.nodes.openai import openai_embedding
from flightlog.runtime.nodes.voyage import voyage_embedding
from support.llm_server import LlmServer, vector
from support.workflows import History, chain, node, nodes_of, plain, run_alone

EMBEDDINGS = {"OpenAI": openai_embedding, "Voyage": voyage_embedding}


@pytest.mark.parametrize("provider", EMBEDDINGS)
def test_embeddings_are_made_in_batches(history: History, server: LlmServer, provider: str) -> None:
    """A list gives vectors in its order, and a text gives one vector."""
    workflow = history.workflow()
    embed: Callable[..., Any] = EMBEDDINGS[provider]
    many = node(
        workflow,
        "many",
        lambda node: embed(node, model="e", input="{{ input }}", batch_size=2, dimensions=2),
    )
    alone = node(workflow, "alone", lambda node: embed(node, model="e", input="{{ input[2] }}"))
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
    error = run_alone(workflow, lambda node: embed(node, model="limited", input="a")).error
    assert isinstance(error, ProviderError)
    assert (error.status, error.provider_message) == (429, "Slow down, please.")
    for number, (given, size) in enumerate([([], 1), ("", 1), ("a", -1)]):
        workflow = history.workflow(f"bad-{number}")
        bad = functools.partial(embed, model="e", input=given, batch_size=size)
        assert isinstance(run_alone(workflow, bad).error, InvalidInputError)
