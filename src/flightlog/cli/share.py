"""`flightlog share`: write a run as one HTML file for people without access to the history."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.audit import note_command
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.identify import LATEST, find_id
from flightlog.cli.outputs import open_output
from flightlog.cli.redacting import make_redactor
from flightlog.cli.terminal import make_error_console
from flightlog.text import clean, format_size


def share(
    execution: Annotated[str, Parameter(name="ID")] = LATEST,
    /,
    *,
    output: Annotated[str | None, Parameter(name=["--output", "-o"], metavar="FILE")] = None,
    force: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Write a run as one HTML file, which opens without Flightlog and without a network.

    The file has the timeline, and the input, output, error and logs of each node. Everything is
    redacted once more by today's rules. Of a payload of more than 1 MiB, only the size is in the
    file.

    Args:
        execution: The execution's id, or its first characters if no other id begins so. Without an
            id, or for `latest`, the execution that started last.
        output: The file; `-` is standard output. By default flightlog-ID.html in this directory.
        force: Replace the file if it exists.
        history: The history to read.

    Returns:
        The exit code.

    Raises:
        NotFoundError: The execution does not exist.
        InvalidQueryError: Several ids begin with these characters.
        InvalidSettingError: The file exists, or can't be written.
        StoreError: The history can't be opened or read.
    """
    from flightlog.share import name_file, share_run  # noqa: PLC0415 - lazy

    history = history or HistoryChoice()
    redactor = make_redactor(history.collect_sources())
    with history.open() as logger:
        execution_id = find_id(logger, execution)
        page = share_run(logger.reader, execution_id, redactor)
        file = name_file(execution_id) if output is None else output
        with open_output(file, force=force) as stream:
            stream.write(page)
            stream.flush()
        note_command(history, "share", execution_id)
    if file != "-":
        made = f"Wrote {clean(file)}, {format_size(len(page))}, with secrets removed."
        make_error_console().print(Text(f"{made} Read it before you send it."), soft_wrap=True)
    return ExitCode.OK
