"""The orders that the demonstration sends, and waiting until the receiver has them all."""

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
    """What each order shows, and the order."""
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


def send_orders(workflow_url: str) -> Iterator[tuple[str, int]]:
    """
    Send every order to the workflow, one after the other.

    Yields:
        What the order shows, and the status of the workflow's answer.

    Raises:
        DemoFailedError: The workflow did not answer.
    """
    # uvicorn closes the connection after an answer of 500: each order has its own.
    alone = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(timeout=_ANSWER_TIMEOUT_S, trust_env=False, limits=alone) as client:
        for what, order in orders():
            try:
                answer = client.post(f"{workflow_url}/api/workflow", json=order)
            except httpx.HTTPError as error:
                raise DemoFailedError(f"The workflow did not answer ({error}).") from error
            yield what, answer.status_code


def wait_until_recorded(
    receiver_url: str, count: int, timeout_s: float = _RECORD_TIMEOUT_S
) -> None:
    """
    Ask the receiver until so many executions are in its history.

    Raises:
        DemoFailedError: They aren't after `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    with httpx.Client(timeout=_ANSWER_TIMEOUT_S, trust_env=False) as client:
        while True:
            answer = client.get(f"{receiver_url}/api/executions", params={"limit": count})
            answer.raise_for_status()
            recorded = len(answer.json()["executions"])
            if recorded >= count:
                return
            if time.monotonic() > deadline:
                raise DemoFailedError(
                    f"Only {recorded} of {count} executions were recorded within {timeout_s:g} s."
                )
            time.sleep(_POLL_S)
