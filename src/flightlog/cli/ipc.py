"""`flightlog ipc`: serve an editor over stdio. `flightlog.ipc` implements the protocol."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from msgspec.structs import fields

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.settings import SETTINGS, choose


def ipc(
    *,
    port: Annotated[int | None, Parameter(help=SETTINGS["port"].summary)] = None,
    history: HistoryChoice | None = None,
) -> int:
    """
    Serve an editor: JSON-RPC over standard input and output, with the receiver beside it.

    The receiver takes every setting of `flightlog serve` from the environment and the configuration
    file. When its port is in use, the receiver listens on another port, and the answer of
    `initialize` contains the port.

    Args:
        port: See the settings.
        history: The history that is open at first; made if missing.

    Returns:
        The exit code.

    Raises:
        StoreError: The history can't be opened.
        InvalidSettingError: A setting can't be used.
    """
    from flightlog.ipc.streams import take_standard_streams  # noqa: PLC0415 - before all else

    # Take the streams before any import that may print.
    source, target = take_standard_streams()
    from flightlog.ipc.session import Session  # noqa: PLC0415 - a web server
    from flightlog.receiver import ReceiverSettings  # noqa: PLC0415 - as above

    history = history or HistoryChoice()
    names = [field.name for field in fields(ReceiverSettings)]
    settings = ReceiverSettings(**choose(history.sources(port=port), *names))
    project = history.chosen_project()
    session = Session(
        history.path(), None if project is None else str(project.absolute()), settings
    )
    session.run(source, target)
    return ExitCode.OK
