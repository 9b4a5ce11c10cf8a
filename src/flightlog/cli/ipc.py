"""`flightlog ipc`: serve an editor over stdio. `flightlog.ipc` implements the protocol."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flightlog.cli.editor import serve_editor
from flightlog.cli.history import HistoryChoice
from flightlog.cli.settings import SETTINGS


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
    return serve_editor((history or HistoryChoice()).collect_sources(port=port))
