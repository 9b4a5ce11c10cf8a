"""The answers of the channels, as declared records, and executions as JSON for editor windows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType
from msgspec.structs import replace

from flightlog.record.decoding import encode_execution
from flightlog.record.model import Trigger, WorkflowExecution

PROTOCOL_VERSION: Final = 2
LogLevel = Literal["all", "success", "error"]
_NO_NODES: Final = b',"nodeExecutions":[]}'
_EMPTY: Final = Raw(b"{}")
_NO_TRIGGER: Final = Trigger(type="unknown")


class Done(Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of `execution:delete`."""

    success: bool
    """Whether this call erased the execution; false if it did not exist."""


class Cleared(Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of `execution:clear-workflow` and `execution:cleanup`."""

    success: bool
    """Whether the executions are gone."""
    count: int
    """How many executions this call erased."""


class WorkflowStats(Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of `execution:get-stats`."""

    workflow_id: str | None
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
    last_executed_at: str | None
    """The start of the newest execution, ISO 8601; null without executions."""


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


class NodeProgress(Struct, frozen=True, kw_only=True, rename="camel"):
    """The progress of one node execution."""

    node_id: str
    """The node's id in the workflow."""
    node_name: str
    """The node's name for people."""
    sequence: int
    """The place in the run."""
    status: str
    """`pending`, `running`, `success`, `error` or `skipped`."""


class RecordingSettings(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which executions are kept, as the manifest's `executionLogging` says."""

    enabled: bool = True
    """Whether new executions are recorded."""
    log_level: LogLevel = "all"
    """Which ended executions are kept: all, those that succeeded, or those that failed."""
    retention_days: Annotated[float, Meta(ge=0)] = 0
    """Executions older than so many days are erased when a project is opened; 0 keeps all."""
    max_executions_per_workflow: Annotated[int, Meta(ge=0)] | None = None
    """The number of executions kept of each workflow, the newest; null and 0 mean all."""
    overrides_manifest: bool = False
    """Whether these settings precede the settings in a project's manifest."""


class OpenedProject(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer of `project/open`."""

    database_path: str
    """The database of the history that is open now."""
    project_path: str | None = None
    """The project's directory; absent for a history without a project."""
    recording: RecordingSettings
    """The settings in force: the manifest's, or else the editor's."""


class RunProgress(Struct, frozen=True, kw_only=True, rename="camel"):
    """The notification `workflow/progress`: a run of the editor's Run button goes on."""

    execution_id: str
    """The run's execution, for `workflow:stop`."""
    workflow_id: str
    """The workflow that runs."""
    status: str
    """`running`, `success` or `error`."""
    nodes: tuple[NodeProgress, ...]
    """The nodes that began, in order."""


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
    recording: RecordingSettings
    """The settings in force: the manifest's, or else the editor's."""


class ExecutionsChanged(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The notification `executions/changed`."""

    execution_ids: tuple[str, ...]
    """Executions that were created, changed or deleted."""
    project_path: str | None = None
    """The directory of the executions' project; absent for a history without a project."""


def write_execution(record: WorkflowExecution) -> Raw:
    """
    Write an execution as JSON in the form that the editor's window relies on.

    `nodeExecutions`, `executionMode`, `trigger` and the `input` of each node are always there, and
    an `input` is always an object, because the window calls `Object.keys` on it.

    Args:
        record: The execution.

    Returns:
        The JSON.
    """
    trigger = record.trigger or _NO_TRIGGER
    if trigger.data is UNSET or trigger.is_simulated is None:
        trigger = replace(
            trigger,
            data=_EMPTY if trigger.data is UNSET else trigger.data,
            is_simulated=bool(trigger.is_simulated),
        )
    document = encode_execution(
        replace(
            record,
            execution_mode=record.execution_mode or "test",
            trigger=trigger,
            node_executions=tuple(
                node
                if (given := make_input_object(node.input)) is node.input
                else replace(node, input=given)
                for node in record.node_executions
            ),
        )
    )
    return Raw(document if record.node_executions else document[:-1] + _NO_NODES)


def write_executions(records: Iterable[WorkflowExecution]) -> Raw:
    """
    Write a list of executions as JSON; see `write_execution`.

    Args:
        records: The executions.

    Returns:
        The JSON.
    """
    return Raw(b"[" + b",".join(bytes(write_execution(record)) for record in records) + b"]")


def make_input_object(payload: Raw | UnsetType) -> Raw:
    """
    Make an object from a node's input.

    Args:
        payload: The input.

    Returns:
        The input itself if it is an object, an empty object if it is absent, and otherwise an
        object with the input as its `value`.
    """
    if payload is UNSET:
        return _EMPTY
    text = bytes(payload).lstrip()
    return payload if text.startswith(b"{") else Raw(b'{"value":' + text + b"}")
