"""A snapshot of a PostgreSQL database as the shared searches see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from flightlog.query import Expression
from flightlog.store.postgres.compression import Codec
from flightlog.store.postgres.index_lookup import find_candidates
from flightlog.store.postgres.payloads import read_reference
from flightlog.store.postgres.statements import Bound, Connection, fetch_all, load_queries
from flightlog.store.row_functions import Row
from flightlog.store.server.source import Candidates, Dialect

DIALECT: Final = Dialect(
    among="{column} = ANY({values})",
    exists_node="EXISTS (SELECT 1 FROM node_executions AS n "
    "WHERE n.execution_id = executions.id AND ({condition}))",
    has_calls="EXISTS (SELECT 1 FROM model_calls WHERE model_calls.ordinal = executions.ordinal)",
    among_ordinals="ordinal = ANY({values})",
)
"""The fragments of PostgreSQL's SQL."""

_queries: Final = load_queries("scanning.sql")


class PostgresSource:
    """
    Runs statements within a snapshot; see `SqlSource`.

    Args:
        connection: A connection within a read transaction.
        codec: Decompresses payloads.
    """

    dialect = DIALECT
    read_reference = staticmethod(read_reference)

    def __init__(self, connection: Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec

    def fetch_all(self, sql: str, bound: Bound | None = None, /) -> list[Row]:
        """Read all rows of a statement; see `SqlSource.fetch_all`."""
        return fetch_all(self._connection, sql, bound)

    def fetch_chosen(self, sql: str, column: str, values: Sequence[Any], /) -> list[Row]:
        """Read the rows of some executions; see `SqlSource.fetch_chosen`."""
        chosen = self.dialect.write_among(column, "%(values)s")
        return self.fetch_all(sql.format(chosen=chosen), {"values": values})

    def find_candidates(self, expression: Expression, /) -> Candidates | None:
        """Look an expression up in the index; see `SqlSource.find_candidates`."""
        return find_candidates(self._connection, expression)

    def read_payloads(
        self, references: list[int], most_bytes: int, /
    ) -> Iterable[tuple[int, bytes]]:
        """Read stored payloads; see `SqlSource.read_payloads`."""
        bound = {"ids": references, "most": most_bytes}
        for payload_id, frame in fetch_all(self._connection, _queries["payloads"], bound):
            yield payload_id, self._codec.decompress_readable(self._connection, frame)
