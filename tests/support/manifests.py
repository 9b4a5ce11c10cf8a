"""Workflow manifests as the editor writes them, in few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

Json = dict[str, Any]


def node(kind: str, name: str | None = None, /, options: Json | None = None, **config: Any) -> Json:
    """A node: its type, its name, what stands beside its config, and its config."""
    return {
        "type": kind,
        "name": name or kind,
        "position": {"x": 0, "y": 0},
        "config": config,
        **(options or {}),
    }


def code(text: str, name: str = "Code", **options: Any) -> Json:
    """A node with a function's body."""
    return node("pythonFunction", name, options, code=text)


def edge(source: str, target: str, handle: str | None = None, condition: str | None = None) -> Json:
    """An edge."""
    told = {"sourceHandle": handle, "condition": condition}
    return {
        "id": f"{source}-{target}-{handle}-{condition}",
        "source": source,
        "target": target,
        **{name: value for name, value in told.items() if value is not None},
    }


def chain(*nodes: str) -> list[Json]:
    """Edges from each node to the next."""
    return [edge(*pair) for pair in pairwise(nodes)]


def http(path: str, method: str = "POST", **config: Any) -> Json:
    """A trigger by HTTP."""
    return {"type": "httpEndpoint", "config": {"method": method, "path": path, **config}}


def workflow(
    nodes: Mapping[str, Json],
    edges: Sequence[Json] = (),
    trigger: Json | None = None,
    **fields: Any,
) -> Json:
    """A workflow without its id."""
    identified = {key: {"id": key, **one} for key, one in nodes.items()}
    return {
        "name": fields.pop("name", "A workflow"),
        "trigger": trigger or {"type": "manual", "config": {}},
        "input": {},
        "output": {"type": "json"},
        "nodes": identified,
        "edges": list(edges),
        **fields,
    }


def manifest(workflows: Mapping[str, Json], **fields: Any) -> Json:
    """A project's manifest."""
    return {
        "schemaVersion": "1.0.0",
        "projectType": "workflow",
        "metadata": {
            "projectName": "Tests",
            "createdAt": "2026-11-01T00:00:00Z",
            "updatedAt": "2026-11-01T00:00:00Z",
        },
        "config": {
            "runtime": "python",
            "pythonVersion": "3.11",
            "framework": "fastapi",
            "port": 8000,
        },
        "secrets": {},
        "globalVariables": {},
        "workflows": {key: {"id": key, **one} for key, one in workflows.items()},
        **fields,
    }
