"""Runs the programs of `tests/programs` in child processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_TESTS: Final = Path(__file__).parents[1]
PROGRAMS: Final = _TESTS / "programs"
TIMEOUT_S: Final = 240


def program_command(name: str, *arguments: object, options: Sequence[str] = ()) -> list[str]:
    """
    Build the command that runs a program.

    Args:
        name: The name of the program's file, without `.py`.
        arguments: The program's arguments.
        options: Options of Python itself.

    Returns:
        The words of the command.
    """
    words = map(str, arguments)
    return [sys.executable, *options, str(PROGRAMS / f"{name}.py"), *words]


def program_environment(*, measured: bool = True) -> dict[str, str]:
    """
    Build the environment of a program, which can import `support`.

    Args:
        measured: Whether coverage is measured, which takes locks within Flightlog's code, memory,
            frames of the stack, and modules.

    Returns:
        The variables.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if measured or not name.startswith("COVERAGE")
    }
    return {**kept, "PYTHONPATH": str(_TESTS)}


def run_program(
    name: str,
    *arguments: object,
    expected_code: int = 0,
    measured: bool = True,
    options: Sequence[str] = (),
) -> str:
    """
    Run a program to its end, and check its exit code.

    Args:
        name: The name of the program's file, without `.py`.
        arguments: The program's arguments.
        expected_code: The expected exit code.
        measured: Whether coverage is measured, as in `program_environment`.
        options: Options of Python itself.

    Returns:
        The text on the standard output.
    """
    ended = subprocess.run(
        program_command(name, *arguments, options=options),
        capture_output=True,
        env=program_environment(measured=measured),
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert ended.returncode == expected_code, ended.stderr
    assert "Traceback" not in ended.stderr or expected_code, ended.stderr
    return ended.stdout


def start_program(name: str, *arguments: object) -> subprocess.Popen[str]:
    """
    Start a program, with pipes to its standard input and from its standard output.

    Args:
        name: The name of the program's file, without `.py`.
        arguments: The program's arguments.

    Returns:
        The process, which the caller ends.
    """
    return subprocess.Popen(
        program_command(name, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=program_environment(),
        text=True,
    )


def read_line(process: subprocess.Popen[str]) -> str:
    """
    Read the next line that a started program prints.

    Args:
        process: The process.

    Returns:
        The line, without white space at its ends.
    """
    assert process.stdout is not None
    return process.stdout.readline().strip()
