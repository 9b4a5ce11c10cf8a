"""`flightlog open`: show the viewer, or one execution in it, in the browser."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter
from msgspec.structs import fields, replace
from rich.text import Text

from flightlog.cli.browser import open_browser
from flightlog.cli.exit_codes import ExitCode, print_error
from flightlog.cli.history import HistoryChoice
from flightlog.cli.identify import find_id
from flightlog.cli.retention import choose_policy
from flightlog.cli.settings import SETTINGS, choose
from flightlog.cli.terminal import make_output_console


def open_viewer(
    execution: Annotated[str | None, Parameter(name="ID")] = None,
    /,
    *,
    host: Annotated[str | None, Parameter(help=SETTINGS["host"].summary)] = None,
    port: Annotated[int | None, Parameter(help=SETTINGS["port"].summary)] = None,
    history: HistoryChoice | None = None,
) -> int:
    """
    Show the viewer, or one execution in it, in the browser, and print the URL.

    Where no browser can be opened, the URL has a code that lets the page in. The code can be used
    once, within 15 minutes; the page then stays in for seven days.

    Where no receiver serves the history, the command serves the history until Ctrl-C; without a
    terminal that is an error.

    Args:
        execution: The execution's id, its first characters, or `latest`. Without an id, the list.
        host: See the settings.
        port: See the settings.
        history: The history to show.

    Returns:
        The exit code.

    Raises:
        NotFoundError: The execution does not exist.
        InvalidQueryError: Several ids begin with these characters.
        PortInUseError: Another program listens on the port.
        StoreError: The history can't be opened.
    """
    from flightlog.cli.receivers import (  # noqa: PLC0415 - a web server
        build_local_url,
        build_page_url,
        has_execution,
        is_running,
        request_code,
    )
    from flightlog.cli.serve_here import serve_here  # noqa: PLC0415 - as above
    from flightlog.receiver import ReceiverSettings  # noqa: PLC0415 - as above
    from flightlog.receiver.opening import OpeningHistory  # noqa: PLC0415 - as above

    history = history or HistoryChoice()
    wanted = None
    if execution is not None:
        with history.open() as logger:
            wanted = find_id(logger, execution)
    # No browser can use a socket, so the command serves the history on a port.
    names = [field.name for field in fields(ReceiverSettings) if field.name != "socket"]
    sources = history.collect_sources(host=host, port=port)
    policy = choose_policy(sources, history.chosen_project())
    settings = ReceiverSettings(**choose(sources, *names), retention=policy)
    url = build_local_url(settings)
    running = is_running(url)
    if running and (wanted is None or has_execution(url, wanted)):
        page = build_page_url(url, wanted, request_code(url))
        if open_browser(page):
            # The browser uses the code, which is valid once.
            page = build_page_url(url, wanted)
        make_output_console().print(Text(page), soft_wrap=True)
        return ExitCode.OK
    if not sys.stdout.isatty():
        reason = (
            f"The receiver at {url} serves another history"
            if running
            else (f"No receiver runs at {url}")
        )
        print_error(f"{reason}, and there is no terminal.", "Start `flightlog serve` first.")
        return ExitCode.FAILED
    if running and port is None:
        # The port belongs to the receiver of another history.
        settings = replace(settings, port=0)
    with OpeningHistory(history.find_address(), history.open_or_make) as opening:
        serve_here(opening, settings, execution_id=wanted, in_browser=True)
    return ExitCode.OK
