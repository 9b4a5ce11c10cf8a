"""The records of a workflow manifest as the editor writes it; `manifest` reads them."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType


class Secret(Struct, frozen=True, kw_only=True, rename="camel"):
    """A secret that workflows may use by its name."""

    required: bool = True
    """Whether a workflow that uses it may not start without it."""
    description: str | None = None
    """For people."""
    default: str | None = None
    """What it is where the environment doesn't say."""


class Cors(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which web pages may call the workflows."""

    origins: list[str] = []
    """Their origins."""
    methods: list[str] = []
    """The HTTP methods that they may use."""


class ProjectConfig(Struct, frozen=True, kw_only=True, rename="camel"):
    """How the project runs."""

    runtime: str = "python"
    """Only `python`."""
    python_version: str | None = None
    """The Python that the project is for."""
    framework: str = "fastapi"
    """Only `fastapi`."""
    port: int = 8000
    """Where the workflows listen."""
    cors: Cors | None = None
    """Which web pages may call."""
    execution_receiver_port: int = 3000
    """The port of the receiver on this machine."""


class Metadata(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the project is called."""

    project_name: str | None = None
    """Its name."""
    description: str | None = None
    """What it does."""


class InputField(Struct, frozen=True, kw_only=True):
    """A field of a workflow's input."""

    type: Literal["string", "number", "boolean", "object", "array"]
    """What it is."""
    required: bool = False
    """Whether it must be there."""
    default: Any = None
    """What it is where it isn't given."""
    description: str | None = None
    """For people."""
    validation: dict[str, Any] | None = None
    """JSON Schema for it."""


class Output(Struct, frozen=True, kw_only=True):
    """How a workflow's result is answered."""

    type: Literal["json", "stream"] = "json"
    """At once, or piece by piece."""
    format: str | None = None
    """How a stream is written: `sse` or `ndjson`."""


class TriggerConfig(Struct, frozen=True, kw_only=True):
    """What starts a workflow."""

    type: str = "manual"
    """The kind of trigger."""
    config: dict[str, Any] = {}
    """Its settings, by kind."""


class ExecutionConfig(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a workflow's run behaves."""

    timeout: float | None = None
    """Of the whole run, in milliseconds."""
    retries: int | None = None
    """Further attempts of a node, where the node doesn't say."""
    retry_delay: float | None = None
    """Milliseconds before the first further attempt."""
    retry_backoff: Literal["linear", "exponential"] | None = None
    """How the delay grows."""


class Cache(Struct, frozen=True, kw_only=True):
    """Whether a node's output is kept for a while."""

    enabled: bool = False
    """Whether it is."""
    ttl: float | None = None
    """For how many seconds."""
    key: str | None = None
    """What tells one output from another; may hold expressions."""


class PinnedData(Struct, frozen=True, kw_only=True):
    """An output that stands for running the node, in test mode."""

    enabled: bool = False
    """Whether it does."""
    data: Any = None
    """The output."""


class Node(Struct, frozen=True, kw_only=True, rename="camel"):
    """A node as it stands in the manifest."""

    type: str
    """Its type."""
    id: str | None = None
    """The same as its key."""
    name: str | None = None
    """For people; the id where it is missing."""
    description: str | None = None
    """For people."""
    config: dict[str, Any] = {}
    """Its settings, by type."""
    timeout: float | None = None
    """Of an attempt, in milliseconds."""
    retries: int | None = None
    """Further attempts."""
    cache: Cache | None = None
    """Whether its output is kept."""
    on_error: Literal["throw", "continue", "fallback"] | None = None
    """What becomes of the run when it failed."""
    fallback_value: Any | UnsetType = UNSET
    """Its output when it failed, for `fallback`."""
    pinned_data: PinnedData | None = None
    """Its output in test mode."""
    position: Any = None
    """Where the editor draws it."""


class Edge(Struct, frozen=True, kw_only=True, rename="camel"):
    """A line from one node to another."""

    source: str
    """The node that it comes from."""
    target: str
    """The node that it leads to."""
    id: str | None = None
    """Its name in the editor."""
    source_handle: str | None = None
    """Which of the source's ways out it takes."""
    target_handle: str | None = None
    """Where the editor draws its end."""
    condition: str | dict[str, Any] | None = None
    """An expression; the edge is taken only where it is true."""


class Workflow(Struct, frozen=True, kw_only=True):
    """A workflow, its nodes and edges read one by one."""

    id: str
    """Its id."""
    name: str
    """For people."""
    description: str | None
    """For people."""
    trigger: TriggerConfig
    """What starts it."""
    input: dict[str, Any]
    """The fields of its input, as the manifest has them."""
    output: dict[str, Any] | None
    """How its result is answered."""
    nodes: dict[str, Node]
    """By id, in the manifest's order."""
    edges: list[Edge]
    """In the manifest's order."""
    execution: ExecutionConfig
    """How its run behaves."""


class Manifest(Struct, frozen=True, kw_only=True):
    """A project's manifest."""

    metadata: Metadata
    """What it is called."""
    config: ProjectConfig
    """How it runs."""
    secrets: dict[str, Secret]
    """What its workflows may use by name."""
    global_variables: dict[str, Any]
    """Values for all its workflows."""
    workflows: dict[str, Workflow]
    """By id, in the manifest's order."""
    notes: tuple[str, ...]
    """What was ignored, a sentence each."""
