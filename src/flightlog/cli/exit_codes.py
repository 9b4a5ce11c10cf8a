"""
How commands end: exit codes that scripts can use, error messages of one line, and SIGTERM.

A foreseen error of Flightlog never shows a traceback to a user. An unforeseen error keeps its
traceback.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from types import FrameType
from typing import Final, TextIO

from flightlog.errors import (
    FlightlogError,
    InvalidQueryError,
    InvalidSettingError,
    NotFoundError,
)
from flightlog.text import clean, clean_lines


class ExitCode(IntEnum):
    """The outcome of a command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    TRY_AGAIN = 75
    INTERRUPTED = 130
    BROKEN_PIPE = 141


MEANINGS: Final = {
    ExitCode.OK: "It worked. For `serve` and `demo`, ended by Ctrl-C too.",
    ExitCode.FAILED: "It failed, or some of it did: the history can't be opened, a port is in use, "
    "records were refused. For `doctor`: there is something to do.",
    ExitCode.USAGE: "The command line, the environment or the configuration file can't be used as "
    "it is.",
    ExitCode.NOT_FOUND: "There is no such execution.",
    ExitCode.TRY_AGAIN: "The history is held by another process, the disk is full, or `deliver` "
    "reached nobody: the same command may work later.",
    ExitCode.INTERRUPTED: "Ctrl-C.",
    ExitCode.BROKEN_PIPE: "Nobody reads the output any more, e.g. `head` has enough.",
}

_TERMINATED: Final = 143
_BEFORE_FAULT: Final = 40
_SHOWN_QUERY: Final = 76
"""The characters of a query that are drawn, of which so many may be before the fault."""


def choose_exit_code(error: FlightlogError) -> ExitCode:
    """
    Choose the exit code for an error.

    Args:
        error: The error.

    Returns:
        The exit code.
    """
    if isinstance(error, NotFoundError):
        return ExitCode.NOT_FOUND
    if isinstance(error, InvalidQueryError | InvalidSettingError):
        return ExitCode.USAGE
    return ExitCode.TRY_AGAIN if error.retryable else ExitCode.FAILED


def point_at_fault(error: FlightlogError) -> str | None:
    """
    Draw a query that can't be read, with marks under the characters at fault.

    Args:
        error: Any error.

    Returns:
        Two or three lines: a part of the query, the marks, and the query that was probably meant;
        None for another error.
    """
    fault = error.fault if isinstance(error, InvalidQueryError) else None
    if fault is None:
        return None
    place = fault.column - 1
    start = max(0, place - _BEFORE_FAULT)
    end = start + _SHOWN_QUERY
    before, wrong = fault.text[start:place], fault.text[place : place + fault.length]
    # Line breaks of a pasted text would separate the marks from what they point at.
    shown = "".join(" " if letter.isspace() else letter for letter in fault.text[start:end])
    cut = ("…" if start else "", "…" if end < len(fault.text) else "")
    marks = " " * _measure(cut[0] + before) + "^" * max(1, min(_measure(wrong), _SHOWN_QUERY))
    lines = [f"  {cut[0]}{clean(shown)}{cut[1]}", f"  {marks}"]
    if fault.suggestion is not None and len(fault.suggestion) <= _SHOWN_QUERY:
        lines.append(f"  {clean(fault.suggestion)}")
    return "\n".join(lines)


def _measure(text: str) -> int:
    from rich.cells import cell_len  # noqa: PLC0415 - a command that goes well may not need it

    return cell_len(clean("".join(" " if letter.isspace() else letter for letter in text)))


def print_error(message: str, hint: str | None = None, drawing: str | None = None) -> None:
    """
    Print an error and its hint on standard error, on one line if both are short sentences.

    Args:
        message: The error; text from outside is allowed, because this function cleans the message.
        hint: The action; may have several lines, and is cleaned too.
        drawing: Lines to print between the message and the hint.
    """
    from rich.text import Text  # noqa: PLC0415 - a command that goes well may not need it

    from flightlog.cli.terminal import make_error_console  # noqa: PLC0415 - as above

    console = make_error_console()
    text = Text.assemble(("flightlog: ", "red"), clean(" ".join(clean_lines(message))))
    if drawing:
        text.append("\n").append(drawing)
    if hint:
        lines = clean_lines(hint)
        is_short = len(lines) == 1 and not drawing and message.rstrip().endswith((".", "!", "?"))
        text.append(" " if is_short else "\n").append("\n".join(lines), style="dim")
    # Ignore a failed write, because the exit code still reports the failure.
    with contextlib.suppress(OSError):
        console.print(text, soft_wrap=True)


def silence_output(code: ExitCode) -> ExitCode:
    """
    Stop the interpreter from reporting, at its exit, output that can't be written.

    Args:
        code: The outcome of the command.

    Returns:
        The same code.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            discard_output(stream)
    return code


def discard_output(stream: TextIO) -> None:
    """
    Discard everything that is written to a stream from now on.

    Args:
        stream: Standard output or standard error.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def exit_at_sigterm() -> Iterator[None]:
    """
    Leave the `with` block by SystemExit at SIGTERM, so that no child process stays running.

    Outside of the main thread, SIGTERM keeps its handler.

    Yields:
        Nothing; the block runs.

    Raises:
        SystemExit: SIGTERM arrived; the exit code is 143.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(_TERMINATED)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
