"""
`HttpServer`: uvicorn with the receiver's connections.

Importing uvicorn takes time, so `server` imports this module when the receiver begins to serve.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn

from flightlog.receiver.address import BACKLOG
from flightlog.receiver.asgi import Application
from flightlog.receiver.batching import Batcher
from flightlog.receiver.connections import IDLE_S, Connection, Sweep
from flightlog.receiver.events import EventsApplication

_SHUTDOWN_S: Final = 10
_GIVE_UP_S: Final = 8


class HttpServer(uvicorn.Server):
    """
    Serves an ASGI application.

    Args:
        application: The application.
        events: The streams that must end before the server can.
        batcher: Stores bodies, and gives up those that take too long when the server ends.
        certificate: The file of the certificate with which to serve TLS; None serves plain HTTP.
        key: The file of the certificate's key.
    """

    def __init__(
        self,
        application: Application,
        events: EventsApplication,
        batcher: Batcher,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                interface="asgi3",
                http=Connection,
                lifespan="off",
                ws="none",
                workers=1,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                ssl_certfile=certificate,
                ssl_keyfile=key,
                timeout_keep_alive=int(IDLE_S),
                timeout_graceful_shutdown=_SHUTDOWN_S,
            )
        )
        self._events = events
        self._batcher = batcher
        self._sweep = Sweep()

    async def on_tick(self, counter: int) -> bool:
        """
        Close the connections whose deadline has passed.

        Args:
            counter: The number of the tick.

        Returns:
            Whether the server should end.
        """
        self._sweep(self.server_state.connections)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """
        End all connections.

        Args:
            sockets: The listening sockets.
        """
        # End the streams first, because uvicorn's shutdown waits for every answer, and streams
        # don't end by themselves.
        self._events.end()
        # uvicorn cancels answers at its limit, and prints a stack for each.
        giving_up = asyncio.get_running_loop().call_later(_GIVE_UP_S, self._batcher.give_up)
        try:
            await super().shutdown(sockets)
        finally:
            giving_up.cancel()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """
        Leave signals alone.

        After a signal ended uvicorn, uvicorn raises the signal once more. This would kill the
        process before its caller can close the history.

        Yields:
            None.
        """
        yield
