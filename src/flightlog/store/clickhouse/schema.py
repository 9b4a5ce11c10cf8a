"""
The tables and views of a history in ClickHouse, derived from the fields that merge.

Each field is one column of an AggregatingMergeTree whose value is a tuple of rank, revision and
content. The greatest tuple is the join of `flightlog.record.registers`, so an insertion needs no
lock and no order. Rank 0 stands for an absent value; other ranks are one more than
`flightlog.record.registers.Rank`. Two views show executions and node executions as SQLite's tables
do, with a payload's reference in place of the payload.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple, TypeAlias

from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS, Field, MergedFields
from flightlog.store.clickhouse.connection import DEDUPLICATED_INSERTIONS, Connection
from flightlog.store.clickhouse.views import write_views

SCHEMA_VERSION: Final = 2
EXECUTION_KEY: Final = ("execution_id", "run_id")
REMOVED_PLACE: Final = ("day", "workflow_id", "project_id")
PLACE_COLUMNS: Final = ("started_at", "ordinal", *EXECUTION_KEY)
NODE_KEY: Final = ("execution_id", "run_id", "sequence", "node_id")
STATUSES: Final = ("pending", "running", "skipped", "success", "error")
"""The statuses in the order in which the join prefers them; a register holds the place."""
TIMES: Final = ("started_at", "completed_at")
"""The fields whose registers also hold the time as a number, microseconds."""

_Notes: TypeAlias = tuple[tuple[str, str], ...]
_NOTES: Final[_Notes] = (
    ("starred", "SimpleAggregateFunction(max, Tuple(UInt64, UInt8))"),
    ("created_at", "SimpleAggregateFunction(min, String)"),
    ("ordinal", "SimpleAggregateFunction(min, UInt64)"),
)
NOTE_COLUMNS: Final = tuple(f"{name}_r" for name, _ in _NOTES)
"""The columns of an execution that are no registers: its star, its arrival and its number."""
_REGISTERS: Final[tuple[tuple[str, tuple[str, ...], MergedFields, _Notes], ...]] = (
    ("execution_registers", EXECUTION_KEY, EXECUTION_FIELDS, _NOTES),
    ("node_registers", NODE_KEY, NODE_FIELDS, ()),
)
"""The tables of registers: their names, keys, fields, and columns that are no registers."""
_NOT_SPARSE: Final = "ratio_of_defaults_for_sparse_serialization = 1"
"""FINAL fails where a part of a tuple is sparse in one part of a table and not in another one."""
_KEY_TYPES: Final = {"sequence": "UInt64"}
_IS_ODD: Final = "is_odd UInt8 DEFAULT 1"
_DATA: Final = "data String CODEC(ZSTD(3))"
_TEXT_INDEX: Final = (
    "words data TYPE text(tokenizer = 'splitByNonAlpha', preprocessor = "
    r"lower(replaceRegexpAll(data, '\\\\.|[^\\x00-\\x7F]+', ' ')))"
)
"""The index of ASCII words; escapes of JSON and other letters separate words."""


def list_columns(fields: MergedFields) -> tuple[str, ...]:
    """
    List the columns of registers.

    Args:
        fields: The fields.

    Returns:
        The names in the order of the fields.
    """
    return tuple(f"{field.name}_r" for field in fields.fields)


def prepare(connection: Connection, *, is_synced: bool, cluster: str | None = None) -> None:
    """
    Create what is missing of the database, also the columns of fields that a later version added.

    Args:
        connection: The connection.
        is_synced: Whether insertions wait until their files are on disk.
        cluster: The cluster of replicated tables; None for one node.
    """
    if exists(connection):
        lacking = _find_lacking_columns(connection)
        if not lacking and read_version(connection) >= SCHEMA_VERSION:
            return
        for statement in _write_additions(connection.database, lacking, cluster):
            connection.run(statement)
    for statement in write_statements(connection.database, is_synced=is_synced, cluster=cluster):
        connection.run(statement)
    if read_version(connection) == 1:
        for change in (
            f"COLUMN IF NOT EXISTS {_IS_ODD}",
            f"INDEX IF NOT EXISTS {_TEXT_INDEX}",
        ):
            connection.run(f"ALTER TABLE {connection.database}.payloads ADD {change}")
        connection.run(
            f"INSERT INTO {connection.database}.places SELECT started_at, ordinal, started_id, "
            f"run_key FROM {connection.database}.executions"
        )
    connection.insert("schema_versions", ("version",), [(SCHEMA_VERSION,)])


def read_version(connection: Connection) -> int:
    """
    Read which version the tables have.

    Args:
        connection: The connection.

    Returns:
        The version; 0 without any.
    """
    row = connection.fetch_one(f"SELECT max(version) FROM {connection.database}.schema_versions")
    return row[0] if row else 0


def exists(connection: Connection) -> bool:
    """
    Check whether the history has tables.

    Args:
        connection: The connection.

    Returns:
        True if the first and the last table exist.
    """
    sql = "SELECT count() FROM system.tables WHERE database = %s AND name IN %s"
    row = connection.fetch_one(sql, (connection.database, ["schema_versions", "node_executions"]))
    return row is not None and row[0] == 2  # noqa: PLR2004 - the two names above


def write_statements(
    database: str, *, is_synced: bool = True, cluster: str | None = None
) -> Iterator[str]:
    """
    Write the statements that create the database, its tables and its views.

    Args:
        database: The database.
        is_synced: Whether insertions wait until their files are on disk.
        cluster: The cluster of replicated tables, with a distributed table for each, sharded by
            the execution's id; None for one node.

    Yields:
        The statements, each of which changes nothing where the object is as it should be.
    """
    on_cluster = f" ON CLUSTER {cluster}" if cluster else ""
    yield f"CREATE DATABASE IF NOT EXISTS {database}{on_cluster}"
    sync = ", fsync_after_insert = 1, fsync_part_directory = 1" if is_synced else ""
    settings = (
        "" if cluster else f"non_replicated_deduplication_window = {DEDUPLICATED_INSERTIONS}, "
    )
    for table in _list_tables():
        name, key = table.name, table.key
        local = f"{name}_local" if cluster else name
        made = _write_engine(table.engine, database, name) if cluster else table.engine
        ttl = f" TTL {table.ttl}" if table.ttl else ""
        yield (
            f"CREATE TABLE IF NOT EXISTS {database}.{local}{on_cluster} ({table.columns}) "
            f"ENGINE = {made} ORDER BY ({key}){ttl} "
            f"SETTINGS {settings}{_NOT_SPARSE}, index_granularity = {table.granule}{sync}"
        )
        if cluster:
            shard = "cityHash64(execution_id)" if "execution_id" in key else "cityHash64(tuple())"
            shard = "cityHash64(hash)" if key == "hash" else shard
            yield (
                f"CREATE TABLE IF NOT EXISTS {database}.{name}{on_cluster} "
                f"AS {database}.{local} "
                f"ENGINE = Distributed({cluster}, {database}, {local}, {shard})"
            )
    yield from write_views(database, on_cluster)


class _Table(NamedTuple):
    name: str
    engine: str
    columns: str
    key: str
    granule: int = 8192
    """The rows of a granule, the least that is read."""
    ttl: str = ""
    """The time at which a row goes."""


def _find_lacking_columns(connection: Connection) -> dict[str, list[str]]:
    """Find the columns that a table of an earlier version lacks, with their types, by table."""
    sql = "SELECT name FROM system.columns WHERE database = %s AND table = %s"
    lacking = {}
    for table, _, fields, notes in _REGISTERS:
        found = {name for (name,) in connection.fetch_all(sql, (connection.database, table))}
        columns = [each for each in _list_registers(fields, notes) if each.split()[0] not in found]
        if columns:
            lacking[table] = columns
    return lacking


def _write_additions(
    database: str, lacking: Mapping[str, Sequence[str]], cluster: str | None
) -> Iterator[str]:
    on_cluster = f" ON CLUSTER {cluster}" if cluster else ""
    for name, columns in lacking.items():
        added = ", ".join(f"ADD COLUMN IF NOT EXISTS {column}" for column in columns)
        for table in (f"{name}_local", name) if cluster else (name,):
            yield f"ALTER TABLE {database}.{table}{on_cluster} {added}"


def _list_registers(fields: MergedFields, notes: Iterable[tuple[str, str]]) -> list[str]:
    columns = [
        f"{field.name}_r SimpleAggregateFunction(max, {_choose_type(field)})"
        for field in fields.fields
    ]
    return columns + [f"{column}_r {kind}" for column, kind in notes]


def _list_tables() -> Iterator[_Table]:
    for name, key, fields, notes in _REGISTERS:
        columns = [f"{column} {_KEY_TYPES.get(column, 'String')}" for column in key]
        columns += _list_registers(fields, notes)
        # One execution is read from granules of few rows, because the rows have many columns.
        yield _Table(name, "AggregatingMergeTree", ", ".join(columns), ", ".join(key), granule=256)
    replacing = "ReplacingMergeTree"
    run, both = "execution_id String, run_id String", ", ".join(EXECUTION_KEY)
    place = "started_at String, ordinal UInt64"
    yield _Table("places", replacing, f"{place}, {run}", ", ".join(PLACE_COLUMNS), granule=512)
    payload = f"hash String, size UInt64, stored_at UInt64, {_IS_ODD}, {_DATA}, INDEX {_TEXT_INDEX}"
    # A granule of few payloads is read quickly.
    yield _Table("payloads", f"{replacing}(stored_at)", payload, "hash", granule=128)
    yield _Table("deleted_executions", replacing, f"{run}, deleted_at String", both)
    yield _Table("reused_ids", replacing, run, both)
    ranges = "process_id String, first UInt64, last UInt64"
    yield _Table("received_ranges", replacing, ranges, "process_id, first, last")
    seen = (
        "id String, last_number SimpleAggregateFunction(max, UInt64), "
        "first_seen SimpleAggregateFunction(min, String), "
        "last_seen SimpleAggregateFunction(max, String)"
    )
    yield _Table("processes", "AggregatingMergeTree", seen, "id")
    numbers = ("success", "error", "timed", "duration_us")
    removed = ", ".join(
        (
            *(f"{name} String" for name in REMOVED_PLACE),
            *(f"{name} SimpleAggregateFunction(max, UInt64)" for name in numbers),
        )
    )
    place = ", ".join(REMOVED_PLACE)
    yield _Table("removed_days", "AggregatingMergeTree", removed, place)
    query = "name String, query String, is_deleted UInt8, saved_at UInt64"
    yield _Table("saved_queries", f"{replacing}(saved_at)", query, "name")
    change = "number UInt64, sender String, ids Array(String), at DateTime DEFAULT now()"
    yield _Table("changes", "MergeTree", change, "number", ttl="at + INTERVAL 1 HOUR")
    yield _Table("schema_versions", replacing, "version UInt32", "version")


def _write_engine(engine: str, database: str, name: str) -> str:
    kind, _, arguments = engine.partition("(")
    place = f"'/clickhouse/tables/{{shard}}/{database}/{name}', '{{replica}}'"
    more = f", {arguments.rstrip(')')}" if arguments else ""
    return f"Replicated{kind}({place}{more})"


_TYPES: Final = {
    "status": "UInt8",
    "time": "String, Int64",
    "payload": "String, UInt32, String",
    "error": "UInt8, String",
    "flag": "UInt8",
    # The text is exact: the parser of the server loses digits.
    "float": "Float64, String",
    "int": "Int64",
    "text": "String",
    "json": "String",
}


@cache
def name_content(field: Field) -> str:
    """
    Name the form in which a register holds the content of a field.

    Args:
        field: The field.

    Returns:
        `status`, `time`, `payload`, `error`, `flag`, `json`, `float`, `int` or `text`.
    """
    if field.name == "status":
        return "status"
    if field.name in TIMES:
        return "time"
    if field.kind == "plain":
        return {int: "int", float: "float"}.get(field.type, "text")
    return field.kind


def _choose_type(field: Field) -> str:
    return f"Tuple(UInt8, UInt64, {_TYPES[name_content(field)]})"
