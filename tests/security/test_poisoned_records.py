"""A record with odd values in the right places does no harm to pages and searches of others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.rights import PAYLOAD_VIEWS

HARD: Final = (
    '"\\ud800 word"',
    '{"\\ud800": ["\\udfff word", {"\\udbff": "word"}]}',
    '{"word\\u0000": "\\u0000"}',
    "1" + "0" * 400,
    "1e400",
    '{"$flightlog": "leftOut", "size": 1' + "0" * 400 + "}",
    '{"$flightlog":"leftOut","size":' + "9" * 400 + "}",
    '{"word": {"word": {}}}',
    '[[], {}, null, true, -0.0, "word"]',
)
"""JSON that is hard to count, to show or to answer with."""
SHAPES: Final = (
    "%s",
    (
        '{"object": "chat.completion", "model": "gpt-5", "choices": [{"message":'
        ' {"role": "assistant", "content": [{"type": %s}, {"text": "word"}],'
        ' "tool_calls": [{"function": %s}]}}],'
        ' "usage": {"prompt_tokens": %s, "completion_tokens": %s}}'
    ),
    (
        '{"role": %s, "model": "claude-sonnet-5", "content": [{"type": "tool_use", "input": %s}],'
        ' "usage": {"input_tokens": 1, "output_tokens": %s, "cache_read_input_tokens": %s}}'
    ),
    '{"messages": [{"role": "user", "content": [{"type": %s}]}], "model": "gpt-5", "usage": %s}',
    (
        '[{"type": "message_start", "message": {"model": "m", "usage": %s}}, {"type":'
        ' "content_block_delta", "index": 0, "delta": {"partial_json": "[\\"\\\\ud800\\"]"}}]'
    ),
)
"""Payloads that are read for more than their values, with places for hard JSON."""
LISTS: Final = (
    "/api/summaries?limit=200&q=word",
    "/api/summaries?limit=200&q=any:word",
    "/api/summaries?limit=200&q=output.*:word",
    "/api/summaries?limit=200&q=tokens:>1",
    "/api/summaries?limit=200&q=cost:>0.01",
    "/api/executions?limit=200&payloads=true",
    "/api/usage",
    "/api/facets",
    "/api/comparison",
    "/api/query/nearest?q=word model:none",
    "/api/space",
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Serve a history with hard values in payloads, all of which are indexed."""
    with ExecutionLogger(tmp_path_factory.mktemp("history") / "executions.db") as logger:
        run = {
            "workflowId": "w",
            "workflowName": "W",
            "status": "success",
            "startedAt": "2026-11-22T10:00:00Z",
        }
        node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
        with (
            Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
            httpx.Client(base_url=receiver.url, timeout=60) as client,
        ):
            client.headers["authorization"] = f"Bearer {receiver.begin_session()}"
            for name, payload in list_payloads().items():
                body = f"""{json.dumps({**run, "id": name})[:-1]},
                    "trigger": {{"type": "http", "data": {payload}}},
                    "nodeExecutions": [{json.dumps(node)[:-1]},
                        "input": {payload}, "output": {payload}, "logs": [{payload}]}}]}}"""
                answer = client.post(
                    "/api/executions",
                    content=body.encode(),
                    headers={"content-type": "application/json"},
                )
                assert answer.status_code == 200, answer.text
            while logger.writer.index_portion().more:
                pass
            assert logger.reader.health().not_indexed == 0
            yield client


def list_payloads() -> dict[str, str]:
    """List each shape with each hard value in its places."""
    return {
        f"{shape}-{value}": SHAPES[shape].replace("%s", HARD[value])
        for shape in range(len(SHAPES))
        for value in range(len(HARD))
    }


def get(client: httpx.Client, target: str) -> Any:
    """Request a page, which must be answered."""
    answer = client.get(target)
    assert answer.status_code < 500, (target, answer.text)
    return answer


@pytest.mark.parametrize("target", LISTS)
def test_lists_and_sums_are_answered(target: str, client: httpx.Client) -> None:
    """A search for a word of every hard value finds executions, and shows where they match."""
    assert get(client, target).status_code == 200


def test_every_view_of_a_run_is_answered(client: httpx.Client) -> None:
    """Pages, shared files, conversations and payloads of such runs are answered."""
    payloads = [view.partition("{execution_id:str}")[2] for view in PAYLOAD_VIEWS]
    parts = ["", "/outline", "/share", "/models", "/models?sequence=0"]
    parts += [payload.replace("{sequence:int}", "0") for payload in payloads]
    for name in list_payloads():
        for part in parts:
            asked = {"search": "?q=word", "select": "?path=$..*"}.get(part.rpartition("/")[2], "")
            get(client, f"/api/executions/{name}{part}{asked}")
