"""`flightlog import`: store records from files in the history, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from cyclopts import Parameter
from msgspec import Struct
from rich.progress import Progress, TaskID
from rich.text import Text

from flightlog.cli.arguments import FILE
from flightlog.cli.exit_codes import ExitCode, print_error
from flightlog.cli.history import HistoryChoice
from flightlog.cli.redacting import make_redactor
from flightlog.cli.sources import open_input, read_file_size, read_source
from flightlog.cli.terminal import make_output_console, make_progress_bar
from flightlog.editor_output import RefusedRecord
from flightlog.errors import FlightlogError
from flightlog.record.model import WorkflowExecution
from flightlog.text import clean, format_count

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger
    from flightlog.redaction import Redactor

BATCH_RECORDS: Final = 500
BATCH_BYTES: Final = 8 << 20
COMPLAINTS: Final = 20


class _Tally(Struct):
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    refused: int = 0
    unread: int = 0

    def summary(self) -> str:
        parts = [f"Imported {format_count(self.created + self.changed, 'execution')}"]
        if self.changed:
            parts[0] += f" ({self.created:,} new, {self.changed:,} changed)"
        if self.unchanged:
            parts.append(f"{self.unchanged:,} already known")
        if self.deleted:
            parts.append(f"{self.deleted:,} deleted before and left out")
        if self.refused:
            parts.append(f"{self.refused:,} refused")
        if self.unread:
            parts.append(f"{format_count(self.unread, 'file')} not read")
        return ", ".join(parts) + "."


def import_records(
    files: Annotated[tuple[str, ...], FILE],
    /,
    *,
    workflow: Annotated[str | None, Parameter(metavar="ID")] = None,
    history: HistoryChoice | None = None,
) -> int:
    """
    Add records from files: JSON (one record or an array), NDJSON, or a test run's output.

    Files may be compressed with gzip or zstd, and may be UTF-8, UTF-16 or UTF-32. A test run's
    output may be part of a log, with timestamps or names before each line. A record that can't be
    read is reported and left out; the other records are imported, with their secrets removed. A
    known record is not imported twice.

    Args:
        files: One or more files; `-` is standard input.
        workflow: The workflow's id and name, for records of a test run that name no workflow.
        history: The history to change; made if missing.

    Returns:
        The exit code.

    Raises:
        StoreError: The history can't be opened or changed.
    """
    tally = _Tally()
    history = history or HistoryChoice()
    redactor = make_redactor(history.collect_sources())
    try:
        with history.open_or_make() as logger, make_progress_bar() as progress:
            into = _Into(logger, redactor, tally, progress)
            for name in files:
                _import(name, workflow, into)
    except FlightlogError:
        if tally != _Tally():
            print_error(f"{tally.summary()} Then it failed:")
        raise
    if tally.refused > COMPLAINTS:
        print_error(f"{tally.refused - COMPLAINTS:,} more were refused.")
    make_output_console().print(Text(tally.summary()), soft_wrap=True)
    return ExitCode.FAILED if tally.refused or tally.unread else ExitCode.OK


class _Into(NamedTuple):
    logger: ExecutionLogger
    redactor: Redactor
    tally: _Tally
    progress: Progress


def _import(name: str, workflow: str | None, into: _Into) -> None:
    label = clean("standard input" if name == "-" else name)
    progress = into.progress
    task = progress.add_task(label, total=None)
    batch: list[WorkflowExecution] = []
    batch_bytes = 0
    try:
        with open_input(name) as stream:
            progress.update(task, total=read_file_size(stream))
            for item in read_source(stream, workflow=workflow):
                if isinstance(item, RefusedRecord):
                    _refuse(label, item, into, task)
                    continue
                batch.append(into.redactor.record(item.record))
                batch_bytes += item.size_bytes
                if len(batch) >= BATCH_RECORDS or batch_bytes >= BATCH_BYTES:
                    _store(batch, into)
                    progress.advance(task, batch_bytes)
                    batch, batch_bytes = [], 0
    except OSError as error:
        into.tally.unread += 1
        print_error(f"{label}: {error.strerror or error}.")
    if batch:
        _store(batch, into)
        progress.advance(task, batch_bytes)


def _refuse(label: str, refused: RefusedRecord, into: _Into, task: TaskID) -> None:
    into.tally.refused += 1
    into.progress.advance(task, refused.size_bytes)
    if into.tally.refused <= COMPLAINTS:
        reason = into.redactor.text(refused.reason)
        print_error(f"{label}, {refused.place}: refused: {reason}.")


def _store(batch: list[WorkflowExecution], into: _Into) -> None:
    result = into.logger.log_executions(batch)
    tally = into.tally
    tally.created += result.created
    tally.changed += result.changed
    tally.unchanged += result.unchanged
    tally.deleted += len(result.deleted)
