"""A ClickHouse database as the shared searches see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from flightlog.errors import StoreCapabilityError
from flightlog.query.expressions import Expression
from flightlog.record.model import RunKey
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.keys import find_started_id
from flightlog.store.clickhouse.payloads import read_payloads, read_reference, read_sizes
from flightlog.store.clickhouse.search import find_candidates
from flightlog.store.evaluation import reads_calls
from flightlog.store.reader import Capability
from flightlog.store.row_functions import Row
from flightlog.store.server.source import Bound, Candidates, Dialect

DIALECT: Final = Dialect(
    among="{column} IN {values}",
    exists_node="executions.id IN "
    "(SELECT n.execution_id FROM node_executions AS n WHERE ({condition}))",
    has_calls="false",
    among_ordinals="(started_id, run_key) IN "
    "(SELECT execution_id, run_id FROM places WHERE ordinal IN {values})",
)
"""The fragments of ClickHouse's SQL."""


class ClickHouseSource:
    """
    Runs statements; see `SqlSource`.

    Args:
        connection: The connection.
    """

    dialect = DIALECT
    read_reference = staticmethod(read_reference)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch_all(self, sql: str, bound: Bound | None = None, /) -> list[Row]:
        """Read all rows of a statement; see `SqlSource.fetch_all`."""
        return self._connection.fetch_all(sql, bound)

    def fetch_chosen(self, sql: str, column: str, values: Sequence[Any], /) -> list[Row]:
        """Read the rows of some executions by their keys; see `SqlSource.fetch_chosen`."""
        if column == "ordinal":
            chosen = "(started_id, run_key) IN %(keys)s"
            keys: list[Any] = [tuple(run) for run in self.find_runs(values)]
        else:
            chosen = f"started_id IN %(keys)s AND {column} IN %(values)s"
            keys = [find_started_id(value) for value in values]
        if not keys:
            return []
        return self.fetch_all(sql.format(chosen=chosen), {"keys": keys, "values": values})

    def find_runs(self, ordinals: Sequence[int]) -> list[RunKey]:
        """
        Find runs by their numbers.

        Args:
            ordinals: The numbers.

        Returns:
            The runs.
        """
        rows = self._connection.fetch_all(
            "SELECT DISTINCT execution_id, run_id FROM places WHERE ordinal IN %s",
            (list(ordinals),),
        )
        return [RunKey(*row) for row in rows]

    def find_candidates(self, expression: Expression, /) -> Candidates | None:
        """Look an expression up in the text index; see `SqlSource.find_candidates`."""
        return find_candidates(self._connection, expression)

    def read_payloads(
        self, references: list[Any], most_bytes: int, /
    ) -> Iterable[tuple[str, bytes]]:
        """Read stored payloads; see `SqlSource.read_payloads`."""
        sizes = read_sizes(self._connection, references)
        chosen, left = references[:1], most_bytes
        for reference in references[1:]:
            left -= sizes.get(reference, 0)
            if left < 0:
                break
            chosen.append(reference)
        return read_payloads(self._connection, chosen).items()


def check_expression(location: str, expression: Expression | None) -> None:
    """
    Refuse a query that this store can't answer.

    Args:
        location: The address without secrets.
        expression: The query.

    Raises:
        StoreCapabilityError: The query searches the calls of models.
    """
    if expression is not None and reads_calls(expression):
        raise StoreCapabilityError(location, Capability.USAGE)
