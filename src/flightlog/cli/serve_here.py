"""Serves a history until Ctrl-C, and prints where: for `flightlog serve` and `flightlog open`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from rich.text import Text

from flightlog.cli.browser import open_browser
from flightlog.cli.exit_codes import discard_output, print_error
from flightlog.cli.receivers import NO_VIEWER, build_page_url, has_viewer
from flightlog.cli.terminal import make_output_console
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.histories import SingleHistory
from flightlog.receiver.opening import OpeningHistory

if TYPE_CHECKING:
    from rich.console import Console

DEFAULT_PORT: Final = ReceiverSettings().port

_NO_PAGE: Final = "no browser can use a socket; start with --port for the viewer"
_MIGRATION: Final = (
    "the history has an older schema and is being migrated; until then every request gets 503, and "
    "workflows keep their records"
)
_WARNING: Final = (
    "Note       Other machines can reach this address. Their requests need a token (`flightlog "
    "token create`) or this installation's key, and a Host that is an address of this machine or "
    "in --allowed-hosts."
)


def serve_here(
    history: OpeningHistory | SingleHistory,
    settings: ReceiverSettings,
    *,
    execution_id: str | None = None,
    in_browser: bool = False,
) -> None:
    """
    Serve a history until SIGINT or SIGTERM, and print the addresses first.

    Args:
        history: The history, which may still be migrated.
        settings: The receiver's settings.
        execution_id: The execution that the printed URL of the viewer shows; None for the list.
        in_browser: Whether to open this URL in the browser.

    Raises:
        PortInUseError: Another program listens on the port.
        InvalidSettingError: A setting can't be used.
        StoreError: The history can't be migrated.
    """
    console = make_output_console()
    receiver = Receiver(history, settings)
    page = ""
    if settings.socket is None:
        page = build_page_url(receiver.url, execution_id, receiver.make_code())
    in_browser = in_browser and bool(page)
    has_browser = in_browser and open_browser(page)
    if has_browser:
        # The browser uses the code, which is valid once.
        page = build_page_url(receiver.url, execution_id)
    try:
        _announce(console, receiver, history, page)
        if in_browser and not has_browser:
            console.print(Text("           (There is no browser here to open it in.)", "dim"))
        console.file.flush()
    except OSError as error:
        # A full disk or a closed pipe must not stop the records.
        discard_output(sys.stdout)
        print_error(
            f"The addresses can't be printed: {error.strerror}.",
            f"Flightlog listens on {receiver.bound_url} all the same.",
        )
    if isinstance(history, OpeningHistory):
        history.call_on_failure(receiver.stop)
    receiver.serve()
    if isinstance(history, OpeningHistory):
        history.raise_failure()
    console.print("Stopped.")


def _announce(
    console: Console, receiver: Receiver, history: OpeningHistory | SingleHistory, page: str
) -> None:
    everywhere = receiver.bound_url != receiver.url
    console.print(
        Text.assemble(
            ("Flightlog listens on ", "bold"),
            receiver.bound_url,
            " (all interfaces)" if everywhere else "",
            ", Ctrl-C ends it.",
        ),
        soft_wrap=True,
    )
    read = " (read-only)" if history.is_read_only else ""
    lines = [("Viewer", (page or _NO_PAGE, "cyan" if page else ""))]
    if page and not has_viewer():
        lines.append(("", (NO_VIEWER, "yellow")))
    if not history.is_read_only:
        lines.append(("Workflows", (_workflows(receiver), "")))
    lines.append(("History", (f"{history.location}{read}", "")))
    if isinstance(history, OpeningHistory) and history.migration is not None:
        lines.append(("Migration", (_MIGRATION, "yellow")))
    for name, text in lines:
        console.print(Text.assemble((f"{name:<11}", "bright_black"), text), soft_wrap=True)
    if not receiver.is_local:
        console.print(Text(_WARNING, "yellow"), soft_wrap=True)


def _workflows(receiver: Receiver) -> str:
    if not receiver.port:
        return f"{receiver.url} (set FLIGHTLOG_URL to it; the editor's own need a port)"
    if receiver.is_local and receiver.port == DEFAULT_PORT:
        return f"{receiver.url} (their default: nothing to set)"
    return f"{receiver.url} (set FLIGHTLOG_URL to it, or CATALYST_EDITOR_URL for the editor's own)"
