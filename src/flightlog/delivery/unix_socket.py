"""`UnixConnection`: HTTP over a Unix socket."""

from __future__ import annotations

import http.client
import os
import socket
from pathlib import Path


class UnixConnection(http.client.HTTPConnection):
    """
    A connection to a server on a Unix socket.

    Args:
        path: The socket.
        timeout: How long to wait for a connection or a response, in seconds.
    """

    def __init__(self, path: Path, *, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """
        Connect to the socket.

        Raises:
            OSError: Nothing listens there, or this user may not connect.
        """
        if not hasattr(socket, "AF_UNIX"):
            raise OSError("this system has no Unix sockets")
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self.timeout)
            connection.connect(os.fspath(self._path))
        except BaseException:
            connection.close()
            raise
        self.sock = connection
