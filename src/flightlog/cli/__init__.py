"""
The command line: it runs one command and turns how that ended into an exit code.

One module a command. What is needed is imported when a command runs, so that `flightlog --help`
is quick.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from flightlog.cli.outcome import Exit, complain, exit_code, silence_broken_pipe
from flightlog.cli.overview import extra_for, overview
from flightlog.errors import FlightlogError, MissingExtraError
from flightlog.version import __version__


def run(arguments: Sequence[str]) -> int:
    """
    Run one command.

    Args:
        arguments: The command line without the program's name.

    Returns:
        The exit code; `flightlog.cli.outcome` says what each means.
    """
    try:
        if quick := _quick_answer(list(arguments)):
            sys.stdout.write(quick + "\n")
            code = Exit.OK
        else:
            code = _run_command(arguments)
        sys.stdout.flush()
    except (ModuleNotFoundError, MissingExtraError) as error:
        return _complain_of_missing(error, arguments)
    except FlightlogError as error:
        complain(error.message, error.hint)
        return exit_code(error)
    except BrokenPipeError:
        return silence_broken_pipe()
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{error.strerror or error}.")
        return Exit.FAILED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    return code


def main() -> None:
    """Run the program `flightlog`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that can't show a letter gets its escape, not a traceback.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def _complain_of_missing(error: ImportError, arguments: Sequence[str]) -> Exit:
    library = (error.name or "").partition(".")[0]
    if library == __package__.partition(".")[0]:
        raise error
    # Not by `complain`, which may lack the same library.
    sys.stderr.write(
        f"flightlog: This command needs {library}, which isn't installed.\n"
        f"  Run `pip install 'flightlog[{extra_for(arguments)}]'`.\n"
    )
    return Exit.FAILED


def _quick_answer(arguments: list[str]) -> str | None:
    if arguments in ([], ["--help"], ["-h"]):
        return overview()
    return __version__ if arguments == ["--version"] else None


def _run_command(arguments: Sequence[str]) -> Exit:
    from cyclopts import CycloptsError  # noqa: PLC0415 - slow to import

    from flightlog.cli.application import app  # noqa: PLC0415 - as above

    try:
        result = app(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        command = " ".join(["flightlog", *(error.command_chain or ())])
        complain(str(error), f"`{command} --help` says what it takes.")
        return Exit.USAGE
    return Exit(result or Exit.OK)
