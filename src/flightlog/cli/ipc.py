"""`flightlog ipc`: the editor's side over stdio. What is spoken there is `flightlog.ipc`'s."""

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

    The receiver takes every setting of `flightlog serve` from the environment and the
    configuration file. When its port is taken it listens on another, which the answer of
    `initialize` tells.

    Args:
        port: See the settings.
        history: The history that is open at first; made if it isn't there.
    """
    from flightlog.ipc.streams import take_standard_streams  # noqa: PLC0415 - before all else

    # Before anything that may print is imported.
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
