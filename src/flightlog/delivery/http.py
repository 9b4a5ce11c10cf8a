"""
Delivers to a receiver over HTTP, and only to a receiver of this installation.

Each connection begins with a challenge that only a receiver of this installation can answer, before
anything else is sent. A response counts only with its receipt. Redirects aren't followed.
`flightlog.secret_key` computes proofs, signatures and receipts.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 - otherwise the first connection imports it
import http.client
import json
import os
import secrets
import socket
import ssl
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isnan
from pathlib import Path
from time import time
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from msgspec import Struct

from flightlog.delivery.addresses import is_loopback, read_socket_path, split_receiver_url
from flightlog.delivery.credentials import Credentials
from flightlog.delivery.destination import DeliveryResult
from flightlog.fork_lock import fork_lock
from flightlog.secret_key import PROOF_HEADER, RECEIPT_HEADER, SecretKey

TIMEOUT_S: Final = 30.0

_MAX_ANSWER_BYTES: Final = 64 * 1024
_MAX_RETRY_AFTER_S: Final = 3600.0
_NDJSON: Final = "application/x-ndjson"
_ON_SOCKET: Final = "http://localhost"
"""The address in requests over a Unix socket."""
_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_CONFIRMED: Final = frozenset({HTTPStatus.OK, HTTPStatus.GONE})


class _Reply(Struct, frozen=True):
    status: int
    receipt: str
    retry_after: str
    body: bytes


class UntrustedReceiverError(Exception):
    """The server can't prove that it is a receiver of this installation."""


