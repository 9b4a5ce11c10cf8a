"""
Serve the outline of one execution, and the layout of its workflow.

The layout comes from the project's manifest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import unquote

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from flightlog.errors import NotFoundError
from flightlog.receiver.routing import MAX_NODES, Logger, NodesCursor, NodesLimit, route
from flightlog.store.outline import Outline

_PROJECT_DIRECTORY: Final = ".lowcode"
_MANIFEST: Final = "manifest.json"
_MAX_MANIFEST_BYTES: Final = 64 * 2**20
_OR_EMPTY: Final = QueryParameter(
    name="orEmpty", description="Answer with an empty layout if there is none."
)


class DefinedNode(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A node at the position that the workflow's author chose."""

    id: str
    """The node."""
    name: str
    """The node's display name."""
    type: str
    """The node's type."""
    x: float
    """The horizontal position, to the right, in the editor's units."""
    y: float
    """The vertical position, downwards, in the editor's units."""
    parent: str | None = None
    """The loop or parallel node within which the node runs."""


class DefinedEdge(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An edge from one node to another."""

    source: str
    """The node at which the edge begins."""
    target: str
    """The node at which the edge ends."""
    handle: str | None = None
    """The output of the source node at which the edge begins, e.g. `true`."""


class Definition(Struct, frozen=True, kw_only=True):
    """The layout of a workflow."""

    nodes: tuple[DefinedNode, ...]
    """The workflow's nodes."""
    edges: tuple[DefinedEdge, ...]
    """The edges between the nodes."""


class _Position(Struct):
    x: float = 0
    y: float = 0


class _Node(Struct):
    type: str
    name: str = ""
    position: _Position = msgspec.field(default_factory=_Position)
    config: Any = None


class _Edge(Struct, rename="camel"):
    source: str
    target: str
    source_handle: str | None = None


class _Workflow(Struct):
    nodes: dict[str, _Node] = {}
    edges: list[_Edge] = []


class _Manifest(Struct):
    workflows: dict[str, msgspec.Raw] = {}


@route(get, "/api/executions/{execution_id:str}/outline", "not_found")
def get_outline(
    logger: Logger,
    execution_id: FromPath[str],
    nodes_limit: NodesLimit = MAX_NODES,
    nodes_cursor: NodesCursor = None,
) -> Outline:
    """Read one execution without payloads: its nodes, usual durations and neighbours."""
    outline = logger.reader.read_outline(unquote(execution_id), nodes_limit, nodes_cursor)
    if outline is None:
        raise NotFoundError(unquote(execution_id))
    return outline


@route(get, "/api/workflows/{workflow_id:str}/definition", "not_found")
def get_definition(
    logger: Logger,
    workflow_id: FromPath[str],
    or_empty: Annotated[bool, _OR_EMPTY] = False,
) -> Definition:
    """Read a workflow's layout from the manifest of the project to which this history belongs."""
    definition = read_definition(logger.path, unquote(workflow_id))
    if definition is None and or_empty:
        return Definition(nodes=(), edges=())
    if definition is None:
        raise NotFoundError(unquote(workflow_id))
    return definition


OUTLINE_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (get_outline, get_definition)


def read_definition(database: Path, workflow_id: str) -> Definition | None:
    """
    Read the layout of a workflow from a project's manifest.

    Args:
        database: The history's file; a project keeps this file beside its manifest.
        workflow_id: The workflow.

    Returns:
        The layout; None if the history belongs to no project, or the manifest can't be read.
    """
    manifest = database.with_name(_MANIFEST)
    if database.parent.name != _PROJECT_DIRECTORY:
        return None
    try:
        if manifest.stat().st_size > _MAX_MANIFEST_BYTES:
            return None
        found = msgspec.json.decode(manifest.read_bytes(), type=_Manifest).workflows
        if workflow_id not in found:
            return None
        workflow: Any = msgspec.json.decode(found[workflow_id], type=_Workflow)
    except (OSError, msgspec.MsgspecError):
        # The editor may be writing the manifest, or the manifest has another version. The record is
        # then drawn without a layout.
        return None
    parents = {
        child: node_id for node_id, node in workflow.nodes.items() for child in _list_children(node)
    }
    return Definition(
        nodes=tuple(
            DefinedNode(
                id=node_id,
                name=node.name or node_id,
                type=node.type,
                x=node.position.x,
                y=node.position.y,
                parent=parents.get(node_id),
            )
            for node_id, node in workflow.nodes.items()
        ),
        edges=tuple(
            DefinedEdge(source=edge.source, target=edge.target, handle=edge.source_handle)
            for edge in workflow.edges
        ),
    )


def _list_children(node: _Node) -> list[str]:
    children = node.config.get("children") if isinstance(node.config, dict) else None
    return [each for each in children if isinstance(each, str)] if type(children) is list else []
