"""Fixtures that the runtime's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flightlog.runtime.expressions import render
from flightlog.runtime.secrets import Secrets
from support.workflows import History, history_in

NAMES: dict[str, Any] = {
    "input": {
        "n": 3,
        "text": " Grüße ",
        "items": [{"id": 1}, {"id": 2}, {}],
        "none": None,
        "deep": {"my-key": [True, False]},
        "values": "a member, not a method",
    },
    "nodes": {"a": {"output": {"x": 1}}, "my-node": {"output": [1, 2]}, "later": {}},
    "env": {"HOME": "/home/x"},
    "global": {"currency": "EUR"},
    "secrets": {},
    "execution": {"id": "run-1", "timestamp": "2026-03-04T05:06:07.080Z"},
}


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """Make a place where workflows record."""
    with history_in(tmp_path / "spool") as history:
        yield history


def some_secrets() -> Secrets:
    """Make an empty set of secrets."""
    return Secrets((), lambda _: None)


def evaluate(text: str, **more: Any) -> Any:
    """Evaluate a text with `NAMES` and further names."""
    return render(text, {**NAMES, **more}, some_secrets())
