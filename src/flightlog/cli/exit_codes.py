"""
The exit codes that scripts can use, and error messages of one line.

A foreseen error of Flightlog never shows a traceback to a user. An unforeseen error keeps its
traceback.
"""

from __future__ import annotations

import contextlib
import os
import sys
from enum import IntEnum
from typing import Final, TextIO

from flightlog.cli.text import clean, clean_lines
from flightlog.errors import (
    FlightlogError,
    InvalidQueryError,
    InvalidSettingError,
    NotFoundError,
)


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


def exit_code(error: FlightlogError) -> ExitCode:
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


def print_error(message: str, hint: str | None = None) -> None:
    """
    Print an error and its hint on standard error, on one line if the hint has only one line.

    Args:
        message: The error; text from outside is allowed, because this function cleans the message.
        hint: The action; may have several lines, and is cleaned too.
    """
    from rich.text import Text  # noqa: PLC0415 - a command that goes well may not need it

    from flightlog.cli.terminal import error_console  # noqa: PLC0415 - as above

    console = error_console()
    told = Text.assemble(("flightlog: ", "red"), clean(" ".join(clean_lines(message))))
    if hint:
        lines = clean_lines(hint)
        told.append(" " if len(lines) == 1 else "\n").append("\n".join(lines), style="dim")
    # Ignore a failed write, because the exit code still reports the failure.
    with contextlib.suppress(OSError):
        console.print(told, soft_wrap=True)


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
