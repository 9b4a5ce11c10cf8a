"""
The style of terminal output: consoles, status marks and their colours, progress bars.

Rich decides about colours (a terminal, `NO_COLOR`). Markup, emoji codes and automatic highlighting
are off, because the text comes from records. `flightlog.text` makes the text harmless.
"""

from __future__ import annotations

import os
import sys
from typing import Final

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from flightlog.record.model import ExecutionError
from flightlog.text import clean_json

PIPE_WIDTH: Final = 200
YES: Final = Parameter(name=["--yes", "-y"])
"""How every command that erases names the option that skips the question."""

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
        """Raise a broken pipe to the caller of the command."""
        raise BrokenPipeError


def make_output_console() -> Console:
    """
    Make the console for results.

    Returns:
        A console; a wide one unless the output is a terminal, so that no line is cut off for
        `grep`.
    """
    wide = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH
    return _PipeConsole(markup=False, emoji=False, highlight=False, width=wide)


def make_error_console() -> Console:
    """
    Make the console for errors and progress.

    Returns:
        A console on standard error.
    """
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def choose_status_word(status: str, error: ExecutionError | None) -> str:
    """
    Choose the word for an outcome.

    Args:
        status: The status.
        error: The error beside the status.

    Returns:
        The status, or `crashed` for an error of that kind.
    """
    return "crashed" if status == "error" and error and error.kind == "crashed" else status


def draw_status(status: str, error: ExecutionError | None = None) -> Text:
    """
    Draw a status as a coloured character.

    Args:
        status: The status.
        error: The error beside the status.

    Returns:
        One character in the status's colour.
    """
    shape, colour = MARKS[choose_status_word(status, error)]
    return Text(shape, style=colour)


def write_json(document: bytes) -> None:
    """
    Write JSON and a line break to standard output.

    A pipe or a file gets the unchanged bytes. A terminal gets escapes instead of control
    characters.

    Args:
        document: UTF-8 JSON.
    """
    if sys.stdout.isatty():
        sys.stdout.write(clean_json(document.decode("utf-8", "replace")) + "\n")
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(document + b"\n")
    sys.stdout.flush()


def confirm(question: str) -> bool:
    """
    Ask a question on the terminal.

    Args:
        question: The question, cleaned.

    Returns:
        True if the answer is yes; every other answer is no.
    """
    make_error_console().print(Text(f"{question} [y/N] "), end="", soft_wrap=True)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def make_progress_bar() -> Progress:
    """
    Make a progress bar on standard error that disappears at its end.

    Returns:
        The progress bar; disabled unless standard error is a terminal.
    """
    console = make_error_console()
    return Progress(
        TextColumn("{task.description}", style="dim"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
