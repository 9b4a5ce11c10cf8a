"""A ClickHouse database as the shared searches see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flightlog.errors import StoreCapabilityError
from flightlog.query.expressions import Expression
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.payloads import read_payloads, read_reference, read_sizes
from flightlog.store.evaluation import reads_calls
from flightlog.store.reader import Capability
from flightlog.store.row_functions import Row
from flightlog.store.server.source import Bound, Dialect

DIALECT: Final = Dialect(
    among="{column} IN {values}",
    exists_node="executions.id IN "
    "(SELECT n.execution_id FROM node_executions AS n WHERE ({condition}))",
    has_calls="false",
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

    def find_candidates(self, expression: Expression, /) -> None:
        """Return None, because there is no search index."""
        del expression

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
