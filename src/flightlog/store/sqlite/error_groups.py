"""Group failures that are alike: failures whose messages differ only in numbers and ids."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import apsw

from flightlog.store.metrics import ErrorGroup, ErrorGroups
from flightlog.store.query import HistoryFilter
from flightlog.store.sqlite.selection import read_chosen
from flightlog.store.sqlite.summaries import find_first_line

FAILURES: Final = 5_000
"""The number of failures examined, the newest first."""

_COLUMNS: Final = (
    "workflow_id, workflow_name, error_message, error_node_id, error_kind, error_type, "
    "started_at, id, project_id"
)
_VARYING: Final = re.compile(
    r"""
    \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b   # UUIDs
    | \[REDACTED:[0-9a-f]+\]
    | \b0x[0-9a-f]+\b
    | \b(?=[0-9a-z_-]*[0-9])[0-9a-z]+(?:[_-][0-9a-z]+)+\b  # ids of several parts, e.g. order-1f-7
    | \b(?=[a-f]*[0-9])[0-9a-f]{6,}\b                 # hashes
    | [0-9]+(?:[.,:][0-9]+)*                          # numbers, times
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COMPARED_CHARACTERS: Final = 300


class _Likeness(NamedTuple):
    workflow_id: str
    node_id: str | None
    kind: str | None
    type: str | None
    message: str


def group_errors(connection: apsw.Connection, chosen: HistoryFilter, limit: int) -> ErrorGroups:
    """Group the newest failures that are alike; see `ExecutionReader.group_errors`."""
    chosen.check_countable()
    failures = HistoryFilter(
        workflow_ids=chosen.workflow_ids if len(chosen.workflow_ids) == 1 else (),
        statuses=("error",),
        started_from=chosen.started_from,
        started_before=chosen.started_before,
    )
    rows = read_chosen(connection, failures, _COLUMNS, FAILURES + 1)
    newest: dict[_Likeness, Any] = {}
    counts: dict[_Likeness, int] = {}
    for row in rows[:FAILURES]:
        workflow, _, message, node_id, kind, type_name, _, _, project = row
        if chosen.project_id not in {None, project}:
            continue
        if chosen.workflow_ids and workflow not in chosen.workflow_ids:
            continue
        line = find_first_line(message or "")
        likeness = _Likeness(workflow, node_id, kind, type_name, normalize_message(line))
        newest.setdefault(likeness, (*row[:8], line))
        counts[likeness] = counts.get(likeness, 0) + 1
    # The groups are in the order of their newest failure, and stable sorting keeps this order among
    # groups of equal count.
    frequent = sorted(newest, key=lambda likeness: -counts[likeness])[:limit]
    return ErrorGroups(
        errors=tuple(
            ErrorGroup(
                workflow_id=likeness.workflow_id,
                workflow_name=newest[likeness][1],
                node_id=likeness.node_id,
                type=likeness.type,
                kind=likeness.kind,
                message=newest[likeness][8],
                count=counts[likeness],
                last_at=newest[likeness][6],
                last_execution_id=newest[likeness][7],
            )
            for likeness in frequent
        ),
        complete=len(rows) <= FAILURES,
    )


def normalize_message(message: str) -> str:
    """
    Replace the parts of a message that differ between similar failures: numbers, times and ids.

    Args:
        message: The error message; only its first 300 characters count.

    Returns:
        The message with `#` in the place of each such part.
    """
    return _VARYING.sub("#", message[:_COMPARED_CHARACTERS])
