"""Create the tables of a history, of one node or of a cluster, or list the statements for it."""

from __future__ import annotations

from contextlib import closing

from flightlog.errors import InvalidSettingError
from flightlog.store.clickhouse.connection import Connection, check_name, find_database
from flightlog.store.clickhouse.errors import describe_location, translate_errors
from flightlog.store.clickhouse.schema import exists, prepare, write_statements
from flightlog.store.clickhouse.settings import ClickHouseSettings


def list_statements(url: str, cluster: str | None) -> list[str]:
    """
    List the statements that create the tables; no server is asked.

    Args:
        url: The address of the history.
        cluster: The cluster; None for one node.

    Returns:
        The statements.

    Raises:
        InvalidSettingError: The name of the cluster or of the database can't be used.
    """
    _check_cluster(cluster)
    try:
        database = find_database(url, ClickHouseSettings())
    except ValueError as error:
        raise InvalidSettingError(
            "--db", f"can't be used ({error})", hint="Use letters, digits and _."
        ) from error
    return list(write_statements(database, cluster=cluster))


def create_tables(url: str, cluster: str | None) -> bool:
    """
    Create the tables of a history.

    Args:
        url: The address of the history.
        cluster: The cluster; None for one node.

    Returns:
        Whether there were no tables.

    Raises:
        InvalidSettingError: The name of the cluster can't be used.
        StoreError: The server can't be reached, or refuses a statement.
    """
    _check_cluster(cluster)
    settings = ClickHouseSettings()
    with translate_errors(describe_location(url)), closing(Connection(url, settings)) as connection:
        is_new = not exists(connection)
        prepare(connection, is_synced=settings.is_synced, cluster=cluster)
    return is_new


def _check_cluster(cluster: str | None) -> None:
    try:
        check_name(cluster or "none")
    except ValueError:
        raise InvalidSettingError(
            "--cluster", f"is {cluster!r}", hint="Use letters, digits and _."
        ) from None
