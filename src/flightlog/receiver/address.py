"""Where this receiver is: the names that clients call it by, and the URLs that mean it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from flightlog.database import database_of

LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")

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
        self._database = database.resolve()

    def is_meant_by(self, url: str) -> bool:
        """
        Say whether what is sent to a URL ends in this receiver's history.

        Args:
            url: `http://…` or `sqlite:…`; of a database, only a whole path says which it is.
        """
        path = database_of(url)
        if path is not None:
            return path.is_absolute() and path.resolve() == self._database
        try:
            parts = urlsplit(url)
            port = parts.port or _HTTP_PORT
        except ValueError:
            return False
        return parts.scheme == "http" and parts.hostname in self.names and port == self.port
