"""
Create and migrate the tables.

The numbered files of `migrations/` are the schema. Programs that start at the same time wait for
each other, and the first of them migrates. A migration takes as long as it needs, but waits for
other locks no longer than other transactions do, because the readers behind it wait, too.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from psycopg import sql

from flightlog.errors import StoreVersionError
from flightlog.store.postgres.statements import Connection, fetch_one, read_sql, run

_MIGRATIONS: Final = tuple(
    sorted(
        each.name
        for each in files(__package__).joinpath("migrations").iterdir()
        if each.name.endswith(".sql")
    )
)
SCHEMA_VERSION: Final = len(_MIGRATIONS)
"""The version of the schema that this program writes."""


def prepare(connection: Connection, schema: str, location: str) -> None:
    """
    Create the tables, or migrate older ones.

    Args:
        connection: The writing connection.
        schema: The schema of the tables.
        location: The address without secrets, for the message.

    Raises:
        StoreVersionError: A newer Flightlog made the tables.
    """
    if read_version(connection) == SCHEMA_VERSION:
        return
    key = (f"flightlog.migration.{schema}",)
    with connection.transaction():
        run(connection, "SET LOCAL statement_timeout = 0")
        run(connection, "SET LOCAL lock_timeout = 0")
        run(connection, "SELECT pg_advisory_lock(hashtextextended(%s, 0))", key)
    try:
        # A transaction that begins under the lock sees what an earlier migrator made.
        with connection.transaction():
            run(connection, "SET LOCAL statement_timeout = 0")
            _migrate(connection, schema, location)
    finally:
        run(connection, "SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)


def _migrate(connection: Connection, schema: str, location: str) -> None:
    found = read_version(connection)
    if found > SCHEMA_VERSION:
        raise StoreVersionError(location, found, SCHEMA_VERSION)
    if found == 0:
        exists = fetch_one(connection, "SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,))
        if exists is None:
            # A role without the right to create a schema can use one that exists.
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        run(connection, "CREATE TABLE flightlog_schema (version integer NOT NULL)")
        run(connection, "INSERT INTO flightlog_schema VALUES (0)")
    for name in _MIGRATIONS[found:]:
        run(connection, read_sql(f"migrations/{name}"))
    run(connection, "UPDATE flightlog_schema SET version = %s", (SCHEMA_VERSION,))


def read_version(connection: Connection) -> int:
    """
    Read the version of the tables.

    Args:
        connection: Any connection.

    Returns:
        The version; 0 when there are no tables.
    """
    row = fetch_one(connection, "SELECT to_regclass('flightlog_schema') IS NOT NULL")
    if row is None or not row[0]:
        return 0
    found = fetch_one(connection, "SELECT version FROM flightlog_schema")
    return 0 if found is None else int(found[0])
