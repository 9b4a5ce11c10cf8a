"""The receiver's own address: the names that clients use for it, and the URLs that lead to it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from flightlog.sqlite_destination import database_path

LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
ALL_INTERFACES: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared, never bound
"""The addresses that mean every interface, each with the loopback address that it includes."""

_HTTP_PORT: Final = 80


class Address:
    """
    The address of one receiver.

    Args:
        host: The address or name that the receiver listens on.
        port: The port that the receiver listens on.
        allowed_hosts: Further host names that requests may use.
        database: The file of the receiver's history.
    """

    def __init__(self, host: str, port: int, allowed_hosts: Iterable[str], database: Path) -> None:
        self.names = frozenset(name.lower() for name in (*LOCAL_NAMES, host, *allowed_hosts))
        """The host names that requests may use, in lower case."""
        self.port = port
        """The port that the receiver listens on."""
        self.is_on_all_interfaces = host in ALL_INTERFACES
        """Whether the receiver listens on every interface of the machine."""
        self._database = database.resolve()

    def is_meant_by(self, url: str) -> bool:
        """
        Check whether records sent to a URL reach this receiver's history.

        Args:
            url: `http://…` or `sqlite:…`; a database with a relative path never matches.

        Returns:
            True if the URL names this receiver or its database.
        """
        path = database_path(url)
        if path is not None:
            return path.is_absolute() and path.resolve() == self._database
        try:
            parts = urlsplit(url)
            port = parts.port or _HTTP_PORT
        except ValueError:
            return False
        return parts.scheme == "http" and parts.hostname in self.names and port == self.port


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


def url_at(host: str, port: int) -> str:
    """
    Write the URL of a receiver.

    Args:
        host: The address or name; an IPv6 address is put in brackets.
        port: The port.

    Returns:
        The URL, e.g. `http://127.0.0.1:3000`.
    """
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
