"""
The command line: runs one command and turns its outcome into an exit code.

Each command has its own module. A command imports its libraries when it runs, so that `flightlog
--help` is fast.
"""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from flightlog.cli.exit_codes import (
    ExitCode,
    choose_exit_code,
    point_at_fault,
    print_error,
    silence_output,
)
from flightlog.cli.overview import COMMANDS, choose_extra, write_overview
from flightlog.cli.streams import open_standard_streams
from flightlog.errors import FlightlogError, MissingExtraError
from flightlog.version import __version__

if TYPE_CHECKING:
    from cyclopts import CycloptsError

_COMPARE: Final = "Compare what `show` prints: `diff <(flightlog show ID) <(flightlog show ID)`."
_REPEAT: Final = (
    "Nothing repeats a run of your own functions: take its data from `flightlog show ID --json`, "
    "and call the function again. `flightlog run` runs a workflow of an editor's manifest."
)
_ADVICE: Final = {
    "compare": _COMPARE,
    "diff": _COMPARE,
    "replay": _REPEAT,
    "rerun": _REPEAT,
    "retry": _REPEAT,
}
"""Words that people expect to be commands, and the way to do that instead."""


def run(arguments: Sequence[str]) -> int:
    """
    Run one command.

    Args:
        arguments: The command line without the program's name.

    Returns:
        The exit code; `flightlog.cli.exit_codes` defines the meaning of each code.
    """
    try:
        if quick := _answer_quickly(list(arguments)):
            sys.stdout.write(quick + "\n")
            code = ExitCode.OK
        else:
            code = _run_command(arguments)
        sys.stdout.flush()
    except (ModuleNotFoundError, MissingExtraError) as error:
        return _complain_of_missing(error, arguments)
    except FlightlogError as error:
        print_error(error.message, error.hint, point_at_fault(error))
        return choose_exit_code(error)
    except BrokenPipeError:
        return silence_output(ExitCode.BROKEN_PIPE)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print_error(f"{where}{error.strerror or error}.")
        return silence_output(ExitCode.FAILED)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code


def main() -> None:
    """Run the program `flightlog`."""
    open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Write an escape for each letter that the terminal can't show, instead of failing.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def _complain_of_missing(error: ImportError, arguments: Sequence[str]) -> ExitCode:
    library = (error.name or "").partition(".")[0]
    if library == __package__.partition(".")[0]:
        raise error
    # Don't use `print_error`, because it may need the missing library.
    sys.stderr.write(
        f"flightlog: This command needs {library}, which isn't installed.\n"
        f"  Run `pip install 'flightlog[{choose_extra(arguments)}]'`.\n"
    )
    return ExitCode.FAILED


def _answer_quickly(arguments: list[str]) -> str | None:
    if arguments in (["--help"], ["-h"], ["help"]):
        return write_overview()
    return __version__ if arguments in (["--version"], ["-V"], ["version"]) else None


def _show_next_step() -> ExitCode:
    try:
        from flightlog.cli.next_step import show_next_step  # noqa: PLC0415 - slow to import
    except (ModuleNotFoundError, MissingExtraError):
        # Without the server extra there is no history here.
        sys.stdout.write(write_overview() + "\n")
        return ExitCode.OK
    show_next_step()
    return ExitCode.OK


def _run_command(arguments: Sequence[str]) -> ExitCode:
    if not arguments:
        return _show_next_step()
    if arguments[0] == "ipc":
        from flightlog.cli.editor import serve_plainly  # noqa: PLC0415 - needs the extra `server`

        code = serve_plainly(arguments[1:])
        if code is not None:
            return code
    from cyclopts import CycloptsError  # noqa: PLC0415 - slow to import

    from flightlog.cli.application import app  # noqa: PLC0415 - as above

    try:
        result = app(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        advice = _ADVICE.get(arguments[0])
        if advice is not None:
            print_error(f"`flightlog {arguments[0]}` is no command.", advice)
            return ExitCode.USAGE
        if arguments[0].startswith("-"):
            print_error(f"`{arguments[0]}` is no command.", _put_command_first(arguments))
            return ExitCode.USAGE
        command = " ".join(["flightlog", *(error.command_chain or ())])
        hyphen = _explain_hyphen(command, arguments, error)
        print_error(_describe(error), f"{hyphen}`{command} --help` says what it takes.")
        return ExitCode.USAGE
    return ExitCode(result or ExitCode.OK)


def _put_command_first(arguments: Sequence[str]) -> str:
    names = {command.name for command in COMMANDS}
    place = next((at for at, word in enumerate(arguments) if word in names), None)
    if place is None:
        return "`flightlog --help` lists the commands."
    words = [arguments[place], *arguments[:place], *arguments[place + 1 :]]
    return f"Options follow the command: `{shlex.join(['flightlog', *words])}`."


def _describe(error: CycloptsError) -> str:
    from cyclopts import UnusedCliTokensError  # noqa: PLC0415 - slow to import

    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        words = ", ".join(f"`{word}`" for word in error.unused_tokens)
        return f"The command does not take {words}."
    return str(error)


def _explain_hyphen(command: str, arguments: Sequence[str], error: CycloptsError) -> str:
    from cyclopts import MissingArgumentError, UnknownOptionError  # noqa: PLC0415 - slow to import

    before = list(arguments)[: list(arguments).index("--")] if "--" in arguments else arguments
    for option, value in pairwise(before):
        takes_value = isinstance(error, MissingArgumentError) and option in str(error)
        if takes_value and option[:1] == value[:1] == "-":
            return f"If `{value}` is the value of `{option}`, write `{option}={value}`. "
    unknown = next((word for word in before[1:] if f"option: {word}" in str(error)), None)
    if isinstance(error, UnknownOptionError) and unknown:
        return (
            f"If `{unknown}` is an id or a file, write `--` before it, at the end of the command: "
            f"`{command} -- {unknown}`. "
        )
    return ""