class HttpDestination:
    """
    Delivers to the receiver at a URL; see `Destination`.

    Args:
        url: The receiver's address.
        installation: The key of the receiver's installation.
        token: A token of the receiver, which is used instead of the key.
        timeout_s: How long to wait for a connection or a response, in seconds.

    Raises:
        InvalidSettingError: The URL is invalid.
    """

    def __init__(
        self,
        url: str,
        installation: SecretKey,
        *,
        token: str | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._url = url
        self._socket_path = read_socket_path(url)
        self._parts = split_receiver_url(url if self._socket_path is None else _ON_SOCKET)
        self._is_local = is_loopback(self._parts.hostname or "")
        self._credentials = Credentials(installation, token)
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None
        self._prefix = self._parts.path.rstrip("/")

    def send(self, lines: Sequence[bytes]) -> DeliveryResult:
        """Deliver records, all of them or none; see `Destination.send`."""
        body = b"\n".join(lines)
        try:
            reply = self._send_signed("POST", "/api/executions", body, _NDJSON)
        except UntrustedReceiverError:
            return DeliveryResult(outcome="later", reason=self._explain_distrust())
        except (OSError, http.client.HTTPException, ValueError) as error:
            return DeliveryResult(outcome="later", reason=self._explain_failure(error))
        if reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return DeliveryResult(outcome="too_large", reason="the receiver takes less at once")
        if self._is_receipt(reply, body):
            if reply.status in _CONFIRMED:
                return DeliveryResult(outcome="delivered")
            if reply.status == HTTPStatus.BAD_REQUEST:
                return DeliveryResult(
                    outcome="rejected", reason=reply.body.decode(errors="replace")
                )
        refused = self._credentials.has_token and reply.status in _REFUSED
        return DeliveryResult(
            outcome="later",
            reason=f"{self._url} answered {reply.status}"
            + (", so FLIGHTLOG_TOKEN has no right to send records" if refused else ""),
            retry_after_s=_parse_retry_after(reply.retry_after),
        )

    def report_process(self, process_id: str, *, last_number: int, ended: bool) -> bool:
        """Report a process's state; see `Destination.report_process`."""
        news = {"processId": process_id, "lastNumber": last_number, "ended": ended}
        body = json.dumps(news).encode()
        path = f"/api/processes/{quote(process_id, safe='')}"
        try:
            reply = self._send_signed("PUT", path, body, "application/json")
        except (OSError, http.client.HTTPException, ValueError, UntrustedReceiverError):
            return False
        return reply.status == HTTPStatus.OK and self._is_receipt(reply, body)

    def verify(self) -> bool:
        """
        Check whether a receiver of this installation responds; sends no records.

        Returns:
            True where the receiver proved itself.
        """
        try:
            self._connect_verified()
        except (OSError, http.client.HTTPException, ValueError, UntrustedReceiverError):
            return False
        finally:
            self.close()
        return True

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _explain_distrust(self) -> str:
        if not self._credentials.has_token:
            return (
                f"what listens at {self._url} is no receiver of this installation: start "
                "`flightlog serve` there; for another machine, set FLIGHTLOG_TOKEN, or the same "
                "FLIGHTLOG_KEY on both"
            )
        if self._is_in_the_clear:
            return (
                f"FLIGHTLOG_TOKEN is not sent to {self._url}, because nothing encrypts the "
                "connection: use https"
            )
        return (
            f"what listens at {self._url} is no receiver that knows FLIGHTLOG_TOKEN: `flightlog "
            "token list` shows on its machine whether the token was revoked or has ended"
        )

    def _explain_failure(self, error: Exception) -> str:
        if not isinstance(error, ssl.SSLCertVerificationError):
            start = ": start `flightlog serve`" if self._is_local else ""
            return f"{self._url} can't be reached ({_explain_error(error)}){start}"
        said = error.verify_message.rstrip(".")
        return (
            f"the certificate of {self._url} isn't trusted ({said}), so nothing was sent: set "
            "SSL_CERT_FILE to the file of the authority that signed the certificate, and use the "
            "name of the certificate in the address"
        )

    @property
    def _is_in_the_clear(self) -> bool:
        return self._parts.scheme == "http" and not self._is_local

    def _send_signed(self, method: str, path: str, body: bytes, kind: str) -> _Reply:
        headers = {"Content-Type": kind, **self._credentials.authorize(body)}
        reused = self._connection is not None
        try:
            return self._request(self._connect_verified(), method, path, body, headers)
        except (OSError, http.client.HTTPException):
            self.close()
            if not reused:
                raise
        except BaseException:
            self.close()
            raise
        # Retry once, because the receiver closes a connection that was idle for a long time.
        return self._send_signed(method, path, body, kind)

    def _connect_verified(self) -> http.client.HTTPConnection:
        if self._connection is not None:
            return self._connection
        if self._credentials.has_token and self._is_in_the_clear:
            raise UntrustedReceiverError
        connection = self._connection = self._connect()
        challenge = secrets.token_hex(16)
        headers = self._credentials.challenge(challenge)
        connection.request("GET", self._target("/health"), headers=headers)
        with connection.getresponse() as response:
            proof = response.headers.get(PROOF_HEADER, "")
            self._read(response)
        if not self._credentials.is_proof(proof, challenge):
            raise UntrustedReceiverError
        if self._connection is None:
            raise ConnectionError("it closes the connection after one answer")
        # Don't reconnect automatically, because the peer of a second connection would have proven
        # nothing.
        connection.auto_open = 0
        return connection

    def _request(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
    ) -> _Reply:
        connection.request(method, self._target(path), body=body, headers=headers)
        with connection.getresponse() as response:
            return _Reply(
                response.status,
                response.headers.get(RECEIPT_HEADER, ""),
                response.headers.get("Retry-After", ""),
                self._read(response),
            )

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        body = response.read(_MAX_ANSWER_BYTES)
        if response.will_close or not response.isclosed():
            self.close()
        return body

    def _is_receipt(self, reply: _Reply, body: bytes) -> bool:
        return self._credentials.is_receipt(reply.receipt, reply.status, body)

    def _connect(self) -> http.client.HTTPConnection:
        if self._socket_path is not None:
            return UnixConnection(self._socket_path, timeout=self._timeout_s)
        host, port = self._parts.hostname or "", self._parts.port
        secure = self._parts.scheme == "https"
        proxy = None if self._is_local else _proxy_for(self._parts.scheme, host)
        # Always give a port: without one, the last part of an IPv6 address would be parsed as the
        # port.
        usual = http.client.HTTPS_PORT if secure else http.client.HTTP_PORT
        address = (proxy.hostname or "", proxy.port or usual) if proxy else (host, port or usual)
        connection: http.client.HTTPConnection
        if secure:
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(
                *address, timeout=self._timeout_s, context=context
            )
            if proxy is not None:
                connection.set_tunnel(host, port)
        else:
            connection = http.client.HTTPConnection(*address, timeout=self._timeout_s)
        return connection

    def _target(self, path: str) -> str:
        target = self._prefix + path
        if self._is_in_the_clear and _proxy_for("http", self._parts.hostname or ""):
            return f"http://{self._parts.netloc}{target}"
        return target


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


def _proxy_for(scheme: str, host: str) -> SplitResult | None:
    with fork_lock:
        from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - not for loopback

    url = getproxies().get(scheme)
    return None if url is None or proxy_bypass(host) else urlsplit(url)


def _parse_retry_after(retry_after: str) -> float | None:
    if not retry_after:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time()
        except (ValueError, OverflowError):
            return None
    return None if isnan(seconds) else min(max(seconds, 0.0), _MAX_RETRY_AFTER_S)


def _explain_error(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
