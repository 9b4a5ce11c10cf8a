"""The columns of an execution and a node execution, and the values that take several or a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec

from flightlog.record.model import ExecutionError
from flightlog.store.sqlite.queries import Row

StorePayload: TypeAlias = Callable[[Any], str | int | None]
LoadPayload: TypeAlias = Callable[[str | int | None], Any]

ERROR_COLUMNS: Final = ("error_message", "error_node_id", "error_kind", "error_stack", "error_type")
EXECUTION_COLUMNS: Final = (
    "id",
    "workflow_id",
    "workflow_name",
    "project_id",
    "status",
    "started_at",
    "completed_at",
    "duration_ms",
    "execution_mode",
    "is_simulated",
    "trigger_type",
    "trigger_data",
    "parent_execution_id",
    "retry_of",
    "tags",
    "process_id",
    "run_id",
    "parent_run_id",
    "revision",
    "provenance",
    *ERROR_COLUMNS,
)
NODE_COLUMNS: Final = (
    "execution_id",
    "sequence",
    "node_id",
    "node_name",
    "node_type",
    "status",
    "attempt",
    "parent_sequence",
    "started_at",
    "completed_at",
    "duration_ms",
    "input",
    "output",
    "process_id",
    "revision",
    "provenance",
    *ERROR_COLUMNS,
)
SHOWN_EXECUTION: Final = ", ".join(
    "coalesce(retry_of, previous_run) AS retry_of" if name == "retry_of" else name
    for name in EXECUTION_COLUMNS
)
"""
`EXECUTION_COLUMNS` as a statement selects them to show an execution: a run that names no other has
the run before it for `retry_of`.
"""
PAYLOAD_COLUMNS: Final = frozenset({"trigger_data", "input", "output"})

_decode_tags: Final = msgspec.json.Decoder(dict[str, str]).decode
_encode_tags: Final = msgspec.json.Encoder(order="sorted").encode


def error_row(error: ExecutionError) -> tuple[str | None, ...]:
    """An error's values, in the order of `ERROR_COLUMNS`."""
    return (error.message, error.node_id, error.kind, error.stack, error.type)


def read_error(columns: Row) -> ExecutionError | None:
    """The error that `ERROR_COLUMNS` hold; None when there is none."""
    message, node_id, kind, stack, type_name = columns
    if message is None:
        return None
    return ExecutionError(message=message, node_id=node_id, kind=kind, stack=stack, type=type_name)


def tags_text(tags: dict[str, str] | None) -> str | None:
    """Tags as their column holds them."""
    return None if tags is None else _encode_tags(tags).decode()


def read_tags(text: str | None) -> dict[str, str] | None:
    """The tags that their column holds."""
    return None if text is None else _decode_tags(text)
