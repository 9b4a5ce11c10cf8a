"""The receiver that already runs at an address of this machine, and the URLs of its viewer."""

from __future__ import annotations

import http.client
from typing import Final
from urllib.parse import quote, urlsplit

from flightlog.delivery.http import HttpDestination
from flightlog.errors import FlightlogError
from flightlog.receiver.address import ALL_INTERFACES, url_at
from flightlog.receiver.settings import ReceiverSettings
from flightlog.receiver.static import VIEWER_DIRECTORY
from flightlog.secret_key import load_secret_key

TIMEOUT_S: Final = 2.0
"""How long a program may take to prove that it is a receiver, seconds."""

NO_VIEWER: Final = "The viewer isn't built yet: run `make viewer` in the checkout."


def local_url(settings: ReceiverSettings) -> str:
    """
    Return the URL at which a receiver with certain settings answers on this machine.

    Args:
        settings: The settings.

    Returns:
        The URL.
    """
    return url_at(ALL_INTERFACES.get(settings.host, settings.host), settings.port)


def is_running(url: str) -> bool:
    """
    Check whether a receiver of this installation answers at an address.

    Args:
        url: The address.

    Returns:
        True if the program there proves that it is a receiver of this installation.
    """
    try:
        destination = HttpDestination(url, load_secret_key(), timeout_s=TIMEOUT_S)
    except FlightlogError:
        return False
    try:
        return destination.verify()
    finally:
        destination.close()


def has_execution(url: str, execution_id: str) -> bool:
    """
    Check whether the history that a receiver serves has an execution.

    Args:
        url: The receiver.
        execution_id: The execution.

    Returns:
        Whether the receiver found the execution.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request(
            "GET", f"/api/executions/{quote(execution_id, safe='')}/outline?nodesLimit=1"
        )
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def page_url(url: str, execution_id: str | None = None) -> str:
    """
    Return the URL of a page of the viewer.

    Args:
        url: The receiver.
        execution_id: The execution to show; None for the list.

    Returns:
        The URL.
    """
    return url if execution_id is None else f"{url}/executions/{quote(execution_id, safe='')}"


def has_viewer() -> bool:
    """
    Check whether this installation contains the built viewer.

    Returns:
        Whether a receiver of this installation can serve the viewer.
    """
    return VIEWER_DIRECTORY.joinpath("index.html").exists()
