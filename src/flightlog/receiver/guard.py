"""
Keeps web pages and strangers away from the receiver, and wraps every answer.

A browser lets any page send requests to a local server, and DNS rebinding lets it read the
answers: so a request must name a host of ours, and an `Origin` must be ours or an allowed one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flightlog.errors import RequestRefusedError
from flightlog.receiver.address import Address
from flightlog.receiver.asgi import Application, Message, Receive, Scope, Send, send_answer
from flightlog.receiver.problems import Answer, Headers, failure_text, problem_answer
from flightlog.receiver.signing import CHALLENGE, Notary

_SECURITY_HEADERS: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
]
_HOST_HINT: Final = "Use the address that the receiver printed, or start it with --allowed-hosts."
_ORIGIN_HINT: Final = "A page may use the receiver only if started with --allowed-origins."


class Guard:
    """
    The outermost ASGI application: refuses, or lets through and adds the common headers.

    Args:
        application: Whom to let requests through to.
        address: The names that `Host` may have.
        notary: Proves to a client that this is its own receiver.
        allowed_origins: Web origins whose pages may use the receiver.
    """

    def __init__(
        self,
        application: Application,
        address: Address,
        notary: Notary,
        *,
        allowed_origins: Iterable[str] = (),
    ) -> None:
        self._application = application
        self._names = address.names
        self._notary = notary
        self._own_origins = frozenset(
            origin for name in self._names for origin in _origins_of(name, address.port)
        )
        self._allowed_origins = frozenset(origin.lower() for origin in allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse one request, or let it through."""
        hosts, origins, challenges = _asked(scope)
        started = False
        common = _SECURITY_HEADERS
        if challenges:
            common = [*common, *self._notary.proof(challenges)]

        async def send_wrapped(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                names = {name for name, _ in message["headers"]}
                more = [header for header in common if header[0] not in names]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        try:
            origin = self._check(hosts, origins)
            if origin is not None:
                common = [*common, *_cors_headers(origin)]
                if scope["method"] == "OPTIONS":
                    await send_answer(send_wrapped, _preflight_answer())
                    return
            await self._application(scope, receive, send_wrapped)
        except Exception as error:
            if started:
                raise
            failed = failure_text(scope["method"], scope["path"])
            await send_answer(send_wrapped, problem_answer(error, failed=failed))

    def _check(self, hosts: list[str], origins: list[str]) -> str | None:
        if len(hosts) != 1:
            raise RequestRefusedError("Host", ", ".join(hosts) or None, hint=_HOST_HINT)
        if _name_of(hosts[0]) not in self._names:
            raise RequestRefusedError("Host", hosts[0], hint=_HOST_HINT)
        if not origins:
            return None
        origin = origins[0]
        if len(origins) == 1 and origin.lower() in self._own_origins:
            return None
        if len(origins) == 1 and origin.lower() in self._allowed_origins:
            return origin
        raise RequestRefusedError("Origin", ", ".join(origins), hint=_ORIGIN_HINT)


def _asked(scope: Scope) -> tuple[list[str], list[str], list[bytes]]:
    hosts: list[str] = []
    origins: list[str] = []
    challenges: list[bytes] = []
    for name, value in scope["headers"]:
        if name == b"host":
            hosts.append(value.decode("latin-1"))
        elif name == b"origin":
            origins.append(value.decode("latin-1"))
        elif name == CHALLENGE:
            challenges.append(value)
    return hosts, origins, challenges


def _name_of(host: str) -> str | None:
    host = host.lower()
    if host.startswith("["):
        name, bracket, port = host[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return None
        port = port[1:]
    else:
        name, _, port = host.partition(":")
    return name if not port or (port.isascii() and port.isdigit()) else None


def _origins_of(name: str, port: int) -> Iterable[str]:
    host = f"[{name}]" if ":" in name else name
    yield f"http://{host}:{port}"
    if port == 80:  # noqa: PLR2004  browsers leave http's own port out
        yield f"http://{host}"


def _cors_headers(origin: str) -> Headers:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", b"content-disposition, content-range, etag"),
        (b"vary", b"Origin"),
    ]


def _preflight_answer() -> Answer:
    headers = [
        (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
        (b"access-control-allow-headers", b"content-type"),
        (b"access-control-max-age", b"600"),
    ]
    return Answer(204, headers, b"")
