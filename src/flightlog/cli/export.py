"""`flightlog export`: whole executions as NDJSON; importing them gives the same history."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

from rich.text import Text

from flightlog.cli.files import FILE
from flightlog.cli.filters import Filters
from flightlog.cli.history import HistoryChoice
from flightlog.cli.outcome import Exit
from flightlog.cli.terminal import error_console, progress_bar
from flightlog.cli.text import clean, count
from flightlog.clock import utc_now
from flightlog.errors import InvalidSettingError
from flightlog.model import WorkflowExecution, encode_execution
from flightlog.store.base import ExecutionQuery

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger

_PAGE: Final = 200
_PRIVATE: Final = 0o600


def export(
    file: Annotated[str, FILE] = "-",
    /,
    *,
    filters: Filters | None = None,
    force: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Write executions as NDJSON, oldest first, with all their payloads.

    `flightlog import` of it gives the same history.

    Args:
        file: Where to; `-` is standard output.
        filters: Which ones.
        force: Replace the file if it is there.
        history: Where from.

    Raises:
        InvalidSettingError: The file is there already.
    """
    terms = (filters or Filters()).terms(utc_now())
    written = 0
    with (history or HistoryChoice()).open() as logger, _written(file, force=force) as stream:
        with progress_bar() as progress:
            quiet = file == "-" and sys.stdout.isatty()
            task = progress.add_task("export", total=_expected(logger, terms), visible=not quiet)
            for record in _records(logger, terms):
                stream.write(encode_execution(record) + b"\n")
                written += 1
                progress.advance(task)
        stream.flush()
    if file != "-":
        error_console().print(
            Text(f"Exported {count(written, 'execution')} to {clean(file)}."), soft_wrap=True
        )
    return Exit.OK


def _records(logger: ExecutionLogger, terms: dict[str, Any]) -> Iterator[WorkflowExecution]:
    # One whole execution at a time, so that memory is bounded by the largest.
    cursor = None
    while True:
        page = logger.query(ExecutionQuery(**terms, order="oldest", limit=_PAGE, cursor=cursor))
        for listed in page.executions:
            record = logger.get_execution(listed.id)
            if record is not None:
                yield record
        cursor = page.next_cursor
        if cursor is None:
            return


def _expected(logger: ExecutionLogger, terms: dict[str, Any]) -> int | None:
    if terms["execution_mode"] or terms["started_from"] or terms["started_before"]:
        return None
    found = logger.get_stats(terms["workflow_id"])
    counts = {"success": found.success, "error": found.error, "running": found.running}
    return counts.get(terms["status"] or "", found.total)


@contextmanager
def _written(file: str, *, force: bool) -> Iterator[BinaryIO]:
    if file == "-":
        sys.stdout.flush()
        yield sys.stdout.buffer
        return
    # Through a link to what it names, which stays.
    path = Path(os.path.realpath(file))
    if path.exists() and not path.is_file():
        # A pipe or a device is written to; only a regular file may be replaced.
        with path.open("wb") as out:
            yield out
        return
    if path.exists() and not force:
        raise InvalidSettingError(
            "FILE", f"names {file}, which is there already", hint="Add --force to replace it."
        )
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE), "wb") as out:
            yield out
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
