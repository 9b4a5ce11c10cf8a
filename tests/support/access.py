"""
The credentials of this installation for every HTTP client of the tests.

Tests that check rights send their own `Authorization`, or `NOBODY`, which sends none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import pytest

from flightlog.receiver.address import is_loopback
from flightlog.secret_key import SecretKey, load_secret_key, write_access_header

NOBODY: Final = {"authorization": ""}
"""The headers of a request that shows no credentials."""


def prove_access(
    method: str, port: int, target: str, installation: SecretKey | None = None
) -> dict[str, str]:
    """
    Make the headers that prove the right to one request.

    Args:
        method: The request's method.
        port: The receiver's port.
        target: The request's path and query.
        installation: The receiver's installation; None is the installation of all tests.

    Returns:
        The headers.
    """
    key = installation or load_secret_key()
    return {"authorization": write_access_header(key, port, method, target)}


class Access(httpx.Auth):
    """
    Proves each request of a client.

    Args:
        installation: The receiver's installation; None is the installation of all tests.
    """

    def __init__(self, installation: SecretKey | None = None) -> None:
        self._installation = installation

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Add the proof to a request."""
        add_proof(request, self._installation)
        yield request


def add_proof(request: httpx.Request, installation: SecretKey | None = None) -> None:
    """
    Add the proof to a request for a server of this machine that shows no other credentials.

    Args:
        request: The request.
        installation: The receiver's installation; None is the installation of all tests.
    """
    given = request.headers.get("authorization")
    if given == "":
        del request.headers["authorization"]
    elif given is None and is_loopback(request.url.host):
        target = request.url.raw_path.decode("ascii")
        port = request.url.port or 80
        request.headers.update(prove_access(request.method, port, target, installation))


@contextmanager
def proved_requests() -> Iterator[None]:
    """
    Prove every request that httpx sends to this machine, while the `with` block runs.

    Yields:
        None.
    """
    send = httpx.HTTPTransport.handle_request

    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        add_proof(request)
        return send(self, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.HTTPTransport, "handle_request", handle_request)
        yield
