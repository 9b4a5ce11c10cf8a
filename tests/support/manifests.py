"""Short functions for workflow manifests in the editor's format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

Json = dict[str, Any]


def node(kind: str, name: str | None = None, /, options: Json | None = None, **config: Any) -> Json:
    """
    Make a node.

    Args:
        kind: The node's type.
        name: The node's name; its type by default.
        options: Further fields of the node, beside its config.
        config: The node's config.

    Returns:
        The node.
    """
    return {
        "type": kind,
        "name": name or kind,
        "position": {"x": 0, "y": 0},
        "config": config,
        **(options or {}),
    }


def code(text: str, name: str = "Code", **options: Any) -> Json:
    """
    Make a node with a function's body.

    Args:
        text: The function's body.
        name: The node's name.
        options: Further fields of the node.

    Returns:
        The node.
    """
    return node("pythonFunction", name, options, code=text)


def edge(source: str, target: str, handle: str | None = None, condition: str | None = None) -> Json:
    """
    Make an edge.

    Args:
        source: The id of the first node.
        target: The id of the second node.
        handle: The source's handle, such as `true`.
        condition: The edge's condition.

    Returns:
        The edge.
    """
    given = {"sourceHandle": handle, "condition": condition}
    return {
        "id": f"{source}-{target}-{handle}-{condition}",
        "source": source,
        "target": target,
        **{name: value for name, value in given.items() if value is not None},
    }


def chain(*nodes: str) -> list[Json]:
    """
    Make the edges from each node to the next node.

    Args:
        nodes: The nodes' ids, in order.

    Returns:
        The edges.
    """
    return [edge(*pair) for pair in pairwise(nodes)]


def http(path: str, method: str = "POST", **config: Any) -> Json:
    """
    Make an HTTP trigger.

    Args:
        path: The path of the route.
        method: The HTTP method.
        config: Further settings of the trigger.

    Returns:
        The trigger.
    """
    return {"type": "httpEndpoint", "config": {"method": method, "path": path, **config}}


def workflow(
    nodes: Mapping[str, Json],
    edges: Sequence[Json] = (),
    trigger: Json | None = None,
    **fields: Any,
) -> Json:
    """
    Make a workflow without its id.

    Args:
        nodes: The nodes by id.
        edges: The edges.
        trigger: The trigger; a manual trigger by default.
        fields: Further fields of the workflow.

    Returns:
        The workflow.
    """
    identified = {key: {"id": key, **node} for key, node in nodes.items()}
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
    """
    Make a project's manifest.

    Args:
        workflows: The workflows by id.
        fields: Further fields of the manifest.

    Returns:
        The manifest.
    """
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
        "workflows": {key: {"id": key, **workflow} for key, workflow in workflows.items()},
        **fields,
    }
