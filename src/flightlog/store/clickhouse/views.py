"""
The views of executions and node executions, and statements with the parts of views they need.

The server takes longer to analyse a view of fifty columns than to read a short list. So a statement
that names a view gets a subquery in its place, with the columns that occur in the statement. The
views themselves are for people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS, Field, MergedFields

_ERROR_PARTS: Final = ("message", "node_id", "kind", "type")
_JSON_NAMES: Final = {"node_id": "nodeId"}
_WORD: Final = re.compile(r"\w+")
_REGISTER: Final = re.compile(r"\w+_r\b")
_INNER: Final = re.compile(r"has_error|crashes_along|own_error_\w+")
"""The columns that other columns are computed from."""
_NAMED: Final = re.compile(
    r"\b(?P<word>FROM|JOIN) (?:(?P<database>\w+)\.)?"
    r"(?P<view>executions|brief_executions|node_executions)\b(?: AS (?P<alias>\w+))?"
)
_OLDER: Final = (
    "SELECT execution_id, run_id FROM {database}.reused_ids WHERE (execution_id, run_id) NOT IN "
    "(SELECT execution_id, max(run_id) FROM {database}.reused_ids GROUP BY execution_id)"
)
_ID: Final = (
    f"if((started_id, run_key) IN ({_OLDER}), concat(started_id, '@run-', run_key), started_id)"
)
_CRASHED: Final = (
    "(started_id, run_key) IN (SELECT execution_id, run_id FROM {database}.execution_registers "
    "FINAL WHERE status_r.1 = 2 AND status_r.3 = 4)"
)
_HAS_ERROR: Final = (
    "error_r.1 > 0 AND (error_r.3 = 0 OR (status_r.1 = 2 AND status_r.3 = 4 AND error_r.1 = 2 "
    "AND error_r.2 = status_r.2))"
)
_EXECUTION_STATUS: Final = "transform(status_r.3, [1, 3, 4], ['running', 'success', 'error'], '')"
_NODE_STATUS: Final = (
    "if(crashes_along, 'error', transform(status_r.3, [0, 1, 2, 3, 4], "
    "['pending', 'running', 'skipped', 'success', 'error'], ''))"
)
_DURATION: Final = (
    "multiIf(duration_ms_r.1 > 0, toNullable(duration_ms_r.3), "
    "started_at_r.1 > 0 AND completed_at_r.1 > 0, toNullable(least(1e12, greatest(0, "
    "(completed_at_r.4 - started_at_r.4) / 1000))), NULL)"
)
_RUN: Final = {"started_id": "started_id", "run_key": "run_key"}


class _View(NamedTuple):
    table: str
    keys: str
    """The columns of the table's key."""
    columns: Mapping[str, str]
    """The expression of each column; it may name other columns."""


def _make_views() -> Iterator[tuple[str, _View]]:
    notes = {"starred": "starred_r.2", "created_at": "created_at_r", "ordinal": "ordinal_r"}
    errors = {f"error_{part}": f"if(has_error, own_error_{part}, NULL)" for part in _ERROR_PARTS}
    run = "execution_id AS started_id, run_id AS run_key"
    executions = {
        "id": _ID,
        **_RUN,
        "status": _EXECUTION_STATUS,
        **_list_shown(EXECUTION_FIELDS),
        "has_error": _HAS_ERROR,
        **errors,
        **notes,
    }
    yield "executions", _View("execution_registers", run, MappingProxyType(executions))
    brief = {
        "workflow_id": "workflow_id_r.3",
        "started_at": "started_at_r.3",
        "starred": "starred_r.2",
        "ordinal": "ordinal_r",
    }
    columns = {"id": _ID, **_RUN, "status": _EXECUTION_STATUS, **brief}
    yield "brief_executions", _View("execution_registers", run, MappingProxyType(columns))
    nodes = {
        "execution_id": _ID,
        **_RUN,
        "sequence": "sequence",
        "node_id": "node_id",
        "crashes_along": f"status_r.3 = 1 AND process_id_r.1 = 0 AND {_CRASHED}",
        "status": _NODE_STATUS,
        **_list_shown(NODE_FIELDS),
        "has_error": _HAS_ERROR,
        "error_message": "multiIf(has_error, own_error_message, crashes_along, "
        "'The process ended while this node ran.', NULL)",
    }
    keys = f"{run}, sequence, node_id"
    yield "node_executions", _View("node_registers", keys, MappingProxyType(nodes))


def _list_shown(fields: MergedFields) -> dict[str, str]:
    return dict(shown for field in fields.fields for shown in _show_field(field))


def _show_field(field: Field) -> Iterator[tuple[str, str]]:
    register = f"{field.name}_r"
    if field.name == "status":
        return
    if field.kind == "error":
        for part in _ERROR_PARTS:
            name = _JSON_NAMES.get(part, part)
            text = f"JSONExtract({register}.4, '{name}', 'Nullable(String)')"
            yield f"own_error_{part}", f"if({register}.1 = 0, NULL, {text})"
        return
    if field.name == "duration_ms":
        yield "duration_ms", _DURATION
        return
    content = f"{register}.5" if field.kind == "payload" else f"{register}.3"
    yield field.name, f"if({register}.1 = 0, NULL, toNullable({content}))"


@cache
def _find_views() -> Mapping[str, _View]:
    return dict(_make_views())


def write_views(database: str, on_cluster: str = "") -> Iterator[str]:
    """
    Write the statements that create the views for people.

    Args:
        database: The database.
        on_cluster: The clause that names a cluster; empty for one node.

    Yields:
        The statements.
    """
    for name, view in _find_views().items():
        select = _write_select(view, database, list(view.columns))
        yield f"CREATE OR REPLACE VIEW {database}.{name}{on_cluster} AS {select}"


@lru_cache(maxsize=512)
def expand(sql: str, database: str) -> str:
    """
    Put subqueries in the places of views.

    Args:
        sql: The statement, without its values.
        database: The database.

    Returns:
        The statement.
    """
    words = set(_WORD.findall(sql))

    def write(found: re.Match[str]) -> str:
        view = _find_views()[found["view"]]
        chosen = [column for column in view.columns if column in words]
        select = _write_select(view, found["database"] or database, chosen)
        return f"{found['word']} ({select}) AS {found['alias'] or found['view']}"

    return _NAMED.sub(write, sql)


def _write_select(view: _View, database: str, chosen: list[str]) -> str:
    needed: dict[str, None] = {}
    waiting = [*chosen, *_RUN]
    while waiting:
        column = waiting.pop()
        if column not in needed:
            needed[column] = None
            waiting += _INNER.findall(view.columns[column])
    columns = [column for column in view.columns if column in needed]
    shown = ", ".join(
        column if view.columns[column] == column else f"{view.columns[column]} AS {column}"
        for column in columns
    ).format(database=database)
    registers = dict.fromkeys(["status_r", *_REGISTER.findall(shown)])
    return (
        f"SELECT {shown} FROM (SELECT {view.keys}, {', '.join(registers)} "
        f"FROM {database}.{view.table} FINAL) WHERE status_r.1 > 0 AND (started_id, run_key) "
        f"NOT IN (SELECT execution_id, run_id FROM {database}.deleted_executions)"
    )
