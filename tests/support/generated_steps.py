"""The steps that are generated from a manifest, and what is wrong with a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from flightlog.codegen import generate, manifest_from
from flightlog.errors import InvalidManifestError
from support.manifests import Json, code, manifest, node, workflow


def steps(nodes: Json, edges: Sequence[Json] = (), **fields: Any) -> str:
    """
    Generate the module of a workflow.

    Args:
        nodes: The nodes by their ids.
        edges: The edges.
        fields: Further fields of the workflow.

    Returns:
        The module's text.
    """
    return generate(manifest_from(manifest({"w": workflow(nodes, edges, **fields)}))).files["w.py"]


def problem(nodes: Json, edges: Sequence[Json] = (), **fields: Any) -> str:
    """
    Generate a workflow that has one problem.

    Args:
        nodes: The nodes by their ids.
        edges: The edges.
        fields: Further fields of the workflow.

    Returns:
        The problem.
    """
    with pytest.raises(InvalidManifestError) as caught:
        steps(nodes, edges, **fields)
    (found,) = caught.value.problems
    return found


def some(*names: str) -> Json:
    """
    Make nodes that return their own ids.

    Args:
        names: The ids.

    Returns:
        The nodes by their ids.
    """
    return {name: code("return input", name) for name in names}


def loop(*children: str) -> Json:
    """
    Make a loop.

    Args:
        children: The ids of the nodes within it.

    Returns:
        The node.
    """
    return node("loop", "Loop", items="{{ input }}", children=list(children))


def notes(nodes: Json, edges: Sequence[Json] = (), **fields: Any) -> tuple[str, ...]:
    """
    Generate a workflow, and list its notes.

    Args:
        nodes: The nodes by their ids.
        edges: The edges.
        fields: Further fields of the workflow.

    Returns:
        The notes.
    """
    return generate(manifest_from(manifest({"w": workflow(nodes, edges, **fields)}))).notes
