"""`flightlog serve`: run the receiver. What it takes and serves is `flightlog.receiver`'s."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.history import HistoryChoice
from flightlog.cli.outcome import Exit
from flightlog.cli.settings import SETTINGS, choose
from flightlog.cli.terminal import output_console


def serve(
    *,
    host: Annotated[str | None, Parameter(help=SETTINGS["host"].summary)] = None,
    port: Annotated[int | None, Parameter(help=SETTINGS["port"].summary)] = None,
    max_body_bytes: Annotated[
        int | None, Parameter(help=SETTINGS["max_body_bytes"].summary)
    ] = None,
    allowed_hosts: Annotated[
        tuple[str, ...] | None,
        Parameter(help=SETTINGS["allowed_hosts"].summary, metavar="HOST"),
    ] = None,
    allowed_origins: Annotated[
        tuple[str, ...] | None,
        Parameter(help=SETTINGS["allowed_origins"].summary, metavar="ORIGIN"),
    ] = None,
    stall_timeout_s: Annotated[
        float | None, Parameter(help=SETTINGS["stall_timeout_s"].summary)
    ] = None,
    history: HistoryChoice | None = None,
) -> int:
    """
    Take records from workflows and serve the history over HTTP, until Ctrl-C.

    Args:
        host: See the settings.
        port: See the settings.
        max_body_bytes: See the settings.
        allowed_hosts: See the settings.
        allowed_origins: See the settings.
        stall_timeout_s: See the settings.
        history: Where to; made if it isn't there.

    Raises:
        PortInUseError: Another program listens there.
    """
    from flightlog.receiver import Receiver, ReceiverSettings  # noqa: PLC0415 - a web server

    history = history or HistoryChoice()
    flags = {
        "host": host,
        "port": port,
        "max_body_bytes": max_body_bytes,
        "allowed_hosts": allowed_hosts,
        "allowed_origins": allowed_origins,
        "stall_timeout_s": stall_timeout_s,
    }
    settings = ReceiverSettings(**choose(history.sources(**flags), *flags))
    console = output_console()
    with history.open_or_make() as logger:
        receiver = Receiver(logger, settings)
        console.print(
            Text.assemble(
                ("Flightlog listens on ", "bold"), (receiver.url, "cyan"), ", Ctrl-C ends it."
            ),
            soft_wrap=True,
        )
        console.print(Text(f"History    {logger.path}"), soft_wrap=True)
        console.print(Text(f"Workflows  CATALYST_EDITOR_URL={receiver.url}"), soft_wrap=True)
        console.file.flush()
        receiver.serve()
    console.print("Stopped.")
    return Exit.OK
