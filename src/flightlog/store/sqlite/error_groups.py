"""Group failures that are alike: failures whose messages differ only in numbers and ids."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import apsw

from flightlog.store.metrics import ErrorGroup, ErrorGroups, Scope
from flightlog.store.sqlite.queries import fetch_all
from flightlog.store.sqlite.summaries import first_line

FAILURES: Final = 5_000
"""The number of failures examined, the newest first."""

_COLUMNS: Final = (
    "workflow_id, workflow_name, error_message, error_node_id, error_kind, error_type, "
    "started_at, id"
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


def compile_failures(scope: Scope) -> tuple[str, tuple[Any, ...]]:
    """
    Compile a scope to SQL whose rows are the newest failures.

    Args:
        scope: The executions to examine.

    Returns:
        The statement and its bound values; the statement returns at most `FAILURES` + 1 rows.
    """
    where, bound = ["status = 'error'"], list[Any]()
    if len(scope.workflow_ids) == 1:
        where += ["workflow_id = ?", "status <> 'success'"]
        bound += scope.workflow_ids
    where.append("started_at >= ?")
    bound.append(scope.started_from or "")
    if scope.started_before is not None:
        where.append("started_at < ?")
        bound.append(scope.started_before)
    inner = (
        f"SELECT {_COLUMNS}, project_id FROM executions WHERE {' AND '.join(where)} "
        f"ORDER BY started_at DESC, ordinal DESC LIMIT {FAILURES + 1}"
    )
    return f"SELECT * FROM ({inner})", tuple(bound)


def frequent_errors(connection: apsw.Connection, scope: Scope, limit: int) -> ErrorGroups:
    """Group the newest failures that are alike; see `HistoryViews.errors`."""
    rows = fetch_all(connection, *compile_failures(scope))
    newest: dict[_Likeness, Any] = {}
    counts: dict[_Likeness, int] = {}
    for row in rows[:FAILURES]:
        workflow, _, message, node_id, kind, type_name, _, _, project = row
        if scope.project_id not in {None, project}:
            continue
        if scope.workflow_ids and workflow not in scope.workflow_ids:
            continue
        line = first_line(message or "")
        likeness = _Likeness(workflow, node_id, kind, type_name, essence(line))
        newest.setdefault(likeness, (*row[:8], line))
        counts[likeness] = counts.get(likeness, 0) + 1
    # The groups are in the order of their newest failure, and stable sorting keeps this order among
    # groups of equal count.
    frequent = sorted(newest, key=lambda one: -counts[one])[:limit]
    return ErrorGroups(
        errors=tuple(
            ErrorGroup(
                workflow_id=one.workflow_id,
                workflow_name=newest[one][1],
                node_id=one.node_id,
                type=one.type,
                kind=one.kind,
                message=newest[one][8],
                count=counts[one],
                last_at=newest[one][6],
                last_execution_id=newest[one][7],
            )
            for one in frequent
        ),
        complete=len(rows) <= FAILURES,
    )


def essence(message: str) -> str:
    """
    Replace the parts of a message that differ between similar failures: numbers, times and ids.

    Args:
        message: The error message; only its first 300 characters count.

    Returns:
        The message with `#` in the place of each such part.
    """
    return _VARYING.sub("#", message[:_COMPARED_CHARACTERS])
