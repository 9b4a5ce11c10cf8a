from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from flightlog.errors import InvalidSettingError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings, model_calls
from support.records import record

PRICES = """
[[prices]]
source = "our contract"
read = 2026-11-30
models = [{ model = "gpt-4o", input = 1.0, output = 1.0 }]
"""


def make_node(sequence: int, model: str, tokens: int) -> dict[str, object]:
    """Make a node that asks a model."""
    return {
        "sequence": sequence,
        "nodeId": f"ask-{sequence}",
        "nodeName": "Ask",
        "nodeType": "openaiCompletion",
        "status": "success",
        "input": {"model": model, "messages": [{"role": "user", "content": "Hello"}]},
        "output": {
            "role": "assistant",
            "content": "Hi",
            "model": model,
            "usage": {"inputTokens": tokens, "outputTokens": 1_000},
        },
    }


def make_run() -> dict[str, object]:
    """Make the nodes of a run: two calls, one of an unknown model, and another node."""
    other = {
        "sequence": 2,
        "nodeId": "charge",
        "nodeName": "Charge",
        "nodeType": "t",
        "status": "success",
        "output": {"usage": 7, "model": "x"},
    }
    nodes = [make_node(0, "gpt-4o-2024-08-06", 4_000), make_node(1, "unheard-of", 500), other]
    return {"nodeExecutions": nodes}


def test_calls_of_a_run_have_tokens_and_costs(
    client: httpx.Client, logger: ExecutionLogger
) -> None:
    """Sums leave out what isn't known; one node comes with its conversation."""
    logger.log_executions([record("models", **make_run())])
    found = client.get("/api/executions/models/models").json()
    assert [(each["sequence"], each["nodeId"]) for each in found["calls"]] == [
        (0, "ask-0"),
        (1, "ask-1"),
    ]
    assert (found["inputTokens"], found["outputTokens"], found["unpriced"]) == (4_500, 2_000, 1)
    assert found["costUsd"] == pytest.approx(4_000 * 2.5e-6 + 1_000 * 10e-6)
    assert "costUsd" not in found["calls"][1]
    assert found["calls"][0]["call"]["turns"] == []
    (call,) = client.get("/api/executions/models/models?sequence=0").json()["calls"]
    assert call["call"]["turns"] == [
        {"role": "user", "text": "Hello"},
        {"role": "assistant", "text": "Hi"},
    ]
    assert client.get("/api/executions/models/models?sequence=2").json()["calls"] == []
    assert client.get("/api/executions/missing/models").status_code == 404


def test_lists_have_the_sums_of_indexed_runs(client: httpx.Client, logger: ExecutionLogger) -> None:
    """A run's sum is that of its own page, and runs without calls have none."""
    logger.log_executions([record("summed", **make_run()), record("plain")])
    while logger.writer.index_portion().more:
        pass
    own = client.get("/api/executions/summed/models").json()
    shown = {
        each["id"]: each
        for each in client.get("/api/summaries?id=summed&id=plain").json()["summaries"]
    }
    assert "models" not in shown["plain"]
    found = shown["summed"]["models"]
    assert found == {
        "calls": 2,
        "inputTokens": own["inputTokens"],
        "outputTokens": own["outputTokens"],
        "models": ["gpt-4o-2024-08-06", "unheard-of"],
        "unpriced": 1,
        "costUsd": pytest.approx(own["costUsd"]),
    }
    usage = client.get("/api/usage?q=id:summed").json()
    assert usage["total"] == found
    assert [each["models"] for each in usage["models"]] == [["gpt-4o-2024-08-06"], ["unheard-of"]]
    assert client.get("/api/usage?id=plain").json() == {}


def test_an_answer_of_two_nodes_counts_once(client: httpx.Client, logger: ExecutionLogger) -> None:
    """A node that returns the answer of an inner node shows the call, and adds nothing."""
    nodes = [make_node(place, "gpt-4o", 1_000) for place in range(2)]
    for node in nodes:
        node["output"] = {**cast(dict[str, Any], node["output"]), "id": "chatcmpl-1"}
    logger.log_executions([record("repeated", nodeExecutions=nodes)])
    found = client.get("/api/executions/repeated/models").json()
    assert (len(found["calls"]), found["inputTokens"], found["outputTokens"]) == (2, 1_000, 1_000)


def test_calls_behind_the_first_page_are_read(
    client: httpx.Client, logger: ExecutionLogger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer says that node executions follow, a cursor continues, and any node is found."""
    monkeypatch.setattr(model_calls, "MAX_NODES", 2)
    logger.log_executions([record("long", **make_run())])
    path = "/api/executions/long/models"
    first = client.get(path).json()
    rest = client.get(path, params={"nodesCursor": first["nextNodesCursor"]}).json()
    assert [len(first["calls"]), len(rest["calls"])] == [2, 0]
    assert "nextNodesCursor" not in rest
    monkeypatch.setattr(model_calls, "MAX_NODES", 1)
    last = client.get(path, params={"sequence": 1}).json()
    assert [each["nodeId"] for each in last["calls"]] == ["ask-1"]
    assert "nextNodesCursor" not in last


def test_own_prices_come_first(tmp_path: Path) -> None:
    """The file of the setting replaces a known price, and a wrong file is refused at the start."""
    file = tmp_path / "prices.toml"
    file.write_text(PRICES)
    with (
        ExecutionLogger(tmp_path / "executions.db") as logger,
        Receiver(logger, ReceiverSettings(port=0, model_prices=file)).running() as receiver,
        httpx.Client(base_url=receiver.url, timeout=60) as client,
    ):
        logger.log_executions([record("models", **make_run())])
        found = client.get("/api/executions/models/models").json()
    assert found["costUsd"] == pytest.approx(5_000 * 1e-6)
    file.write_text("prices = 7")
    with pytest.raises(InvalidSettingError, match="model_prices"):
        ReceiverSettings(model_prices=file)
