"""The receiver's own address: the names that clients use for it, and the URLs that lead to it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from flightlog.delivery.addresses import SOCKET_SCHEME, read_socket_path
from flightlog.sqlite_destination import read_database_path

LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
ALL_INTERFACES: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared, never bound
"""The addresses that mean every interface, each with the loopback address that it includes."""

BACKLOG: Final = 2048
"""How many connections may wait until they are accepted."""

USUAL_PORTS: Final = {"http": 80, "https": 443}
"""The port of each scheme that URLs and browsers leave out."""


class Address:
    """
    The address of one receiver.

    Args:
        host: The address or name that the receiver listens on.
        port: The port that the receiver listens on.
        allowed_hosts: Further host names that requests may use.
        database: The file of the receiver's history.
        is_encrypted: Whether the receiver itself serves TLS.
        socket_path: The Unix socket on which the receiver listens instead of a port.
    """

    def __init__(
        self,
        host: str,
        port: int,
        allowed_hosts: Iterable[str],
        database: Path,
        *,
        is_encrypted: bool = False,
        socket_path: Path | None = None,
    ) -> None:
        self._socket_path = None if socket_path is None else socket_path.absolute()
        self.names = frozenset(name.lower() for name in (*LOCAL_NAMES, host, *allowed_hosts))
        """The host names that requests may use, in lower case."""
        self.port = port
        """The port that the receiver listens on."""
        self.is_on_all_interfaces = host in ALL_INTERFACES
        """Whether the receiver listens on every interface of the machine."""
        self.scheme = "https" if is_encrypted else "http"
        """The scheme of the receiver's URLs."""
        self._database = database.resolve()

    def is_meant_by(self, url: str) -> bool:
        """
        Check whether records sent to a URL reach this receiver's history.

        Args:
            url: `http://…` or `sqlite:…`; a database with a relative path never matches.

        Returns:
            True if the URL names this receiver or its database.
        """
        path = read_database_path(url)
        if path is not None:
            return path.is_absolute() and path.resolve() == self._database
        if self._socket_path is not None or url.startswith(SOCKET_SCHEME):
            return read_socket_path(url) == self._socket_path
        try:
            parts = urlsplit(url)
            port = parts.port or USUAL_PORTS[self.scheme]
        except ValueError:
            return False
        return parts.scheme == self.scheme and parts.hostname in self.names and port == self.port


def is_loopback(host: str) -> bool:
    """
    Check whether only programs on this machine can reach an address or name.

    Args:
        host: The address or name.

    Returns:
        True for `localhost` and for loopback addresses.
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def build_url(host: str, port: int, *, is_encrypted: bool = False) -> str:
    """
    Write the URL of a receiver.

    Args:
        host: The address or name; an IPv6 address is put in brackets.
        port: The port.
        is_encrypted: Whether the receiver serves TLS.

    Returns:
        The URL, e.g. `http://127.0.0.1:3000`.
    """
    scheme = "https" if is_encrypted else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
