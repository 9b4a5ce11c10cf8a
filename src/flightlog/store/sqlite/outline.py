"""
Read one execution without its payloads, in a fixed number of statements.

An outline gives the size of each payload and, where the check costs little, whether something was
removed from the payload. Payloads in their columns are always checked; of the stored payloads, only
the first few megabytes are opened.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import apsw
from msgspec import Raw
from msgspec.structs import asdict, replace

from flightlog.record.model import NodeExecution, RunKey, WorkflowExecution, make_run_key
from flightlog.record.times import normalize_time
from flightlog.store.histogram import compute_percentile, count_durations
from flightlog.store.outline import (
    ChildExecution,
    Outline,
    OutlineExecution,
    OutlineNode,
    OutlineTrigger,
    PayloadInfo,
    UsualDuration,
    UsualDurations,
)
from flightlog.store.rows import read_node
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.nodepages import fetch_page
from flightlog.store.sqlite.payloads import StoredValue, read_payloads
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.summaries import read_last_seen, read_letters
from flightlog.store.summarizing import get_position, read_bare_execution, summarize_execution
from flightlog.store.tables import EXECUTIONS, NODES, SHOWN_EXECUTION
from flightlog.store.time_buckets import find_hour

OPENED_PAYLOAD_BYTES: Final = 64 * 1024
"""An outline never opens a payload larger than this."""
OPENED_BYTES: Final = 4 * 2**20
"""The total size of the payloads opened for one outline, bytes."""

_queries: Final = load_queries("outline.sql")
SELECT_EXECUTION: Final = _queries["execution"].format(columns=SHOWN_EXECUTION)
_TRIGGER: Final = EXECUTIONS.find_position("trigger_data")
_INPUT, _OUTPUT = NODES.find_position("input"), NODES.find_position("output")
_LOGS: Final = NODES.find_position("logs")
_PAYLOADS: Final = (_INPUT, _OUTPUT, _LOGS)
_USUAL_DAYS: Final = timedelta(days=30)
_REDACTED: Final = (b"[REDACTED:", b'"redaction_failed"')
_TRUNCATED: Final = (b'"$flightlog":"truncated"', b'"$flightlog":"dropped"')

InfoOf: TypeAlias = Callable[[StoredValue], PayloadInfo | None]


def read_outline(
    connection: apsw.Connection,
    codec: Codec,
    execution_id: str,
    limit: int | None = None,
    cursor: str | None = None,
) -> Outline | None:
    """Read an execution without payloads; see `ExecutionReader.read_outline`."""
    row = fetch_one(connection, SELECT_EXECUTION, (execution_id,))
    if row is None:
        return None
    execution = _add_run_of_parent(connection, read_bare_execution(row))
    rows, next_nodes_cursor = fetch_page(connection, execution_id, limit, cursor)
    nodes = [read_node(node_row) for node_row in rows]
    info = _make_payload_info(
        connection, codec, (row[_TRIGGER], *(node_row[at] for node_row in rows for at in _PAYLOADS))
    )
    position = get_position(row)
    neighbours = [
        fetch_one(connection, _queries[name], (execution.workflow_id, *position))
        for name in ("previous", "next", "previous_success", "previous_failed")
    ]
    previous, following, success, failure = (
        None if found is None else found[0] for found in neighbours
    )
    children = _read_children(connection, execution)
    return Outline(
        execution=_make_execution(
            execution,
            read_letters(connection, [execution_id])[execution_id],
            info(row[_TRIGGER]),
            read_last_seen(connection, [execution]).get(execution.id),
        ),
        next_nodes_cursor=next_nodes_cursor,
        nodes=tuple(
            _make_node(node, *(info(node_row[at]) for at in _PAYLOADS))
            for node, node_row in zip(nodes, rows, strict=True)
        ),
        previous_id=previous,
        next_id=following,
        previous_success_id=success,
        previous_failed_id=failure,
        usual=_read_usual_durations(connection, execution),
        children=tuple(
            ChildExecution(id=child, workflow_name=name, status=status)
            for child, name, status in children
        ),
    )


def _add_run_of_parent(
    connection: apsw.Connection, execution: WorkflowExecution
) -> WorkflowExecution:
    parent, run_id = execution.parent_execution_id, execution.parent_run_id
    if parent is None or run_id is None:
        return execution
    address = RunKey(parent, run_id).address
    if fetch_one(connection, _queries["exists"], (address,)) is None:
        return execution
    return replace(execution, parent_execution_id=address)


def _read_children(connection: apsw.Connection, execution: WorkflowExecution) -> list[Row]:
    key = make_run_key(execution)
    is_shown = execution.id == key.execution_id
    if is_shown and execution.retry_of is None:
        # This is the only run of its id, because every other run would name the run before it here.
        return fetch_all(connection, _queries["children"], (execution.id,))
    bound = {
        "execution_id": key.execution_id,
        "address": key.address,
        "run_id": key.run_id,
        "shown_run_id": key.run_id if is_shown else "",
    }
    return fetch_all(connection, _queries["children_of_run"], bound)


def _make_execution(
    execution: WorkflowExecution,
    letters: str,
    trigger_data: PayloadInfo | None,
    last_seen_at: str | None,
) -> OutlineExecution:
    trigger = execution.trigger
    # The error is the whole error, unlike a summary's.
    shown = asdict(summarize_execution(execution, letters, last_seen_at)) | {
        "error": execution.error
    }
    return OutlineExecution(
        **shown,
        trigger=None
        if trigger is None
        else OutlineTrigger(
            type=trigger.type,
            is_simulated=trigger.is_simulated,
            bytes=None if trigger_data is None else trigger_data.bytes,
        ),
        parent_execution_id=execution.parent_execution_id,
        retry_of=execution.retry_of,
        process_id=execution.process_id,
    )


def _make_node(
    node: NodeExecution,
    given: PayloadInfo | None,
    returned: PayloadInfo | None,
    logs: PayloadInfo | None,
) -> OutlineNode:
    return OutlineNode(
        sequence=node.sequence or 0,
        node_id=node.node_id,
        node_name=node.node_name,
        node_type=node.node_type,
        status=node.status,
        attempt=node.attempt,
        parent_sequence=node.parent_sequence,
        started_at=node.started_at,
        completed_at=node.completed_at,
        duration_ms=node.duration_ms,
        input=given,
        output=returned,
        logs=logs,
        background=node.background,
        error=node.error,
    )


def _make_payload_info(
    connection: apsw.Connection, codec: Codec, values: Iterable[StoredValue]
) -> InfoOf:
    wanted = list(dict.fromkeys(value for value in values if isinstance(value, int)))
    sizes: dict[int, int] = dict(fetch_all(connection, _queries["sizes"], (json.dumps(wanted),)))
    chosen, budget = [], OPENED_BYTES
    for payload_id in wanted:
        size = sizes[payload_id]
        if size <= OPENED_PAYLOAD_BYTES and size <= budget:
            chosen.append(payload_id)
            budget -= size
    marks = {
        payload_id: find_placeholders(data)
        for payload_id, data in read_payloads(connection, codec, chosen).items()
    }

    def info(value: StoredValue) -> PayloadInfo | None:
        if value is None:
            return None
        if isinstance(value, int):
            redacted, truncated = marks.get(value, (None, None))
            return PayloadInfo(bytes=sizes[value], redacted=redacted, truncated=truncated)
        data = value.encode()
        redacted, truncated = find_placeholders(Raw(data))
        return PayloadInfo(bytes=len(data), redacted=redacted, truncated=truncated)

    return info


def find_placeholders(payload: Raw) -> tuple[bool, bool]:
    """
    Check whether a payload holds marks of removed content.

    Args:
        payload: The JSON.

    Returns:
        Whether secrets were removed, and whether a part was left out.
    """
    data = bytes(payload)
    return any(mark in data for mark in _REDACTED), any(mark in data for mark in _TRUNCATED)


def _read_usual_durations(
    connection: apsw.Connection, execution: WorkflowExecution
) -> UsualDurations:
    try:
        since = datetime.fromisoformat(execution.started_at) - _USUAL_DAYS
        hour = find_hour(normalize_time(since.isoformat()))
    except OverflowError:
        hour = ""
    bound = (execution.workflow_id, execution.project_id or "", hour)
    own: dict[int, int] = dict(fetch_all(connection, _queries["usual_of_workflow"], bound))
    by_node: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for node_id, number, count in fetch_all(connection, _queries["usual_of_nodes"], bound):
        by_node[node_id][number] = count
    return UsualDurations(
        p50_ms=compute_percentile(own, 0.50),
        p95_ms=compute_percentile(own, 0.95),
        count=count_durations(own),
        nodes={node_id: _make_duration(counts) for node_id, counts in by_node.items()},
    )


def _make_duration(counts: Mapping[int, int]) -> UsualDuration:
    return UsualDuration(
        p50_ms=compute_percentile(counts, 0.50),
        p95_ms=compute_percentile(counts, 0.95),
        count=count_durations(counts),
    )
