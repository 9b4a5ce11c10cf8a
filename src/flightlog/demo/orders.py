"""Sends the demonstration's orders and tickets, and waits until their executions are recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

import httpx

from flightlog.errors import DemoFailedError

LARGE_BYTES: Final = 5_000_000
_ANSWER_TIMEOUT_S: Final = 30
_RECORD_TIMEOUT_S: Final = 30
_POLL_S: Final = 0.05


def orders() -> list[tuple[str, dict[str, Any]]]:
    """
    List the orders.

    Returns:
        For each order its purpose in the demonstration, and its body.
    """
    sentence = "Grüße aus Zürich, bitte klingeln — 配送メモ: 玄関に置いてください 📦 "
    note = sentence * (LARGE_BYTES // len(sentence.encode()) + 1)
    return [
        ("a chair", {"item": "chair", "quantity": 1, "customer": "Ada"}),
        ("two lamps", {"item": "lamp", "quantity": 2, "customer": "Grace"}),
        ("four chairs", {"item": "chair", "quantity": 4, "customer": "Edsger"}),
        (
            "unicode and 5 MB",
            {"item": "desk", "quantity": 1, "customer": "Łukasz 李", "note": note},
        ),
        ("fails in a node", {"item": "desk", "quantity": 3, "customer": "Barbara"}),
        ("a desk", {"item": "desk", "quantity": 1, "customer": "Alan"}),
    ]


def tickets() -> list[tuple[str, dict[str, Any]]]:
    """
    List the tickets.

    Returns:
        For each ticket its purpose in the demonstration, and its body.
    """
    return [
        ("branches, an attempt, a stream", {"customer": "Ada", "text": "the invoice is wrong"}),
        (
            "a secret in the text",
            {"customer": "Grace", "text": "login error, my token is ghp_" + "0aB1" * 9},
        ),
        ("kills its process", {"customer": "Edsger", "text": "all is on fire", "urgent": True}),
    ]


def send(
    workflow_url: str, requests: list[tuple[str, dict[str, Any]]]
) -> Iterator[tuple[str, str]]:
    """
    Send every request to the workflow, one after the other.

    Args:
        workflow_url: The workflow's address.
        requests: For each request its purpose, and its body.

    Yields:
        The request's purpose, and its result.

    Raises:
        DemoFailedError: The workflow did not answer.
    """
    # uvicorn closes the connection after a 500 answer, so each request gets its own connection.
    alone = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(timeout=_ANSWER_TIMEOUT_S, trust_env=False, limits=alone) as client:
        for what, body in requests:
            try:
                answer = client.post(f"{workflow_url}/api/workflow", json=body)
            except (httpx.RemoteProtocolError, httpx.ReadError):
                yield what, "the workflow died without an answer"
            except httpx.HTTPError as error:
                raise DemoFailedError(f"The workflow did not answer ({error}).") from error
            else:
                yield what, f"the workflow answered {answer.status_code}"


def wait_until_recorded(
    receiver_url: str, count: int, timeout_s: float = _RECORD_TIMEOUT_S
) -> None:
    """
    Poll the receiver until its history contains the executions and none of them is running.

    Args:
        receiver_url: The receiver's address.
        count: The expected number of executions.
        timeout_s: The time limit, seconds.

    Raises:
        DemoFailedError: The time limit is reached.
    """
    deadline = time.monotonic() + timeout_s
    with httpx.Client(timeout=_ANSWER_TIMEOUT_S, trust_env=False) as client:
        while True:
            answer = client.get(f"{receiver_url}/api/executions", params={"limit": count})
            answer.raise_for_status()
            executions = answer.json()["executions"]
            recorded = sum(execution["status"] != "running" for execution in executions)
            if recorded >= count:
                return
            if time.monotonic() > deadline:
                raise DemoFailedError(
                    f"Only {recorded} of {count} executions were recorded within {timeout_s:g} s."
                )
            time.sleep(_POLL_S)
