"""
`Receiver`: owns the listening socket and the HTTP server on it, and starts and stops both.

`app` serves the routes, and `orphan_collector` delivers the spools of dead processes.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flightlog.errors import InvalidSettingError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.access import AccessControl
from flightlog.receiver.address import ALL_INTERFACES, Address, build_url, is_loopback
from flightlog.receiver.app import Routes
from flightlog.receiver.asgi import Application
from flightlog.receiver.audit import AuditLog
from flightlog.receiver.batching import Batcher
from flightlog.receiver.body import BodyLimits
from flightlog.receiver.events import EventsApplication
from flightlog.receiver.guard import Guard
from flightlog.receiver.heartbeats import HeartbeatApplication
from flightlog.receiver.histories import HistoryProvider, SingleHistory
from flightlog.receiver.ingest import IngestApplication
from flightlog.receiver.leases import Leases
from flightlog.receiver.listening import listen, listen_on_socket
from flightlog.receiver.orphan_claims import OrphanClaims
from flightlog.receiver.orphan_collector import OrphanCollector
from flightlog.receiver.retention import RetentionThread
from flightlog.receiver.rights import Right
from flightlog.receiver.session_files import SessionDirectory
from flightlog.receiver.sessions import LocalSessions, Sessions
from flightlog.receiver.settings import ReceiverSettings
from flightlog.receiver.shared_access import Access, find_document_copy, open_shared_access
from flightlog.receiver.shared_sessions import SharedSessions
from flightlog.receiver.signing import Signer
from flightlog.receiver.single_sign_on import TrustedUsers
from flightlog.receiver.static import VIEWER_DIRECTORY, ViewerApplication
from flightlog.receiver.tokens import TokenDirectory
from flightlog.receiver.upkeep import IndexThread, IntegrityThread, LogThread
from flightlog.receiver.waiting_deletions import WaitingDeletions
from flightlog.redaction import RedactionRules, Redactor, environment_secrets
from flightlog.secret_key import SecretKey, load_secret_key

if TYPE_CHECKING:
    from flightlog.receiver.http_server import HttpServer


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
        starts_late: Whether to import the HTTP server at the first connection, and the history's
            routes at the first request for one of them; this saves time and memory where clients
            mostly send records, or nothing.

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
        starts_late: bool = False,
    ) -> None:
        self._starts_late = starts_late
        self._stopping = threading.Lock()
        self._is_stopped = False
        self._server: HttpServer | None = None
        self._viewer = viewer
        self._collects_orphans = collects_orphans
        self._settings = settings or ReceiverSettings()
        self._histories = SingleHistory(logger) if isinstance(logger, ExecutionLogger) else logger
        self._installation = installation or load_secret_key()
        self._redactor = _make_redactor(self._settings, self._installation)
        self._port: int
        self._bound: str
        path = self._settings.socket
        if path is None:
            self._socket = listen(self._settings.host, self._settings.port)
            self._bound, self._port = self._socket.getsockname()[:2]
        else:
            self._socket = listen_on_socket(path)
            self._bound, self._port = "127.0.0.1", 0
        # `0.0.0.0` has other spellings, e.g. `0`, so use the bound address.
        self._host = self._bound if self._bound in ALL_INTERFACES else self._settings.host
        # All receivers of a server's history accept the credentials in its database.
        self._copy = find_document_copy(logger) if isinstance(logger, ExecutionLogger) else None
        self._access = self._open_access()
        self._sessions = self._make_sessions()
        try:
            _check_encryption(self._settings, is_local=self.is_local)
        except InvalidSettingError:
            self.close()
            raise

    def _open_access(self) -> Access:
        settings = self._settings
        has_users = settings.trust_user_header is not None
        is_shared = settings.behind_proxy or has_users or not self.is_local
        if self._copy is not None:
            return open_shared_access(self._copy, is_shared=is_shared)
        path = self._histories.path
        return Access(
            TokenDirectory.beside(lambda: self._histories.current_path),
            SessionDirectory.beside(path),
            AuditLog.beside(path, is_shared=is_shared),
        )

    def _make_sessions(self) -> Sessions:
        stored = self._access.sessions
        if self._copy is None:
            return LocalSessions(self._installation, self._port, stored)
        return SharedSessions(self._port, stored, self._copy.documents)

    @property
    def port(self) -> int:
        """The port that the receiver listens on, also when the settings allow any; 0: a socket."""
        return self._port

    @property
    def url(self) -> str:
        """The receiver's address for clients of this machine, e.g. `http://127.0.0.1:3000`."""
        if self._settings.socket is not None:
            return f"unix:{self._settings.socket.absolute()}"
        host = ALL_INTERFACES.get(self._host, self._host)
        return build_url(host, self._port, is_encrypted=self._is_encrypted)

    @property
    def bound_url(self) -> str:
        """The bound address, e.g. `http://0.0.0.0:3000` for all interfaces of the machine."""
        if self._settings.socket is not None:
            return self.url
        return build_url(self._host, self._port, is_encrypted=self._is_encrypted)

    @property
    def redactor(self) -> Redactor:
        """Removes secrets by this receiver's rules."""
        return self._redactor

    @property
    def is_local(self) -> bool:
        """Whether only programs of this machine can reach the receiver."""
        return is_loopback(self._bound)

    @property
    def _is_encrypted(self) -> bool:
        return self._settings.tls_certificate is not None

    def make_code(self) -> str:
        """
        Make a code that lets one page of the viewer in.

        Returns:
            The code, for the fragment of the page's address.
        """
        return self._sessions.make_code()

    def begin_session(self) -> str:
        """
        Begin a session, as a page does with a code.

        Returns:
            The text to send as `Authorization: Bearer …`.
        """
        return self._sessions.begin()

    def serve(self) -> None:
        """Serve until SIGINT, SIGTERM or `stop`, finish accepted requests, and stop listening."""
        with self._make_application() as parts:
            server = self._make_http_server(*parts)
            with self._stopping:
                self._server = server
                server.should_exit = self._is_stopped
            with _stop_at_signals(server):
                server.run([self._socket])

    def stop(self) -> None:
        """End `serve`, as a signal does; safe to call from any thread, also before `serve`."""
        with self._stopping:
            self._is_stopped = True
            if self._server is not None:
                self._server.should_exit = True

    @contextmanager
    def running(self) -> Iterator[Receiver]:
        """
        Serve in a separate thread while the `with` block runs.

        Yields:
            This receiver.
        """
        with self._make_application() as parts:
            thread = _ServingThread(
                lambda: self._make_http_server(*parts),
                self._socket,
                waits=self._starts_late,
            )
            thread.start()
            try:
                yield self
            finally:
                thread.end()

    def _make_http_server(
        self, application: Application, events: EventsApplication, batcher: Batcher
    ) -> HttpServer:
        from flightlog.receiver.http_server import HttpServer  # noqa: PLC0415 - slow to import

        settings = self._settings
        return HttpServer(application, events, batcher, settings.tls_certificate, settings.tls_key)

    def close(self) -> None:
        """Stop listening; only for a receiver that never served."""
        self._socket.close()
        if self._settings.socket is not None:
            self._settings.socket.unlink(missing_ok=True)

    @contextmanager
    def _make_application(self) -> Iterator[tuple[Application, EventsApplication, Batcher]]:
        settings = self._settings
        copy, (tokens, _, audit) = self._copy, self._access
        notary = Signer(self._installation, tokens)
        leases = Leases(settings.lease_s)
        address = Address(
            self._host,
            self._port,
            settings.allowed_hosts,
            self._histories.path,
            is_encrypted=self._is_encrypted,
            socket_path=settings.socket,
        )
        batcher = Batcher(self._histories, self._redactor, leases)
        orphan_claims = OrphanClaims(self._installation) if self._collects_orphans else None
        orphan_collector = OrphanCollector(
            self._histories, leases, address, settings.spool_dirs, orphan_claims
        )
        events = EventsApplication(self._histories)
        retention = RetentionThread(self._histories, settings.retention)
        index = IndexThread(self._histories, settings.search_index)
        integrity = IntegrityThread(self._histories)
        log = LogThread(self._histories)
        users = _make_trusted_users(settings)
        deletions = WaitingDeletions(self._histories)
        if copy is not None:
            copy.start()
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
            routes = Routes(
                self._histories,
                ingest=ingest,
                processes=processes,
                orphan_collector=orphan_collector,
                events=events,
                viewer=ViewerApplication(self._viewer),
                sessions=self._sessions,
                audit=audit,
                redactor=self._redactor,
                deletions=deletions,
                settings=settings,
            )
            if not self._starts_late:
                routes.load()
            # Everything that comes by a proxy seems to come from this machine.
            is_open = not (settings.ingest_needs_right or settings.behind_proxy)
            access = AccessControl(
                routes,
                self._installation,
                self._port,
                sessions=self._sessions,
                tokens=tokens,
                users=users,
                audit=audit,
                is_on_socket=settings.socket is not None,
                open_to_local=frozenset({Right.INGEST} if is_open else ()),
                refresh=None if copy is None else copy.refresh,
            )
            guard = Guard(
                access,
                address,
                notary,
                is_page=ViewerApplication.serves,
                allowed_origins=settings.allowed_origins,
                is_behind_proxy=settings.behind_proxy,
            )
            yield guard, events, batcher
        finally:
            if copy is not None:
                copy.close()
            deletions.close()
            events.close()
            index.close()
            integrity.close()
            log.close()
            retention.close()
            orphan_collector.close()
            batcher.close()
            self.close()


