"""Recorded calls of models: answers, executions with them, and the tokens that a store reads."""

from __future__ import annotations

import json
from typing import Any

from msgspec import Raw

from flightlog.store.sqlite import SqliteStore
from flightlog.store.writer import ExecutionStore
from support.records import record


def answer(model: str, asked: int, answered: int, **more: object) -> dict[str, Any]:
    """Make the answer of a model."""
    usage = {"prompt_tokens": asked, "completion_tokens": answered}
    message = {"role": "assistant", "content": "Hi"}
    return {"model": model, "usage": usage, "choices": [{"message": message}], **more}


def add(store: ExecutionStore, name: str, *outputs: object, **fields: object) -> None:
    """Store an execution with a node for each output."""
    nodes = [
        {
            "sequence": place,
            "nodeId": f"n{place}",
            "nodeName": "n",
            "nodeType": "t",
            "status": "success",
            "output": Raw(json.dumps(output).encode()),
        }
        for place, output in enumerate(outputs)
    ]
    store.merge([record(name, nodeExecutions=nodes, **fields)])


def index(store: ExecutionStore) -> None:
    """Index everything, if the store finds calls by indexing."""
    while isinstance(store, SqliteStore) and store.index_portion().more:
        pass


def read(store: ExecutionStore, name: str, *limits: int) -> list[tuple[object, ...]]:
    """Read the model, the calls and the tokens of an execution."""
    found = store.read_usage([name], limits).get(name, ())
    return [(each.model, each.calls, each.input_tokens, each.output_tokens) for each in found]
