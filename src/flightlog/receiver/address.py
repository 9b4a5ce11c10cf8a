"""Where this receiver is: the names that clients call it by, and the URLs that mean it."""

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
        host: What it listens on.
        port: The port that it listens on.
        allowed_hosts: Further names that it answers to.
        database: The file of its history.
    """

    def __init__(self, host: str, port: int, allowed_hosts: Iterable[str], database: Path) -> None:
        self.names = frozenset(name.lower() for name in (*LOCAL_NAMES, host, *allowed_hosts))
        """The host names, in lower case, that requests may call it by."""
        self.port = port
        """The port that it listens on."""
        self.is_on_all_interfaces = host in ALL_INTERFACES
        """Whether it listens on every interface of the machine."""
        self._database = database.resolve()

    def is_meant_by(self, url: str) -> bool:
        """
        Say whether what is sent to a URL ends in this receiver's history.

        Args:
            url: `http://…` or `sqlite:…`; of a database, only a whole path says which it is.
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
    """Whether only programs of this machine reach what listens on an address or name."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def url_at(host: str, port: int) -> str:
    """The URL of a receiver at an address or name; an IPv6 address is put in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
