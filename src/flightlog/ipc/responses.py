"""The answers of the channels, as declared records, and executions as JSON for editor windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Raw, Struct

from flightlog.record.model import WorkflowExecution, encode_execution

PROTOCOL_VERSION: Final = 1
_NO_NODES: Final = b',"nodeExecutions":[]}'


class Done(Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of `execution:delete`."""

    success: bool
    """Whether the execution is gone; also true if it did not exist."""


class Cleared(Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of `execution:clear-workflow` and `execution:cleanup`."""

    success: bool
    """Whether the executions are gone."""
    count: int
    """How many executions this call erased."""


class WorkflowStats(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer of `execution:get-stats`."""

    workflow_id: str
    """The workflow."""
    total_executions: int
    """The number of all its executions."""
    success_count: int
    """The number of executions that succeeded."""
    error_count: int
    """The number of executions that ended in an error."""
    running_count: int
    """The number of executions that have not ended."""
    avg_duration_ms: float
    """Mean duration of ended executions that have one, milliseconds; 0 without such executions."""
    last_executed_at: str | None = None
    """The start of the newest execution, ISO 8601; absent without executions."""


class NodePin(Struct, frozen=True, kw_only=True, rename="camel"):
    """The output that one node returns in test mode instead of running."""

    node_id: str
    """The node's id in the workflow."""
    node_name: str
    """The node's name for people."""
    data: Raw
    """The node's output; its input if it has no output."""


class CanvasData(Struct, frozen=True, kw_only=True, rename="camel"):
    """An execution's data, for pinning to the nodes of a canvas."""

    workflow_id: str
    """The workflow that ran."""
    node_pins: tuple[NodePin, ...]
    """One pin for each node that succeeded; for a repeated node, from its last success."""


class CopiedToCanvas(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer of `execution:copy-to-canvas`."""

    success: bool
    """Whether the execution exists."""
    data: CanvasData | None = None
    """The data to pin; absent where the execution does not exist."""
    error: str | None = None
    """The reason why there is no data, for people."""


class ReceiverAddress(Struct, frozen=True, kw_only=True, rename="camel"):
    """The address that workflows send their records to."""

    url: str
    """The value of `CATALYST_EDITOR_URL` for the workflows."""
    port: int
    """The port that the receiver listens on."""
    requested_port: int
    """The requested port; the receiver uses another port when this port is in use."""


class Capabilities(Struct, frozen=True, kw_only=True, rename="camel"):
    """The methods and notifications of this process."""

    channels: tuple[str, ...]
    """The channels; each is a method of the same name."""
    notifications: tuple[str, ...]
    """The notifications that this process sends."""


class OpenedProject(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer of `project/open`."""

    database_path: str
    """The database of the history that is open now."""
    project_path: str | None = None
    """The project's directory; absent for a history without a project."""


class Started(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer of `initialize`."""

    name: str
    """`flightlog`."""
    version: str
    """The program's version."""
    protocol_version: int
    """Increases with each change that an older editor would not understand."""
    process_id: int
    """The id of this process."""
    capabilities: Capabilities
    """The methods and notifications of this process."""
    receiver: ReceiverAddress
    """The address that workflows send their records to."""
    database_path: str
    """The database of the history that is open."""
    project_path: str | None = None
    """The project's directory; absent for a history without a project."""


class ExecutionsChanged(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The notification `executions/changed`."""

    execution_ids: tuple[str, ...]
    """Executions that were created, changed or deleted."""
    project_path: str | None = None
    """The directory of the executions' project; absent for a history without a project."""


def execution_json(record: WorkflowExecution) -> Raw:
    """
    Write an execution as JSON, with `nodeExecutions` even when there are none.

    Args:
        record: The execution.

    Returns:
        The JSON.
    """
    document = encode_execution(record)
    return Raw(document if record.node_executions else document[:-1] + _NO_NODES)


def executions_json(records: Sequence[WorkflowExecution]) -> Raw | Sequence[WorkflowExecution]:
    """
    Write executions as JSON, with `nodeExecutions` even when there are none.

    Args:
        records: The executions.

    Returns:
        The JSON, or the records themselves when each has node executions, because encoding them
        together with the answer takes one pass.
    """
    if all(record.node_executions for record in records):
        return records
    return Raw(b"[" + b",".join(bytes(execution_json(record)) for record in records) + b"]")
