"""`flightlog sql`: print the rows of one SQL statement over the history, which it can't change."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from flightlog.cli.audit import note_beside
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.filters import LIMIT
from flightlog.cli.history import HistoryChoice
from flightlog.cli.terminal import make_error_console, make_output_console
from flightlog.errors import InvalidQueryError, InvalidSettingError
from flightlog.text import clean, clean_json, format_count

if TYPE_CHECKING:
    from rich.console import Console

    from flightlog.store.sqlite.sql import SqlResult


def _refuse_option(_kind: Any, value: str | None) -> None:
    # A statement may begin with a comment, `-- …`.
    if value and value.startswith("-") and value != "-" and not any(map(str.isspace, value)):
        raise InvalidSettingError(
            value, "is no option of this command", hint="`flightlog sql --help` lists the options."
        )


STATEMENT: Final = Parameter(
    name="QUERY",
    allow_leading_hyphen=True,
    validator=_refuse_option,
    help="One SELECT; `-` reads it from standard input. Without it, the views and their columns "
    "are listed.",
)
TIMEOUT: Final = Parameter(
    metavar="SECONDS", show_default=True, help="End a query that takes longer."
)
_MOST_ROWS: Final = 10_000_000
_MOST_SECONDS: Final = 3_600
_CELL: Final = 500
_LEAST_COLUMN: Final = 10
_EXAMPLE: Final = (
    "SELECT workflow_id, count(*) AS failures FROM executions WHERE status = 'error' GROUP BY 1"
)


def sql(
    query: Annotated[str | None, STATEMENT] = None,
    /,
    *,
    json: bool = False,
    csv: bool = False,
    limit: Annotated[int, LIMIT] = 1_000,
    timeout: Annotated[float, TIMEOUT] = 30.0,
    history: HistoryChoice | None = None,
) -> int:
    """
    Print the rows of one SQL query over the history. The query can only read.

    The views `executions` and `node_executions` have payloads as JSON text, for SQLite's JSON
    functions: `SELECT output ->> '$.total' FROM node_executions`. docs/inspect/sql.md describes
    the columns and has examples.

    Args:
        query: The statement.
        json: Print a JSON array with an object for each row.
        csv: Print CSV with a line of titles.
        limit: The largest number of rows.
        timeout: The time limit, seconds.
        history: The history to read.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: An option's value can't be used.
        InvalidQueryError: The SQL is wrong, isn't permitted, or took too long.
        StoreError: The history can't be opened or read.
    """
    from flightlog.store.sqlite.sql import run_sql  # noqa: PLC0415 - a database

    if json and csv:
        raise InvalidSettingError("--csv", "excludes --json", hint="Choose one of the two.")
    if not 1 <= limit <= _MOST_ROWS:
        raise InvalidSettingError(
            "--limit", f"is {limit}, not 1 to {_MOST_ROWS:,}", hint="E.g. 50."
        )
    if not 0 < timeout <= _MOST_SECONDS:
        raise InvalidSettingError(
            "--timeout", f"is {timeout:g}, not up to {_MOST_SECONDS:,} seconds", hint="E.g. 60."
        )
    if query is None:
        _print_views()
        return ExitCode.OK
    path = (history or HistoryChoice()).require_path("`flightlog sql`")
    statement = _read_statement(query)
    with run_sql(path, statement, timeout_s=timeout) as result:
        rows = None if json or csv else [_shorten(row) for row in islice(result.rows, limit)]
        if rows is not None:
            _print_table(result.columns, rows)
            printed = len(rows)
        else:
            printed = _write_rows(result, limit, as_json=json)
        has_more = printed == limit and next(result.rows, None) is not None
    note_beside(path, "sql", format_count(printed, "row"))
    if has_more:
        note = f"Only the first {format_count(printed, 'row')}; `--limit N` prints more."
        make_error_console().print(Text(note, style="dim"), soft_wrap=True)
    return ExitCode.OK


def _read_statement(query: str) -> str:
    statement = sys.stdin.read() if query == "-" else query
    try:
        statement.encode()
    except UnicodeEncodeError as error:
        raise InvalidQueryError(
            "QUERY", "isn't UTF-8", hint="Write it in UTF-8, e.g. in a file for standard input."
        ) from error
    return statement


def _print_views() -> None:
    from flightlog.store.sqlite.sql import list_views  # noqa: PLC0415 - a database

    console = make_output_console()
    for view in list_views():
        console.print(Text(view.name, style="bold"))
        console.print(Text(f"  {', '.join(view.columns)}"))
    console.print("\nFor example:")
    console.print(Text(f'  flightlog sql "{_EXAMPLE}"'), soft_wrap=True)


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    console = make_output_console()
    if len(columns) * _LEAST_COLUMN > console.width:
        _print_stacked(console, columns, rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bright_black")
    for place, name in enumerate(columns):
        numbers = all(isinstance(row[place], int | float | None) for row in rows)
        table.add_column(
            Text(clean(name)), justify="right" if rows and numbers else "left", overflow="ellipsis"
        )
    for row in rows:
        table.add_row(*(Text(clean(_write_cell(value)[:_CELL]), no_wrap=True) for value in row))
    console.print(table)
    console.print(Text(format_count(len(rows), "row"), style="dim"))


def _shorten(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(value[:_CELL] if isinstance(value, str | bytes) else value for value in row)


def _print_stacked(console: Console, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a line for each value, because so many columns don't fit beside each other."""
    width = max(map(len, columns))
    for number, row in enumerate(rows, start=1):
        console.print(Text(f"row {number}", style="bright_black"))
        for name, value in zip(columns, row, strict=True):
            if value is not None:
                text = f"  {clean(name):<{width}}  {clean(_write_cell(value)[:_CELL])}"
                console.print(Text(text), no_wrap=True, overflow="ellipsis")
    console.print(Text(format_count(len(rows), "row"), style="dim"))


def _write_cell(value: Any) -> str:
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return "" if value is None else str(value)


def _write_rows(result: SqlResult, limit: int, *, as_json: bool) -> int:
    """Write rows as they are read, so that the memory is bounded; return their number."""
    write = _write_json if as_json else _write_csv
    count = 0

    def counted() -> Iterator[Sequence[Any]]:
        nonlocal count
        for row in islice(result.rows, limit):
            count += 1
            yield row

    for text in write(result.columns, counted()):
        if sys.stdout.isatty():
            # JSON and CSV may go over several lines; other control characters can't act.
            text = "\n".join(map(clean_json, text.split("\n")))  # noqa: PLW2901 - the safe text
        sys.stdout.write(text)
    return count


def _write_json(columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    start = "["
    for row in rows:
        values = [f"x'{v.hex()}'" if isinstance(v, bytes) else v for v in row]
        record = dict(zip(columns, values, strict=True))
        yield f"{start}\n{msgspec.json.encode(record).decode()}"
        start = ","
    yield "[]\n" if start == "[" else "\n]\n"


def _write_csv(columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_write_cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()
