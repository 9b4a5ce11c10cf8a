"""The records of the editor's workflow manifest; `manifest` reads them."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType


class Secret(Struct, frozen=True, kw_only=True, rename="camel"):
    """A secret that workflows may use by its name."""

    required: bool = True
    """Whether a workflow that uses the secret may not start without it."""
    description: str | None = None
    """A description for people."""
    default: str | None = None
    """The value when the environment doesn't set the secret."""


class Cors(Struct, frozen=True, kw_only=True, rename="camel"):
    """The web pages that may call the workflows."""

    origins: list[str] = []
    """The pages' origins."""
    methods: list[str] = []
    """The allowed HTTP methods."""


class ProjectConfig(Struct, frozen=True, kw_only=True, rename="camel"):
    """How the project runs."""

    runtime: str = "python"
    """The language; only `python` is allowed."""
    python_version: str | None = None
    """The project's Python version."""
    framework: str = "fastapi"
    """The web framework; only `fastapi` is allowed."""
    port: int = 8000
    """The port on which the workflows listen."""
    cors: Cors | None = None
    """The web pages that may call the workflows."""
    execution_receiver_port: int = 3000
    """The port of the receiver on this machine."""


class Metadata(Struct, frozen=True, kw_only=True, rename="camel"):
    """The project's name and description."""

    project_name: str | None = None
    """The project's name."""
    description: str | None = None
    """The project's description."""


class InputField(Struct, frozen=True, kw_only=True):
    """A field of a workflow's input."""

    type: Literal["string", "number", "boolean", "object", "array"]
    """The field's type."""
    required: bool = False
    """Whether the field is required."""
    default: Any = None
    """The value of an absent field."""
    description: str | None = None
    """A description for people."""
    validation: dict[str, Any] | None = None
    """A JSON Schema for the field."""


class Output(Struct, frozen=True, kw_only=True):
    """How a workflow answers with its result."""

    type: Literal["json", "stream"] = "json"
    """The whole result at once (`json`), or in pieces (`stream`)."""
    format: str | None = None
    """The format of a stream: `sse` or `ndjson`."""


class TriggerConfig(Struct, frozen=True, kw_only=True):
    """A workflow's trigger."""

    type: str = "manual"
    """The trigger's type."""
    config: dict[str, Any] = {}
    """The trigger's settings; each type has its own."""


class ExecutionConfig(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a workflow's run behaves."""

    timeout: float | None = None
    """The time limit of the whole run, milliseconds."""
    retries: int | None = None
    """How many further attempts a node has, unless the node sets its own number."""
    retry_delay: float | None = None
    """The wait before the first further attempt, milliseconds."""
    retry_backoff: Literal["linear", "exponential"] | None = None
    """How the wait grows."""


class Cache(Struct, frozen=True, kw_only=True):
    """Whether a node's output is cached."""

    enabled: bool = False
    """Whether the cache is on."""
    ttl: float | None = None
    """How long an output is valid, seconds."""
    key: str | None = None
    """The cache key; the text may contain expressions."""


class PinnedData(Struct, frozen=True, kw_only=True):
    """An output that replaces a node's run in test mode."""

    enabled: bool = False
    """Whether the pinned output is on."""
    data: Any = None
    """The output."""


class Node(Struct, frozen=True, kw_only=True, rename="camel"):
    """A node as the manifest describes it."""

    type: str
    """The node's type."""
    id: str | None = None
    """The node's id, equal to its key."""
    name: str | None = None
    """The name for people; the id when missing."""
    description: str | None = None
    """A description for people."""
    config: dict[str, Any] = {}
    """The node's settings; each type has its own."""
    timeout: float | None = None
    """The time limit of one attempt, milliseconds."""
    retries: int | None = None
    """How many further attempts the node has."""
    cache: Cache | None = None
    """Whether the node's output is cached."""
    on_error: Literal["throw", "continue", "fallback"] | None = None
    """The run's reaction when the node has failed."""
    fallback_value: Any | UnsetType = UNSET
    """The output after a failure, for `fallback`."""
    pinned_data: PinnedData | None = None
    """The node's output in test mode."""
    position: Any = None
    """The node's position in the editor's drawing."""


class Edge(Struct, frozen=True, kw_only=True, rename="camel"):
    """A connection from one node to another."""

    source: str
    """The id of the node at the edge's start."""
    target: str
    """The id of the node at the edge's end."""
    id: str | None = None
    """The edge's id in the editor."""
    source_handle: str | None = None
    """The source's handle that the edge takes."""
    target_handle: str | None = None
    """The position of the edge's end in the editor's drawing."""
    condition: str | dict[str, Any] | None = None
    """An expression; the edge is taken only if the expression is true."""


class Workflow(Struct, frozen=True, kw_only=True):
    """A workflow, with its nodes and edges."""

    id: str
    """The workflow's id."""
    name: str
    """The name for people."""
    description: str | None
    """A description for people."""
    trigger: TriggerConfig
    """The workflow's trigger."""
    input: dict[str, Any]
    """The fields of the workflow's input, as in the manifest."""
    output: dict[str, Any] | None
    """How the workflow answers with its result."""
    nodes: dict[str, Node]
    """The nodes by id, in the manifest's order."""
    edges: list[Edge]
    """The edges in the manifest's order."""
    execution: ExecutionConfig
    """How the workflow's run behaves."""
    unreadable: frozenset[str] = frozenset()
    """The ids of the nodes that can't be read, each with a problem of its own."""
    is_complete: bool = True
    """Whether all parts could be read."""


class Manifest(Struct, frozen=True, kw_only=True):
    """A project's manifest."""

    metadata: Metadata
    """The project's name and description."""
    config: ProjectConfig
    """How the project runs."""
    secrets: dict[str, Secret]
    """The secrets by name."""
    global_variables: dict[str, Any]
    """Values that all workflows share."""
    workflows: dict[str, Workflow]
    """The workflows by id, in the manifest's order."""
    notes: tuple[str, ...]
    """Notes on ignored fields, one sentence each."""