class _ServingThread:
    def __init__(
        self, make_server: Callable[[], HttpServer], listener: socket.socket, *, waits: bool
    ) -> None:
        self._make_server = make_server
        self._listener = listener
        self._waits = waits
        self._lock = threading.Lock()
        self._server: HttpServer | None = None
        self._ended, self._ending = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="flightlog-receiver")

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        with self._lock:
            self._ending.close()
            if self._server is not None:
                self._server.should_exit = True
        self._thread.join()
        self._ended.close()

    def _run(self) -> None:
        if self._waits:
            # The kernel accepts connections meanwhile.
            readable, _, _ = select.select([self._listener, self._ended], [], [])
            if self._ended in readable:
                return
        server = self._make_server()
        with self._lock:
            if self._ending.fileno() == -1:
                return
            self._server = server
        server.run([self._listener])


@contextmanager
def _stop_at_signals(server: HttpServer) -> Iterator[None]:
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, server.handle_exit) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _make_redactor(settings: ReceiverSettings, installation: SecretKey) -> Redactor:
    rules = RedactionRules(
        keys=settings.redact_keys,
        patterns=settings.redact_patterns,
        except_paths=settings.redact_except,
        rules=settings.redact_rules,
    )
    return Redactor(installation.redaction_key, rules, secrets=environment_secrets(os.environ))


def _check_encryption(settings: ReceiverSettings, *, is_local: bool) -> None:
    if settings.tls_certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            # An empty password keeps OpenSSL from asking for one on the terminal.
            context.load_cert_chain(settings.tls_certificate, settings.tls_key, lambda: "")
        except OSError as error:
            raise InvalidSettingError(
                "tls_certificate",
                f"or its key can't be used: {settings.tls_certificate} ({error.strerror or error})",
                hint="Name PEM files: the certificate with its chain, and its key, unencrypted.",
            ) from error
    elif not (is_local or settings.behind_proxy):
        raise InvalidSettingError(
            "host",
            f"is {settings.host}, which other machines reach, and nothing encrypts the requests",
            hint="Add --tls-certificate FILE and --tls-key FILE, or --behind-proxy if a proxy that "
            "serves TLS passes the requests on. docs/operate/security.md says more.",
        )


def _make_trusted_users(settings: ReceiverSettings) -> TrustedUsers | None:
    if settings.trust_user_header is None:
        return None
    return TrustedUsers(
        settings.trust_user_header,
        settings.trusted_proxy,
        map(Right, settings.user_rights),
        settings.admin_users,
    )
