from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from flightlog.runtime import (
    HttpEndpoint,
    Node,
    application,
)
from support.servers import served
from support.workflows import History, chain, node, nodes_of, plain

from .conftest import KEY


def test_an_output_that_json_can_t_hold_is_no_failure(history: History) -> None:
    """The answer has the form in which the record contains the output."""
    workflow = history.workflow(trigger=HttpEndpoint(path="/odd"))
    odd = {"at": datetime(2026, 1, 2, tzinfo=UTC), "nan": float("nan"), "set": {1}, "raw": b"\xff"}
    chain(workflow, node(workflow, "odd", lambda node: odd))
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}/odd")
    assert answer.status_code == 200
    (node_run,) = nodes_of(history.execution(), "odd")
    assert answer.json() == plain(node_run.output)


def test_a_failed_run_is_500_with_its_node_and_without_its_stack(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message doesn't contain the secret either."""
    monkeypatch.setenv("SHOP_KEY", KEY)
    workflow = history.workflow(trigger=HttpEndpoint(path="/bad"), secrets=("SHOP_KEY",))

    def fail(node: Node) -> None:
        raise ValueError(f"no good: {node.resolve('{{ secrets.SHOP_KEY }}')}")

    chain(workflow, node(workflow, "bad", fail))
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}/bad")
    assert answer.status_code == 500
    assert answer.json()["nodeId"] == "bad"
    assert answer.json()["error"] == "no good: [SECRET]"
    assert KEY.encode() not in b"".join(history.lines())
