"""
`flightlog export`: whole executions as NDJSON, or as a database for other programs.

Importing the NDJSON gives the same history.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.arguments import FILE
from flightlog.cli.audit import note_command
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.filters import CRASHED, Filters
from flightlog.cli.history import HistoryChoice
from flightlog.cli.outputs import open_output
from flightlog.cli.queries import QUERY, has_field
from flightlog.cli.terminal import make_error_console, make_progress_bar
from flightlog.clock import utc_now
from flightlog.errors import InvalidSettingError
from flightlog.record.decoding import encode_execution
from flightlog.record.model import WorkflowExecution
from flightlog.text import clean, clean_json, format_count

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger

Format = Literal["ndjson", "sqlite", "editor"]
FORMAT: Final = Parameter(
    help="`ndjson`; `sqlite` for a plain database, which Datasette and other programs read; or "
    "`editor` for a database of the editor's own schema."
)


def export(
    file: Annotated[str, FILE] = "-",
    /,
    *query: Annotated[str, QUERY],
    filters: Filters | None = None,
    format: Annotated[Format, FORMAT] = "ndjson",  # noqa: A002 - the option's name
    force: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Write executions as NDJSON, oldest first, with all their payloads.

    `flightlog import` of the output gives the same history. With `--format sqlite`, the output is a
    plain SQLite database: the tables `executions` and `node_executions`, with payloads as JSON
    text. With `--format editor`, it is a database of the Catalyst editor's own schema, without the
    fields that the schema lacks.

    Args:
        file: The output file; `-` is standard output, as is no file before a field of a query.
        query: A workflow's id or name, or a query as described in docs/inspect/query.md.
        filters: Choose the executions.
        format: `ndjson`, or `sqlite` or `editor` for a database.
        force: Replace the file if it exists.
        history: The history to read.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: The file exists, or can't be written.
        StoreError: The history can't be opened or read.
    """
    history, now = history or HistoryChoice(), utc_now()
    filters = (filters or Filters()).with_prices(history)
    if has_field(file):
        file, query = "-", (file, *query)
    if format != "ndjson":
        return _export_database(file, format, filters, query, history, force=force)
    written = 0
    with history.open() as logger, open_output(file, force=force) as stream:
        filters = filters.with_words(logger, query)
        with make_progress_bar() as progress:
            is_shown = file == "-" and sys.stdout.isatty()
            total = _count_expected(logger, filters, now)
            task = progress.add_task("export", total=total, visible=not is_shown)
            for record in _read_records(logger, filters, now):
                line = encode_execution(record)
                stream.write((clean_json(line.decode()).encode() if is_shown else line) + b"\n")
                written += 1
                progress.advance(task)
        stream.flush()
        note_command(history, "export", format_count(written, "execution"))
    if file != "-":
        make_error_console().print(
            Text(f"Exported {format_count(written, 'execution')} to {clean(file)}."), soft_wrap=True
        )
    return ExitCode.OK


def _export_database(
    file: str,
    kind: Format,
    filters: Filters,
    query: Sequence[str],
    history: HistoryChoice,
    *,
    force: bool,
) -> int:
    from flightlog.store.sqlite.editor_export import write_editor_database  # noqa: PLC0415 - lazy
    from flightlog.store.sqlite.table_export import write_tables  # noqa: PLC0415 - lazy

    now = utc_now()
    write = write_editor_database if kind == "editor" else write_tables
    if file == "-":
        raise InvalidSettingError(
            "FILE", "is missing, and a database is no stream", hint="Name the file to write."
        )
    with tempfile.TemporaryDirectory(prefix="flightlog-export-") as directory:
        database = Path(directory) / "executions.db"
        with history.open() as logger:
            filters = filters.with_words(logger, query)
            written = write(database, _read_records(logger, filters, now))
            note_command(history, "export", format_count(written, "execution"))
        with open_output(file, force=force) as stream, database.open("rb") as source:
            shutil.copyfileobj(source, stream)
    make_error_console().print(
        Text(f"Exported {format_count(written, 'execution')} to {clean(file)}."), soft_wrap=True
    )
    return ExitCode.OK


def _read_records(
    logger: ExecutionLogger, filters: Filters, now: datetime
) -> Iterator[WorkflowExecution]:
    # Read one execution at a time, so that the largest execution bounds the memory.
    for listed in filters.read_pages(logger, now, order="oldest"):
        record = logger.get_execution(listed.id)
        if record is not None:
            yield record


def _count_expected(logger: ExecutionLogger, filters: Filters, now: datetime) -> int | None:
    chosen = filters.choose(logger, now)
    narrower = (chosen.execution_mode, chosen.started_from, chosen.started_before)
    if filters.status == CRASHED or filters.has_query or any(narrower):
        return None
    found = logger.get_stats(next(iter(chosen.workflow_ids), None))
    counts = {"success": found.success, "error": found.error, "running": found.running}
    return counts.get(next(iter(chosen.statuses), ""), found.total)
