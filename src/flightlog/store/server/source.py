"""`SqlSource`: a database of a server as the shared searches see it, within one snapshot."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from flightlog.query import Expression
from flightlog.store.row_functions import Row

Bound: TypeAlias = Sequence[Any] | Mapping[str, Any]
"""The bound values of a statement, for `%s` or for `%(name)s`."""


class Dialect(NamedTuple):
    """The fragments of SQL that differ between the servers."""

    among: str
    """The condition that `{column}` is one of the bound list `{values}`."""
    exists_node: str
    """The condition that a node execution `n` of the row of `executions` meets `{condition}`."""
    has_calls: str
    """The condition that the row of `executions` has calls of language models."""
    among_ordinals: str
    """The condition that the number of an execution is one of the bound list `{values}`."""

    def write_among(self, column: str, values: str = "%s") -> str:
        """
        Write the condition that a column has one of several values.

        Args:
            column: The column.
            values: The placeholder of the list.

        Returns:
            The condition.
        """
        return self.among.format(column=column, values=values)


class Candidates(Protocol):
    """The executions that the search index, or its lag, leaves possible."""

    def list_few(self, most: int, /) -> list[int] | None:
        """
        List all candidates if there are few.

        Args:
            most: The largest number of candidates.

        Returns:
            Their ordinals; None if there are more.
        """
        ...

    def select_among(self, ordinals: Sequence[int], /) -> set[int]:
        """
        Select the candidates of a list.

        Args:
            ordinals: The list.

        Returns:
            Their ordinals.
        """
        ...


class SqlSource(Protocol):
    """Runs statements on tables named `executions`, `node_executions` and `model_calls`."""

    dialect: Dialect
    """The fragments of SQL."""

    def fetch_all(self, sql: str, bound: Bound | None = None, /) -> list[Row]:
        """
        Read all rows of a statement.

        Args:
            sql: The statement, which consists of fixed fragments.
            bound: The bound values; None for a statement without any.

        Returns:
            The rows.
        """
        ...

    def fetch_chosen(self, sql: str, column: str, values: Sequence[Any], /) -> list[Row]:
        """
        Read the rows of some executions.

        Args:
            sql: The statement, with `{chosen}` for the condition.
            column: The column that names an execution: `id`, `execution_id` or `ordinal`.
            values: The values of the column.

        Returns:
            The rows.
        """
        ...

    def find_candidates(self, expression: Expression, /) -> Candidates | None:
        """
        Look an expression up in the search index.

        Args:
            expression: The expression.

        Returns:
            The candidates; None if there is no index, or it does not narrow the expression.
        """
        ...

    def read_reference(self, value: Any, /) -> Hashable | None:
        """
        Read the reference to a stored payload.

        Args:
            value: The value of a payload's column.

        Returns:
            The reference; None if the column holds the payload itself, or none.
        """
        ...

    def read_payloads(
        self, references: list[Any], most_bytes: int, /
    ) -> Iterable[tuple[Any, bytes]]:
        """
        Read stored payloads.

        Args:
            references: The references, in the order of their use.
            most_bytes: The size of the payloads after the first one, together.

        Returns:
            The first payload, and the next ones that fit, each with its reference.
        """
        ...


def fetch_first(source: SqlSource, sql: str, bound: Bound | None = None) -> Row | None:
    """
    Read the first row of a statement.

    Args:
        source: The database.
        sql: The statement.
        bound: The bound values.

    Returns:
        The row; None when there is none.
    """
    return next(iter(source.fetch_all(sql, bound)), None)
