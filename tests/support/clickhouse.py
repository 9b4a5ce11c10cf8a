"""ClickHouse's engine in this process, with histories that are empty when taken."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from pathlib import Path

from flightlog.store.clickhouse import ClickHouseSettings
from flightlog.store.clickhouse.connection import IN_PROCESS, Connection


class ClickHouseHistories:
    """The histories of one engine, each in a database of its own; a process has one engine."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="flightlog-clickhouse-"))
        self.url = f"{IN_PROCESS}:{self._folder}/data"
        self._numbers = itertools.count()
        self._free: list[str] = []
        self._connection = Connection(self.url, ClickHouseSettings(database="default"))

    def take(self) -> ClickHouseSettings:
        """Return the settings of an empty history."""
        if self._free:
            database = self._free.pop()
            tables = self._connection.fetch_all(
                "SELECT name FROM system.tables "
                "WHERE database = %s AND engine <> 'View' AND name <> 'schema_versions' "
                "AND total_rows > 0",
                (database,),
            )
            for (table,) in tables:
                self._connection.run(f"TRUNCATE TABLE {database}.{table}")
        else:
            database = f"test_{next(self._numbers)}"
        return ClickHouseSettings(database=database, is_synced=False)

    def give_back(self, settings: ClickHouseSettings) -> None:
        """Let others take a history again; its stores are closed."""
        self._free.append(settings.database)

    def query(self, text: str, settings: ClickHouseSettings) -> list[tuple[object, ...]]:
        """Read rows of a history as another program does."""
        sql = text.replace("history.", f"{settings.database}.")
        return [tuple(row) for row in self._connection._client.query(sql).result_rows]

    def parse(self, statement: str) -> None:
        """Let the engine's parser read a statement that can't run here."""
        self._connection.run(f"EXPLAIN AST {statement}")

    def close(self) -> None:
        """Remove the histories."""
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)
