"""Attempts, timeouts, the effects of a failure, and cached outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.manifests import chain, code, edge, http, manifest, node, workflow
from support.projects import project
from support.runs import Json, find_run, list_runs, read_statuses, sort_nodes
from support.web_server import WebServer

Call = Callable[..., tuple[Any, Json]]

FAILURES = project(
    "failures",
    manifest(
        {
            "retries": workflow(
                {
                    "call": node(
                        "httpRequest",
                        "Call",
                        {"retries": 3},
                        method="GET",
                        url="{{ env.WEB }}/fails/{{ input.name }}/{{ input.times }}",
                    ),
                    "then": code("return input['body']", "Then"),
                },
                [edge("call", "then")],
                http("/retries"),
                executionConfig={"retryDelay": 1, "retryBackoff": "linear"},
            ),
            "timeout": workflow(
                {
                    "call": node(
                        "httpRequest",
                        "Call",
                        {"timeout": 50},
                        method="GET",
                        url="{{ env.WEB }}/hang",
                    ),
                    "then": code("return 1", "Then"),
                },
                [edge("call", "then")],
                http("/timeout"),
            ),
            "run-timeout": workflow(
                {
                    "first": code("return 1", "First"),
                    "call": node("httpRequest", "Call", method="GET", url="{{ env.WEB }}/hang"),
                    "then": code("return 1", "Then"),
                },
                chain("first", "call", "then"),
                http("/run-timeout"),
                executionConfig={"timeout": 200},
            ),
            "continue": workflow(
                {
                    "call": node(
                        "httpRequest",
                        "Call",
                        {"onError": "continue"},
                        method="GET",
                        url="{{ env.WEB }}/status/500",
                    ),
                    "failed": node(
                        "condition", "Failed?", expression="{{ nodes.call.error.status == 500 }}"
                    ),
                    "sorry": node(
                        "editFields",
                        "Sorry",
                        fields={"said": "{{ nodes.call.error.message }}"},
                        mode="replace",
                    ),
                },
                [edge("call", "failed"), edge("failed", "sorry", "true")],
                http("/continue"),
            ),
            "fallback": workflow(
                {
                    "call": node(
                        "httpRequest",
                        "Call",
                        {"onError": "fallback", "fallbackValue": {"price": None}, "retries": 1},
                        method="GET",
                        url="{{ env.WEB }}/status/503",
                    ),
                    "use": code("return input", "Use"),
                },
                [edge("call", "use")],
                http("/fallback"),
                executionConfig={"retryDelay": 0},
            ),
            "throw": workflow(
                {
                    "charge": code(
                        "prices = {'a': 1}\n\nreturn prices[input['item']]", "Charge card"
                    ),
                    "confirm": code("return 1", "Confirm"),
                },
                [edge("charge", "confirm")],
                http("/throw"),
            ),
            "cache": workflow(
                {
                    "rate": node(
                        "httpRequest",
                        "Rate",
                        {"cache": {"enabled": True, "ttl": 600, "key": "{{ input.currency }}"}},
                        method="GET",
                        url="{{ env.WEB }}/echo/{{ input.currency }}",
                    ),
                },
                trigger=http("/cache"),
            ),
        }
    ),
)


def test_every_attempt_is_recorded(call: Call) -> None:
    """Failed attempts are errors in the record, the last attempt is a success; the run succeeds."""
    answer, record = call(FAILURES, "/retries", {"name": "some", "times": 2})
    assert answer == {"call": 3}
    runs = list_runs(record, "call")
    assert [(run["attempt"], run["status"]) for run in runs] == [
        (1, "error"),
        (2, "error"),
        (3, "success"),
    ]
    assert all("503" in run["error"]["message"] for run in runs[:2])
    assert all(run["input"] == runs[0]["input"] for run in runs)


def test_after_the_last_attempt_the_run_fails_with_its_error(call: Call) -> None:
    """After the last attempt the caller gets the error with the execution's id."""
    answer, record = call(FAILURES, "/retries", {"name": "always", "times": 9}, status=500)
    assert [run["status"] for run in list_runs(record, "call")] == ["error"] * 4
    assert read_statuses(record)["then"] == "skipped"
    assert (record["status"], record["error"]["nodeId"]) == ("error", "call")
    assert answer["executionId"] == record["id"]
    assert answer["nodeId"] == "call"
    assert "503" in answer["error"]


def test_an_attempt_that_takes_too_long_is_a_timeout(call: Call) -> None:
    """A node's own limit, or the run's limit, makes a timeout."""
    _, record = call(FAILURES, "/timeout", {}, status=500)
    assert find_run(record, "call")["error"]["kind"] == "timeout"
    assert record["error"]["kind"] == "timeout"
    assert read_statuses(record) == {"call": "error", "then": "skipped"}
    _, record = call(FAILURES, "/run-timeout", {}, status=500)
    assert record["error"]["kind"] == "timeout"
    assert read_statuses(record) == {"first": "success", "call": "error", "then": "skipped"}


def test_a_node_may_fail_and_the_run_go_on(call: Call) -> None:
    """The nodes after a permitted failure receive its error."""
    answer, record = call(FAILURES, "/continue", {})
    assert "500" in answer["said"]
    assert record["status"] == "success"
    assert read_statuses(record) == {"call": "error", "failed": "success", "sorry": "success"}


def test_a_fallback_stands_for_the_output(call: Call) -> None:
    """The node execution is an error and has the fallback output."""
    answer, record = call(FAILURES, "/fallback", {})
    assert answer == {"price": None}
    assert record["status"] == "success"
    first, last = list_runs(record, "call")
    assert (first["status"], last["status"], last["attempt"]) == ("error", "error", 2)
    assert last["output"] == {"price": None}
    assert find_run(record, "use")["input"] == {"price": None}


def test_an_error_of_the_authors_code_has_its_line(call: Call) -> None:
    """The stack of an error names the node's function and the line in the module."""
    _, record = call(FAILURES, "/throw", {"item": "b"}, status=500)
    error = find_run(record, "charge")["error"]
    assert error["type"] == "KeyError"
    assert 'return prices[input["item"]]' in error["stack"]
    assert "throw" in error["stack"]
    assert [run["status"] for run in sort_nodes(record)] == ["error", "skipped"]


def test_a_cached_output_serves_again_for_its_key(call: Call, web: WebServer) -> None:
    """A cached output is recorded each time, and the call happens once for each key."""
    outputs = []
    for currency in ("EUR", "EUR", "USD"):
        answer, record = call(FAILURES, "/cache", {"currency": currency})
        assert find_run(record, "rate")["output"] == answer
        outputs.append(answer)
    assert outputs[0] == outputs[1] != outputs[2]
    assert (web.calls["/echo/EUR"], web.calls["/echo/USD"]) == (1, 1)
