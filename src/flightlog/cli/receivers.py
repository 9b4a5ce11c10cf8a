"""The receiver that already runs at an address of this machine, and the URLs of its viewer."""

from __future__ import annotations

import http.client
import json
from typing import Final
from urllib.parse import quote, urlsplit

from flightlog.delivery.addresses import SOCKET_SCHEME, read_socket_path
from flightlog.delivery.http import HttpDestination, UnixConnection
from flightlog.errors import FlightlogError, StoreMigratingError
from flightlog.receiver.address import ALL_INTERFACES, build_url
from flightlog.receiver.settings import ReceiverSettings
from flightlog.receiver.static import VIEWER_DIRECTORY
from flightlog.secret_key import load_secret_key, write_access_header

TIMEOUT_S: Final = 2.0
"""How long a program may take to prove that it is a receiver, seconds."""

NO_VIEWER: Final = "The viewer isn't built yet: run `make viewer` in the checkout."


def build_local_url(settings: ReceiverSettings) -> str:
    """
    Return the URL at which a receiver with certain settings answers on this machine.

    Args:
        settings: The settings.

    Returns:
        The URL.
    """
    if settings.socket is not None:
        return f"{SOCKET_SCHEME}{settings.socket.absolute()}"
    host = ALL_INTERFACES.get(settings.host, settings.host)
    return build_url(host, settings.port, is_encrypted=settings.tls_certificate is not None)


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
        Whether the receiver found the execution, or can't answer before it has migrated its
        history.
    """
    path = f"/api/executions/{quote(execution_id, safe='')}/outline?nodesLimit=1"
    answer = _request(url, "GET", path)
    if answer is None:
        return False
    status, body = answer
    return status == http.client.OK or _is_migrating(status, body)


def request_code(url: str) -> str | None:
    """
    Get a code that lets one page of a receiver's viewer in.

    Args:
        url: The receiver.

    Returns:
        The code; None if the receiver gives none, e.g. because it is an older version.
    """
    status, body = _request(url, "POST", "/api/links") or (None, b"")
    try:
        return str(json.loads(body)["code"]) if status == http.client.OK else None
    except (ValueError, KeyError, TypeError):
        return None


def _is_migrating(status: int, body: bytes) -> bool:
    if status != http.client.SERVICE_UNAVAILABLE:
        return False
    try:
        return bool(json.loads(body)["code"] == StoreMigratingError.code)
    except (ValueError, KeyError, TypeError):
        return False


def _request(url: str, method: str, target: str) -> tuple[int, bytes] | None:
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    path = read_socket_path(url)
    if path is not None:
        connection = UnixConnection(path, timeout=TIMEOUT_S)
    elif parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=TIMEOUT_S
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        # A receiver on a socket has no port.
        port = connection.port if path is None else 0
        access = write_access_header(load_secret_key(), port, method, target)
        connection.request(method, target, headers={"Authorization": access})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException, FlightlogError):
        return None
    finally:
        connection.close()


def build_page_url(url: str, execution_id: str | None = None, code: str | None = None) -> str:
    """
    Return the URL of a page of the viewer.

    Args:
        url: The receiver.
        execution_id: The execution to show; None for the list.
        code: The code that lets the page in; None for a page that is in already.

    Returns:
        The URL.
    """
    page = url if execution_id is None else f"{url}/executions/{quote(execution_id, safe='')}"
    if code is None:
        return page
    # Browsers never send the fragment, so the code is in no log and no Referer.
    return f"{page}#code={code}" if execution_id else f"{page}/#code={code}"


def has_viewer() -> bool:
    """
    Check whether this installation contains the built viewer.

    Returns:
        Whether a receiver of this installation can serve the viewer.
    """
    return VIEWER_DIRECTORY.joinpath("index.html").exists()
