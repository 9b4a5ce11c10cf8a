"""
`flightlog demo`: record runs of two real workflows in a temporary history, and show them.

`flightlog.demo` contains the workflows. The viewer shows the runs, and the functions of
`flightlog list` print them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from flightlog.cli.browser import open_browser
from flightlog.cli.exit_codes import ExitCode, exit_at_sigterm
from flightlog.cli.listing import print_page
from flightlog.cli.terminal import make_output_console
from flightlog.clock import utc_now
from flightlog.store.results import Page
from flightlog.text import clean

if TYPE_CHECKING:
    from flightlog.record.model import WorkflowExecution


def demo(*, once: bool = False) -> int:
    """
    Record runs of two real workflows in a temporary history, and show them in the viewer.

    On a terminal the viewer stays up until Ctrl-C.

    Args:
        once: End after the output, also on a terminal.

    Returns:
        The exit code.

    Raises:
        DemoFailedError: The demonstration could not continue.
    """
    directory = Path(tempfile.mkdtemp(prefix="flightlog-demo-"))
    with exit_at_sigterm():
        _demo(make_output_console(), directory, stays=sys.stdout.isatty() and not once)
    return ExitCode.OK


def _demo(console: Console, directory: Path, *, stays: bool) -> None:
    from flightlog.cli.receivers import NO_VIEWER, build_page_url, has_viewer  # noqa: PLC0415 - lazy
    from flightlog.demo.runs import record_runs  # noqa: PLC0415 - as above
    from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - a database
    from flightlog.receiver import Receiver, ReceiverSettings  # noqa: PLC0415 - a web server

    database, spool_dir = directory / "executions.db", directory / "spool"
    settings = ReceiverSettings(port=0, spool_dir=spool_dir)
    with (
        ExecutionLogger(database) as logger,
        Receiver(logger, settings).running() as receiver,
    ):
        console.print("Recording two workflows, which run in a process of their own …")
        runs = record_runs(logger, receiver.url, spool_dir)
        failed = _choose_failed(runs)
        _show(console, runs, failed, database)
        page = build_page_url(receiver.url, failed.id, receiver.make_code() if stays else None)
        in_browser = stays and open_browser(page)
        if in_browser:
            # The browser uses the code, which is valid once.
            page = build_page_url(receiver.url, failed.id)
        console.print(_make_line("Viewer", page, " (opened)" if in_browser else ""), soft_wrap=True)
        if not has_viewer():
            console.print(Text(NO_VIEWER, "yellow"), soft_wrap=True)
        if stays:
            console.print(Text("Ctrl-C ends the viewer; the history stays.", "bold"))
            console.file.flush()
            _wait_for_ctrl_c()
        else:
            again = f"{_name_program()} open {failed.id} --db {database}"
            console.print(_make_line("Again", again), soft_wrap=True)


def _choose_failed(runs: tuple[WorkflowExecution, ...]) -> WorkflowExecution:
    # Prefer a failure of the workflow's own to the crash, because it has a stack to show.
    return next(run for run in runs if run.error is not None and run.error.kind != "crashed")


def _show(
    console: Console,
    runs: tuple[WorkflowExecution, ...],
    failed: WorkflowExecution,
    database: Path,
) -> None:
    program = _name_program()
    listing = f"{program} list --db {database}"
    console.print(Text.assemble(("$ ", "bright_black"), (listing, "bold")), soft_wrap=True)
    print_page(console, Page(executions=runs, next_cursor=None), utc_now())
    console.print()
    failure = f"{program} show {clean(failed.id)} --db {database}"
    console.print(_make_line("Failure", failure), soft_wrap=True)


def _name_program() -> str:
    if shutil.which("flightlog"):
        return "flightlog"
    return sys.argv[0] if Path(sys.argv[0]).name == "flightlog" else "python -m flightlog"


def _make_line(name: str, text: str, more: str = "") -> Text:
    return Text.assemble((f"{name:<9}", "bright_black"), (text, "cyan"), more)


def _wait_for_ctrl_c() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return
