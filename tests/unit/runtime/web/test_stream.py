"""Answers that are sent piece by piece, and their records."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest

from flightlog.runtime import HttpEndpoint, Node, Workflow, application
from flightlog.runtime.nodes.anthropic import anthropic_completion
from support.llm_server import LlmServer, llm_server
from support.servers import served
from support.workflows import History, chain, node, nodes_of, plain


def _stream(history: History, form: str, **options: Any) -> Workflow:
    output = {"type": "stream", "format": form}
    return history.workflow(trigger=HttpEndpoint(path="/talk"), output=output, **options)


def _counting(workflow: Workflow, body: Any) -> None:
    before = node(workflow, "before", lambda node: 2)
    chain(workflow, before, node(workflow, "count", lambda node: node.call(body)))


def test_events_carry_what_the_end_node_streams(history: History) -> None:
    """Each piece is an event, and the record contains all streamed pieces."""
    workflow = _stream(history, "sse")

    def body(given: Any) -> Any:
        yield from ({"n": 1}, "two\nlines", 3)

    _counting(workflow, body)
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}/talk")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = answer.text.strip().split("\n\n")
    assert [json.loads(event.removeprefix("data: ")) for event in events] == [
        {"n": 1},
        "two\nlines",
        3,
    ]
    execution = history.execution()
    assert execution.id == answer.headers["X-Execution-Id"]
    (count,) = nodes_of(execution, "count")
    assert plain(count.output) == [{"n": 1}, "two\nlines", 3]


def test_lines_carry_them_too(history: History) -> None:
    """Each line is one JSON value; the output of an end node without a stream is one line."""
    workflow = _stream(history, "ndjson")
    chain(workflow, node(workflow, "only", lambda node: {"whole": node.data}))
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}/talk", json=7)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.text == '{"whole":7}\n'


@pytest.mark.parametrize("form", ["sse", "ndjson"])
def test_a_failure_is_told_where_it_happens(history: History, form: str) -> None:
    """A failure before the first piece gives a 500 answer; a later failure is the last piece."""
    workflow = _stream(history, form)

    def body(given: Any) -> Any:
        yield from range(given)
        raise ValueError("broke off")

    _counting(workflow, body)
    chain(workflow, node(workflow, "talk", lambda node: node.call(body)))
    with served(application([workflow])) as url:
        early = httpx.post(f"{url}/talk", json=0)
        late = httpx.post(f"{url}/talk", json=2)
    assert (early.status_code, early.json()["nodeId"]) == (500, "talk")
    assert late.status_code == 200
    last = late.text.strip().splitlines()[-1].removeprefix("data: ")
    assert json.loads(last)["error"] == "broke off"
    assert json.loads(last)["nodeId"] == "talk"
    assert [execution.status for execution in history.executions()] == ["error", "error"]


def test_a_run_is_never_far_ahead_of_a_slow_client(history: History) -> None:
    """An endless stream waits for its client, and ends when the client disconnects."""
    workflow = _stream(history, "ndjson")
    made: list[int] = []
    ended = threading.Event()

    def body(given: Any) -> Any:
        try:
            while True:
                made.append(len(made))
                yield "x" * 100_000
        finally:
            ended.set()

    async def talk(node: Node) -> Any:
        try:
            return await node.call(body)
        finally:
            ended.set()

    chain(workflow, node(workflow, "talk", talk))
    with served(application([workflow])) as url:
        with httpx.stream("POST", f"{url}/talk") as answer:
            first = next(answer.iter_lines())
        assert ended.wait(30)
    assert json.loads(first) == "x" * 100_000
    assert len(made) < 1_000
    execution = history.execution()
    assert execution.error is not None
    assert execution.error.kind == "canceled"
    assert "went away" in execution.error.message


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start a server with the providers' protocols, and point the environment to it."""
    with llm_server() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def _asking(workflow: Workflow, model: str) -> None:
    chain(
        workflow,
        node(
            workflow,
            "ask",
            lambda node: anthropic_completion(
                node, model=model, messages="{{ input.text }}", streaming=True
            ),
            type="anthropicCompletion",
        ),
    )


def test_a_model_s_words_go_out_as_they_come(history: History, server: LlmServer) -> None:
    """The record contains the whole answer."""
    workflow = _stream(history, "sse")
    _asking(workflow, "claude")
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}/talk", json={"text": "good day"})
    words = [json.loads(item.removeprefix("data: ")) for item in answer.text.strip().split("\n\n")]
    assert words == ["You", " said:", " good", " day"]
    (ask,) = nodes_of(history.execution(), "ask")
    assert plain(ask.output)["content"] == "You said: good day"


def test_a_client_that_leaves_a_stream_ends_the_model_s_too(
    history: History, server: LlmServer
) -> None:
    """The record contains the received part, marked as incomplete."""
    workflow = _stream(history, "sse")
    _asking(workflow, "endless")
    with served(application([workflow])) as url:
        with httpx.stream("POST", f"{url}/talk", json={"text": "go on"}) as answer:
            assert next(answer.iter_lines()) == 'data: "You"'
        assert server.left.wait(30)
    execution = history.execution()
    assert execution.error is not None
    assert execution.error.kind == "canceled"
    assert "went away" in execution.error.message
    (ask,) = nodes_of(execution, "ask")
    assert plain(ask.output)["content"] == "You"
    assert plain(ask.output)["complete"] is False
