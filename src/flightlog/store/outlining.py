"""
Read one execution without its payloads, in a fixed number of statements.

An outline gives the size of each payload and, where the check costs little, whether something was
removed from the payload. Payloads in their columns are always checked; of the stored payloads, only
the first few megabytes are opened. Each store implements the statements behind the protocol
`OutlineStore`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from msgspec import Raw
from msgspec.structs import replace

from flightlog.record.model import NodeExecution, RunKey, WorkflowExecution, make_run_key
from flightlog.record.times import normalize_time
from flightlog.store.histogram import compute_percentile, count_durations
from flightlog.store.node_pages import NODE_PAYLOADS
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
from flightlog.store.positions import Position
from flightlog.store.row_functions import Row, compile_copier
from flightlog.store.rows import read_node
from flightlog.store.summarizing import (
    compute_summary_fields,
    get_position,
    read_bare_execution,
)
from flightlog.store.summary_reader import SummaryStore, read_last_seen
from flightlog.store.tables import EXECUTIONS, NODES
from flightlog.store.time_buckets import find_hour

OPENED_PAYLOAD_BYTES: Final = 64 * 1024
"""An outline never opens a payload larger than this."""
OPENED_BYTES: Final = 4 * 2**20
"""The total size of the payloads opened for one outline, bytes."""

_TRIGGER: Final = EXECUTIONS.find_position("trigger_data")
_USUAL_DAYS: Final = timedelta(days=30)
_REDACTED: Final = (b"[REDACTED:", b'"redaction_failed"')
_TRUNCATED: Final = (b'"$flightlog":"truncated"', b'"$flightlog":"dropped"')

_copy_execution: Final = compile_copier(WorkflowExecution, OutlineExecution, "trigger")
_copy_node: Final = compile_copier(NodeExecution, OutlineNode, *NODES.payloads)

InfoOf: TypeAlias = Callable[[Any], PayloadInfo | None]


class Neighbours(NamedTuple):
    """The ids of the executions of a workflow around one of them; None where there is none."""

    previous: str | None
    next: str | None
    previous_success: str | None
    previous_failed: str | None


class OutlineStore(SummaryStore, Protocol):
    """Reads what an outline shows, all in one snapshot."""

    def has_execution(self, row_id: str) -> bool:
        """
        Check whether there is a row of this id.

        Args:
            row_id: The id.

        Returns:
            Whether there is such a row.
        """
        ...

    def find_neighbours(self, workflow_id: str, position: Position) -> Neighbours:
        """
        Find the neighbours of a position.

        The newest successful execution before it is searched among the 20,000 before it.

        Args:
            workflow_id: The workflow.
            position: The position.

        Returns:
            The neighbours.
        """
        ...

    def fetch_children(self, execution_id: str) -> list[Row]:
        """
        Read the id, name and status of the first 1,000 executions that an execution ran.

        Args:
            execution_id: The id under which the parent was started.

        Returns:
            The rows, the oldest child first.
        """
        ...

    def fetch_children_of_run(self, key: RunKey, *, is_shown: bool) -> list[Row]:
        """
        Read the children of one run if several runs share its id, as `fetch_children` does.

        A child that does not name the run of its parent belongs to the run that is shown.

        Args:
            key: The run of the parent.
            is_shown: Whether the run is shown under the id.

        Returns:
            The rows, as `fetch_children` returns them.
        """
        ...

    def fetch_usual(self, workflow_id: str, project_id: str, hour: str) -> list[Row]:
        """
        Read buckets and counts of a workflow's ended executions since an hour.

        Args:
            workflow_id: The workflow.
            project_id: The workflow's project; empty without one.
            hour: The first hour.

        Returns:
            The bucket and the count of each row.
        """
        ...

    def fetch_usual_of_nodes(self, workflow_id: str, project_id: str, hour: str) -> list[Row]:
        """
        Read node ids, buckets and counts of a workflow's ended nodes since an hour.

        Args:
            workflow_id: The workflow.
            project_id: The workflow's project; empty without one.
            hour: The first hour.

        Returns:
            The node id, the bucket and the count of each row.
        """
        ...


def read_outline(
    reads: OutlineStore, execution_id: str, limit: int | None, cursor: str | None
) -> Outline | None:
    """
    Read an execution without payloads; see `ExecutionReader.read_outline`.

    Args:
        reads: Reads the rows.
        execution_id: The execution's id in the history.
        limit: The largest number of node executions.
        cursor: The cursor of the page.

    Returns:
        The outline; None when there is no such execution.
    """
    row = next(iter(reads.fetch_shown(execution_id)), None)
    if row is None:
        return None
    execution = _add_run_of_parent(reads, read_bare_execution(row))
    rows, next_nodes_cursor = reads.fetch_page(execution_id, limit, cursor)
    nodes = [read_node(node_row) for node_row in rows]
    info = _make_payload_info(
        reads, (row[_TRIGGER], *(node_row[at] for node_row in rows for at in NODE_PAYLOADS))
    )
    neighbours = reads.find_neighbours(execution.workflow_id, get_position(row))
    children = _read_children(reads, execution)
    return Outline(
        execution=_make_execution(
            execution,
            reads.read_letters([execution_id]).get(execution_id, ""),
            info(row[_TRIGGER]),
            read_last_seen(reads, [execution]).get(execution.id),
        ),
        next_nodes_cursor=next_nodes_cursor,
        nodes=tuple(
            _copy_node(
                node,
                **{
                    name: info(node_row[at])
                    for name, at in zip(NODES.payloads, NODE_PAYLOADS, strict=True)
                },
            )
            for node, node_row in zip(nodes, rows, strict=True)
        ),
        previous_id=neighbours.previous,
        next_id=neighbours.next,
        previous_success_id=neighbours.previous_success,
        previous_failed_id=neighbours.previous_failed,
        usual=_read_usual_durations(reads, execution),
        children=tuple(
            ChildExecution(id=child, workflow_name=name, status=status)
            for child, name, status in children
        ),
    )


def _add_run_of_parent(reads: OutlineStore, execution: WorkflowExecution) -> WorkflowExecution:
    parent, run_id = execution.parent_execution_id, execution.parent_run_id
    if parent is None or run_id is None:
        return execution
    address = RunKey(parent, run_id).address
    if not reads.has_execution(address):
        return execution
    return replace(execution, parent_execution_id=address)


def _read_children(reads: OutlineStore, execution: WorkflowExecution) -> list[Row]:
    key = make_run_key(execution)
    is_shown = execution.id == key.execution_id
    if is_shown and execution.retry_of is None:
        # This is the only run of its id, because every other run would name the run before it here.
        return reads.fetch_children(execution.id)
    return reads.fetch_children_of_run(key, is_shown=is_shown)


def _make_execution(
    execution: WorkflowExecution,
    letters: str,
    trigger_data: PayloadInfo | None,
    last_seen_at: str | None,
) -> OutlineExecution:
    trigger = execution.trigger
    return _copy_execution(
        execution,
        trigger=None
        if trigger is None
        else OutlineTrigger(
            type=trigger.type,
            is_simulated=trigger.is_simulated,
            bytes=None if trigger_data is None else trigger_data.bytes,
        ),
        **compute_summary_fields(execution, letters, last_seen_at),
    )


def _make_payload_info(reads: OutlineStore, values: Iterable[Any]) -> InfoOf:
    wanted = list(dict.fromkeys(value for value in values if value is not None))
    sizes = reads.read_sizes(wanted)
    opened, budget = [], OPENED_BYTES
    for value in wanted:
        size = sizes.get(value)
        if size is None:
            opened.append(value)
        elif size <= OPENED_PAYLOAD_BYTES and size <= budget:
            opened.append(value)
            budget -= size
    load = reads.make_loader(opened)
    infos = {
        value: PayloadInfo(bytes=size, redacted=None, truncated=None)
        for value, size in sizes.items()
    }
    for value in opened:
        data = load(value)
        assert isinstance(data, Raw), "a value that is present is a payload"
        redacted, truncated = find_placeholders(data)
        size = memoryview(data).nbytes
        infos[value] = PayloadInfo(bytes=size, redacted=redacted, truncated=truncated)
    return infos.get


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


def _read_usual_durations(reads: OutlineStore, execution: WorkflowExecution) -> UsualDurations:
    try:
        since = datetime.fromisoformat(execution.started_at) - _USUAL_DAYS
        hour = find_hour(normalize_time(since.isoformat()))
    except OverflowError:
        hour = ""
    place = (execution.workflow_id, execution.project_id or "", hour)
    own: dict[int, int] = dict(reads.fetch_usual(*place))
    by_node: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for node_id, number, count in reads.fetch_usual_of_nodes(*place):
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
