"""
The look of the terminal: consoles, status marks and their colours, progress bars.

Rich decides about colours (a terminal, `NO_COLOR`); markup, emoji codes and automatic highlighting
are off, because the text is other people's. `flightlog.cli.text` makes that text harmless.
"""

from __future__ import annotations

import os
import sys
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from flightlog.cli.text import clean_json
from flightlog.record.model import ExecutionError

PIPE_WIDTH: Final = 200

MARKS: Final = {
    "success": ("●", "green"),
    "error": ("✕", "red"),
    "running": ("◐", "blue"),
    "skipped": ("○", "bright_black"),
    "pending": ("○", "bright_black"),
    "crashed": ("⊗", "red"),
}


class _PipeConsole(Console):
    def on_broken_pipe(self) -> None:
        """Leave a broken pipe to the caller of the command."""
        raise BrokenPipeError


def output_console() -> Console:
    """The console for results; wide where nobody looks, so that nothing is cut off for `grep`."""
    wide = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH
    return _PipeConsole(markup=False, emoji=False, highlight=False, width=wide)


def error_console() -> Console:
    """The console for errors and progress."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def status_word(status: str, error: ExecutionError | None) -> str:
    """The word for how it ended: the status, or `crashed` for an error of that kind."""
    return "crashed" if status == "error" and error and error.kind == "crashed" else status


def mark(status: str, error: ExecutionError | None = None) -> Text:
    """The status as a shape in its colour."""
    shape, colour = MARKS[status_word(status, error)]
    return Text(shape, style=colour)


def write_json(document: bytes) -> None:
    """
    Write JSON and a line break to standard output.

    Byte for byte as it is, unless people look: a terminal gets escapes for what it would obey.
    """
    if sys.stdout.isatty():
        sys.stdout.write(clean_json(document.decode("utf-8", "replace")) + "\n")
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(document + b"\n")
    sys.stdout.flush()


def progress_bar() -> Progress:
    """A progress bar on standard error that leaves no trace; nothing where nobody looks."""
    console = error_console()
    return Progress(
        TextColumn("{task.description}", style="dim"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
