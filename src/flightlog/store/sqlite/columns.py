"""
List the columns of executions and node executions.

The functions convert values that need several columns or a text form.
"""

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
`EXECUTION_COLUMNS` as a statement selects them to show an execution. A run without its own
`retry_of` shows the previous run of its id there.
"""
PAYLOAD_COLUMNS: Final = frozenset({"trigger_data", "input", "output"})

_decode_tags: Final = msgspec.json.Decoder(dict[str, str]).decode
_encode_tags: Final = msgspec.json.Encoder(order="sorted").encode


def error_row(error: ExecutionError) -> tuple[str | None, ...]:
    """
    Convert an error to its columns.

    Args:
        error: The error.

    Returns:
        The error's values, in the order of `ERROR_COLUMNS`.
    """
    return (error.message, error.node_id, error.kind, error.stack, error.type)


def read_error(columns: Row) -> ExecutionError | None:
    """
    Read the error from its columns.

    Args:
        columns: The values of `ERROR_COLUMNS`, in this order.

    Returns:
        The error; None when there is none.
    """
    message, node_id, kind, stack, type_name = columns
    if message is None:
        return None
    return ExecutionError(message=message, node_id=node_id, kind=kind, stack=stack, type=type_name)


def tags_text(tags: dict[str, str] | None) -> str | None:
    """
    Convert tags to the text of their column.

    Args:
        tags: The tags.

    Returns:
        A JSON object; None when there are no tags.
    """
    return None if tags is None else _encode_tags(tags).decode()


def read_tags(text: str | None) -> dict[str, str] | None:
    """
    Read tags from the text of their column.

    Args:
        text: The column's value.

    Returns:
        The tags; None when the column is empty.
    """
    return None if text is None else _decode_tags(text)
