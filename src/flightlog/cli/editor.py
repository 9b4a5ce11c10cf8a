"""
Serve an editor, without the libraries of the command line.

An editor starts `flightlog ipc` each time it opens, and keeps the process as long as it is open.
Importing cyclopts and rich would take a quarter of the start, so this module reads the few options
of `ipc` itself. Every other command line, e.g. one with a mistake, goes to cyclopts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from msgspec.structs import fields

from flightlog.cli.choice import choose_path, choose_project, read_address_argument
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.retention import choose_policy
from flightlog.cli.settings import Source, choose, collect_sources

_PATHS: Final = ("project", "config")


def read_plain_options(arguments: Sequence[str]) -> dict[str, Any] | None:
    """
    Read the options of `flightlog ipc`.

    Args:
        arguments: The command line after `ipc`.

    Returns:
        The values by the options' names; None when there is anything else than these options, each
        once and with a value.
    """
    found: dict[str, Any] = {}
    words = iter(arguments)
    for word in words:
        option, has_value, value = word.partition("=")
        name = option.removeprefix("--")
        if not has_value:
            value = next(words, "")
        if not option.startswith("--") or not value or value.startswith("-") or name in found:
            return None
        if name == "db":
            found[name] = read_address_argument(value, "--db")
        elif name in _PATHS:
            found[name] = Path(value)
        elif name == "port" and value.isascii() and value.isdigit():
            found[name] = int(value)
        else:
            return None
    return found


def serve_editor(found: list[Source]) -> ExitCode:
    """
    Serve an editor until it is gone.

    Args:
        found: The settings of all sources, the strongest first.

    Returns:
        The exit code.

    Raises:
        StoreError: The history can't be opened.
        InvalidSettingError: A setting can't be used.
    """
    from flightlog.ipc.streams import take_standard_streams  # noqa: PLC0415 - before all else

    # Take the streams before any import that may print.
    source, target = take_standard_streams()
    from flightlog.ipc.session import Session  # noqa: PLC0415 - a database
    from flightlog.receiver import ReceiverSettings  # noqa: PLC0415 - as above

    names = [field.name for field in fields(ReceiverSettings)]
    settings = ReceiverSettings(**choose(found, *names), retention=choose_policy(found))
    project = choose_project(found)
    session = Session(
        choose_path(found, "`flightlog ipc`"),
        None if project is None else str(project.absolute()),
        settings,
    )
    session.run(source, target)
    return ExitCode.OK


def serve_plainly(arguments: Sequence[str]) -> ExitCode | None:
    """
    Serve an editor, if a command line says no more than that.

    Args:
        arguments: The command line after `ipc`.

    Returns:
        The exit code; None when cyclopts has to read the command line.

    Raises:
        StoreError: The history can't be opened.
        InvalidSettingError: A setting can't be used.
    """
    options = read_plain_options(arguments)
    if options is None:
        return None
    config = options.pop("config", None)
    return serve_editor(collect_sources(options, config))
