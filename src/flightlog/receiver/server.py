"""
`Receiver`: owns the listening socket and the HTTP server on it, and starts and stops both.

`app` serves the routes, and `orphan_collector` delivers the spools of dead processes.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn

from flightlog.errors import FlightlogError, InvalidSettingError, PortInUseError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.address import ALL_INTERFACES, Address, is_loopback, url_at
from flightlog.receiver.app import Routes
from flightlog.receiver.batching import Batcher
from flightlog.receiver.body import BodyLimits
from flightlog.receiver.connections import IDLE_S, Connection, Sweep
from flightlog.receiver.events import EventsApplication
from flightlog.receiver.guard import Guard
from flightlog.receiver.heartbeats import HeartbeatApplication
from flightlog.receiver.histories import HistoryProvider, SingleHistory
from flightlog.receiver.ingest import IngestApplication
from flightlog.receiver.leases import Leases
from flightlog.receiver.orphan_collector import OrphanCollector
from flightlog.receiver.orphans import Orphans
from flightlog.receiver.settings import ReceiverSettings
from flightlog.receiver.signing import Signer
from flightlog.receiver.static import VIEWER_DIRECTORY, ViewerApplication
from flightlog.redaction import RedactionRules, Redactor, environment_secrets
from flightlog.secret_key import SecretKey, load_secret_key

_BACKLOG: Final = 2048
_SHUTDOWN_S: Final = 10


class Receiver:
    """
    Listens on one address, stores incoming records, and serves the history.

    The receiver listens as soon as it is created, so that its port is known; earlier requests wait
    until it serves. It serves once: call `serve()` or `running()`.

    Args:
        logger: The history, or the provider of several histories; they stay open when the receiver
            ends.
        settings: The address and the limits.
        installation: The secret that the receiver shares with its clients; None uses this user's.
        viewer: The directory of the built viewer; None uses the package's viewer.
        collects_orphans: Whether to collect spools of dead processes that were addressed to another
            port of this machine where no receiver of this installation answers.

    Raises:
        PortInUseError: Another program listens on the port.
        InvalidSettingError: The host or port can't be listened on, or a redaction rule or the
            installation's secret is invalid.
    """

    def __init__(
        self,
        logger: ExecutionLogger | HistoryProvider,
        settings: ReceiverSettings | None = None,
        installation: SecretKey | None = None,
        viewer: Path = VIEWER_DIRECTORY,
        *,
        collects_orphans: bool = True,
    ) -> None:
        self._viewer = viewer
        self._collects_orphans = collects_orphans
        self._settings = settings or ReceiverSettings()
        self._histories = SingleHistory(logger) if isinstance(logger, ExecutionLogger) else logger
        self._installation = installation or load_secret_key()
        self._redactor = _redactor(self._settings, self._installation)
        self._socket = _listen(self._settings.host, self._settings.port)
        self._port: int
        self._bound: str
        self._bound, self._port = self._socket.getsockname()[:2]
        # `0.0.0.0` has other spellings, e.g. `0`, so use the bound address.
        self._host = self._bound if self._bound in ALL_INTERFACES else self._settings.host

    @property
    def port(self) -> int:
        """The port that the receiver listens on, also when the settings allow any port."""
        return self._port

    @property
    def url(self) -> str:
        """The receiver's address for clients of this machine, e.g. `http://127.0.0.1:3000`."""
        return url_at(ALL_INTERFACES.get(self._host, self._host), self._port)

    @property
    def bound_url(self) -> str:
        """The bound address, e.g. `http://0.0.0.0:3000` for all interfaces of the machine."""
        return url_at(self._host, self._port)

    @property
    def redactor(self) -> Redactor:
        """Removes secrets by this receiver's rules."""
        return self._redactor

    @property
    def is_local(self) -> bool:
        """Whether only programs of this machine can reach the receiver."""
        return is_loopback(self._bound)

    def serve(self) -> None:
        """Serve until SIGINT or SIGTERM, finish accepted requests, and stop listening."""
        with self._server() as server, _stopped_by_signals(server):
            server.run([self._socket])

    @contextmanager
    def running(self) -> Iterator[Receiver]:
        """
        Serve in a separate thread while the `with` block runs.

        Yields:
            This receiver.
        """
        with self._server() as server:
            thread = threading.Thread(
                target=server.run, args=([self._socket],), name="flightlog-receiver"
            )
            thread.start()
            try:
                yield self
            finally:
                server.should_exit = True
                thread.join()

    def close(self) -> None:
        """Stop listening; only for a receiver that never served."""
        self._socket.close()

    @contextmanager
    def _server(self) -> Iterator[uvicorn.Server]:
        settings = self._settings
        notary = Signer(self._installation)
        leases = Leases(settings.lease_s)
        address = Address(self._host, self._port, settings.allowed_hosts, self._histories.path)
        batcher = Batcher(self._histories, self._redactor, leases)
        orphans = Orphans(self._installation) if self._collects_orphans else None
        pickup = OrphanCollector(self._histories, leases, address, settings.spool_dirs, orphans)
        events = EventsApplication(self._histories)
        try:
            limits = BodyLimits(settings.max_body_bytes, settings.stall_timeout_s)
            ingest = IngestApplication(batcher, limits, notary, self._redactor)
            processes = HeartbeatApplication(
                self._histories,
                leases,
                notary,
                self._redactor,
                stall_timeout_s=settings.stall_timeout_s,
            )
            guard = Guard(
                Routes(
                    self._histories,
                    ingest=ingest,
                    processes=processes,
                    pickup=pickup,
                    events=events,
                    viewer=ViewerApplication(self._viewer),
                    stall_timeout_s=settings.stall_timeout_s,
                ),
                address,
                notary,
                is_page=ViewerApplication.serves,
                allowed_origins=settings.allowed_origins,
            )
            yield _Server(
                uvicorn.Config(
                    guard,
                    interface="asgi3",
                    http=Connection,
                    lifespan="off",
                    ws="none",
                    workers=1,
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    proxy_headers=False,
                    backlog=_BACKLOG,
                    timeout_keep_alive=int(IDLE_S),
                    timeout_graceful_shutdown=_SHUTDOWN_S,
                ),
                events,
            )
        finally:
            events.close()
            pickup.close()
            batcher.close()
            self.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, events: EventsApplication) -> None:
        super().__init__(config)
        self._events = events
        self._sweep = Sweep()

    async def on_tick(self, counter: int) -> bool:
        self._sweep(self.server_state.connections)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # End the streams first, because uvicorn's shutdown waits for every answer, and streams
        # don't end by themselves.
        self._events.end()
        await super().shutdown(sockets)

    # After a signal ended uvicorn, uvicorn raises the signal once more. This would kill the process
    # before its caller can close the history.
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, server.handle_exit) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _redactor(settings: ReceiverSettings, installation: SecretKey) -> Redactor:
    rules = RedactionRules(
        keys=settings.redact_keys,
        patterns=settings.redact_patterns,
        except_paths=settings.redact_except,
        rules=settings.redact_rules,
    )
    return Redactor(installation.redaction_key, rules, secrets=environment_secrets(os.environ))


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # If a name has both address families, prefer IPv4, because clients of a local server try
        # IPv4 first, or try both.
        family, kind, protocol, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        listener = socket.socket(family, kind, protocol)
        try:
            if sys.platform == "win32":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                # A restart must not wait for closed connections of the previous receiver.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise _listen_error(error, host, port) from error
    return listener


def _listen_error(error: OSError, host: str, port: int) -> FlightlogError:
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(host, port)
    if isinstance(error, PermissionError):
        return InvalidSettingError(
            "port",
            f"is {port}, which this user may not listen on",
            hint="Choose one above 1023 with --port N, or --port 0 for any free one.",
        )
    return InvalidSettingError(
        "host",
        f"is {host!r}, which this machine can't listen on ({error.strerror})",
        hint="Use 127.0.0.1 for this machine alone, or one of its own addresses.",
    )
