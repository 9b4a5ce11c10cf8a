"""The postgresQuery node, with psycopg."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flightlog.errors import CallFailedError, InvalidInputError
from flightlog.runtime.expressions import Static
from flightlog.runtime.libraries import load_library
from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import read_provider_key
from flightlog.runtime.template_parts import split_template

if TYPE_CHECKING:
    import psycopg

__all__ = ["postgres_query"]

URL: Final = "DATABASE_URL"
_CONNECT_TIMEOUT_S: Final = 10
_NUMBERED: Final = re.compile(r"\$\d+")


class Statement(NamedTuple):
    """A statement, with its values kept apart: a value is never part of the SQL."""

    sql: str
    """The SQL, with `$1`, `%s` or `%(name)s`."""
    params: list[Any] | dict[str, Any] | None
    """The values; None when there are none."""
    is_raw: bool
    """Whether the SQL uses `$1`."""


async def postgres_query(
    node: Node,
    *,
    query: Any,
    params: Any = None,
    transaction: Any = None,
    connection_string: Any = None,
) -> dict[str, Any]:
    """
    Run a statement on a PostgreSQL database.

    Args:
        node: The node.
        query: SQL; each `{{ … }}` becomes a bound value, never a part of the SQL.
        params: A list for `$1` or `%s`, or an object for `%(name)s` and `{{ name }}`.
        transaction: Whether the query runs in its own transaction, even with several statements.
        connection_string: The database's URL, usually `{{ secrets.NAME }}`; None means the
            environment variable `DATABASE_URL`.

    Returns:
        `{"rows": [{column: value}], "rowCount": …}`, from the last statement with a result.

    Raises:
        CallFailedError: PostgreSQL refused the statement, or could not be reached.
        InvalidInputError: A value can't be bound at its place.
        UnusableSecretError: `DATABASE_URL` is missing, or too short.
        InvalidExpressionError: An expression can't be evaluated.
    """
    statement = bind_values(query, params, node.resolve)
    config = {"query": statement.sql, "params": statement.params, "transaction": bool(transaction)}
    node.record_input(config)
    # Loaded late, so that a missing library is reported as the run's failure.
    psycopg = await load_library("psycopg")
    url = read_provider_key(node, URL, connection_string)
    try:
        async with await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S
        ) as connection:
            if node.resolve(transaction):
                async with connection.transaction():
                    return await _run(connection, statement)
            return await _run(connection, statement)
    except psycopg.Error as error:
        state = error.sqlstate
        refused = f"PostgreSQL refused it ({state})" if state else "PostgreSQL can't be used"
        raise CallFailedError(
            f"{refused}: {str(error).strip() or type(error).__name__}",
            hint="Correct the query." if state else f"Look at {URL}, and whether it runs there.",
            status=None,
            body={"sqlstate": state} if state else None,
        ) from error


def bind_values(query: Any, params: Any, resolve: Callable[..., Any]) -> Statement:
    """
    Separate the SQL from its values.

    Args:
        query: SQL, with `{{ … }}` in the place of values.
        params: Further values, or their expressions.
        resolve: Evaluates expressions; its second argument is further names.

    Returns:
        The statement.

    Raises:
        InvalidInputError: A value is within a quoted text of the SQL, or values can't be numbered.
        InvalidExpressionError: An expression can't be evaluated.
    """
    given = resolve(params)
    if given is not None and not isinstance(given, (list, tuple, Mapping)):
        raise InvalidInputError("params", "is no list and no object")
    if isinstance(query, Static):
        return Statement(query.value, _bind(given), is_raw=bool(_NUMBERED.search(query.value)))
    writer = _Writer(query, given)
    named = given if isinstance(given, Mapping) else {}
    for text, is_expression in split_template(query):
        if is_expression:
            writer.add_value(resolve(f"{{{{{text}}}}}", named))
        else:
            writer.add_text(text)
    return writer.statement()


class _Writer:
    def __init__(self, query: str, given: Any) -> None:
        self._query = query
        self._named = dict(given) if isinstance(given, Mapping) else None
        self._listed = [] if isinstance(given, Mapping) else list(given or ())
        self._counted = bool(self._listed) and not _NUMBERED.search(query)
        self._sql = ""
        self._after_quote = False

    def add_text(self, text: str) -> None:
        if self._after_quote and not text.startswith("'"):
            raise self._within_text()
        self._sql += text[1:] if self._after_quote else text
        self._after_quote = False

    def add_value(self, value: Any) -> None:
        if self._counted:
            raise InvalidInputError("query", "mixes %s with {{ … }}; number the values: $1")
        if self._after_quote or (self._sql.count("'") % 2 and not self._sql.endswith("'")):
            raise self._within_text()
        if self._sql.count("'") % 2:
            # '{{ … }}' in quotes is the value itself; further text in the quotes is refused.
            self._sql, self._after_quote = self._sql[:-1], True
        if self._named is None:
            self._listed.append(value)
            self._sql += f"${len(self._listed)}"
        else:
            name = f"expression_{len(self._named)}"
            self._named[name] = value
            self._sql += f"%({name})s"

    def statement(self) -> Statement:
        if self._after_quote:
            raise self._within_text()
        if self._named is not None:
            return Statement(self._sql, _bind(self._named), is_raw=False)
        raw = bool(self._listed) and not self._counted
        return Statement(self._sql, _bind(self._listed), is_raw=raw)

    def _within_text(self) -> InvalidInputError:
        return InvalidInputError(
            "query",
            f"has an expression within a text of the SQL, {self._query[:80]!r}; join it with ||",
        )


def _bind(given: Any) -> list[Any] | dict[str, Any] | None:
    if not given:
        return None
    return dict(given) if isinstance(given, Mapping) else list(given)


async def _run(connection: psycopg.AsyncConnection[Any], statement: Statement) -> dict[str, Any]:
    import psycopg  # noqa: PLC0415 - as above
    from psycopg.rows import dict_row  # noqa: PLC0415 - as above

    kind = psycopg.AsyncRawCursor if statement.is_raw else psycopg.AsyncCursor
    async with kind(connection, row_factory=dict_row) as cursor:
        await cursor.execute(statement.sql.encode(), _adapt(statement.params))
        rows: list[Any] = []
        count = cursor.rowcount
        while True:
            if cursor.description is not None:
                rows, count = await cursor.fetchall(), cursor.rowcount
            if not cursor.nextset():
                break
        return {"rows": rows, "rowCount": count}


def _adapt(params: list[Any] | dict[str, Any] | None) -> Any:
    if isinstance(params, dict):
        return {name: _convert_value(value) for name, value in params.items()}
    return None if params is None else [_convert_value(value) for value in params]


def _convert_value(value: Any) -> Any:
    from psycopg.types.json import Jsonb  # noqa: PLC0415 - as above

    return Jsonb(value) if isinstance(value, Mapping) else value
